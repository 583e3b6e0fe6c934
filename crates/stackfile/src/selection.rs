//! What of a stack is launched: services without a profile, and those with one that is active.

use contract::{Language, Product, Words};

use crate::{Service, Stack};

/// What is asked for at a launch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The profiles that are active, besides those in the product's variable `…_PROFILES`; `*` is all.
    pub profiles: Vec<String>,
}

/// Why it cannot be launched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said(Language::English))]
pub enum SelectionError {
    /// A service needs one that is left out.
    NeedsProfile {
        /// The service.
        service: String,
        /// What it needs.
        need: String,
        /// One of them has to be active.
        profiles: Vec<String>,
    },
    /// Every service is left out.
    NothingActive {
        /// The profiles that there are.
        profiles: Vec<String>,
    },
}

impl SelectionError {
    /// It, in a language.
    pub fn said(&self, language: Language) -> String {
        let words = Words::of(language);
        let flags = |profiles: &[String]| {
            let flags: Vec<_> = profiles.iter().map(|profile| format!("--profile {profile}")).collect();
            flags.join(" / ")
        };
        match self {
            Self::NeedsProfile { service, need, profiles } => {
                words.launch_needs_profile(service, need, flags(profiles))
            }
            Self::NothingActive { profiles } => words.launch_nothing_active(flags(profiles)),
        }
    }
}

impl Stack {
    /// Leaves out what is not selected.
    pub(crate) fn select(&mut self, selection: &Selection, product: Product) -> Result<(), SelectionError> {
        let set = std::env::var(product.variable("PROFILES")).unwrap_or_default();
        let set = set.split(',').map(str::trim).filter(|profile| !profile.is_empty()).map(str::to_owned);
        self.leave_out(&selection.profiles.iter().cloned().chain(set).collect::<Vec<_>>())
    }

    fn leave_out(&mut self, active: &[String]) -> Result<(), SelectionError> {
        let is_active = |profile: &String| active.iter().any(|active| active == profile || active == "*");
        for service in self.services.values_mut() {
            service.left_out = !service.profiles.is_empty() && !service.profiles.iter().any(is_active);
        }
        let launched = |(_, service): &(&String, &Service)| !service.left_out;
        for (name, service) in self.services.iter().filter(launched) {
            let lacks = |need: &&String| self.services.get(*need).is_some_and(|need| need.left_out);
            if let Some(need) = service.needs.iter().find(lacks) {
                let profiles = self.services[need].profiles.clone();
                return Err(SelectionError::NeedsProfile {
                    service: name.clone(),
                    need: need.clone(),
                    profiles,
                });
            }
        }
        if !self.services.iter().any(|service| launched(&service)) {
            let mut profiles: Vec<_> =
                self.services.values().flat_map(|service| service.profiles.iter().cloned()).collect();
            profiles.sort();
            profiles.dedup();
            return Err(SelectionError::NothingActive { profiles });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "name = \"s\"\n[service.web]\ncommand = [\"x\"]\n\
                         [service.proxy]\ncommand = [\"x\"]\nprofiles = [\"debug\", \"trace\"]\n\
                         [service.shell]\ncommand = [\"x\"]\nprofiles = [\"tools\"]\nneeds = [\"proxy\", \"web\"]\n";

    fn launched(text: &str, active: &[&str]) -> Result<Vec<String>, String> {
        let mut stack = Stack::parse(text, None).unwrap();
        let active: Vec<_> = active.iter().map(|&profile| profile.to_owned()).collect();
        stack.leave_out(&active).map_err(|error| error.to_string())?;
        let launched = stack.services.into_iter().filter(|(_, service)| !service.left_out);
        Ok(launched.map(|(name, _)| name).collect())
    }

    #[test]
    fn a_service_with_profiles_is_launched_when_one_of_them_is_active() {
        for (active, expected) in [
            (&[][..], &["web"][..]),
            (&["other"], &["web"]),
            (&["trace"], &["web", "proxy"]),
            (&["tools", "debug"], &["web", "proxy", "shell"]),
            (&["*"], &["web", "proxy", "shell"]),
        ] {
            assert_eq!(launched(STACK, active).unwrap(), expected, "{active:?}");
        }
    }

    #[test]
    fn what_needs_a_service_that_is_left_out_is_told_its_profiles() {
        assert_eq!(
            launched(STACK, &["tools"]).unwrap_err(),
            "shell needs proxy, which is left out: add --profile debug / --profile trace"
        );
    }

    #[test]
    fn a_launch_of_nothing_is_refused() {
        let text = "name = \"s\"\n[service.a]\ncommand = [\"x\"]\nprofiles = [\"debug\"]\n";
        assert!(launched(text, &[]).unwrap_err().ends_with("add --profile debug"));
        assert_eq!(launched(text, &["debug"]).unwrap(), ["a"]);
    }
}
