//! What the launcher costs while its services have nothing to do.

use std::time::{Duration, Instant};

use end_to_end::{Home, Launch, PortBlock, processes};

use crate::bench::Row;

use super::Options;
use super::baseline::Handoff;
use super::start::trivial_services;

const SETTLE: Duration = Duration::from_secs(2);
const CPU_SECONDS_A_MINUTE_MAX: f64 = 0.1;
/// 15 MB, in the units of 1024 bytes that the kernel counts in.
const RESIDENT_KILOBYTES_MAX: u64 = 15_000_000 / 1024;

/// All processes of the launcher's own, with three healthy services.
pub fn three(options: &Options) -> Vec<Row> {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let mut launcher = Launch::stack(&home, trivial_services(&ports, 3, Handoff::Socket, &[]).text()).start();
    launcher.healthy();
    std::thread::sleep(SETTLE);
    let own = launcher.own_processes();
    let cpu = || own.iter().filter_map(|pid| processes::cpu_seconds(*pid)).sum::<f64>();
    let (begun, before) = (Instant::now(), cpu());
    std::thread::sleep(options.idle());
    let used = cpu() - before;
    let limit = CPU_SECONDS_A_MINUTE_MAX * begun.elapsed().as_secs_f64() / 60.0;
    let proportional: u64 = own.iter().filter_map(|pid| processes::proportional_kilobytes(*pid)).sum();
    let resident: u64 = own.iter().filter_map(|pid| processes::resident_kilobytes(*pid)).sum();
    assert_eq!(own, launcher.own_processes(), "the launcher goes on in the same processes");
    launcher.stop();
    let seconds = options.idle().as_secs();
    vec![
        // The kernel tells it in hundredths for each process.
        Row::new(format!("CPU of the launcher in {seconds} s, 3 services"), format!("{used:.2} s"))
            .beside(format!("{} processes", own.len()))
            .promised(format!("< {limit:.2} s"), used < limit),
        Row::new("resident, shared pages counted in each process", megabytes(resident))
            .beside(format!("{} counted once", megabytes(proportional)))
            .promised("< 15 MB", resident < RESIDENT_KILOBYTES_MAX),
    ]
}

fn megabytes(kilobytes: u64) -> String {
    format!("{:.1} MB", kilobytes as f64 * 1024.0 / 1e6)
}
