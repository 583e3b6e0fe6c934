//! What the program, the tray and the panel all say.

crate::messages! {
    /// The messages that everybody shares. Those of causes and states are found by their kind.
    pub struct Words of "../messages";
    milliseconds(count)
    seconds(count)
    holder_named(name, pid)
    holder_process(pid)
    holder_of_user(user)
    holder_system(name)
    holder_unknown()
    happening_launched()
    happening_started(label)
    happening_healthy(label)
    happening_unhealthy(label, because)
    happening_exited(label, because)
    happening_restarted(label, reason)
    happening_moved(label, from, to, reason)
    happening_moved_because(label, from, to, because)
    happening_conflict(label, because)
    happening_failed(label, because)
    happening_stopped(label)
    happening_ended()
    happening_settings()
    bad_port()
    launch_bad_port(message)
    launch_bad_host(host)
    launch_bad_name(name)
    launch_runs(name)
    launch_runs_as(name, pid)
    launch_folder(folder, error)
    launch_untrusted_folder(message)
    launch_untrusted_file(message)
    launch_not_yours(wanted, path, owner)
    launch_writable_by_all(wanted, path)
    launch_writable_by_group(wanted, path, group)
    launch_no_program(service, program)
    launch_cannot_run(service, message)
    launch_strict(message)
    launch_no_free_port(service, reason)
    launch_left_behind(pids)
    launch_system(what, error)
    launch_no_service(name, services)
    launch_needs_profile(service, need, profiles)
    launch_nothing_active(profiles)
    launch_unreadable(file, error)
    launch_wrong(file, line, column, message)
    launch_wrong_at(file, line, column, message, text)
}

impl Words {
    /// A time, in the unit that fits it.
    pub fn time(&self, milliseconds: u64) -> String {
        if milliseconds < 1000 {
            return self.milliseconds(milliseconds);
        }
        self.seconds(std::time::Duration::from_millis(milliseconds).as_secs_f64())
    }

    /// The messages themselves, for ids that are put together.
    pub(crate) fn messages(&self) -> &crate::Messages {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cause::samples;
    use crate::{Cause, Language, Messages, ServiceState, outline, unsaid};

    const STATES: [ServiceState; 9] = [
        ServiceState::Stopped,
        ServiceState::Starting,
        ServiceState::Healthy,
        ServiceState::Unhealthy,
        ServiceState::Stopping,
        ServiceState::Backoff,
        ServiceState::Conflict,
        ServiceState::Failed,
        ServiceState::Done,
    ];

    #[test]
    fn every_language_has_every_message_with_the_same_arguments_and_no_other() {
        let mut wanted = Words::declared();
        for of in ["state", "is"] {
            wanted.extend(STATES.map(|state| (format!("{of}_{state}"), [].into())));
        }
        for cause in samples() {
            let (id, arguments) = cause.message();
            wanted.insert(id, arguments.into_iter().map(|(name, _)| name).collect());
        }
        for (language, ftl) in Words::files() {
            assert_eq!(outline(ftl), wanted, "{language:?}");
            let messages = Messages::read(language, ftl);
            for id in wanted.keys() {
                assert_ne!(messages.say(id, []), *id, "{language:?} says nothing");
            }
        }
    }

    #[test]
    fn every_message_is_said() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folders = ["crates", "src-tauri/src", "ui/src"].map(|folder| root.join(folder));
        let folders = folders.each_ref().map(AsRef::as_ref);
        let own = ["milliseconds", "seconds"];
        let ids = Words::declared().into_keys().filter(|id| !own.contains(&id.as_str()));
        assert_eq!(unsaid(ids, &folders, "contract/src/words.rs").unwrap(), [""; 0]);
    }

    #[test]
    fn a_state_is_said_in_a_sentence() {
        assert_eq!(ServiceState::Failed.said(Language::English), "has failed");
        assert_eq!(ServiceState::Failed.said(Language::German), "ausgefallen");
    }

    #[test]
    fn in_german_every_cause_has_words_of_its_own() {
        for cause in samples() {
            let said = cause.said(Language::German);
            assert!(!said.contains(['{', '}', '$']) && said != cause.to_string(), "{said}");
        }
    }

    #[test]
    fn a_time_has_the_unit_that_fits() {
        let said = |milliseconds| Cause::NoAnswer { limit_ms: milliseconds }.said(Language::German);
        assert_eq!(said(300), "keine Antwort in 300 ms");
        assert_eq!(said(2500), "keine Antwort in 2,5 s");
        assert_eq!(said(30_000), "keine Antwort in 30 s");
    }
}
