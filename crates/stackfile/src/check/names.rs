//! Names of services, and the variables that tell their ports.

use super::checker::Checker;
use super::stack::RawServices;

impl Checker<'_> {
    pub(super) fn check_names(&self, services: &RawServices) {
        for (name, service) in services {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let text = name.get_ref();
            if text.is_empty() || text.len() > 63 || !text.chars().all(plain) || text.starts_with('-') {
                self.fault(name.span(), "a service's name has letters, digits, `-` and `_`, at most 63");
            }
            let port = service.as_ref().ok().and_then(|service| service.port.as_ref());
            let Some(variable) = port.and_then(|port| port.get_ref().env.as_ref()) else {
                continue;
            };
            let ok = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if variable.get_ref().is_empty() || !variable.get_ref().chars().all(ok) {
                self.fault(variable.span(), "a variable's name has letters, digits and `_`");
            }
        }
    }
}
