//! What processes take of the machine, by proc(5).

use contract::Resources;
use nix::unistd::{SysconfVar, sysconf};

use super::procfs::{fields, read};

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
    let ticks: u64 = fields(&text)?.skip(11).take(4).map(|field| field.parse().unwrap_or(0_u64)).sum();
    (ticks * 1000).checked_div(limit(SysconfVar::CLK_TCK)?)
}

fn memory(pid: u32) -> Option<u64> {
    proportional(pid).or_else(|| {
        let text = String::from_utf8(read(format!("/proc/{pid}/statm")).ok()?).ok()?;
        let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
        Some(pages * limit(SysconfVar::PAGE_SIZE)?)
    })
}

fn limit(of: SysconfVar) -> Option<u64> {
    u64::try_from(sysconf(of).ok()??).ok()
}

/// In bytes (proc_pid_smaps_rollup(5)).
fn proportional(pid: u32) -> Option<u64> {
    let text = String::from_utf8(read(format!("/proc/{pid}/smaps_rollup")).ok()?).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}
