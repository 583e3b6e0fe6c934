//! Names of services, and the variables that tell their ports.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use toml::Spanned;

use super::stack::Checker;
use crate::StackFileError;
use crate::raw::RawService;

impl Checker<'_> {
    pub(super) fn check_names(
        &self,
        services: &IndexMap<Spanned<String>, RawService>,
    ) -> Result<(), StackFileError> {
        let mut variables: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, service) in services {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let text = name.get_ref();
            if text.is_empty() || text.len() > 63 || !text.chars().all(plain) || text.starts_with('-') {
                return self
                    .wrong(name.span(), "a service's name has letters, digits, `-` and `_`, at most 63");
            }
            let Some(variable) = service.port.as_ref().and_then(|port| port.get_ref().env.as_ref()) else {
                continue;
            };
            let ok = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if variable.get_ref().is_empty() || !variable.get_ref().chars().all(ok) {
                return self.wrong(variable.span(), "a variable's name has letters, digits and `_`");
            }
            if let Some(other) = variables.insert(variable.get_ref(), text) {
                return self.wrong(
                    variable.span(),
                    format!("service {other} has this port variable already; give each its own"),
                );
            }
        }
        Ok(())
    }
}
