//! What processes take of the machine, by proc(5).

use contract::Resources;
use nix::libc;

use super::procfs::read;

/// What these processes take together; `None` where none of them is left.
pub fn resources(pids: &[u32]) -> Option<Resources> {
    let mut sum = Resources { cpu_ms: 0, memory_bytes: 0, processes: 0 };
    for pid in pids {
        // One that has ended meanwhile takes nothing.
        let Some((cpu_ms, memory)) = cpu_ms(*pid).zip(memory(*pid)) else { continue };
        sum.cpu_ms += cpu_ms;
        sum.memory_bytes += memory;
        sum.processes += 1;
    }
    (sum.processes > 0).then_some(sum)
}

/// Its own time, and that of its children that have ended: fields 14 to 17 of proc_pid_stat(5).
fn cpu_ms(pid: u32) -> Option<u64> {
    let text = read(format!("/proc/{pid}/stat")).ok()?;
    let after_name = text.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(text.get(after_name + 2..)?).ok()?;
    let ticks: u64 = rest.split(' ').skip(11).take(4).map(|field| field.parse().unwrap_or(0_u64)).sum();
    // SAFETY: it has no condition.
    let per_second = u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).ok()?;
    (ticks * 1000).checked_div(per_second)
}

fn memory(pid: u32) -> Option<u64> {
    proportional(pid).or_else(|| {
        let text = String::from_utf8(read(format!("/proc/{pid}/statm")).ok()?).ok()?;
        let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
        // SAFETY: it has no condition.
        Some(pages * u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?)
    })
}

/// In bytes (proc_pid_smaps_rollup(5)).
fn proportional(pid: u32) -> Option<u64> {
    let text = String::from_utf8(read(format!("/proc/{pid}/smaps_rollup")).ok()?).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_uses_is_counted_and_what_is_gone_is_not() {
        let own = std::process::id();
        let before = resources(&[own]).unwrap();
        let touched = std::hint::black_box(vec![1_u8; 64 << 20]);
        while resources(&[own]).unwrap().cpu_ms < before.cpu_ms + 50 {
            std::hint::black_box((0..100_000_u64).sum::<u64>());
        }
        let after = resources(&[own, u32::MAX]).unwrap();
        assert!(after.memory_bytes >= before.memory_bytes + (60 << 20), "{before:?} {after:?}");
        assert_eq!(after.processes, 1);
        assert_eq!(resources(&[u32::MAX]), None);
        drop(touched);
    }
}
