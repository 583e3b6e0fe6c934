//! What a launch in the foreground prints: where the services are, what becomes of them, and what they print
//! themselves.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use contract::{Cause, LogLine, LogStream, ServiceSnapshot, ServiceState, Snapshot, Wanted};
use engine::Handle;
use futures_util::stream::{self, BoxStream, SelectAll};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::broadcast::{Receiver as Following, error::RecvError};
use writing::say;

use crate::line_printer::{LinePrinter, LineStyle, Unfinished};
use crate::{FAILED, Failure};

const RULE: &str = "======================================================================";
/// How many lines are printed at once, at most.
const LINES_AT_ONCE: usize = 256;

/// What of a launch is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Printed {
    /// Each snapshot, on standard output.
    Json,
    /// Where the services are, on standard output, and what changes, on standard error.
    BannerAndChanges,
    /// These, and on standard output what the services print.
    Everything,
    /// What changes, on standard error.
    Changes,
}

impl Printed {
    /// What is asked for by the options of these names.
    pub(crate) fn asked(json: bool, quiet: bool) -> Self {
        match (json, quiet) {
            (true, _) => Self::Json,
            (false, true) => Self::BannerAndChanges,
            (false, false) => Self::Everything,
        }
    }

    fn has_banner(self) -> bool {
        matches!(self, Self::BannerAndChanges | Self::Everything)
    }
}

/// Starts the thread that prints what happens: to be given the handle of what was launched. Whoever reads it, or the
/// whole terminal, may stand still or have gone away; nothing else waits for this thread.
pub(crate) fn start_printer(printed: Printed) -> Result<(Sender<Handle>, Receiver<()>), Failure> {
    let (launched, handles) = channel::<Handle>();
    let (end, ended) = channel();
    let print = move || {
        let _end = end;
        if printed.has_banner() {
            show(b">> Scanning for available free ports...\n");
        }
        let Ok(handle) = handles.recv() else { return };
        for notice in handle.notices() {
            say(notice);
        }
        // They stand above everything else.
        writing::finish();
        if printed.has_banner() {
            show(banner(&handle.status()).as_bytes());
        }
        let printing = async {
            follow(&handle, printed).await;
            Ok(())
        };
        if let Err(failure) = crate::block_on(printing) {
            say(failure.message);
        }
    };
    std::thread::Builder::new().name("stdout".to_owned()).spawn(print).map_err(no_thread)?;
    Ok((launched, ended))
}

/// Prints to standard output. Who went away does not end the services.
fn show(text: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text).and_then(|()| stdout.flush());
}

fn banner(snapshot: &Snapshot) -> String {
    let launched = || snapshot.services.iter().filter(|service| !service.left_out);
    let ports: Vec<_> = launched().filter_map(|service| service.port).map(|port| port.to_string()).collect();
    let mut text = match ports.len() {
        0 => String::new(),
        1 => format!("   Found 1 free port: {}\n", ports[0]),
        count => format!("   Found {count} free ports: {}\n", ports.join(", ")),
    };
    text.push_str(&format!("{RULE}\n>> {} - Starting All Services\n{RULE}\n", snapshot.stack));
    for service in launched() {
        text.push_str(&format!("{:<18} {}\n", format!("{}:", service.label), shown_address(service)));
    }
    text.push_str(&format!("{RULE}\n"));
    text
}

/// Services for people are shown by the name that people know, those for programs by their address.
fn shown_address(service: &ServiceSnapshot) -> String {
    let Some(url) = &service.url else { return "(no port)".to_owned() };
    if service.open_url.is_some() { url.replace("//127.0.0.1:", "//localhost:") } else { url.clone() }
}

/// Prints what changes, and what services print, until the instance has ended.
async fn follow(handle: &Handle, printed: Printed) {
    let mut output = ServicesOutput::follow(handle, printed == Printed::Everything);
    let mut snapshots = handle.snapshots();
    snapshots.mark_changed();
    let mut before: Option<Arc<Snapshot>> = None;
    loop {
        tokio::select! {
            changed = snapshots.changed() => if changed.is_err() { break },
            () = output.print_next() => continue,
        }
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        if printed == Printed::Json {
            print_json(&snapshot);
        } else {
            say_changes(before.as_deref(), &snapshot);
        }
        before = Some(snapshot);
    }
    // The last lines, which services print as they end.
    while output.print_next().now_or_never().is_some() {}
}

/// What services print, as it comes.
struct ServicesOutput {
    printers: Vec<LinePrinter>,
    lines: stream::ReadyChunks<SelectAll<BoxStream<'static, (usize, Followed)>>>,
}

/// A line, or how many were missed.
type Followed = Result<Arc<LogLine>, u64>;

impl ServicesOutput {
    fn follow(handle: &Handle, is_shown: bool) -> Self {
        let snapshot = handle.status();
        let shown = snapshot.services.iter().filter(|_| is_shown);
        let names: Vec<String> = shown.map(|service| service.name.clone()).collect();
        let mut lines = SelectAll::new();
        for (index, name) in names.iter().enumerate() {
            // Followed before the older lines are asked for, so that none falls between.
            let (Ok(following), Ok(older)) = (handle.follow(name), handle.logs(name, usize::MAX)) else {
                continue;
            };
            let older = older.into_iter().map(|line| Ok(Arc::new(line)));
            let all = stream::iter(older).chain(stream::unfold(following, next_line));
            lines.push(all.map(move |followed| (index, followed)).boxed());
        }
        let style = LineStyle {
            stamped: false,
            coloured: crate::output::shows_colours(),
            unfinished: Unfinished::WaitedFor,
        };
        Self { printers: LinePrinter::of_all(&names, style), lines: lines.ready_chunks(LINES_AT_ONCE) }
    }

    /// Waits for lines, and prints them.
    async fn print_next(&mut self) {
        let Some(followed) = self.lines.next().await else { return std::future::pending().await };
        let mut text = String::new();
        for (index, line) in followed {
            match line {
                // How a run ended is said as a change.
                Ok(line) if line.stream == LogStream::Launcher && is_about_an_end(&line.text) => {}
                Ok(line) => text.push_str(&self.printers[index].text(&line)),
                Err(missed) => {
                    text.push_str(&self.printers[index].note(format_args!(
                        "[{missed} lines are not shown here; `skinai logs` has the newest]"
                    )))
                }
            }
        }
        show(text.as_bytes());
    }
}

fn is_about_an_end(text: &str) -> bool {
    ["exited with", "was ended by"].iter().any(|begin| text.starts_with(begin))
}

async fn next_line(mut following: Following<Arc<LogLine>>) -> Option<(Followed, Following<Arc<LogLine>>)> {
    let followed = match following.recv().await {
        Ok(line) => Ok(line),
        Err(RecvError::Lagged(missed)) => Err(missed),
        Err(RecvError::Closed) => return None,
    };
    Some((followed, following))
}

fn print_json(snapshot: &Snapshot) {
    let Ok(mut line) = serde_json::to_vec(snapshot) else { return };
    line.push(b'\n');
    show(&line);
}

fn say_changes(before: Option<&Snapshot>, now: &Snapshot) {
    for service in &now.services {
        let old = before.and_then(|before| before.service(&service.name));
        // The first look finds services that have not been started yet, which is no news.
        let is_news = match old {
            Some(old) => {
                let goes_on = matches!(service.state, ServiceState::Stopping | ServiceState::Starting)
                    && old.detail != service.detail;
                old.state != service.state || old.port != service.port || goes_on
            }
            None => service.state != ServiceState::Stopped,
        };
        if is_news && let Some(line) = line_about(service, old) {
            say(line);
        }
    }
    if now.all_healthy() && before.is_none_or(|before| !before.all_healthy()) {
        say(format_args!(
            "all healthy; Ctrl-C stops all, `skinai open {}` opens the browser",
            first_to_open(now)
        ));
    }
}

fn first_to_open(snapshot: &Snapshot) -> &str {
    snapshot
        .services
        .iter()
        .find(|service| service.open_url.is_some() && !service.left_out)
        .map_or("SERVICE", |service| service.name.as_str())
}

fn line_about(service: &ServiceSnapshot, before: Option<&ServiceSnapshot>) -> Option<String> {
    let label = &service.label;
    let exit = || service.last_exit.as_ref().map(|exit| exit.reason.clone()).unwrap_or_default();
    Some(match service.state {
        ServiceState::Healthy => match &service.url {
            Some(url) => {
                let served_by = service.served_by.as_ref();
                let by = served_by.map(|holder| format!(", where {holder} listens on its behalf"));
                format!("{label} is healthy at {url}{}", by.unwrap_or_default())
            }
            None => format!("{label} is running"),
        },
        ServiceState::Unhealthy => {
            format!(
                "{label} does not answer: {}",
                service.health.last_error.as_deref().unwrap_or("no reason known")
            )
        }
        ServiceState::Backoff => {
            // It may have ended by itself, or be about to be ended because it does not answer.
            let has_ended = service
                .last_exit
                .as_ref()
                .is_some_and(|exit| before.is_none_or(|before| exit.at >= before.since));
            let reason = if has_ended {
                format!(" {};", exit())
            } else if let Some(error) = &service.health.last_error {
                format!(" does not answer ({error});")
            } else {
                " was not ready in time;".to_owned()
            };
            format!("{label}{reason} it is started again")
        }
        // A task has ended, and what it left is.
        ServiceState::Stopping if service.pid.is_none() && service.wanted == Wanted::Up => return None,
        ServiceState::Stopping => format!("{label} is {}", service.detail.as_deref().unwrap_or("ending")),
        // It has been said when it had.
        ServiceState::Stopped if before.is_some_and(|before| before.finished) => return None,
        ServiceState::Stopped | ServiceState::Done if service.finished => {
            format!("{label} has done its work")
        }
        ServiceState::Stopped | ServiceState::Done => format!("{label} has ended"),
        ServiceState::Conflict => {
            let conflict = service.conflict.as_ref()?;
            format!(
                "{label} is in conflict: port {} is used by {}; `skinai reallocate {}` moves it",
                conflict.port, conflict.holder, service.name
            )
        }
        ServiceState::Failed => {
            let reason = service.detail.clone().unwrap_or_else(exit);
            format!(
                "{label} has failed ({reason}); see `skinai logs {}`, then `skinai restart {0}`",
                service.name
            )
        }
        // A crash after which there is no pause.
        ServiceState::Starting
            if before.is_some_and(|before| {
                before.restarts < service.restarts && before.state != ServiceState::Backoff
            }) =>
        {
            format!("{label} {}; it is started again", exit())
        }
        ServiceState::Starting if does_not_go_on(service) => {
            format!("{label} does not start: {}", service.detail.as_deref().unwrap_or_default())
        }
        ServiceState::Starting => return None,
    })
}

pub(crate) fn no_thread(error: std::io::Error) -> Failure {
    Failure::new(FAILED, format!("cannot start a thread for the terminal: {error}"))
}

/// Whether it starts only when somebody has seen to something.
pub(crate) fn does_not_go_on(service: &ServiceSnapshot) -> bool {
    match &service.cause {
        None | Some(Cause::WaitingFor { .. } | Cause::HeldBack { state: ServiceState::Backoff, .. }) => false,
        Some(_) => true,
    }
}
