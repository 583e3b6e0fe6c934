//! From exec to the icon in the tray, and to every service healthy.

use std::time::{Duration, Instant};

use end_to_end::{Desktop, HEALTHY_WITHIN};

use crate::bench::{Row, Times, ms, ratio};

use super::Options;
use super::subject::{self, PAUSE, Subject};

#[derive(Default)]
struct Launches {
    icon: Times,
    healthy: Times,
}

/// Ours and the empty one by turns, so that a busy machine is as bad for one as for the other.
pub async fn by_turns(desktop: &Desktop<'_>, options: &Options) -> Vec<Row> {
    let (mut ours, mut empty) = (Launches::default(), Launches::default());
    // The first time makes folders and the token, and brings the programs into memory.
    once(desktop, Subject::Ours, &mut Launches::default()).await;
    once(desktop, Subject::Empty, &mut Launches::default()).await;
    for _ in 0..options.rounds {
        once(desktop, Subject::Ours, &mut ours).await;
        once(desktop, Subject::Empty, &mut empty).await;
    }
    let (icon, beside) = (ours.icon.median(), empty.icon.median());
    vec![
        Row::new("launch to icon in the tray", ms(icon))
            .beside(format!("{} empty tray", ms(beside)))
            .ratio(ratio(icon, beside)),
        Row::new("launch to icon in the tray, slowest", ms(ours.icon.longest()))
            .beside(format!("{} empty tray", ms(empty.icon.longest())))
            .ratio(ratio(ours.icon.longest(), empty.icon.longest())),
        Row::new("launch to all services healthy", ms(ours.healthy.median()))
            .beside(format!("{} slowest", ms(ours.healthy.longest()))),
    ]
}

async fn once(desktop: &Desktop<'_>, subject: Subject, launches: &mut Launches) {
    let tray = desktop.tray().await;
    let begun = Instant::now();
    let process = subject.start(desktop);
    let (mut icon, mut healthy): (Option<Duration>, Option<Duration>) = (None, None);
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
    icon.into_iter().for_each(|took| launches.icon.push(took));
    healthy.into_iter().for_each(|took| launches.healthy.push(took));
    subject::end(desktop, process).await;
}
