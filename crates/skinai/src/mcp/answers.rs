//! What the tools answer. The comments are what agents read.

use std::collections::BTreeMap;

use contract::{ServiceSnapshot, Snapshot};
use schemars::JsonSchema;
use serde::Serialize;

use crate::events::{self, EventList};
use crate::line_printer::{LinePrinter, LineStyle, Unfinished};
use crate::logs::{self, PrintedLines};
use crate::status;

pub(super) const LINES_MAX: usize = 1000;
pub(super) const EVENTS_MAX: usize = 200;
pub(super) const WAIT_SECONDS_MAX: u64 = 600;
/// As many bytes of log lines are a page that an agent can read.
const LOG_BYTES_MAX: usize = 32 << 10;

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Stacks {
    stacks: Vec<ListedStack>,
    /// Why instances that run do not answer
    #[serde(skip_serializing_if = "Vec::is_empty")]
    silent: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ListedStack {
    /// What the tools take as `instance`
    instance: String,
    stack: String,
    /// The stack file; none for the built-in stack
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_file: Option<String>,
    /// "all healthy", or the state that most needs attention
    state: String,
    services: Vec<String>,
}

impl Stacks {
    pub(super) fn new(snapshots: Vec<Snapshot>, silent: Vec<String>) -> Self {
        let listed = |snapshot: Snapshot| ListedStack {
            state: status::headline(&snapshot),
            services: snapshot.services.iter().map(|service| service.name.clone()).collect(),
            instance: snapshot.instance,
            stack: snapshot.stack,
            stack_file: snapshot.stack_file,
        };
        Self { stacks: snapshots.into_iter().map(listed).collect(), silent }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Status {
    instance: String,
    stack: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_file: Option<String>,
    /// "all healthy", or the state that most needs attention
    state: String,
    services: Vec<ServiceAnswer>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Service")]
struct ServiceAnswer {
    name: String,
    /// stopped, starting, healthy, unhealthy, stopping, backoff (it crashed and waits for its next start), conflict
    /// (somebody else has its port), failed (not started again until it is asked for) or done (its work is done)
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    /// Its other ports, by their names
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    other_ports: BTreeMap<String, u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    restarts: u32,
    /// Why it is in this state, and what can be done
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Who has its port, in state conflict
    #[serde(skip_serializing_if = "Option::is_none")]
    holder_pid: Option<u32>,
    /// What it printed before it failed
    #[serde(skip_serializing_if = "Vec::is_empty")]
    last_lines: Vec<String>,
}

impl Status {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self::of_some(snapshot, |_| true)
    }

    pub(super) fn of_some(snapshot: &Snapshot, shown: impl Fn(&ServiceSnapshot) -> bool) -> Self {
        let services = snapshot.services.iter().filter(|service| shown(service));
        Self {
            instance: snapshot.instance.clone(),
            stack: snapshot.stack.clone(),
            stack_file: snapshot.stack_file.clone(),
            state: status::headline(snapshot),
            services: services.map(|service| ServiceAnswer::of(service)).collect(),
        }
    }

    /// Of an instance that has ended.
    pub(super) fn ended(before: Snapshot) -> Self {
        let Snapshot { instance, stack, stack_file, .. } = before;
        Self { instance, stack, stack_file, state: "ended".to_owned(), services: Vec::new() }
    }
}

impl ServiceAnswer {
    fn of(service: &ServiceSnapshot) -> Self {
        let mut told = service.clone();
        if let Some(conflict) = &mut told.conflict {
            // What stands in another's command line may be secret.
            conflict.holder.command = None;
        }
        Self {
            name: service.name.clone(),
            state: service.state.as_str(),
            address: service.url.clone(),
            port: service.port,
            other_ports: service.ports.iter().map(|(name, port)| (name.clone(), port.port)).collect(),
            pid: service.pid,
            restarts: service.restarts,
            note: status::note(&told),
            holder_pid: service.conflict.as_ref().and_then(|conflict| conflict.holder.pid),
            last_lines: status::last_lines(service).to_vec(),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Port {
    pub(super) free: bool,
    /// Who has it
    pub(super) says: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Address {
    /// For programs on this machine; it has no secret
    address: String,
    state: &'static str,
    /// Whether the service itself is there now, and not somebody else or nobody
    is_its_own: bool,
    /// The command by which a person opens it in a browser; it lets them in where the service asks for a secret
    #[serde(skip_serializing_if = "Option::is_none")]
    open_by: Option<String>,
}

impl Address {
    /// `None` if the service has none.
    pub(super) fn of(service: &ServiceSnapshot, instance: &str) -> Option<Self> {
        let open = |_| format!("skinai open {} --instance {instance}", service.name);
        Some(Self {
            address: service.url.clone()?,
            state: service.state.as_str(),
            is_its_own: service.is_at_its_address(),
            open_by: service.open_url.as_ref().map(open),
        })
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LogLines {
    /// Oldest first: the service, where several are asked for; the time; what it printed
    lines: Vec<String>,
    /// Says so where older lines are left out, and how to see them
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<String>,
    /// Says so where nothing runs, and these lines are from the log files
    #[serde(skip_serializing_if = "Option::is_none")]
    from_files: Option<&'static str>,
}

impl LogLines {
    /// As many of the newest as were asked for and have room.
    pub(super) fn new(printed: &PrintedLines, lines_max: usize) -> Self {
        let style = LineStyle { stamped: true, coloured: false, unfinished: Unfinished::Shown };
        let mut printers = LinePrinter::of_all(&printed.services, style);
        let mut lines: Vec<String> = printed
            .lines
            .iter()
            .map(|(index, line)| printers[*index].text(line).trim_end().to_owned())
            .collect();
        let mut room = LOG_BYTES_MAX;
        let fits = |line: &&String| room.checked_sub(line.len()).map(|left| room = left).is_some();
        let shown = lines.iter().rev().take(lines_max).take_while(fits).count();
        let left_out = lines.len() - shown;
        lines.drain(..left_out);
        let more = "there are older lines: ask for one service, or use `grep` or `since`; `lines` is at most";
        Self {
            lines,
            more: (left_out > 0).then(|| format!("{more} {LINES_MAX}")),
            from_files: printed.saved.then_some(logs::SAVED),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Events {
    /// Oldest first: the time, and what happened
    events: Vec<String>,
    /// Says so where nothing runs, and these are from the file
    #[serde(skip_serializing_if = "Option::is_none")]
    from_files: Option<&'static str>,
}

impl From<EventList> for Events {
    fn from(happened: EventList) -> Self {
        Self {
            events: happened.happenings.iter().map(events::line).collect(),
            from_files: happened.saved.then_some(events::SAVED),
        }
    }
}
