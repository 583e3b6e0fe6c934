use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{Conflict, Handoff, Holder};
use jiff::Timestamp;
use ports::Allocator;
use proctree::{PidJournal, ProcessTree};
use stackfile::Listener;
use supervisor::coordinator::{Effect, LostPort, PortWanted, ReserveFailure, Ticket, Whereabouts};
use supervisor::lifecycle::RunId;
use tokio::sync::mpsc::Sender;
use tokio::task::spawn_blocking;

use super::launch_context::LaunchContext;
use super::process_run::{LocalRun, RunObserver};
use super::reservations::{ReservedPorts, SharedReservation, Unassigned};
use super::spawn::{self, ServiceStart};
use super::{Observation, ProcessObservation, System, listeners, probes};
use crate::addresses::AddressTable;
use crate::end_holder::end_holder;
use crate::output::Output;
use crate::port_allocation::{self, ReservedPort};

/// How long whoever published a service's port on its behalf may hold it after the service has ended.
const PUBLISHER_ENDS_WITHIN: Duration = Duration::from_secs(2);
/// How often the port is tried meanwhile.
const CLAIM_EVERY: Duration = Duration::from_millis(50);

/// This machine: its processes, ports and probes.
///
/// Lives on the thread that starts and signals processes. `/proc` and netlink are read on other threads, but for what
/// a signal has to be preceded by: which processes it is meant for.
pub(crate) struct LocalSystem {
    context: Arc<LaunchContext>,
    journal: PidJournal,
    allocator: Allocator,
    outputs: Vec<Output>,
    ports: Vec<ReservedPorts>,
    unassigned: Unassigned,
    runs: BTreeMap<(usize, RunId), LocalRun>,
    observations: Sender<Observation>,
    side: tokio::runtime::Handle,
}

impl LocalSystem {
    pub(crate) fn new(
        context: LaunchContext,
        journal: PidJournal,
        allocator: Allocator,
        reserved: Vec<Vec<ports::Reservation>>,
        outputs: Vec<Output>,
        observations: Sender<Observation>,
        side: tokio::runtime::Handle,
    ) -> Self {
        let ports = reserved.into_iter().map(|reservations| ReservedPorts {
            current: reservations.into_iter().map(SharedReservation::new).collect(),
            staged: None,
        });
        Self {
            context: Arc::new(context),
            journal,
            allocator,
            outputs,
            ports: ports.collect(),
            unassigned: Unassigned::default(),
            runs: BTreeMap::new(),
            observations,
            side,
        }
    }

    fn service(&self, index: usize) -> &stackfile::Service {
        &self.context.options.stack.services[index]
    }

    fn spawn(
        &mut self,
        index: usize,
        run: RunId,
        staged: bool,
        addresses: Vec<Vec<SocketAddr>>,
    ) -> ProcessObservation {
        let context = Arc::clone(&self.context);
        let Some((name, service)) = context.options.stack.services.get_index(index) else {
            unreachable!("an index of the stack")
        };
        let reservations = self.ports[index].get(staged);
        // An heir may have shut a socket down.
        if service.handoff == Handoff::Socket
            && let Err(taken) = retake(reservations)
        {
            return ProcessObservation::SpawnFailed(taken.to_string().into());
        }
        let mut reservations: Vec<_> = reservations.iter().map(SharedReservation::lock).collect();
        if service.handoff == Handoff::Number {
            reservations.iter_mut().for_each(|reservation| reservation.release());
        }
        let start = ServiceStart {
            name,
            service,
            run,
            output: &self.outputs[index],
            listeners: reservations.iter().filter_map(|reservation| reservation.listener()).collect(),
            addresses: &AddressTable { stack: &context.options.stack, addresses },
        };
        let observer = RunObserver { service: index, run, observations: self.observations.clone() };
        match spawn::start(&start, &context, &self.side, observer) {
            Ok(started) => {
                self.journal.add(started.pid);
                let pid = started.pid;
                let command = service.command.iter().map(|part| part.show(name, start.addresses)).collect();
                self.runs.insert((index, run), started);
                ProcessObservation::Spawned { pid, at: Timestamp::now(), command }
            }
            Err(cause) => {
                self.outputs[index].say(cause.to_string());
                ProcessObservation::SpawnFailed(cause)
            }
        }
    }

    fn claim(&self, ticket: Ticket, index: usize, staged: bool) {
        let reservations = self.ports[index].get(staged).to_vec();
        let observations = self.observations.clone();
        let any = self.service(index).listener == Listener::Any;
        let patience = if any { PUBLISHER_ENDS_WITHIN } else { Duration::ZERO };
        tokio::spawn(async move {
            let end = Instant::now() + patience;
            let claimed = loop {
                let reservations = reservations.clone();
                match spawn_blocking(move || retake(&reservations)).await {
                    Ok(Err(_)) if Instant::now() < end => tokio::time::sleep(CLAIM_EVERY).await,
                    Ok(claimed) => break claimed,
                    // The runtime ends.
                    Err(_) => return,
                }
            };
            let result =
                claimed.map_err(|taken| LostPort { conflict: conflict(&taken), message: taken.to_string() });
            let _ = observations.send(Observation::PortClaimed(ticket, result)).await;
        });
    }

    fn reserve(&self, ticket: Ticket, wanted: Vec<PortWanted>, except: Vec<u16>) {
        let (context, allocator) = (Arc::clone(&self.context), self.allocator.clone());
        let (unassigned, observations) = (self.unassigned.clone(), self.observations.clone());
        tokio::spawn(async move {
            let reserve = move || {
                let mut found = Vec::with_capacity(wanted.len());
                for wanted in &wanted {
                    let failed = |message| ReserveFailure { service: wanted.service, message };
                    found.push(reserve_one(&context, &allocator, wanted, &except).map_err(failed)?);
                }
                let assign = |(wanted, found): (&PortWanted, ReservedPort)| {
                    unassigned.put(ticket, wanted.service, wanted.port, found.reservation);
                    found.port
                };
                Ok(wanted.iter().zip(found).map(assign).collect())
            };
            // An error means that the runtime ends.
            let Ok(result) = spawn_blocking(reserve).await else { return };
            let _ = observations.send(Observation::Reserved(ticket, result)).await;
        });
    }
}

impl System for LocalSystem {
    fn carry_out(&mut self, effect: Effect) -> Option<Observation> {
        match effect {
            Effect::Spawn { service, run, staged, addresses } => {
                let observation = self.spawn(service, run, staged, addresses);
                return Some(Observation::Process(service, run, observation));
            }
            Effect::Terminate(service, run) => {
                if let Some(known) = self.runs.get_mut(&(service, run)) {
                    known.terminate();
                }
            }
            Effect::Kill(service, run) => {
                if let Some(known) = self.runs.get(&(service, run)) {
                    known.kill();
                }
            }
            Effect::Probe { service, run, address, timeout } => {
                if let Some(known) = self.runs.get(&(service, run)) {
                    probes::send(
                        known,
                        self.service(service),
                        address,
                        timeout,
                        self.context.options.product,
                        &self.side,
                    );
                }
            }
            Effect::Inspect { service, run, address } => {
                if let Some(known) = self.runs.get(&(service, run)) {
                    probes::inspect(known, address);
                }
            }
            Effect::ClaimPort { ticket, service, staged, .. } => self.claim(ticket, service, staged),
            Effect::ReleasePort(service) => {
                self.ports[service].current.iter().for_each(|reservation| reservation.lock().release());
            }
            Effect::RefuseConnections(service) => {
                self.ports[service].current.iter().for_each(|reservation| reservation.lock().refuse());
            }
            Effect::Reserve { ticket, wanted, except } => self.reserve(ticket, wanted, except),
            Effect::Assign { ticket, service, port, staged } => {
                if let Some(reservation) = self.unassigned.take(ticket, service, port) {
                    self.ports[service].replace(port, staged, reservation);
                }
            }
            Effect::GiveUp(ticket) => self.unassigned.drop_all(ticket),
            Effect::CommitStaged(service) => {
                let ports = &mut self.ports[service];
                if let Some(staged) = ports.staged.take() {
                    ports.current = staged;
                }
            }
            Effect::DropStaged(service) => self.ports[service].staged = None,
            Effect::FindListeners { service, run, told, named, search, timeout } => {
                if let Some(known) = self.runs.get(&(service, run)) {
                    listeners::find(
                        known,
                        self.service(service),
                        told,
                        named,
                        search,
                        timeout,
                        self.context.options.product,
                    );
                }
            }
            Effect::WatchToldPort { service, run, told, found } => {
                if let Some(known) = self.runs.get_mut(&(service, run)) {
                    let (tree, observer) = (known.tree.clone(), known.observer.clone());
                    let watch = listeners::watch_told_port(tree, told, found, observer);
                    known.add_task(watch);
                }
            }
            Effect::HoldLoopback { service, run, staged, served } => {
                let others = self.ports[service].get(staged).first()?.lock().hold_others(served);
                if let Some(known) = self.runs.get(&(service, run)) {
                    listeners::find_strangers(known, others);
                }
            }
            Effect::EndHolder { request, port, holder } => {
                let observations = self.observations.clone();
                tokio::spawn(async move {
                    let result = end_holder(port, &holder).await;
                    let _ = observations.send(Observation::HolderEnded(request, result)).await;
                });
            }
            Effect::Log { service, text } => self.outputs[service].say(text),
            Effect::Reply(..) => unreachable!("the executor answers"),
        }
        None
    }

    fn trees(&self, service: usize) -> Vec<ProcessTree> {
        let of_service = self.runs.range((service, RunId(0))..(service + 1, RunId(0)));
        of_service.map(|(_, run)| run.tree.clone()).collect()
    }

    fn run_ended(&mut self, service: usize, run: RunId) {
        if let Some(known) = self.runs.remove(&(service, run)) {
            self.journal.remove(known.pid);
        }
        for mut reservation in self.ports[service].current.iter().map(SharedReservation::lock) {
            if reservation.is_holding() {
                // It may have shut the socket down. Where that cannot be mended, the next start says so.
                let _ = reservation.retake();
            } else {
                // What was held beside a service that had bound its port goes with it.
                reservation.release();
            }
        }
    }

    fn instance_ended(&mut self) {
        self.journal.end();
    }
}

/// Binds all of them again that can be; tells which one cannot.
fn retake(reservations: &[SharedReservation]) -> Result<(), ports::Taken> {
    let taken = reservations.iter().map(|reservation| reservation.lock().retake());
    taken.fold(Ok(()), Result::and)
}

fn reserve_one(
    context: &LaunchContext,
    allocator: &Allocator,
    wanted: &PortWanted,
    except: &[u16],
) -> Result<ReservedPort, String> {
    let options = &context.options;
    match &wanted.whereabouts {
        Whereabouts::Exactly(port) => port_allocation::exactly(allocator, wanted.host, *port),
        Whereabouts::Free(range) => {
            let service = &options.stack.services[wanted.service];
            let set =
                range.clone().and_then(|range| ports::PortRange::new(*range.start(), *range.end()).ok());
            let fallback = service.all_ports().nth(wanted.port).and_then(|(_, port)| port.fallback);
            let range = set.unwrap_or(options.stack.ports);
            port_allocation::elsewhere(allocator, (wanted.host, service.handoff), range, fallback, except)
        }
    }
}

fn conflict(taken: &ports::Taken) -> Conflict {
    Conflict { port: taken.port, holder: taken.holders.first().cloned().unwrap_or(Holder::UNKNOWN) }
}
