use std::time::{Duration, Instant};

use contract::{Cause, Conflict, Holder, OnUnhealthy, Reason, RestartPolicy, ServiceState};

use super::*;

/// A life with a clock of its own: nothing here waits.
pub(super) struct ServiceWorld {
    pub(super) life: StateMachine,
    pub(super) now: Instant,
    pub(super) actions: Vec<Action>,
    /// What an inspection finds.
    pub(super) suspension: Option<Cause>,
}

pub(super) fn policy() -> Policy {
    Policy {
        restart: RestartPolicy::Always,
        on_unhealthy: OnUnhealthy::Restart,
        overlap: false,
        requires_notify: false,
        probes: true,
        probes_when_ready: false,
        number: false,
        task: false,
        oneshot: false,
        interval: secs(2),
        timeout: secs(2),
        threshold: 3,
        stop_grace: secs(5),
        start_timeout: secs(30),
        fatal_exit_codes: vec![78],
    }
}

pub(super) fn overlapping() -> Policy {
    Policy { overlap: true, requires_notify: true, ..policy() }
}

pub(super) fn number() -> Policy {
    Policy { number: true, ..policy() }
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(super) fn exit(code: i32) -> Exit {
    Exit { code: Some(code), reason: Cause::Exited { code } }
}

pub(super) fn conflict() -> Conflict {
    let holder = Holder {
        pid: Some(7),
        name: Some("thief".to_owned()),
        command: None,
        user: None,
        hint: None,
        started: None,
    };
    Conflict { port: 8000, holder }
}

impl ServiceWorld {
    pub(super) fn new(policy: Policy) -> Self {
        let (now, actions) = (Instant::now(), Vec::new());
        Self { life: StateMachine::new(policy, true), now, actions, suspension: None }
    }

    /// A service that runs well, in its first run.
    pub(super) fn healthy(policy: Policy) -> Self {
        let mut world = Self::new(policy);
        world.take(LifecycleEvent::Start);
        world.come_up(RunId(1));
        assert_eq!(world.life.state(), ServiceState::Healthy);
        world
    }

    pub(super) fn take(&mut self, event: LifecycleEvent) -> &[Action] {
        let mut actions = self.life.on_event(event, self.now);
        let inspected: Vec<RunId> = actions
            .extract_if(.., |action| matches!(action, Action::Inspect(_)))
            .filter_map(|action| if let Action::Inspect(run) = action { Some(run) } else { None })
            .collect();
        for run in inspected {
            actions.extend(
                self.life.on_event(LifecycleEvent::Inspected(run, self.suspension.clone()), self.now),
            );
        }
        self.actions = actions;
        &self.actions
    }

    pub(super) fn come_up(&mut self, run: RunId) {
        self.take(LifecycleEvent::Spawned(run));
        self.take(LifecycleEvent::ReadyNotified(run));
        self.take(LifecycleEvent::Answered(run));
    }

    pub(super) fn crash(&mut self, run: RunId) {
        self.take(LifecycleEvent::Exited(run, exit(1)));
        if !self.life.policy.number {
            let first = std::mem::take(&mut self.actions);
            self.gone(run);
            self.actions.splice(0..0, first);
        }
    }

    pub(super) fn gone(&mut self, run: RunId) -> &[Action] {
        self.take(LifecycleEvent::Emptied(run, PortCheck::Ours))
    }

    pub(super) fn pass(&mut self, time: Duration) -> &[Action] {
        self.now += time;
        self.take(LifecycleEvent::Tick)
    }

    pub(super) fn spawned_run(&self) -> Option<RunId> {
        self.actions.iter().find_map(|action| match action {
            Action::Spawn { run, .. } => Some(*run),
            _ => None,
        })
    }

    pub(super) fn outcome(&self) -> Option<Result<(), String>> {
        self.actions.iter().find_map(|action| match action {
            Action::OperationFinished(result) => Some(result.clone().map_err(|cause| cause.to_string())),
            _ => None,
        })
    }
}

#[test]
fn a_service_is_healthy_when_it_answered_its_first_probe() {
    let mut world = ServiceWorld::new(policy());
    world.take(LifecycleEvent::Start);
    assert_eq!(world.actions, [Action::Spawn { run: RunId(1), staged: false }]);
    assert_eq!(world.life.state(), ServiceState::Starting);
    world.take(LifecycleEvent::Spawned(RunId(1)));
    assert_eq!(world.actions, [Action::Probe { run: RunId(1), timeout: secs(30) }]);
    world.take(LifecycleEvent::Answered(RunId(1)));
    assert_eq!(world.life.state(), ServiceState::Healthy);
    assert_eq!(world.outcome(), Some(Ok(())));
}

#[test]
fn one_that_speaks_for_itself_needs_both_its_word_and_an_answer() {
    let mut world = ServiceWorld::new(Policy { requires_notify: true, ..policy() });
    world.take(LifecycleEvent::Start);
    world.take(LifecycleEvent::Spawned(RunId(1)));
    world.take(LifecycleEvent::Answered(RunId(1)));
    assert_eq!(world.life.state(), ServiceState::Starting);
    world.take(LifecycleEvent::ReadyNotified(RunId(1)));
    assert_eq!(world.life.state(), ServiceState::Healthy);
}

#[test]
fn it_waits_for_what_it_needs() {
    let mut world = ServiceWorld::new(policy());
    world.life = StateMachine::new(policy(), false);
    assert_eq!(world.take(LifecycleEvent::Start), []);
    assert!(world.life.is_waiting());
    world.take(LifecycleEvent::NeedsMet);
    assert_eq!(world.spawned_run(), Some(RunId(1)));
}

#[test]
fn a_number_service_is_asked_again_and_again_until_it_listens() {
    let mut world = ServiceWorld::new(number());
    world.take(LifecycleEvent::Start);
    world.take(LifecycleEvent::Spawned(RunId(1)));
    assert_eq!(world.actions, [Action::Probe { run: RunId(1), timeout: secs(2) }]);
    let mut pauses = Vec::new();
    for _ in 0..9 {
        world.take(LifecycleEvent::NotAnswered(RunId(1), "refused".into()));
        let deadline = world.life.deadline().unwrap();
        pauses.push((deadline - world.now).as_millis());
        let pause = deadline - world.now;
        assert!(matches!(world.pass(pause), [Action::Probe { .. }]));
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 100, 100]);
}

#[test]
fn the_first_restart_is_immediate_and_the_next_ones_wait() {
    let mut world = ServiceWorld::healthy(policy());
    world.crash(RunId(1));
    assert_eq!(world.spawned_run(), Some(RunId(2)));
    assert_eq!(world.life.restarts(), 1);
    for (run, pause) in [(2, 100), (3, 200), (4, 400)] {
        world.crash(RunId(run));
        assert_eq!(world.life.state(), ServiceState::Backoff);
        assert_eq!(world.life.deadline(), Some(world.now + millis(pause)));
        assert_eq!(world.pass(millis(pause - 1)), []);
        world.pass(millis(1));
        assert_eq!(world.spawned_run(), Some(RunId(run + 1)));
    }
}

#[test]
fn five_crashes_in_a_minute_are_a_failure_and_a_restart_by_hand_starts_afresh() {
    let mut world = ServiceWorld::healthy(policy());
    for run in 1..=5 {
        world.crash(RunId(run));
        world.gone(RunId(run));
        world.pass(secs(1));
    }
    assert_eq!(world.life.state(), ServiceState::Failed);
    let because = Box::new(Cause::Exited { code: 1 });
    assert_eq!(world.life.failure(), Some(Cause::GaveUp { count: 5, seconds: 4, because }));
    assert_eq!(world.life.detail(world.now), world.life.failure());
    assert_eq!(
        world.life.trouble(),
        Some(Cause::Exited { code: 1 }),
        "what needs it is told the reason alone"
    );
    assert_ne!(world.life.counted_since(), Some(world.now));
    world.take(LifecycleEvent::Restart);
    assert_eq!((world.spawned_run(), world.life.restarts()), (Some(RunId(6)), 0));
    assert_eq!(world.life.counted_since(), Some(world.now));
    world.crash(RunId(6));
    assert_eq!(world.spawned_run(), Some(RunId(7)), "the first restart is immediate again");
}

#[test]
fn slow_crashes_wait_longer_and_longer_up_to_ten_seconds() {
    let mut world = ServiceWorld::healthy(policy());
    let mut longest = Duration::ZERO;
    for run in 1..=14 {
        world.crash(RunId(run));
        if let Some(deadline) = world.life.deadline().filter(|_| world.life.state() == ServiceState::Backoff)
        {
            longest = longest.max(deadline - world.now);
            world.now = deadline;
            world.take(LifecycleEvent::Tick);
        }
        world.now += secs(20);
    }
    assert_eq!(longest, secs(10));
}

#[test]
fn crashes_a_minute_apart_are_each_the_first() {
    let mut world = ServiceWorld::healthy(policy());
    for run in 1..=10 {
        world.crash(RunId(run));
        assert_eq!(world.spawned_run(), Some(RunId(run + 1)));
        world.now += secs(61);
    }
}

#[test]
fn who_is_given_up_is_told_how_many_starts_there_were_within_the_last_minute() {
    let mut world = ServiceWorld::healthy(policy());
    let start = world.now;
    for (run, at) in [(1, 30), (2, 40), (3, 91), (4, 92), (5, 93), (6, 94)] {
        world.now = start + secs(at);
        world.take(LifecycleEvent::Tick);
        world.crash(RunId(run));
    }
    // The first crash is more than a minute ago; the second run was begun at once after it.
    let because = Box::new(Cause::Exited { code: 1 });
    assert_eq!(world.life.failure(), Some(Cause::GaveUp { count: 5, seconds: 64, because }));
}

#[test]
fn an_exit_because_of_configuration_is_not_retried() {
    let mut world = ServiceWorld::healthy(policy());
    world.take(LifecycleEvent::Exited(RunId(1), exit(78)));
    world.gone(RunId(1));
    assert_eq!(world.life.state(), ServiceState::Failed);
    assert_eq!(world.life.failure(), Some(Cause::Exited { code: 78 }), "it was started once");
    assert_eq!(world.life.deadline(), None);
}

#[test]
fn what_finished_well_is_started_again_only_where_that_is_the_policy() {
    let mut world = ServiceWorld::healthy(Policy { restart: RestartPolicy::OnFailure, ..policy() });
    world.take(LifecycleEvent::Exited(RunId(1), exit(0)));
    world.gone(RunId(1));
    assert_eq!(world.life.state(), ServiceState::Stopped);
    let mut world = ServiceWorld::healthy(policy());
    world.take(LifecycleEvent::Exited(RunId(1), exit(0)));
    world.gone(RunId(1));
    assert_eq!(world.spawned_run(), Some(RunId(2)));
}

fn task(restart: RestartPolicy) -> Policy {
    Policy { restart, probes: false, task: true, ..policy() }
}

#[test]
fn what_nobody_can_ask_is_ready_when_it_has_run_for_a_second() {
    for policy in [task(RestartPolicy::Always), Policy { probes: false, ..number() }] {
        let mut world = ServiceWorld::new(policy);
        world.take(LifecycleEvent::Start);
        assert_eq!(world.take(LifecycleEvent::Spawned(RunId(1))), []);
        world.pass(millis(999));
        assert_eq!((world.life.state(), world.life.is_ready()), (ServiceState::Starting, false));
        world.pass(millis(1));
        assert_eq!((world.life.state(), world.life.is_ready()), (ServiceState::Healthy, true));
        assert_eq!(world.outcome(), Some(Ok(())));
        assert_eq!(world.life.deadline(), None, "it is never asked");
    }
}

#[test]
fn a_second_is_more_than_a_shorter_start_takes() {
    let mut world = ServiceWorld::new(Policy { start_timeout: millis(500), ..task(RestartPolicy::Always) });
    world.take(LifecycleEvent::Start);
    world.take(LifecycleEvent::Spawned(RunId(1)));
    world.pass(millis(250));
    assert_eq!(world.life.state(), ServiceState::Healthy);
}

#[test]
fn a_task_that_ends_with_0_is_done_and_one_that_ends_otherwise_is_not() {
    for restart in [RestartPolicy::OnFailure, RestartPolicy::Never] {
        for (code, is_done) in [(0, true), (1, false), (78, false)] {
            let mut world = ServiceWorld::new(task(restart));
            world.take(LifecycleEvent::Start);
            world.take(LifecycleEvent::Spawned(RunId(1)));
            world.take(LifecycleEvent::Exited(RunId(1), exit(code)));
            let said = world.outcome();
            world.gone(RunId(1));
            assert_eq!((world.life.is_ready(), world.life.is_finished()), (is_done, is_done), "{code}");
            assert_eq!(said.or(world.outcome()).is_some_and(|said| said.is_ok()), is_done, "{code}");
            if is_done {
                assert_eq!(world.life.state(), ServiceState::Stopped);
                assert_eq!(world.life.detail(world.now), Some(Cause::Finished));
                world.take(LifecycleEvent::Restart);
                assert!(!world.life.is_ready(), "it is done anew");
            }
        }
    }
}

fn oneshot() -> Policy {
    Policy { oneshot: true, ..task(RestartPolicy::Never) }
}

#[test]
fn one_that_is_probed_when_it_is_ready_is_not_probed_before() {
    let mut world = ServiceWorld::new(Policy { requires_notify: true, probes_when_ready: true, ..policy() });
    world.take(LifecycleEvent::Start);
    assert_eq!(world.take(LifecycleEvent::Spawned(RunId(1))), []);
    world.pass(secs(20));
    let probe = Action::Probe { run: RunId(1), timeout: secs(10) };
    assert_eq!(world.take(LifecycleEvent::ReadyNotified(RunId(1))), [probe]);
    assert_eq!(world.take(LifecycleEvent::ReadyNotified(RunId(1))), [], "it is said once");
    assert_eq!(world.life.state(), ServiceState::Starting);
    world.take(LifecycleEvent::Answered(RunId(1)));
    assert_eq!(world.life.state(), ServiceState::Healthy);
}

#[test]
fn a_oneshot_is_ready_only_when_it_has_ended_with_0_and_is_done_until_it_is_to_run_again() {
    let mut world = ServiceWorld::new(oneshot());
    world.take(LifecycleEvent::Start);
    world.take(LifecycleEvent::Spawned(RunId(1)));
    // Nobody asks it; what comes nevertheless is no end.
    world.take(LifecycleEvent::ReadyNotified(RunId(1)));
    world.take(LifecycleEvent::Answered(RunId(1)));
    world.pass(secs(20));
    assert_eq!((world.life.state(), world.life.is_ready()), (ServiceState::Starting, false));
    world.take(LifecycleEvent::Exited(RunId(1), exit(0)));
    assert_eq!(world.outcome(), Some(Ok(())));
    world.gone(RunId(1));
    assert_eq!((world.life.state(), world.life.detail(world.now)), (ServiceState::Done, None));
    assert!(world.life.is_ready() && world.life.is_finished());
    world.take(LifecycleEvent::Restart);
    assert_eq!((world.life.state(), world.life.is_ready()), (ServiceState::Starting, false));
    world.take(LifecycleEvent::Spawned(RunId(2)));
    world.take(LifecycleEvent::Stop { limit: None });
    world.take(LifecycleEvent::Exited(RunId(2), exit(0)));
    world.gone(RunId(2));
    assert_eq!((world.life.state(), world.life.is_ready()), (ServiceState::Stopped, false));
}

#[test]
fn a_oneshot_that_fails_or_takes_too_long_is_not_tried_again() {
    for takes_too_long in [false, true] {
        let mut world = ServiceWorld::new(oneshot());
        world.take(LifecycleEvent::Start);
        world.take(LifecycleEvent::Spawned(RunId(1)));
        if takes_too_long {
            world.pass(secs(30));
        }
        world.take(LifecycleEvent::Exited(RunId(1), exit(3)));
        world.gone(RunId(1));
        world.pass(secs(60));
        assert_eq!((world.life.state(), world.life.is_ready()), (ServiceState::Failed, false));
        assert_eq!((world.life.restarts(), world.life.deadline()), (0, None));
    }
}

#[test]
fn what_has_a_port_or_a_check_is_never_done() {
    let restart = RestartPolicy::Never;
    let with_port = Policy { restart, probes: false, ..number() };
    for policy in [Policy { restart, ..policy() }, with_port] {
        let mut world = ServiceWorld::new(policy);
        world.take(LifecycleEvent::Start);
        world.take(LifecycleEvent::Spawned(RunId(1)));
        world.take(LifecycleEvent::Exited(RunId(1), exit(0)));
        world.gone(RunId(1));
        assert_eq!((world.life.state(), world.life.is_finished()), (ServiceState::Stopped, false));
        assert!(!world.life.is_ready());
    }
}

#[test]
fn a_task_that_is_always_started_again_is_ready_between_its_runs_and_fails_with_what_to_do() {
    let mut world = ServiceWorld::new(task(RestartPolicy::Always));
    world.take(LifecycleEvent::Start);
    for run in 1..=5 {
        world.take(LifecycleEvent::Spawned(RunId(run)));
        world.take(LifecycleEvent::Exited(RunId(run), exit(0)));
        assert!(world.life.is_ready() && !world.life.is_finished());
        world.gone(RunId(run));
        world.pass(secs(1));
    }
    assert_eq!((world.life.state(), world.life.is_ready()), (ServiceState::Failed, false));
    assert_eq!(world.life.trouble(), Some(Cause::KeepsEnding));
}

#[test]
fn what_is_to_listen_and_ends_well_again_and_again_is_said_to_go_into_the_background() {
    for (code, told) in [(0, Cause::InBackground), (3, Cause::Exited { code: 3 })] {
        let mut world = ServiceWorld::new(Policy { probes: true, ..policy() });
        world.take(LifecycleEvent::Start);
        for run in 1..=5 {
            world.take(LifecycleEvent::Spawned(RunId(run)));
            world.take(LifecycleEvent::Exited(RunId(run), exit(code)));
            world.gone(RunId(run));
            world.pass(secs(1));
        }
        assert_eq!((world.life.state(), world.life.trouble()), (ServiceState::Failed, Some(told)));
    }
}

#[test]
fn what_is_never_restarted_fails_when_it_ends() {
    let mut world = ServiceWorld::healthy(Policy { restart: RestartPolicy::Never, ..policy() });
    world.crash(RunId(1));
    world.gone(RunId(1));
    assert_eq!(world.life.state(), ServiceState::Failed);
}

#[test]
fn stop_asks_then_kills_and_ends_only_when_nothing_is_left() {
    let mut world = ServiceWorld::healthy(policy());
    assert_eq!(world.take(LifecycleEvent::Stop { limit: None }), [Action::Terminate(RunId(1))]);
    assert_eq!(world.life.state(), ServiceState::Stopping);
    world.take(LifecycleEvent::Exited(RunId(1), exit(0)));
    assert_eq!(world.life.state(), ServiceState::Stopping, "the leader being gone is not the end");
    assert_eq!(world.pass(secs(5)), [Action::Kill(RunId(1))]);
    world.gone(RunId(1));
    assert_eq!(world.life.state(), ServiceState::Stopped);
}

#[test]
fn the_stacks_limit_shortens_the_grace() {
    let mut world = ServiceWorld::healthy(policy());
    let limit = Some(world.now + secs(1));
    world.take(LifecycleEvent::Stop { limit });
    assert_eq!(world.life.deadline(), limit);
}

#[test]
fn stop_wins_over_a_pending_restart() {
    let mut world = ServiceWorld::healthy(policy());
    world.crash(RunId(1));
    world.crash(RunId(2));
    assert_eq!(world.life.state(), ServiceState::Backoff);
    world.take(LifecycleEvent::Stop { limit: None });
    assert_eq!(world.pass(secs(60)), []);
    let mut world = ServiceWorld::healthy(policy());
    world.take(LifecycleEvent::Restart);
    world.take(LifecycleEvent::Stop { limit: None });
    assert_eq!(world.outcome(), Some(Err("it was stopped".to_owned())));
    assert_eq!(world.gone(RunId(1)), []);
    assert_eq!(world.life.state(), ServiceState::Stopped);
}

#[test]
fn a_late_word_of_an_old_run_changes_nothing() {
    let mut world = ServiceWorld::healthy(policy());
    world.crash(RunId(1));
    for late in [
        LifecycleEvent::Answered(RunId(1)),
        LifecycleEvent::ReadyNotified(RunId(1)),
        LifecycleEvent::Exited(RunId(1), exit(1)),
    ] {
        assert_eq!(world.take(late), []);
        assert_eq!(world.life.state(), ServiceState::Starting);
    }
}

#[test]
fn three_missed_probes_restart_a_service_and_a_fourth_answer_before_that_forgives() {
    let mut world = ServiceWorld::healthy(policy());
    let miss = |world: &mut ServiceWorld| {
        world.pass(secs(2));
        world.take(LifecycleEvent::NotAnswered(RunId(1), "no answer".into()));
    };
    miss(&mut world);
    miss(&mut world);
    assert_eq!(world.life.state(), ServiceState::Unhealthy);
    world.pass(secs(2));
    world.take(LifecycleEvent::Answered(RunId(1)));
    assert_eq!(world.life.state(), ServiceState::Healthy);
    for _ in 0..3 {
        miss(&mut world);
    }
    assert_eq!(world.actions, [Action::Terminate(RunId(1))]);
    assert_eq!(world.life.state(), ServiceState::Backoff);
    world.gone(RunId(1));
    assert_eq!(world.spawned_run(), Some(RunId(2)));
}

#[test]
fn a_hung_service_that_can_overlap_is_replaced_at_once() {
    let mut world = ServiceWorld::healthy(overlapping());
    for _ in 0..3 {
        world.pass(secs(2));
        world.take(LifecycleEvent::NotAnswered(RunId(1), "no answer".into()));
    }
    assert_eq!(world.actions, [Action::Terminate(RunId(1)), Action::Spawn { run: RunId(2), staged: false }]);
    assert!(matches!(world.life.fault_of(RunId(1)), Some(Cause::Unresponsive { count: 3, .. })));
}

#[test]
fn what_made_it_start_anew_is_known_by_a_word() {
    let reason = |world: &ServiceWorld| world.life.why().reason;
    let ended = |code| Exit { code, reason: "it ended".into() };
    for (code, word) in [(Some(0), Reason::Exited), (None, Reason::Signal)] {
        let mut world = ServiceWorld::healthy(policy());
        world.take(LifecycleEvent::Exited(RunId(1), ended(code)));
        assert_eq!(reason(&world), Some(word));
        world.take(LifecycleEvent::Restart);
        assert_eq!(reason(&world), Some(Reason::Request));
    }
    let mut world = ServiceWorld::healthy(policy());
    (0..3).for_each(|_| miss(&mut world, &Cause::Refused));
    assert_eq!(reason(&world), Some(Reason::Unhealthy));
    assert!(matches!(world.life.why().cause, Some(Cause::Unresponsive { .. })));
    let mut world = ServiceWorld::healthy(policy());
    world.take(LifecycleEvent::AddressChanged(1));
    assert_eq!(reason(&world), Some(Reason::Address));
    world.take(LifecycleEvent::Stage(Reason::Changed));
    assert_eq!(reason(&world), Some(Reason::Changed));
}

#[test]
fn a_run_that_is_ended_on_request_has_no_fault() {
    let mut world = ServiceWorld::healthy(policy());
    world.take(LifecycleEvent::Restart);
    assert!(world.life.is_retiring(RunId(1)));
    assert_eq!(world.life.fault_of(RunId(1)), None);
}

/// A probe that is not answered, and when it was sent.
fn miss(world: &mut ServiceWorld, error: &Cause) {
    world.pass(secs(2));
    world.take(LifecycleEvent::NotAnswered(RunId(1), error.clone()));
}

fn suspended() -> Cause {
    Cause::Suspended { pid: 7, name: "node".to_owned() }
}

fn traced() -> Cause {
    Cause::Traced { pid: 7, name: "node".to_owned() }
}

#[test]
fn a_suspended_process_is_reported_for_as_long_as_it_is_and_is_well_when_it_answers_again() {
    for restart in [RestartPolicy::Always, RestartPolicy::Never] {
        let mut world = ServiceWorld::healthy(Policy { restart, ..policy() });
        for cause in [suspended(), traced()].iter().cycle().take(100) {
            miss(&mut world, cause);
            assert_eq!((world.life.state(), world.actions.len()), (ServiceState::Unhealthy, 0));
            assert_eq!(world.life.last_error(), Some(cause));
        }
        world.pass(secs(2));
        world.take(LifecycleEvent::Answered(RunId(1)));
        assert_eq!((world.life.state(), world.life.current_run()), (ServiceState::Healthy, Some(RunId(1))));
        assert_eq!(world.life.last_error(), None);
    }
}

#[test]
fn a_process_that_was_hung_before_it_was_suspended_is_restarted() {
    let mut world = ServiceWorld::healthy(policy());
    miss(&mut world, &Cause::Refused);
    miss(&mut world, &suspended());
    assert_eq!(world.life.state(), ServiceState::Unhealthy);
    miss(&mut world, &suspended());
    assert_eq!(world.actions, [Action::Terminate(RunId(1))]);
}

#[test]
fn a_process_that_goes_on_has_the_whole_threshold_to_answer_and_no_more() {
    let mut world = ServiceWorld::healthy(policy());
    let series =
        [&suspended(), &Cause::Refused, &Cause::Refused, &traced(), &Cause::Refused, &Cause::Refused];
    for cause in series {
        miss(&mut world, cause);
        assert_eq!(world.life.state(), ServiceState::Unhealthy, "stepping through it is no hang");
    }
    miss(&mut world, &Cause::Refused);
    assert_eq!(world.actions, [Action::Terminate(RunId(1))]);
}

#[test]
fn a_hung_service_is_left_alone_where_that_is_chosen() {
    for restart in [RestartPolicy::Always, RestartPolicy::Never] {
        let mut world =
            ServiceWorld::healthy(Policy { restart, on_unhealthy: OnUnhealthy::Report, ..policy() });
        miss(&mut world, &Cause::Refused);
        miss(&mut world, &Cause::Refused);
        assert_eq!(world.life.detail(world.now), None);
        for _ in 0..10 {
            miss(&mut world, &Cause::Refused);
            assert_eq!((world.life.state(), world.actions.len()), (ServiceState::Unhealthy, 0));
            let because = Box::new(Cause::Refused);
            assert_eq!(world.life.detail(world.now), Some(Cause::Unresponsive { count: 3, because }));
        }
        world.take(LifecycleEvent::Answered(RunId(1)));
        assert_eq!((world.life.state(), world.life.detail(world.now)), (ServiceState::Healthy, None));
    }
}

/// A start that is awaited and never gets ready.
fn starting(policy: Policy) -> ServiceWorld {
    let mut world = ServiceWorld::new(policy);
    world.take(LifecycleEvent::Start);
    world.take(LifecycleEvent::Spawned(RunId(1)));
    world
}

/// So many seconds pass, each noticed.
fn seconds(world: &mut ServiceWorld, count: u64) -> Vec<Action> {
    (0..count).flat_map(|_| world.pass(secs(1)).to_vec()).collect()
}

#[test]
fn the_time_for_which_a_start_is_suspended_is_none_of_its_time() {
    let mut world = starting(number());
    assert_eq!(seconds(&mut world, 10), []);
    world.suspension = Some(suspended());
    assert_eq!(seconds(&mut world, 1), []);
    assert_eq!((world.life.state(), world.life.last_error()), (ServiceState::Starting, Some(&suspended())));
    world.take(LifecycleEvent::NotAnswered(RunId(1), Cause::Refused));
    assert_eq!(world.life.last_error(), Some(&suspended()), "that says more");
    let done: Vec<Action> = seconds(&mut world, 99).into_iter().filter(|action| !is_probe(action)).collect();
    let because = Some(Box::new(suspended()));
    let late = Action::OperationFinished(Err(Cause::NotReady { limit_ms: 30_000, because }));
    assert_eq!(done, [late], "whoever waits is told after 30 s");
    world.suspension = None;
    assert_eq!(seconds(&mut world, 19), []);
    assert_eq!((world.life.state(), world.life.last_error()), (ServiceState::Starting, None));
    assert_eq!(world.pass(millis(999)), []);
    assert_eq!(world.pass(millis(1)), [Action::Terminate(RunId(1))]);
}

fn is_probe(action: &Action) -> bool {
    matches!(action, Action::Probe { .. })
}

#[test]
fn whoever_waits_for_a_suspended_start_is_told_when_its_time_is_up_and_not_before() {
    let mut world = starting(policy());
    world.suspension = Some(traced());
    assert_eq!(seconds(&mut world, 29), []);
    world.pass(secs(1));
    let told =
        "was not ready within 30 s (node (7) is stopped in a debugger and cannot answer; let it go on there)";
    assert_eq!(world.outcome(), Some(Err(told.to_owned())));
    world.suspension = None;
    world.take(LifecycleEvent::Answered(RunId(1)));
    assert_eq!((world.life.state(), world.life.current_run()), (ServiceState::Healthy, Some(RunId(1))));
}

#[test]
fn a_suspended_start_that_nobody_looked_at_in_time_is_looked_at_before_it_is_ended() {
    let mut world = starting(Policy { start_timeout: millis(500), ..policy() });
    world.suspension = Some(suspended());
    world.pass(millis(500));
    assert_eq!(world.life.state(), ServiceState::Starting);
    world.suspension = None;
    world.pass(millis(499));
    assert_eq!(world.life.state(), ServiceState::Starting);
    world.pass(millis(1));
    assert_eq!(world.actions, [Action::Terminate(RunId(1))]);
}

#[test]
fn a_start_that_takes_too_long_is_left_alone_where_that_is_chosen() {
    let mut world = starting(Policy { on_unhealthy: OnUnhealthy::Report, ..number() });
    world.take(LifecycleEvent::NotAnswered(RunId(1), Cause::Refused));
    assert!(seconds(&mut world, 29).iter().all(is_probe));
    assert_eq!((world.life.detail(world.now), world.life.trouble()), (None, None));
    world.pass(secs(1));
    let late = Cause::NotReady { limit_ms: 30_000, because: Some(Box::new(Cause::Refused)) };
    assert_eq!(world.actions, [Action::OperationFinished(Err(late.clone()))]);
    assert_eq!(world.life.state(), ServiceState::Starting);
    assert_eq!((world.life.detail(world.now), world.life.trouble()), (Some(late.clone()), Some(late)));
    world.take(LifecycleEvent::NotAnswered(RunId(1), Cause::Refused));
    assert_eq!(world.pass(millis(1999)), []);
    assert_eq!(world.pass(millis(1)), [Action::Probe { run: RunId(1), timeout: secs(2) }]);
    world.take(LifecycleEvent::Answered(RunId(1)));
    assert_eq!((world.life.state(), world.life.detail(world.now)), (ServiceState::Healthy, None));
}

#[test]
fn a_successor_that_is_suspended_is_waited_for() {
    let mut world = ServiceWorld::healthy(overlapping());
    world.take(LifecycleEvent::Restart);
    world.take(LifecycleEvent::Spawned(RunId(2)));
    world.suspension = Some(suspended());
    let done = seconds(&mut world, 40);
    let finished = |action: &&Action| matches!(action, Action::OperationFinished(Err(_)));
    assert_eq!(done.iter().filter(finished).count(), 1);
    assert!(!done.contains(&Action::Kill(RunId(2))), "{done:?}");
    world.suspension = None;
    let more = seconds(&mut world, 29);
    assert!(!more.contains(&Action::Kill(RunId(2))), "{more:?}");
    world.take(LifecycleEvent::ReadyNotified(RunId(2)));
    assert_eq!((world.life.state(), world.life.current_run()), (ServiceState::Healthy, Some(RunId(2))));
}

#[test]
fn a_slow_start_is_no_hang_and_a_start_that_never_ends_is() {
    let mut world = ServiceWorld::new(number());
    world.take(LifecycleEvent::Start);
    world.take(LifecycleEvent::Spawned(RunId(1)));
    for _ in 0..20 {
        world.take(LifecycleEvent::NotAnswered(RunId(1), "refused".into()));
        world.pass(secs(1));
    }
    assert_eq!(world.life.state(), ServiceState::Starting);
    world.pass(secs(10));
    assert_eq!(world.actions.last(), Some(&Action::Terminate(RunId(1))));
    assert_eq!(world.outcome(), Some(Err("was not ready within 30 s (refused)".to_owned())));
}

#[test]
fn a_sleep_of_the_machine_is_nobodys_fault() {
    let mut world = ServiceWorld::healthy(policy());
    world.pass(secs(2));
    world.now += secs(3600);
    world.take(LifecycleEvent::Resumed(secs(3600)));
    world.take(LifecycleEvent::NotAnswered(RunId(1), "no answer".into()));
    assert_eq!(
        world.life.state(),
        ServiceState::Healthy,
        "the probe that slept with the machine does not count"
    );
    assert_eq!(world.life.deadline(), Some(world.now + secs(2)));
}

#[test]
fn overlap_starts_the_new_process_before_the_old_one_goes() {
    let mut world = ServiceWorld::healthy(overlapping());
    assert_eq!(world.take(LifecycleEvent::Restart), [Action::Spawn { run: RunId(2), staged: false }]);
    world.take(LifecycleEvent::Spawned(RunId(2)));
    assert_eq!(world.life.state(), ServiceState::Healthy);
    assert_eq!(world.life.current_run(), Some(RunId(1)));
    world.take(LifecycleEvent::ReadyNotified(RunId(2)));
    assert_eq!(
        world.actions,
        [Action::Terminate(RunId(1)), Action::Promoted(RunId(2)), Action::OperationFinished(Ok(()))]
    );
    assert_eq!(world.life.current_run(), Some(RunId(2)));
    world.take(LifecycleEvent::Exited(RunId(1), exit(0)));
    world.gone(RunId(1));
    assert_eq!((world.life.state(), world.life.restarts()), (ServiceState::Healthy, 0));
}

#[test]
fn an_overlap_that_fails_leaves_the_old_process_alone() {
    for end in ["exits", "never ready"] {
        let mut world = ServiceWorld::healthy(overlapping());
        world.take(LifecycleEvent::Restart);
        world.take(LifecycleEvent::Spawned(RunId(2)));
        match end {
            "exits" => world.crash(RunId(2)),
            _ => drop(world.pass(secs(30)).len()),
        }
        assert!(matches!(world.outcome(), Some(Err(_))), "{end}");
        assert!(world.actions.contains(&Action::Kill(RunId(2))), "{end}: what is left of it goes");
        assert_eq!(world.life.current_run(), Some(RunId(1)));
        assert_eq!(world.life.state(), ServiceState::Healthy);
    }
}

#[test]
fn if_the_old_process_dies_meanwhile_its_successor_is_all_there_is() {
    let mut world = ServiceWorld::healthy(overlapping());
    world.take(LifecycleEvent::Restart);
    world.take(LifecycleEvent::Spawned(RunId(2)));
    world.crash(RunId(1));
    assert_eq!(world.life.state(), ServiceState::Starting);
    assert_eq!(world.spawned_run(), None);
    world.take(LifecycleEvent::ReadyNotified(RunId(2)));
    world.take(LifecycleEvent::Answered(RunId(2)));
    assert_eq!((world.life.state(), world.life.current_run()), (ServiceState::Healthy, Some(RunId(2))));
}

#[test]
fn a_staged_process_takes_over_only_when_told_to() {
    let mut world = ServiceWorld::healthy(overlapping());
    assert_eq!(
        world.take(LifecycleEvent::Stage(Reason::Request)),
        [Action::Spawn { run: RunId(2), staged: true }]
    );
    world.take(LifecycleEvent::Spawned(RunId(2)));
    world.take(LifecycleEvent::ReadyNotified(RunId(2)));
    assert_eq!(world.actions, [Action::OperationFinished(Ok(()))]);
    assert_eq!(world.life.current_run(), Some(RunId(1)));
    world.take(LifecycleEvent::Promote);
    assert_eq!(world.life.current_run(), Some(RunId(2)));
}

#[test]
fn what_was_staged_and_given_up_leaves_everything_as_it_was() {
    let mut world = ServiceWorld::healthy(overlapping());
    world.take(LifecycleEvent::Stage(Reason::Request));
    world.take(LifecycleEvent::Spawned(RunId(2)));
    assert_eq!(world.take(LifecycleEvent::Abandon), [Action::Kill(RunId(2))]);
    assert_eq!((world.life.current_run(), world.life.state()), (Some(RunId(1)), ServiceState::Healthy));
    let mut world = ServiceWorld::healthy(policy());
    world.take(LifecycleEvent::Stage(Reason::Request));
    world.gone(RunId(1));
    assert_eq!(world.actions, [Action::Spawn { run: RunId(2), staged: true }]);
    world.crash(RunId(2));
    world.take(LifecycleEvent::Abandon);
    world.gone(RunId(2));
    world.gone(RunId(3));
    assert_eq!(world.actions, [Action::Spawn { run: RunId(4), staged: false }]);
}

#[test]
fn a_number_service_whose_port_was_taken_starts_again_without_pause_or_count() {
    let mut world = ServiceWorld::healthy(number());
    for run in 1..=6 {
        world.crash(RunId(run));
        assert_eq!(world.spawned_run(), None, "not before it is known whether the port was the matter");
        world.take(LifecycleEvent::Emptied(RunId(run), PortCheck::Moved));
        assert_eq!(world.spawned_run(), Some(RunId(run + 1)));
    }
    assert_eq!(world.life.restarts(), 0);
}

#[test]
fn losing_the_port_again_and_again_ends_in_failure() {
    let mut world = ServiceWorld::healthy(number());
    for run in 1..=11 {
        world.crash(RunId(run));
        world.take(LifecycleEvent::Emptied(RunId(run), PortCheck::Moved));
    }
    assert_eq!(world.life.state(), ServiceState::Failed);
}

#[test]
fn a_port_that_is_lost_again_and_again_ends_in_failure_also_where_the_service_was_well_in_between() {
    let mut world = ServiceWorld::healthy(number());
    for run in 1..=11 {
        world.crash(RunId(run));
        world.take(LifecycleEvent::Emptied(RunId(run), PortCheck::Moved));
        world.come_up(RunId(run + 1));
    }
    assert_eq!(world.life.state(), ServiceState::Failed);
}

#[test]
fn a_port_that_is_taken_and_let_go_again_and_again_ends_in_failure() {
    let mut world = ServiceWorld::healthy(number());
    for run in 1..=11 {
        world.crash(RunId(run));
        world.take(LifecycleEvent::Emptied(RunId(run), PortCheck::Taken(conflict())));
        world.take(LifecycleEvent::PortRegained);
    }
    assert_eq!(world.life.state(), ServiceState::Failed);
}

/// Whoever answers in its place does so again `pause` after each start.
fn answered_by_others(pause: Duration) -> (ServiceWorld, u64) {
    let mut world = ServiceWorld::healthy(number());
    let mut run = 0;
    while run < 20 && world.life.state() == ServiceState::Healthy {
        run += 1;
        let holder = Box::new(conflict().holder);
        world.take(LifecycleEvent::PortLost(RunId(run), Cause::AnsweredByOther { port: 8000, holder }));
        assert_eq!(world.actions.first(), Some(&Action::Kill(RunId(run))));
        world.gone(RunId(run));
        world.come_up(RunId(run + 1));
        world.now += pause;
    }
    (world, run)
}

#[test]
fn others_who_answer_at_its_port_are_counted_and_the_third_within_a_minute_is_one_too_many() {
    let (world, kills) = answered_by_others(secs(1));
    assert_eq!((kills, world.life.state(), world.life.restarts()), (3, ServiceState::Failed, 2));
    let reason = world.life.detail(world.now).unwrap().to_string();
    assert!(reason.contains("thief (7)") && reason.contains("listener = \"any\""), "{reason}");
    let (world, _) = answered_by_others(secs(40));
    assert_eq!(world.life.state(), ServiceState::Healthy);
}

#[test]
fn a_service_that_is_given_many_addresses_is_started_again_for_each_of_them() {
    let mut world = ServiceWorld::healthy(number());
    for of in 0..20 {
        world.take(LifecycleEvent::AddressChanged(of));
        let run = RunId(of as u64 + 1);
        world.gone(run);
        assert_eq!(world.spawned_run(), Some(RunId(run.0 + 1)));
    }
}

#[test]
fn restarts_for_addresses_that_change_all_the_time_come_to_an_end() {
    for policy in [number(), overlapping()] {
        let mut world = ServiceWorld::healthy(policy);
        for run in 1..=6 {
            assert_ne!(world.life.state(), ServiceState::Failed, "after {run}");
            world.take(LifecycleEvent::AddressChanged(0));
            if !world.life.is_retiring(RunId(run)) {
                world.come_up(RunId(run + 1));
            }
            world.gone(RunId(run));
            world.come_up(RunId(run + 1));
        }
        assert_eq!(world.life.state(), ServiceState::Failed);
        let reason = world.life.detail(world.now).unwrap();
        assert_eq!(reason, Cause::AddressesChanged { count: 5 });
    }
}

#[test]
fn a_published_port_that_is_lost_is_a_conflict_until_it_is_let_go() {
    let mut world = ServiceWorld::healthy(number());
    world.crash(RunId(1));
    world.take(LifecycleEvent::Emptied(RunId(1), PortCheck::Taken(conflict())));
    assert_eq!((world.life.state(), world.life.conflict()), (ServiceState::Conflict, Some(&conflict())));
    assert_eq!(world.pass(secs(1)), [Action::TryPort]);
    assert_eq!(world.pass(secs(1)), [Action::TryPort]);
    world.take(LifecycleEvent::PortRegained);
    assert_eq!(world.spawned_run(), Some(RunId(2)));
}

#[test]
fn a_port_that_is_missing_at_the_start_is_a_conflict_too() {
    let mut world = ServiceWorld::new(policy());
    world.take(LifecycleEvent::Start);
    world.take(LifecycleEvent::PortMissing(RunId(1), PortCheck::Taken(conflict())));
    assert_eq!(world.life.state(), ServiceState::Conflict);
    assert_eq!(world.outcome(), Some(Err("port 8000 is used by thief (7)".to_owned())));
}

#[test]
fn a_start_over_a_stop_that_has_not_ended_waits_for_it() {
    let mut world = ServiceWorld::healthy(policy());
    world.take(LifecycleEvent::Stop { limit: None });
    assert_eq!(world.take(LifecycleEvent::Start), []);
    world.gone(RunId(1));
    assert_eq!(world.spawned_run(), Some(RunId(2)));
}

#[test]
fn a_program_that_cannot_be_started_is_a_crash() {
    let mut world = ServiceWorld::new(policy());
    world.take(LifecycleEvent::Start);
    world.take(LifecycleEvent::SpawnFailed(RunId(1), "cannot start".into()));
    assert_eq!(world.outcome(), Some(Err("cannot start".to_owned())));
    assert_eq!(world.life.restarts(), 1);
}

#[test]
fn a_program_that_can_never_run_is_not_tried_again() {
    let program = "/bin/x".to_owned();
    let lacks = String::new();
    for reason in [
        Cause::NoProgram { program: program.clone() },
        Cause::NoFolder { folder: "/x".to_owned() },
        Cause::CannotRun { program, fault: contract::ProgramFault::NotExecutable, lacks },
    ] {
        let mut world = ServiceWorld::new(policy());
        world.take(LifecycleEvent::Start);
        world.take(LifecycleEvent::SpawnFailed(RunId(1), reason.clone()));
        assert_eq!(world.outcome(), Some(Err(reason.to_string())));
        assert_eq!((world.life.state(), world.life.restarts()), (ServiceState::Failed, 0));
    }
}
