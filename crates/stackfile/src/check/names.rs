//! Names of services and of their ports, and the variables that tell these.

use std::collections::HashSet;

use super::checker::Checker;
use super::stack::RawServices;
use crate::raw::RawService;
use crate::variable_name::key;

/// A bound on what one service is handed over.
const PORTS_MAX: usize = 50;

impl Checker<'_> {
    pub(super) fn check_names(&self, services: &RawServices) {
        for (name, service) in services {
            if !is_name(name.get_ref()) {
                self.fault(name.span(), "a service's name has letters, digits, `-` and `_`, at most 63");
            }
            if let Ok(service) = service {
                self.check_ports(name.get_ref(), service);
            }
        }
    }

    fn check_ports(&self, service: &str, raw: &RawService) {
        for (index, name) in raw.ports.keys().enumerate() {
            if !is_name(name.get_ref()) {
                self.fault(name.span(), "a port's name has letters, digits, `-` and `_`, at most 63");
            }
            if raw.port.is_none() {
                self.fault(
                    name.span(),
                    "named ports stand beside the main one, by which the service is known: add port = { env = \"…_PORT\" }",
                );
            }
            if name.get_ref() == service {
                self.fault(
                    name.span(),
                    "this is the name of the service's main port; give this one another name",
                );
            }
            if index == PORTS_MAX {
                self.fault(name.span(), format!("at most {PORTS_MAX} ports with names fit in one service"));
            }
        }
        let mut known = HashSet::new();
        for variable in raw.all_ports().filter_map(|port| port.env.as_ref()) {
            let ok = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if variable.get_ref().is_empty() || !variable.get_ref().chars().all(ok) {
                self.fault(variable.span(), "a variable's name has letters, digits and `_`");
            }
            if !known.insert(key(variable.get_ref())) {
                self.fault(
                    variable.span(),
                    "another port of this service has this variable; give each its own",
                );
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !text.is_empty() && text.len() <= 63 && text.chars().all(plain) && !text.starts_with('-')
}
