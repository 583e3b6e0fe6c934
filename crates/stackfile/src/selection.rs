//! What of a stack is launched: services without a profile and those with one that is active, or those that are named.

use std::collections::BTreeSet;

use contract::{Language, Product, Words};
use indexmap::IndexSet;

use crate::{Service, Stack};

/// What is asked for at a launch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceSelection {
    /// The profiles that are active, besides those in the product's variable `…_PROFILES`; `*` is all.
    pub profiles: Vec<String>,
    /// The services that are launched, with what they need; all where none is named. Their profiles are active.
    pub services: Vec<String>,
}

/// Why it cannot be launched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said(Language::English))]
pub enum ServiceSelectionError {
    /// A service is named that there is not.
    NoService {
        /// It.
        name: String,
        /// Those that there are.
        services: Vec<String>,
    },
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

impl ServiceSelectionError {
    /// It, in a language.
    pub fn said(&self, language: Language) -> String {
        let words = Words::of(language);
        let flags = |profiles: &[String]| {
            let flags: Vec<_> = profiles.iter().map(|profile| format!("--profile {profile}")).collect();
            flags.join(" / ")
        };
        match self {
            Self::NoService { name, services } => words.launch_no_service(name, services.join(", ")),
            Self::NeedsProfile { service, need, profiles } => {
                words.launch_needs_profile(service, need, flags(profiles))
            }
            Self::NothingActive { profiles } => words.launch_nothing_active(flags(profiles)),
        }
    }
}

impl Stack {
    /// Leaves out what is not selected.
    pub(crate) fn select(
        &mut self,
        selection: &ServiceSelection,
        product: Product,
    ) -> Result<(), ServiceSelectionError> {
        let set = std::env::var(product.variable("PROFILES")).unwrap_or_default();
        let set = set.split(',').map(str::trim).filter(|profile| !profile.is_empty()).map(str::to_owned);
        let active = selection.profiles.iter().cloned().chain(set).collect();
        self.leave_out(active, &selection.services)
    }

    fn leave_out(&mut self, mut active: Vec<String>, named: &[String]) -> Result<(), ServiceSelectionError> {
        for name in named {
            let service = self.services.get(name).ok_or_else(|| ServiceSelectionError::NoService {
                name: name.clone(),
                services: self.services.keys().cloned().collect(),
            })?;
            active.extend(service.profiles.iter().cloned());
        }
        let is_active = |service: &Service| {
            let profiles = &mut service.profiles.iter();
            profiles.len() == 0
                || profiles.any(|profile| active.iter().any(|active| active == profile || active == "*"))
        };
        let mut launched: IndexSet<String> = match named {
            [] => self
                .services
                .iter()
                .filter(|(_, service)| is_active(service))
                .map(|(name, _)| name.clone())
                .collect(),
            named => named.iter().cloned().collect(),
        };
        let mut next = 0;
        while let Some(name) = launched.get_index(next).cloned() {
            for need in &self.services[&name].needs {
                let needed = &self.services[need];
                if !is_active(needed) {
                    let (service, need, profiles) = (name, need.clone(), needed.profiles.clone());
                    return Err(ServiceSelectionError::NeedsProfile { service, need, profiles });
                }
                launched.insert(need.clone());
            }
            next += 1;
        }
        if launched.is_empty() {
            let profiles: BTreeSet<_> =
                self.services.values().flat_map(|service| service.profiles.clone()).collect();
            return Err(ServiceSelectionError::NothingActive { profiles: profiles.into_iter().collect() });
        }
        for (name, service) in &mut self.services {
            service.left_out = !launched.contains(name);
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
        launched_of(text, active, &[])
    }

    fn launched_of(text: &str, active: &[&str], named: &[&str]) -> Result<Vec<String>, String> {
        let mut stack = Stack::parse(text, None).unwrap();
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        stack.leave_out(owned(active), &owned(named)).map_err(|error| error.to_string())?;
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

    #[test]
    fn services_that_are_named_are_launched_with_what_they_need_and_with_their_profiles() {
        for (active, named, expected) in [
            (&[][..], &["web"][..], &["web"][..]),
            (&["tools", "debug"], &["web"], &["web"]),
            (&[], &["proxy"], &["proxy"]),
            (&["debug"], &["shell"], &["web", "proxy", "shell"]),
            (&[], &["shell", "proxy"], &["web", "proxy", "shell"]),
        ] {
            assert_eq!(launched_of(STACK, active, named).unwrap(), expected, "{named:?}");
        }
        assert!(launched_of(STACK, &[], &["shell"]).unwrap_err().contains("shell needs proxy"));
        let unknown = launched_of(STACK, &[], &["wep"]).unwrap_err();
        assert_eq!(unknown, "there is no service `wep`; there are web, proxy, shell");
    }
}
