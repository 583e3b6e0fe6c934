//! The variables that tell everybody where a service's ports are.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use crate::variable_name::key;
use crate::{Service, port_variable};

/// A port that has a variable to itself is known by it to everybody; ports with a common one are known by variables
/// that are named after service and port, as far as nobody else has these.
pub(super) fn export(services: &mut IndexMap<String, Service>) {
    let mut owners: HashMap<String, usize> = HashMap::new();
    let ports = services.values().flat_map(Service::all_ports);
    for variable in ports.filter_map(|(_, port)| port.env.as_deref()) {
        *owners.entry(key(variable)).or_default() += 1;
    }
    let mut taken: HashSet<String> = owners.keys().cloned().collect();
    for (service, described) in services {
        let named = described.ports.iter_mut().map(|(name, port)| (format!("{service}_{name}"), port));
        for (name, port) in described.port.iter_mut().map(|port| (service.clone(), port)).chain(named) {
            let is_own = |variable: &&String| owners[&key(variable)] == 1;
            port.exported = port.env.as_ref().filter(is_own).cloned().or_else(|| {
                let named = port_variable(&name);
                (port.env.is_some() && taken.insert(key(&named))).then_some(named)
            });
        }
    }
}
