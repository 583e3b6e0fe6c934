//! Starts one process of a service, and watches for what the system and the process say about it.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use contract::{Cause, Handoff, LogStream};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::addresses::Table;
use super::places::Place;
use super::slot::Slot;
use crate::life::RunId;
use crate::notify::Notify;
use proctree::{LaunchMarker, Launchable, MARKER_VARIABLE, ProcessTree};
use stackfile::{ProbeKind, Ready};

/// Something that became known about a run.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) slot: usize,
    pub(crate) run: RunId,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    SaidReady,
    Exited(std::io::Result<ExitStatus>),
    Emptied,
    /// It has ended, and what it printed has been read by now.
    LastLinesRead,
    /// So many of its processes are left, some time after they were asked to end.
    Left(usize),
    /// `overslept` is how much later the time limit was noticed than it passed.
    Probed {
        address: SocketAddr,
        result: Result<Duration, Cause>,
        overslept: Duration,
    },
    /// Which of its listeners besides the told port answered the health check first, if any.
    AskedElsewhere(Option<SocketAddr>),
    /// It is time to look whether it listens on the told port by now.
    LookAtToldPort,
}

/// A process that was started, and all that it started.
pub(crate) struct Run {
    pub(crate) pid: u32,
    pub(crate) members: ProcessTree,
    pub(crate) leader_lives: bool,
    pub(crate) started: Instant,
    pub(crate) started_at: Timestamp,
    /// It was started with the addresses that are to come.
    pub(crate) prepared: bool,
    /// The listening sockets that were seen to be its own.
    pub(crate) own_sockets: Vec<u64>,
    /// Where it was told to listen, if anywhere.
    pub(crate) told: Option<SocketAddr>,
    /// Where it listens by its own choice: it answered its check there while the told port was shut.
    pub(crate) found: Option<SocketAddr>,
    /// The addresses of other services that it knows, by their indices.
    pub(crate) given: Vec<(usize, SocketAddr)>,
    /// When its other listeners are looked at again; `None` while one is asked.
    pub(crate) next_look: Option<Instant>,
    /// It was said that it listens elsewhere only.
    pub(crate) said_elsewhere: bool,
    /// How many of its processes are left, where it takes its time to end.
    pub(crate) left: Option<usize>,
    listening_for_word: Option<AbortHandle>,
    counting: Option<AbortHandle>,
    told_port_watch: Option<AbortHandle>,
}

impl Drop for Run {
    fn drop(&mut self) {
        for task in [&self.listening_for_word, &self.counting, &self.told_port_watch].into_iter().flatten() {
            task.abort();
        }
    }
}

/// What every start needs to know of the instance.
pub(crate) struct Ground<'a> {
    pub(crate) environment: &'a [(OsString, OsString)],
    pub(crate) skinai: &'a std::path::Path,
    /// Where sockets lie.
    pub(crate) runtime: &'a std::path::Path,
    pub(crate) token: &'a str,
    pub(crate) mark: &'a LaunchMarker,
    pub(crate) table: &'a Table,
    /// The addresses in `table` of the services on which this one depends, by their indices.
    pub(crate) given: Vec<(usize, SocketAddr)>,
    /// Each port variable and its value.
    pub(crate) port_variables: &'a [(String, u16)],
    pub(crate) facts: &'a mpsc::UnboundedSender<Fact>,
    pub(crate) side: &'a tokio::runtime::Handle,
}

/// Starts a process for a service. Its port must be reserved; with hand-off `number` the reservation's
/// socket is closed at the last moment.
pub(crate) fn start(
    slot: &mut Slot,
    index: usize,
    run: RunId,
    prepared: bool,
    ground: &Ground<'_>,
) -> Result<Run, Cause> {
    let notify = (slot.service.ready == Ready::Notify).then(|| Notify::open(ground.runtime)).transpose();
    let notify = notify.map_err(|error| format!("cannot open the socket for its notification: {error}"))?;
    let mark = ground.mark.run(&slot.name, run.0);
    let environment = environment(slot, &mark, notify.as_ref(), ground);
    let command: Vec<String> =
        slot.service.command.iter().map(|part| part.fill(&slot.name, ground.table)).collect();
    let Some((program, arguments)) = command.split_first() else {
        return Err("it has no command".into());
    };
    let path = environment.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str());
    let cwd = slot.service.cwd.clone();
    let found = super::find_program(program, ground.skinai, path, cwd.as_deref());
    let program = found.ok_or_else(|| Cause::NoProgram { program: program.clone() })?;
    let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    let handoff = slot.service.handoff;
    let name = slot.name.clone();
    let output = slot.output.clone();
    let place = slot.place_for_mut(prepared);
    let told = place.as_deref().map(Place::told);
    let listener = match (handoff, place) {
        (Handoff::Number, Some(place)) => {
            place.reservation.release();
            None
        }
        (Handoff::Socket, Some(place)) => place.reservation.listener(),
        (_, None) => None,
    };
    let launchable = Launchable {
        program: &program,
        arguments: &arguments,
        environment: &environment,
        cwd: cwd.as_deref(),
        listener,
        name: &name,
        marker: &mark,
    };
    let started = Instant::now();
    let mut spawned = proctree::spawn(&launchable).map_err(|error| Cause::CannotStart {
        program: program.display().to_string(),
        error: error.to_string(),
    })?;
    output.attach(spawned.stdout, LogStream::Stdout, ground.side);
    output.attach(spawned.stderr, LogStream::Stderr, ground.side);
    let pid = spawned.child.id().unwrap_or_default();
    let facts = ground.facts.clone();
    tokio::spawn(async move {
        let status = spawned.child.wait().await;
        // Nobody listens any more once the task has ended.
        let _ = facts.send(Fact { slot: index, run, what: What::Exited(status) });
    });
    Ok(Run {
        pid,
        members: ProcessTree::new(pid, mark),
        leader_lives: true,
        started,
        started_at: Timestamp::now(),
        prepared,
        own_sockets: Vec::new(),
        told,
        found: None,
        given: ground.given.clone(),
        next_look: Some(started),
        said_elsewhere: false,
        left: None,
        counting: None,
        told_port_watch: None,
        listening_for_word: notify.map(|notify| listen_for_word(notify, index, run, ground.facts.clone())),
    })
}

fn environment(
    slot: &Slot,
    mark: &LaunchMarker,
    notify: Option<&Notify>,
    ground: &Ground<'_>,
) -> Vec<(OsString, OsString)> {
    let mut own: Vec<(OsString, OsString)> = Vec::new();
    for (variable, port) in ground.port_variables {
        own.push((variable.into(), port.to_string().into()));
    }
    own.push(("SKINAI_TOKEN".into(), ground.token.into()));
    for (name, value) in &slot.service.env {
        own.push((name.into(), value.fill(&slot.name, ground.table).into()));
    }
    own.push((MARKER_VARIABLE.into(), mark.as_str().into()));
    if let Some(notify) = notify {
        own.push(("NOTIFY_SOCKET".into(), notify.address.clone().into()));
    }
    // One value for each name, whatever a program makes of two.
    let inherited = ground.environment.iter().filter(|(name, _)| !own.iter().any(|(other, _)| other == name));
    let mut all: Vec<_> = inherited.cloned().collect();
    for (index, (name, value)) in own.iter().enumerate() {
        if !own[index + 1..].iter().any(|(other, _)| other == name) {
            all.push((name.clone(), value.clone()));
        }
    }
    all
}

fn listen_for_word(
    notify: Notify,
    slot: usize,
    run: RunId,
    facts: mpsc::UnboundedSender<Fact>,
) -> AbortHandle {
    let listen = async move {
        if notify.ready().await.is_ok() {
            let _ = facts.send(Fact { slot, run, what: What::SaidReady });
        }
        // Kept open: a service that speaks again must not be answered by an error.
        while notify.ready().await.is_ok() {}
    };
    tokio::spawn(listen).abort_handle()
}

/// Sends a probe beside everything else.
pub(crate) fn send_probe(
    kind: ProbeKind,
    address: SocketAddr,
    timeout: Duration,
    (slot, run): (usize, RunId),
    facts: mpsc::UnboundedSender<Fact>,
) {
    let reach = SocketAddr::new(super::addresses::reachable(address.ip()), address.port());
    tokio::spawn(async move {
        let started = Instant::now();
        let result = crate::probe::probe(&kind, reach, timeout).await;
        let overslept = started.elapsed().saturating_sub(timeout);
        let _ = facts.send(Fact { slot, run, what: What::Probed { address, result, overslept } });
    });
}

/// Asks listeners of a service one after the other, beside everything else, for one that answers its check.
pub(crate) fn ask_elsewhere(
    kind: ProbeKind,
    addresses: Vec<SocketAddr>,
    timeout: Duration,
    (slot, run): (usize, RunId),
    facts: mpsc::UnboundedSender<Fact>,
) {
    tokio::spawn(async move {
        let mut answered = None;
        for address in addresses {
            let reach = SocketAddr::new(super::addresses::reachable(address.ip()), address.port());
            if crate::probe::probe(&kind, reach, timeout).await.is_ok() {
                answered = Some(address);
                break;
            }
        }
        let _ = facts.send(Fact { slot, run, what: What::AskedElsewhere(answered) });
    });
}

/// How often a service that listens elsewhere is looked for at the port that it was told.
const TOLD_PORT_EVERY: Duration = Duration::from_millis(250);

/// What ends within this time is not worth a word.
const COUNT_AFTER: Duration = Duration::from_millis(200);

impl Run {
    /// Where it is to be probed.
    pub(crate) fn probe_address(&self) -> Option<SocketAddr> {
        self.found.or(self.told)
    }

    /// It answers its check at `address`. The system does not tell when the told port opens, so that is looked
    /// at from now on.
    pub(crate) fn is_found_at(
        &mut self,
        address: SocketAddr,
        (slot, run): (usize, RunId),
        facts: mpsc::UnboundedSender<Fact>,
    ) {
        self.found = Some(address);
        let watch = async move {
            loop {
                tokio::time::sleep(TOLD_PORT_EVERY).await;
                if facts.send(Fact { slot, run, what: What::LookAtToldPort }).is_err() {
                    return;
                }
            }
        };
        self.told_port_watch = Some(tokio::spawn(watch).abort_handle());
    }

    /// It listens on the told port.
    pub(crate) fn is_where_told(&mut self) {
        self.found = None;
        if let Some(watch) = self.told_port_watch.take() {
            watch.abort();
        }
    }

    /// Counts what is left of it from now on, for people who wait for its end.
    pub(crate) fn count_what_is_left(
        &mut self,
        (slot, run): (usize, RunId),
        facts: mpsc::UnboundedSender<Fact>,
    ) {
        let members = self.members.clone();
        let count = async move {
            let mut before = None;
            loop {
                tokio::time::sleep(COUNT_AFTER).await;
                let left = members.living();
                if before.replace(left) != Some(left)
                    && facts.send(Fact { slot, run, what: What::Left(left) }).is_err()
                {
                    return;
                }
            }
        };
        if self.counting.is_none() {
            self.counting = Some(tokio::spawn(count).abort_handle());
        }
    }
}

/// Waits a moment for what a process printed at its end.
pub(crate) fn wait_for_last_lines((slot, run): (usize, RunId), facts: mpsc::UnboundedSender<Fact>) {
    const READ_BY: Duration = Duration::from_millis(100);
    tokio::spawn(async move {
        tokio::time::sleep(READ_BY).await;
        let _ = facts.send(Fact { slot, run, what: What::LastLinesRead });
    });
}

/// Waits until nothing is left of a run whose leader has ended.
pub(crate) fn wait_until_empty(
    members: ProcessTree,
    (slot, run): (usize, RunId),
    facts: mpsc::UnboundedSender<Fact>,
) {
    tokio::spawn(async move {
        while !members.is_empty() {
            proctree::any_ended(members.remaining()).await;
        }
        let _ = facts.send(Fact { slot, run, what: What::Emptied });
    });
}
