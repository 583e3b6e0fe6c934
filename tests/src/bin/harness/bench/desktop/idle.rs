//! What the application uses while nothing happens: with the panel closed, open, and closed again.

use std::time::{Duration, Instant};

use end_to_end::{Desktop, Home, TrayIcon, eventually, processes};

use crate::bench::{Row, ms};

use super::Options;
use super::memory::megabytes;
use super::subject::{self, PAUSE, Subject, cpu_seconds, webview};

const SETTLE: Duration = Duration::from_secs(5);
/// What the panel gets at a launch, in whose first minute it is measured.
const SETTLE_AT_LAUNCH: Duration = Duration::from_secs(2);
const WITHIN: Duration = Duration::from_secs(30);
/// How long the webview's processes are waited for.
const GONE_WITHIN: Duration = Duration::from_secs(10);
const CLOSED_SECONDS_A_MINUTE_MAX: f64 = 0.1;
const OPEN_SECONDS_A_MINUTE_MAX: f64 = 0.3;
const TITLE: &str = "Skin AI Assistant";

/// One run of ours, with an empty one beside it while the panel is closed.
pub async fn closed_open_and_closed_again(desktop: &Desktop<'_>, options: &Options) -> Vec<Row> {
    let home = desktop.home();
    let app = Subject::Ours.settled(desktop, SETTLE).await;
    let icon = desktop.tray().await.icon().await;
    let own = processes::own(app.pid());
    let never_opened = memory(&own);

    let empty = Subject::Empty.settled(desktop, SETTLE).await;
    let mut rows = closed(home, options, &own, &processes::own(empty.pid())).await;
    drop(empty);

    show(desktop, &icon).await;
    tokio::time::sleep(SETTLE).await;
    rows.extend(open(home, options, &own, "panel open").await);

    rows.push(close(desktop).await);
    tokio::time::sleep(SETTLE).await;
    let after = memory(&own);
    let before = never_opened as f64;
    rows.push(
        Row::new("memory after the panel was closed, shared pages counted once", megabytes(after))
            .beside(format!("{} before it was ever open", megabytes(never_opened)))
            .ratio(after as f64 / before.max(1.0)),
    );
    assert_eq!(own, processes::own(app.pid()), "the launcher goes on in the same processes");
    subject::end(desktop, app).await;
    rows
}

/// One run of ours whose panel is open from the beginning.
pub async fn opened_at_launch(desktop: &Desktop<'_>, options: &Options) -> Vec<Row> {
    let app = Subject::Ours.settled(desktop, Duration::ZERO).await;
    show(desktop, &desktop.tray().await.icon().await).await;
    tokio::time::sleep(SETTLE_AT_LAUNCH).await;
    let rows =
        open(desktop.home(), options, &processes::own(app.pid()), "panel open from the launch on").await;
    subject::end(desktop, app).await;
    rows
}

async fn closed(home: &Home, options: &Options, own: &[u32], empty: &[u32]) -> Vec<Row> {
    assert_eq!(webview(home), Vec::<u32>::new(), "the panel is closed");
    let services = services(home, own, empty);
    let used = used(options.idle(), &[own, &services, empty]).await;
    vec![
        cpu("panel closed", options.idle(), used[0], CLOSED_SECONDS_A_MINUTE_MAX)
            .beside(format!("{:.2} s empty tray", used[2])),
        Row::new("of the services in that time", seconds(used[1])),
    ]
}

async fn open(home: &Home, options: &Options, own: &[u32], when: &str) -> Vec<Row> {
    let page = webview(home);
    let services = services(home, own, &page);
    let used = used(options.idle(), &[own, &services, &page]).await;
    assert_eq!(page, webview(home), "the webview goes on in the same processes");
    vec![
        cpu(when, options.idle(), used[0] + used[2], OPEN_SECONDS_A_MINUTE_MAX)
            .beside(format!("{:.2} s of it the webview", used[2])),
        Row::new("of the services in that time", seconds(used[1])),
        Row::new(
            "memory with the panel open, shared pages counted once",
            megabytes(memory(own) + memory(&page)),
        )
        .beside(format!("{} of it the webview", megabytes(memory(&page)))),
    ]
}

/// Closes the panel as its user does, and looks what becomes of the webview.
async fn close(desktop: &Desktop<'_>) -> Row {
    let begun = Instant::now();
    assert_eq!(desktop.run(&["wmctrl", "-c", TITLE]).code, Some(0), "the panel is closed");
    while !webview(desktop.home()).is_empty() && begun.elapsed() < GONE_WITHIN {
        tokio::time::sleep(PAUSE).await;
    }
    let (took, left) = (begun.elapsed(), webview(desktop.home()).len());
    Row::new("webview processes left after closing the panel", left.to_string())
        .beside(format!("after {}", ms(took)))
        .promised("0", left == 0)
}

async fn show(desktop: &Desktop<'_>, icon: &TrayIcon) {
    icon.click(&["Show port map"]).await;
    let title = format!("^{TITLE}$");
    eventually(WITHIN, "the panel is shown", || desktop.windows(&title).len() == 1);
    eventually(WITHIN, "the webview runs", || !webview(desktop.home()).is_empty());
}

/// The CPU time that each of these groups uses in so long, in seconds.
async fn used(during: Duration, groups: &[&[u32]]) -> Vec<f64> {
    let now = || groups.iter().map(|pids| cpu_seconds(pids)).collect::<Vec<_>>();
    let before = now();
    tokio::time::sleep(during).await;
    now().iter().zip(before).map(|(after, before)| after - before).collect()
}

fn cpu(when: &str, during: Duration, used: f64, seconds_a_minute_max: f64) -> Row {
    let limit = seconds_a_minute_max * during.as_secs_f64() / 60.0;
    Row::new(format!("CPU of the launcher in {} s, {when}", during.as_secs()), seconds(used))
        .promised(format!("< {limit:.2} s"), used < limit)
}

/// The services' processes: whatever runs `skinai` in this home.
fn services(home: &Home, own: &[u32], others: &[u32]) -> Vec<u32> {
    let program = end_to_end::Programs::skinai().display().to_string();
    let is_service = |pid: &u32| {
        !own.contains(pid) && !others.contains(pid) && processes::command_line(*pid).starts_with(&program)
    };
    home.processes().into_iter().filter(is_service).collect()
}

fn memory(pids: &[u32]) -> u64 {
    pids.iter().filter_map(|pid| processes::proportional_kilobytes(*pid)).sum()
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.2} s")
}
