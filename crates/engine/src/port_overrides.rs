//! Ports set by hand, in the environment or in the settings, read and checked before anything starts.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use stackfile::{PortSpec, Service};

use super::launch_error::LaunchError;
use super::launch_options::LaunchOptions;

/// A port that somebody set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PortOverride {
    pub(crate) port: u16,
    /// Where it was set, for messages (`BACKEND_PORT`).
    pub(crate) from: String,
}

/// What was set.
#[derive(Debug, Default)]
pub(crate) struct PortOverrides {
    /// By the index of the service and that of its port: 0 is the main one.
    pub(crate) ports: BTreeMap<(usize, usize), PortOverride>,
    pub(crate) host: Option<IpAddr>,
}

impl PortOverrides {
    /// The address that a service binds.
    pub(crate) fn host(&self, service: &Service) -> IpAddr {
        service.host.or(self.host).unwrap_or(Ipv4Addr::LOCALHOST.into())
    }
}

/// What was set, as far as it can be used; and what cannot.
pub(crate) fn read(options: &LaunchOptions) -> (PortOverrides, Result<(), LaunchError>) {
    let mut faults = Vec::new();
    let mut overrides = PortOverrides::default();
    match host(options) {
        Ok(host) => overrides.host = host,
        Err(fault) => faults.push(fault),
    }
    let services = options.stack.services.iter().enumerate();
    let ports = services.flat_map(|(index, (name, service))| {
        service.all_ports().enumerate().map(move |(port, (_, spec))| ((index, port), name, spec))
    });
    for (at, name, port) in ports {
        // The settings have the main ones.
        let in_settings = options.ports.fixed.get(name).filter(|_| at.1 == 0);
        let set = match set(options, name, port, in_settings.copied()) {
            Ok(Some(set)) => set,
            Ok(None) => continue,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        if let Some(other) = overrides.ports.values().find(|other| other.port == set.port) {
            faults.push(LaunchError::BadPort(format!(
                "{} and {} are both {}; give each service a port of its own",
                other.from, set.from, set.port
            )));
        }
        overrides.ports.insert(at, set);
    }
    (overrides, LaunchError::together(faults))
}

/// What was set for one port.
fn set(
    options: &LaunchOptions,
    name: &str,
    port: &PortSpec,
    in_settings: Option<u16>,
) -> Result<Option<PortOverride>, LaunchError> {
    if let Some((variable, text)) = options.port_variable(port) {
        let port = number(variable, &text.to_string_lossy())?;
        return Ok(Some(PortOverride { port, from: variable.to_owned() }));
    }
    match in_settings {
        Some(0) => Err(LaunchError::BadPort(format!(
            "the port set for {name} is 0; a port is a number from 1 to 65535"
        ))),
        Some(port) => Ok(Some(PortOverride { port, from: format!("the settings of {name}") })),
        None => Ok(None),
    }
}

/// The variables that are set, and of which several services have each as their own: they say nothing about a port.
pub(crate) fn ambiguous(options: &LaunchOptions) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, port) in options.stack.services.values().flat_map(Service::all_ports) {
        let Some(variable) = port.env.as_deref().filter(|_| port.env != port.exported) else { continue };
        if options.variable(variable).is_some_and(|text| !text.is_empty()) {
            found.entry(variable).or_default().extend(port.exported.as_deref());
        }
    }
    found
}

fn number(variable: &str, text: &str) -> Result<u16, LaunchError> {
    let port = text.trim().parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        LaunchError::BadPort(format!("{variable} is `{shown}`; a port is a number from 1 to 65535"))
    })
}

fn host(options: &LaunchOptions) -> Result<Option<IpAddr>, LaunchError> {
    let Some(text) = options.variable(&options.product.variable("HOST")).filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    match text.to_string_lossy().trim() {
        "localhost" => Ok(Some(IpAddr::from([127, 0, 0, 1]))),
        text => text.parse().map(Some).map_err(|_| LaunchError::BadHost(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stackfile::Stack;

    fn options(variables: &[(&str, &str)]) -> LaunchOptions {
        let mut options =
            LaunchOptions::new(product::SKINAI, Stack::builtin(product::SKINAI), "skinai".into());
        options.environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        options
    }

    fn read(options: &LaunchOptions) -> Result<PortOverrides, LaunchError> {
        let (overrides, usable) = super::read(options);
        usable.map(|()| overrides)
    }

    #[test]
    fn what_is_no_port_is_refused_in_a_sentence_that_names_the_variable() {
        for text in ["abc", "0", "70000", "-1", "80 80", "8000.5"] {
            let error = read(&options(&[("BACKEND_PORT", text)])).unwrap_err();
            assert!(error.to_string().contains("BACKEND_PORT"), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }

    #[test]
    fn the_bind_address_stands_in_the_variable_of_the_product() {
        let mut options = options(&[("ACME_HOST", "127.0.0.2"), ("SKINAI_HOST", "127.0.0.3")]);
        options.product.variable_prefix = "ACME";
        assert_eq!(read(&options).unwrap().host, Some(IpAddr::from([127, 0, 0, 2])));
    }

    #[test]
    fn the_same_port_twice_is_refused() {
        let error = read(&options(&[("UI_PORT", "9001"), ("ADMIN_PORT", "9001")])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "UI_PORT and ADMIN_PORT are both 9001; give each service a port of its own"
        );
    }

    #[test]
    fn a_variable_that_several_services_have_sets_none_of_their_ports() {
        let mut options = options(&[("PORT", "9001"), ("API_PORT", "9002")]);
        let service =
            |name: &str| format!("[service.{name}]\ncommand = [\"x\"]\nport = {{ env = \"PORT\" }}\n");
        let text = format!("name = \"s\"\n{}{}", service("web"), service("api"));
        options.stack = Stack::parse(&text, None).unwrap();
        let overrides = read(&options).unwrap();
        let ports: Vec<_> = overrides.ports.iter().map(|((index, _), set)| (*index, set.port)).collect();
        assert_eq!(ports, [(1, 9002)]);
        assert_eq!(ambiguous(&options), BTreeMap::from([("PORT", vec!["WEB_PORT", "API_PORT"])]));
    }

    #[test]
    fn the_environment_wins_over_the_settings_and_an_empty_variable_is_unset() {
        let mut options = options(&[("UI_PORT", "9001"), ("ADMIN_PORT", "")]);
        options.ports.fixed = BTreeMap::from([("ui".to_owned(), 7001), ("admin".to_owned(), 7002)]);
        let overrides = read(&options).unwrap();
        let ports: Vec<_> = overrides.ports.iter().map(|((index, _), set)| (*index, set.port)).collect();
        assert_eq!(ports, [(1, 9001), (2, 7002)]);
    }
}
