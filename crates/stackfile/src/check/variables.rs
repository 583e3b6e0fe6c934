//! The variables that tell everybody where a service's port is.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use crate::{Service, variable_part};

/// Whoever has a variable to itself is known by it to everybody; services with a common one are known by variables
/// that are named after them, as far as nobody else has these.
pub(super) fn export(services: &mut IndexMap<String, Service>) {
    let mut owners: HashMap<String, usize> = HashMap::new();
    for variable in services.values().filter_map(|service| service.port.as_ref()?.env.clone()) {
        *owners.entry(variable).or_default() += 1;
    }
    let mut taken: HashSet<String> = owners.keys().cloned().collect();
    for (name, service) in services {
        let Some(port) = &mut service.port else { continue };
        let is_own = |variable: &&String| owners[*variable] == 1;
        port.exported = port.env.as_ref().filter(is_own).cloned().or_else(|| {
            let named = format!("{}_PORT", variable_part(name));
            (port.env.is_some() && taken.insert(named.clone())).then_some(named)
        });
    }
}
