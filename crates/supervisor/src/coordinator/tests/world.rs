//! A system without processes or a clock: it keeps what the coordinator asks for, and tests say what becomes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use contract::{
    ApiError, Cause, Conflict, Holder, OnConflict, OnUnhealthy, PortSource, Request, RestartPolicy,
    ServiceState, Target,
};

use crate::coordinator::*;
use crate::lifecycle::{Exit, Policy, RunId};

pub(super) const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The first service's port; the others have the next ones.
pub(super) const FIRST: u16 = 8000;
/// The first port that is given to a service that has to move.
pub(super) const ELSEWHERE: u16 = 9000;

/// A port that is to be bound again.
pub(super) struct Claimed {
    service: usize,
    staged: bool,
    ports: Vec<u16>,
}

pub(super) struct World {
    pub(super) coordinator: Coordinator,
    pub(super) now: Instant,
    pub(super) effects: Vec<Effect>,
    /// What was started and has not ended, with the addresses that it was told.
    pub(super) processes: BTreeMap<(usize, RunId), Vec<Vec<SocketAddr>>>,
    pub(super) answers: BTreeMap<RequestId, Result<(), ApiError>>,
    /// Ports that are bound by the launcher, by service: current and staged.
    pub(super) held: BTreeSet<(usize, bool)>,
    /// The services whose port is kept without listening.
    pub(super) refusing: BTreeSet<usize>,
    /// The services that have a staged port, held or not.
    staged: BTreeSet<usize>,
    pub(super) claims: BTreeMap<Ticket, Claimed>,
    pub(super) reserving: BTreeMap<Ticket, Vec<PortWanted>>,
    unassigned: BTreeSet<(Ticket, usize)>,
    /// The processes that somebody has suspended.
    pub(super) suspended: BTreeSet<(usize, RunId)>,
    /// Which listeners were asked at each look.
    pub(super) looks: Vec<Search>,
    /// Of which service the other addresses of localhost were held, and where it listens.
    pub(super) loopbacks: Vec<(usize, IpAddr)>,
    /// What was written into services' logs.
    pub(super) logs: Vec<String>,
    /// Whose end was asked for, and is not known yet.
    pub(super) ending: Vec<RequestId>,
    next_port: u16,
    pub(super) last_request: u64,
}

/// An overlapping service with a socket.
pub(super) fn socket(name: &str, needs: &[usize]) -> ServiceSpec {
    ServiceSpec {
        name: name.to_owned(),
        label: name.to_uppercase(),
        policy: Policy {
            restart: RestartPolicy::Always,
            on_unhealthy: OnUnhealthy::Restart,
            overlap: true,
            requires_notify: true,
            probes: true,
            probes_when_ready: false,
            number: false,
            task: false,
            oneshot: false,
            interval: Duration::from_secs(2),
            timeout: Duration::from_secs(2),
            threshold: 3,
            stop_grace: Duration::from_secs(5),
            start_timeout: Duration::from_secs(30),
            fatal_exit_codes: Vec::new(),
        },
        needs: needs.to_vec(),
        depends: needs.to_vec(),
        strict: false,
        on_conflict: None,
        any_listener: false,
        left_out: false,
        set_by_environment: false,
    }
}

/// A service that is told a number.
pub(super) fn number(name: &str, needs: &[usize]) -> ServiceSpec {
    let mut spec = socket(name, needs);
    spec.policy = Policy { overlap: false, requires_notify: false, number: true, ..spec.policy };
    spec
}

/// A service without a check. It keeps its port, which nobody asks.
pub(super) fn task(name: &str, restart: RestartPolicy) -> ServiceSpec {
    let mut spec = socket(name, &[]);
    let policy = spec.policy.clone();
    spec.policy =
        Policy { restart, overlap: false, requires_notify: false, probes: false, task: true, ..policy };
    spec
}

/// A service that is ready when it has run to its end.
pub(super) fn oneshot(name: &str, needs: &[usize]) -> ServiceSpec {
    let mut spec = task(name, RestartPolicy::Never);
    spec.policy.oneshot = true;
    ServiceSpec { needs: needs.to_vec(), depends: needs.to_vec(), ..spec }
}

/// A named port of the service with this main one.
pub(super) fn named_port(main: u16, nth: u16) -> u16 {
    main + 100 * (nth + 1)
}

pub(super) fn thief() -> Holder {
    Holder {
        pid: Some(7),
        name: Some("thief".to_owned()),
        command: None,
        user: None,
        hint: None,
        started: Some(700),
    }
}

pub(super) fn suspension() -> Cause {
    Cause::Suspended { pid: 7, name: "node".to_owned() }
}

pub(super) fn stranger() -> Answerer {
    Answerer::Stranger(thief())
}

/// The run answers its check there alone.
pub(super) fn found_at(address: SocketAddr) -> ProcessEvent {
    let listeners = Listeners { addresses: vec![address], answered: Some(address), ..Listeners::default() };
    ProcessEvent::ListenersFound(listeners)
}

pub(super) fn lost(port: u16) -> LostPort {
    LostPort {
        conflict: Conflict { port, holder: thief() },
        message: format!("port {port} is used by thief (7)"),
    }
}

impl World {
    pub(super) fn new(specs: Vec<ServiceSpec>) -> Self {
        Self::with(specs, OnConflict::Ask)
    }

    pub(super) fn with(specs: Vec<ServiceSpec>, on_conflict: OnConflict) -> Self {
        let services = specs.into_iter().map(|spec| (spec, 0)).collect();
        Self::with_named(services, on_conflict)
    }

    /// Each service with so many named ports.
    pub(super) fn with_named(services: Vec<(ServiceSpec, u16)>, on_conflict: OnConflict) -> Self {
        let now = Instant::now();
        let count = services.len();
        let free = |number| AssignedPort::new(number, PortSource::Range);
        let assigned = |(port, (spec, named)): (u16, (ServiceSpec, u16))| {
            let named = (0..named).map(|nth| free(named_port(port, nth))).collect();
            (spec, Some(PortAssignment::new(HOST, free(port), named)))
        };
        let settings = PortPreferences { range: None, fixed: BTreeMap::new(), on_conflict };
        let coordinator = Coordinator::new((FIRST..).zip(services).map(assigned), settings, now);
        Self {
            coordinator,
            now,
            effects: Vec::new(),
            processes: BTreeMap::new(),
            answers: BTreeMap::new(),
            held: (0..count).map(|index| (index, false)).collect(),
            refusing: BTreeSet::new(),
            staged: BTreeSet::new(),
            claims: BTreeMap::new(),
            reserving: BTreeMap::new(),
            unassigned: BTreeSet::new(),
            suspended: BTreeSet::new(),
            looks: Vec::new(),
            loopbacks: Vec::new(),
            logs: Vec::new(),
            ending: Vec::new(),
            next_port: ELSEWHERE,
            last_request: 0,
        }
    }

    /// All services are up.
    pub(super) fn healthy(specs: Vec<ServiceSpec>) -> Self {
        let mut world = Self::new(specs);
        world.on(Event::Launch);
        world.become_healthy();
        world
    }

    pub(super) fn on(&mut self, event: Event) {
        let effects = self.coordinator.on(event, self.now);
        for effect in &effects {
            self.carry_out(effect);
        }
        self.effects.extend(effects);
        let started: Vec<_> = std::mem::take(&mut self.effects)
            .into_iter()
            .filter(|effect| {
                self.effects_seen(effect);
                matches!(effect, Effect::Spawn { .. } | Effect::Inspect { .. })
            })
            .collect();
        for effect in started {
            match effect {
                Effect::Spawn { service, run, .. } => self.process(service, run, ProcessEvent::Spawned),
                Effect::Inspect { service, run, .. } => {
                    let suspension = self.suspended.contains(&(service, run)).then(suspension);
                    self.process(service, run, ProcessEvent::Inspected(suspension));
                }
                _ => {}
            }
        }
    }

    /// Invariants of every effect.
    fn effects_seen(&self, effect: &Effect) {
        if let Effect::Spawn { addresses, service, .. } = effect {
            assert!(!addresses[*service].is_empty(), "a service with a port is told one");
        }
    }

    fn carry_out(&mut self, effect: &Effect) {
        match effect {
            Effect::Spawn { service, run, staged, addresses } => {
                let slot = (*service, *staged && self.staged.contains(service));
                assert!(self.held.contains(&slot), "{service} is started on a port that is not held");
                if self.coordinator.services()[*service].spec().policy.number {
                    self.held.remove(&slot);
                }
                let is_new = self.processes.insert((*service, *run), addresses.clone()).is_none();
                assert!(is_new, "run {run:?} of {service} is started twice");
            }
            Effect::ClaimPort { ticket, service, staged, ports } => {
                let claimed = Claimed { service: *service, staged: *staged, ports: ports.clone() };
                self.claims.insert(*ticket, claimed);
            }
            Effect::ReleasePort(service) => {
                self.held.remove(&(*service, false));
                self.refusing.remove(service);
            }
            Effect::RefuseConnections(service) => {
                self.held.remove(&(*service, false));
                self.refusing.insert(*service);
            }
            Effect::Reserve { ticket, wanted, .. } => {
                self.reserving.insert(*ticket, wanted.clone());
            }
            Effect::Assign { ticket, service, staged, .. } => {
                assert!(self.unassigned.remove(&(*ticket, *service)), "what was reserved is assigned once");
                self.held.insert((*service, *staged));
                if *staged {
                    self.staged.insert(*service);
                }
            }
            Effect::GiveUp(ticket) => self.unassigned.retain(|(other, _)| other != ticket),
            Effect::CommitStaged(service) => {
                assert!(self.staged.remove(service), "there is a staged port");
                self.held.remove(&(*service, false));
                if self.held.remove(&(*service, true)) {
                    self.held.insert((*service, false));
                }
            }
            Effect::DropStaged(service) => {
                assert!(self.staged.remove(service), "there is a staged port");
                self.held.remove(&(*service, true));
            }
            Effect::Reply(id, result) => {
                let again = self.answers.insert(*id, result.clone());
                assert!(again.is_none(), "request {id:?} is answered twice");
            }
            Effect::Terminate(service, run) | Effect::Kill(service, run) => {
                assert!(self.processes.contains_key(&(*service, *run)), "a signal to what does not run");
            }
            Effect::FindListeners { search, .. } => self.looks.push(*search),
            Effect::HoldLoopback { service, served, .. } => self.loopbacks.push((*service, *served)),
            Effect::Log { text, .. } => self.logs.push(text.clone()),
            Effect::EndHolder { request, .. } => self.ending.push(*request),
            Effect::Probe { .. } | Effect::Inspect { .. } | Effect::WatchToldPort { .. } => {}
        }
    }

    pub(super) fn process(&mut self, service: usize, run: RunId, event: ProcessEvent) {
        self.on(Event::Process { service, run, event });
    }

    pub(super) fn run(&self, service: usize) -> RunId {
        let runs = self.processes.keys().filter(|(other, _)| *other == service);
        runs.map(|(_, run)| *run).max().expect("it has a process")
    }

    /// It notifies, and answers its probe; a oneshot does its work.
    pub(super) fn ready(&mut self, service: usize, run: RunId) {
        if self.coordinator.services()[service].spec().policy.oneshot {
            self.exit(service, run, 0);
            return self.gone(service, run);
        }
        self.process(service, run, ProcessEvent::ReadyNotified);
        self.answer(service, run, Ok(Answerer::Own));
    }

    pub(super) fn answer(&mut self, service: usize, run: RunId, result: Result<Answerer, Cause>) {
        let Some(known) = self.coordinator.services[service].runs.get(&run) else { return };
        let address = known.probe_address();
        self.process(service, run, ProcessEvent::Probed { address, result, late: Duration::ZERO });
    }

    pub(super) fn exit(&mut self, service: usize, run: RunId, code: i32) {
        let exit = Exit { code: Some(code), reason: Cause::Exited { code } };
        self.process(service, run, ProcessEvent::Exited(exit));
    }

    /// The last of its processes ends.
    pub(super) fn gone(&mut self, service: usize, run: RunId) {
        self.processes.remove(&(service, run));
        self.process(service, run, ProcessEvent::TreeEmpty);
    }

    pub(super) fn exit_and_go(&mut self, service: usize, code: i32) {
        let run = self.run(service);
        self.exit(service, run, code);
        self.gone(service, run);
    }

    /// Every process gets ready, everything that is to end ends, every port is to be had.
    pub(super) fn become_healthy(&mut self) {
        for _ in 0..100 {
            self.grant_ports();
            let before = (self.processes.clone(), self.states());
            for (service, run) in self.processes.keys().copied().collect::<Vec<_>>() {
                if self.coordinator.services()[service].machine().is_retiring(run) {
                    self.exit(service, run, 0);
                    self.gone(service, run);
                } else {
                    self.ready(service, run);
                }
            }
            let ends = |(service, run): &(usize, RunId)| {
                self.coordinator.services()[*service].machine().is_retiring(*run)
            };
            let is_calm =
                self.claims.is_empty() && self.reserving.is_empty() && !self.processes.keys().any(ends);
            if is_calm && before == (self.processes.clone(), self.states()) {
                return;
            }
        }
        panic!("it does not come to rest: {:#?}", self.coordinator);
    }

    pub(super) fn grant_ports(&mut self) {
        while let Some(request) = self.ending.pop() {
            self.on(Event::HolderEnded(request, Ok(())));
        }
        while !self.claims.is_empty() {
            self.grant_claim();
        }
        while let Some(ticket) = self.reserving.keys().next().copied() {
            self.grant_reservation(ticket);
        }
    }

    pub(super) fn grant_claim(&mut self) {
        let (ticket, Claimed { service, staged, ports }) =
            self.claims.pop_first().expect("a port is to be bound again");
        // The reservation of a port that was given up meanwhile goes with it.
        if self.ports_for(service, staged) == ports {
            self.held.insert((service, staged && self.staged.contains(&service)));
            self.refusing.remove(&service);
        }
        self.on(Event::PortClaimed(ticket, Ok(())));
    }

    pub(super) fn grant_reservation(&mut self, ticket: Ticket) {
        let wanted = self.reserving.remove(&ticket).expect("it is wanted");
        let mut found = Vec::new();
        for wanted in wanted {
            let (port, source) = match wanted.whereabouts {
                Whereabouts::Exactly(port) => (port, PortSource::Set),
                Whereabouts::Free(_) => {
                    self.next_port += 1;
                    (self.next_port - 1, PortSource::Range)
                }
            };
            self.unassigned.insert((ticket, wanted.service));
            found.push(AssignedPort::new(port, source));
        }
        self.on(Event::Reserved(ticket, Ok(found)));
        let left = self.unassigned.iter().any(|(other, _)| *other == ticket);
        assert!(!left, "what was reserved is assigned or given up");
    }

    pub(super) fn refuse_claim(&mut self) {
        self.refuse_claim_of(0);
    }

    /// Somebody has the last of its ports up to this one.
    pub(super) fn refuse_claim_of(&mut self, nth: usize) {
        let (ticket, Claimed { ports, .. }) = self.claims.pop_first().expect("a port is to be bound again");
        self.on(Event::PortClaimed(ticket, Err(lost(ports[nth.min(ports.len() - 1)]))));
    }

    pub(super) fn refuse_reservation(&mut self) {
        let (ticket, wanted) = self.reserving.pop_first().expect("a port is to be reserved");
        let failure = ReserveFailure { service: wanted[0].service, message: "no free port".to_owned() };
        self.on(Event::Reserved(ticket, Err(failure)));
    }

    pub(super) fn request(&mut self, request: Request) -> RequestId {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.on(Event::Request(id, request));
        id
    }

    pub(super) fn apply(&mut self, settings: PortPreferences) -> RequestId {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.on(Event::Apply(id, settings));
        id
    }

    pub(super) fn start(&mut self, service: Option<&str>) -> RequestId {
        self.request(Request::Start(target(service)))
    }

    pub(super) fn move_to(&mut self, service: &str, port: u16) -> RequestId {
        self.request(Request::MoveTo { service: service.to_owned(), port })
    }

    /// The thief is to be ended.
    pub(super) fn end_holder(&mut self, service: &str, port: u16) -> RequestId {
        let (pid, started) = (thief().pid.expect("known"), thief().started.expect("known"));
        self.request(Request::EndHolder { service: service.to_owned(), port, pid, started })
    }

    pub(super) fn restart(&mut self, service: Option<&str>) -> RequestId {
        self.request(Request::Restart(target(service)))
    }

    pub(super) fn reallocate(&mut self, service: Option<&str>) -> RequestId {
        self.request(Request::Reallocate(target(service)))
    }

    pub(super) fn stop(&mut self, service: Option<&str>) -> RequestId {
        self.request(Request::Stop(target(service)))
    }

    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(deadline) = self.coordinator.deadline().filter(|deadline| *deadline <= until) {
            let before = self.now;
            self.now = self.now.max(deadline);
            self.on(Event::Tick { late: Duration::ZERO });
            if self.now == before && self.coordinator.deadline() == Some(deadline) {
                panic!("a deadline that has passed is due again: {:#?}", self.coordinator);
            }
        }
        self.now = until;
    }

    pub(super) fn state(&self, service: usize) -> ServiceState {
        self.coordinator.services()[service].machine().state()
    }

    pub(super) fn port(&self, service: usize) -> u16 {
        self.coordinator.services()[service].assignment.as_ref().expect("it has a port").main.number
    }

    fn ports_for(&self, service: usize, staged: bool) -> Vec<u16> {
        let assignment = self.coordinator.services[service].assignment_for(staged).expect("it has a port");
        assignment.ports().map(|port| port.number).collect()
    }

    pub(super) fn states(&self) -> Vec<ServiceState> {
        (0..self.coordinator.services().len()).map(|index| self.state(index)).collect()
    }

    /// Of which services a process is on its way out.
    pub(super) fn retiring(&self) -> Vec<bool> {
        let services = self.coordinator.services().iter().enumerate();
        let retires = |(index, service): (usize, &ServiceRuntime)| {
            let mut runs = self.processes.keys().filter(|(other, _)| *other == index);
            runs.any(|(_, run)| service.machine().is_retiring(*run))
        };
        services.map(retires).collect()
    }

    pub(super) fn ports(&self) -> Vec<u16> {
        (0..self.coordinator.services().len()).map(|index| self.port(index)).collect()
    }

    /// Where the newest process of `service` was told that `other` is.
    pub(super) fn told(&self, service: usize, other: usize) -> u16 {
        self.processes[&(service, self.run(service))][other].first().expect("it was told").port()
    }

    pub(super) fn answer_to(&self, id: RequestId) -> Option<Result<(), String>> {
        self.answers.get(&id).map(|result| result.clone().map_err(|error| error.message))
    }
}

fn target(service: Option<&str>) -> Target {
    service.map_or(Target::ALL, Target::service)
}
