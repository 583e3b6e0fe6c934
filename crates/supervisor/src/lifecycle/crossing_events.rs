use contract::{Reason, RestartPolicy, ServiceState};

use super::tests::{ServiceWorld, conflict, exit, millis, number, overlapping, policy, secs};
use super::*;

#[test]
fn who_waits_for_a_start_that_cannot_be_is_told_and_the_start_goes_on_waiting() {
    let mut world = ServiceWorld::new(policy());
    world.life = StateMachine::new(policy(), false);
    world.take(LifecycleEvent::Start);
    world.take(LifecycleEvent::Restart);
    world.take(LifecycleEvent::NeedsLacking("it needs the backend".into()));
    assert_eq!(world.outcome(), Some(Err("it needs the backend".to_owned())));
    assert!(!world.life.is_awaited());
    world.take(LifecycleEvent::NeedsMet);
    assert!(world.spawned_run().is_some());
}

#[test]
fn a_new_address_does_not_start_what_was_stopped() {
    let mut world = ServiceWorld::healthy(policy());
    world.take(LifecycleEvent::Stop { limit: None });
    world.take(LifecycleEvent::AddressChanged(0));
    assert_eq!(world.life.state(), ServiceState::Stopping);
    world.gone(RunId(1));
    world.take(LifecycleEvent::AddressChanged(0));
    assert_eq!((world.life.state(), world.spawned_run()), (ServiceState::Stopped, None));
}

#[test]
fn a_new_address_during_a_move_keeps_the_move() {
    let mut world = ServiceWorld::healthy(policy());
    world.take(LifecycleEvent::Stage(Reason::Request));
    world.take(LifecycleEvent::AddressChanged(0));
    world.gone(RunId(1));
    assert_eq!(world.actions, [Action::Spawn { run: RunId(2), staged: true }]);
}

#[test]
fn what_cannot_run_twice_waits_for_the_last_of_its_processes() {
    let mut world = ServiceWorld::healthy(policy());
    world.take(LifecycleEvent::Exited(RunId(1), exit(1)));
    assert_eq!(world.spawned_run(), None);
    world.gone(RunId(1));
    assert_eq!(world.spawned_run(), Some(RunId(2)));
}

#[test]
fn what_can_overlap_does_not_wait_for_the_last_of_its_processes() {
    let mut world = ServiceWorld::healthy(overlapping());
    world.take(LifecycleEvent::Exited(RunId(1), exit(1)));
    assert_eq!(world.spawned_run(), Some(RunId(2)));
}

#[test]
fn one_that_is_never_restarted_and_lost_its_port_at_its_start_is_started_at_another() {
    let mut world = ServiceWorld::new(Policy { restart: RestartPolicy::Never, ..number() });
    world.take(LifecycleEvent::Start);
    world.take(LifecycleEvent::Exited(RunId(1), exit(1)));
    world.take(LifecycleEvent::Emptied(RunId(1), PortCheck::Moved));
    assert_eq!(world.spawned_run(), Some(RunId(2)));
    world.take(LifecycleEvent::Exited(RunId(2), exit(1)));
    world.take(LifecycleEvent::Emptied(RunId(2), PortCheck::Ours));
    assert_eq!(world.life.state(), ServiceState::Failed);
}

#[test]
fn a_hung_process_makes_room_for_its_successor() {
    let mut world = ServiceWorld::healthy(overlapping());
    world.take(LifecycleEvent::Restart);
    world.take(LifecycleEvent::Spawned(RunId(2)));
    for _ in 0..3 {
        world.pass(secs(2));
        world.take(LifecycleEvent::NotAnswered(RunId(1), "no answer".into()));
    }
    assert_eq!(world.life.current_run(), Some(RunId(2)));
    assert_eq!(world.spawned_run(), None, "the successor is there already");
    world.come_up(RunId(2));
    assert_eq!(world.life.state(), ServiceState::Healthy);
}

#[test]
fn a_successor_whose_port_is_lost_leaves_the_old_process_and_says_so_at_once() {
    let mut world = ServiceWorld::healthy(overlapping());
    world.take(LifecycleEvent::Restart);
    world.take(LifecycleEvent::PortMissing(RunId(2), PortCheck::Taken(conflict())));
    assert!(world.outcome().is_some_and(|result| result.is_err()));
    assert_eq!((world.life.state(), world.life.current_run()), (ServiceState::Healthy, Some(RunId(1))));
}

#[test]
fn a_successor_that_was_ready_is_up_without_a_probe_when_it_has_none() {
    let mut world = ServiceWorld::new(Policy { probes: false, ..overlapping() });
    world.take(LifecycleEvent::Start);
    world.take(LifecycleEvent::Spawned(RunId(1)));
    world.take(LifecycleEvent::ReadyNotified(RunId(1)));
    world.take(LifecycleEvent::Stage(Reason::Request));
    world.take(LifecycleEvent::ReadyNotified(RunId(2)));
    world.crash(RunId(1));
    assert_eq!((world.life.state(), world.life.current_run()), (ServiceState::Healthy, Some(RunId(2))));
}

#[test]
fn a_staged_process_that_ended_before_it_took_over_is_started_again_at_the_new_place() {
    let mut world = ServiceWorld::healthy(overlapping());
    world.take(LifecycleEvent::Stage(Reason::Request));
    world.take(LifecycleEvent::ReadyNotified(RunId(2)));
    world.crash(RunId(2));
    world.take(LifecycleEvent::Promote);
    assert_eq!(world.actions, [Action::Spawn { run: RunId(3), staged: false }]);
    assert_eq!(world.life.current_run(), Some(RunId(1)));
}

#[test]
fn every_request_for_a_restart_is_answered_whatever_the_state() {
    let states: [fn() -> ServiceWorld; 6] = [
        || ServiceWorld::new(policy()),
        || ServiceWorld::healthy(number()),
        || ServiceWorld::healthy(overlapping()),
        || {
            let mut world = ServiceWorld::healthy(policy());
            world.take(LifecycleEvent::Stop { limit: None });
            world
        },
        || {
            let mut world = ServiceWorld::healthy(policy());
            world.crash(RunId(1));
            world.crash(RunId(2));
            world
        },
        || {
            let mut world = ServiceWorld::new(number());
            world.take(LifecycleEvent::Start);
            world.take(LifecycleEvent::PortMissing(RunId(1), PortCheck::Taken(conflict())));
            world
        },
    ];
    for make in states {
        let mut world = make();
        world.take(LifecycleEvent::Restart);
        let mut answered = world.outcome().is_some();
        // Nobody says a word any more: only time passes, and what was killed is gone.
        for _ in 0..10_000 {
            if answered {
                break;
            }
            for action in std::mem::take(&mut world.actions) {
                if let Action::Kill(run) | Action::Terminate(run) = action {
                    world.gone(run);
                    answered |= world.outcome().is_some();
                }
            }
            world.pass(millis(100));
            answered |= world.outcome().is_some();
        }
        assert!(answered, "{:?}", world.life);
    }
}

#[test]
fn a_second_ctrl_c_kills_what_is_still_ending() {
    let mut world = ServiceWorld::healthy(policy());
    world.take(LifecycleEvent::Stop { limit: None });
    assert_eq!(world.take(LifecycleEvent::Kill), [Action::Kill(RunId(1))]);
}
