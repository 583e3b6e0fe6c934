//! What the application holds in memory while nobody looks at it.

use std::time::Duration;

use end_to_end::{Desktop, processes};

use crate::bench::Row;

use super::Options;
use super::subject::{self, Subject};

const SETTLE: Duration = Duration::from_secs(3);
/// The tray alone at most so many times the empty one.
const RATIO_MAX: f64 = 1.3;

/// In kilobytes.
#[derive(Default)]
struct Sizes {
    proportional: Vec<u64>,
    resident: Vec<u64>,
    /// Of each process, the one that was started first.
    each: Vec<u64>,
}

/// Before the panel was ever open; ours and the empty one by turns, never both at once: what they have in
/// common would count half.
pub async fn of_the_tray_alone(desktop: &Desktop<'_>, options: &Options) -> Vec<Row> {
    let (mut ours, mut empty) = (Sizes::default(), Sizes::default());
    for _ in 0..options.slow_rounds() {
        once(desktop, Subject::Ours, &mut ours).await;
        once(desktop, Subject::Empty, &mut empty).await;
    }
    let each: Vec<String> = ours.each.iter().map(|kilobytes| megabytes(*kilobytes)).collect();
    let ratio = |of: &[u64], to: &[u64]| median(of) as f64 / median(to).max(1) as f64;
    let proportional = ratio(&ours.proportional, &empty.proportional);
    vec![
        Row::new(
            "memory of the tray alone, shared pages counted once",
            megabytes(median(&ours.proportional)),
        )
        .beside(format!("{} empty tray", megabytes(median(&empty.proportional))))
        .ratio(proportional)
        .promised("≤ 1.3", proportional <= RATIO_MAX),
        Row::new(format!("of it in each of {} processes", each.len()), each.join(", ")),
        Row::new("shared pages counted in each process", megabytes(median(&ours.resident)))
            .beside(format!("{} empty tray", megabytes(median(&empty.resident))))
            .ratio(ratio(&ours.resident, &empty.resident)),
    ]
}

async fn once(desktop: &Desktop<'_>, subject: Subject, sizes: &mut Sizes) {
    let process = subject.settled(desktop, SETTLE).await;
    let own = processes::own(process.pid());
    sizes.each = own.iter().filter_map(|pid| processes::proportional_kilobytes(*pid)).collect();
    sizes.proportional.push(sizes.each.iter().sum());
    sizes.resident.push(own.iter().filter_map(|pid| processes::resident_kilobytes(*pid)).sum());
    subject::end(desktop, process).await;
}

fn median(kilobytes: &[u64]) -> u64 {
    let mut sorted = kilobytes.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// In millions of bytes; the kernel counts in 1024.
pub fn megabytes(kilobytes: u64) -> String {
    format!("{:.1} MB", kilobytes as f64 * 1024.0 / 1e6)
}
