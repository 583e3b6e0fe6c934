//! The tray's icon, sentence and menu, from the state of the application.

use super::facts::icon_state;
use super::{Facts, Item, TrayIconState, headline, menu};

/// Everything that the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayView {
    /// Which icon.
    pub icon: TrayIconState,
    /// The one sentence, also for a screen reader.
    pub tooltip: String,
    /// The menu, top to bottom.
    pub menu: Vec<Item>,
}

/// Turns the state of the application into what the tray shows.
pub fn tray_view(facts: &Facts) -> TrayView {
    let headline = headline::headline(facts);
    let icon =
        facts.stacks.iter().map(|stack| icon_state(&stack.phase)).min().unwrap_or(TrayIconState::Stopped);
    TrayView { icon, menu: menu::menu(facts, &headline), tooltip: headline }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use contract::ServiceState;

    use super::super::AppPhase;
    use super::super::sample::{facts, running, several, stack};
    use super::*;

    fn icon_with(states: [ServiceState; 3]) -> TrayIconState {
        tray_view(&running(stack(states))).icon
    }

    #[test]
    fn the_icon_follows_the_state_that_most_needs_a_look() {
        use ServiceState::*;
        assert_eq!(icon_with([Healthy, Healthy, Healthy]), TrayIconState::Healthy);
        assert_eq!(icon_with([Done, Done, Done]), TrayIconState::Healthy);
        assert_eq!(icon_with([Healthy, Starting, Healthy]), TrayIconState::Starting);
        assert_eq!(icon_with([Healthy, Starting, Conflict]), TrayIconState::Attention);
        assert_eq!(icon_with([Healthy, Backoff, Healthy]), TrayIconState::Attention);
        assert_eq!(icon_with([Healthy, Stopped, Healthy]), TrayIconState::Healthy);
        assert_eq!(icon_with([Stopped, Stopped, Stopped]), TrayIconState::Stopped);
        let mut left_out = stack([Stopped, Stopped, Stopped]);
        std::sync::Arc::make_mut(&mut left_out.services[0]).left_out = true;
        assert_eq!(tray_view(&running(left_out)).icon, TrayIconState::Stopped);
    }

    #[test]
    fn a_refused_launch_wants_a_look_and_a_wanted_stop_does_not() {
        let ended = |wanted| facts(AppPhase::Ended { message: "x".to_owned(), wanted });
        assert_eq!(tray_view(&ended(false)).icon, TrayIconState::Attention);
        assert_eq!(tray_view(&ended(true)).icon, TrayIconState::Stopped);
        assert_eq!(tray_view(&facts(AppPhase::Launching)).icon, TrayIconState::Starting);
    }

    #[test]
    fn of_several_stacks_the_worst_decides() {
        use ServiceState::*;
        let icon = |second: [ServiceState; 3]| {
            tray_view(&several([("default", [Healthy; 3]), ("shop", second)])).icon
        };
        assert_eq!(icon([Healthy; 3]), TrayIconState::Healthy);
        assert_eq!(icon([Healthy, Starting, Healthy]), TrayIconState::Starting);
        assert_eq!(icon([Healthy, Backoff, Starting]), TrayIconState::Attention);
        assert_eq!(icon([Stopped; 3]), TrayIconState::Healthy);
        let mut silent = several([("default", [Healthy; 3]), ("shop", [Healthy; 3])]);
        silent.stacks[1].phase = AppPhase::Silent(None);
        assert_eq!(tray_view(&silent).icon, TrayIconState::Attention);
    }

    #[test]
    fn a_probe_that_took_another_time_changes_nothing_in_the_tray() {
        let before = stack([ServiceState::Healthy; 3]);
        let mut after = before.clone();
        after.revision += 1;
        for service in &mut after.services {
            Arc::make_mut(service).health.latency_us = Some(4711);
        }
        assert_eq!(tray_view(&running(before)), tray_view(&running(after)));
    }
}
