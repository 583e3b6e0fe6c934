//! From exec to the icon in the tray, and to every service healthy.

use std::time::{Duration, Instant};

use end_to_end::bench::{Row, longest, median, ms, ratio};
use end_to_end::{Desktop, HEALTHY_WITHIN};

use crate::options::Options;
use crate::subject::{self, PAUSE, Subject};

#[derive(Default)]
struct Times {
    icon: Vec<Duration>,
    healthy: Vec<Duration>,
}

/// Ours and the empty one by turns, so that a busy machine is as bad for one as for the other.
pub async fn by_turns(desktop: &Desktop<'_>, options: &Options) -> Vec<Row> {
    let (mut ours, mut empty) = (Times::default(), Times::default());
    // The first time makes folders and the token, and brings the programs into memory.
    once(desktop, Subject::Ours, &mut Times::default()).await;
    once(desktop, Subject::Empty, &mut Times::default()).await;
    for _ in 0..options.rounds {
        once(desktop, Subject::Ours, &mut ours).await;
        once(desktop, Subject::Empty, &mut empty).await;
    }
    let (icon, beside) = (median(&ours.icon), median(&empty.icon));
    vec![
        Row::new("launch to icon in the tray", ms(icon))
            .beside(format!("{} empty tray", ms(beside)))
            .ratio(ratio(icon, beside)),
        Row::new("launch to icon in the tray, slowest", ms(longest(&ours.icon)))
            .beside(format!("{} empty tray", ms(longest(&empty.icon))))
            .ratio(ratio(longest(&ours.icon), longest(&empty.icon))),
        Row::new("launch to all services healthy", ms(median(&ours.healthy)))
            .beside(format!("{} slowest", ms(longest(&ours.healthy)))),
    ]
}

async fn once(desktop: &Desktop<'_>, subject: Subject, times: &mut Times) {
    let tray = desktop.tray().await;
    let begun = Instant::now();
    let process = subject.start(desktop);
    let (mut icon, mut healthy) = (None, None);
    while icon.is_none() || (subject == Subject::Ours && healthy.is_none()) {
        assert!(begun.elapsed() < HEALTHY_WITHIN, "it takes too long: {}", desktop.log_of("subject"));
        if icon.is_none() && !tray.icons().await.is_empty() {
            icon = Some(begun.elapsed());
        }
        if subject == Subject::Ours && healthy.is_none() && subject::is_healthy(desktop.home()) {
            healthy = Some(begun.elapsed());
        }
        tokio::time::sleep(PAUSE).await;
    }
    times.icon.extend(icon);
    times.healthy.extend(healthy);
    subject::end(desktop, process).await;
}
