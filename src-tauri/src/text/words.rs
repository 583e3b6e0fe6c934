//! The messages of the tray.

use contract::ServiceState;

contract::messages! {
    /// What tray, notifications and answers to the panel say.
    pub(crate) struct TrayWords of "../../messages";
    headline_of(stack, says)
    headline_of_instance(stack, instance, says)
    headline_starting()
    headline_silent()
    headline_stopped()
    headline_not_started()
    headline_all_healthy()
    headline_all_stacks_healthy(count)
    headline_some_failed(count, first, second)
    headline_some_conflict(count, first, second)
    headline_some_unhealthy(count, first, second)
    headline_some_backoff(count, first, second)
    headline_some_stopping(count, first, second)
    headline_some_starting(count, first, second)
    headline_some_stopped(count, first, second)
    headline_held_back(says, count, first)
    headline_quitting(count, first, second)
    menu_open(label)
    menu_show_panel()
    menu_start()
    menu_stop()
    menu_restart()
    menu_reallocate()
    menu_all_services()
    menu_in_conflict(label, port, holder)
    menu_start_at_login()
    menu_start_at_login_of(stack)
    menu_open_log_folder()
    choose_stack_file()
    menu_open_stack()
    menu_open_recent()
    menu_end_stack()
    menu_new_instance()
    menu_quit()
    menu_quit_and_end(count)
    menu_quit_now()
    dropped_title()
    dropped_runs(path)
    dropped_more(count)
    dropped_sure()
    dropped_yes()
    dropped_no()
    silent_untold(instance, why)
    notification_conflict(label)
    notification_conflict_body(port, holder)
    notification_failed(label)
    notification_failed_body()
    notification_failed_because(reason)
    unknown_service(service)
    refused_no_stack(instance)
    refused_no_stack_file(path)
    refused_no_file_there(path)
    window_log(label)
    window_logs()
    refused_logs(error)
    refused_pattern(error)
    refused_nothing_runs()
    refused_ended()
    refused_no_address(label)
    refused_not_offered(label)
    refused_no_skinai(program)
    refused_no_file()
    refused_no_folder(label)
    refused_port_taken(label, port, holder)
    refused_not_there(label)
    refused_nothing_opens(what, error)
    refused_not_copied(error)
    refused_not_saved(error)
    refused_start_at_login(error)
    refused_ending()
    request_stopping()
    request_superseded()
    request_no_free_port(message)
    request_port_taken(message)
    request_port_is_strict(label, port)
    settings_room(range, room, services)
    settings_reversed(start, end)
    settings_bad_range()
    settings_doubled(label)
    settings_taken(port, holder)
    settings_whole_path()
    settings_untrusted(message)
    settings_kept(path, why, kept)
    settings_not_kept(path, why, error)
    settings_line(line, message)
    log_left_out(count)
}

impl TrayWords {
    /// What is said of services in that state: of one or two by name, of none as of all. Of those that are well
    /// nothing.
    pub(crate) fn headline_some(&self, state: ServiceState, labels: &[&str]) -> Option<String> {
        let (count, first, second) = counted(labels);
        Some(match state {
            ServiceState::Failed => self.headline_some_failed(count, first, second),
            ServiceState::Conflict => self.headline_some_conflict(count, first, second),
            ServiceState::Unhealthy => self.headline_some_unhealthy(count, first, second),
            ServiceState::Backoff => self.headline_some_backoff(count, first, second),
            ServiceState::Stopping => self.headline_some_stopping(count, first, second),
            ServiceState::Starting => self.headline_some_starting(count, first, second),
            ServiceState::Stopped => self.headline_some_stopped(count, first, second),
            ServiceState::Healthy | ServiceState::Done => return None,
        })
    }

    /// What is said while the end of these services is waited for.
    pub(crate) fn headline_waits_for(&self, labels: &[&str]) -> String {
        let (count, first, second) = counted(labels);
        self.headline_quitting(count, first, second)
    }
}

/// The arguments of a message about some services.
fn counted<'a>(labels: &[&'a str]) -> (usize, &'a str, &'a str) {
    let label = |index: usize| labels.get(index).copied().unwrap_or_default();
    (labels.len(), label(0), label(1))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use contract::{outline, unsaid};

    use super::*;

    #[test]
    fn every_language_has_every_message_with_the_same_arguments_and_no_other() {
        for (language, ftl) in TrayWords::files() {
            assert_eq!(outline(ftl), TrayWords::declared(), "{language:?}");
            let messages = contract::Messages::read(language, ftl);
            for id in TrayWords::declared().keys() {
                assert_ne!(messages.say(id, []), *id, "{language:?} says nothing");
            }
        }
    }

    #[test]
    fn every_message_is_said() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        // Those about some services are said here.
        let own = |id: &String| id.starts_with("headline_some_") || id == "headline_quitting";
        let ids = TrayWords::declared().into_keys().filter(|id| !own(id));
        assert_eq!(unsaid(ids, &[&sources], "text/words.rs").unwrap(), [""; 0]);
    }
}
