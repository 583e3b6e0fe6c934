//! Reads the text, and checks what concerns the stack as a whole.

use std::collections::BTreeMap;
use std::path::Path;

use contract::plain;
use indexmap::IndexMap;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::checker::{Checker, Refused};
use super::environment::{Environment, Trust};
use super::source::Source;
use crate::raw::{RawService, RawStack};
use crate::{Stack, StackFileError, Template};

const DEFAULT_RANGE: &str = "8000-9000";
/// A bound on what one launcher supervises.
const SERVICES_MAX: usize = 500;

/// The services as far as they could be read, in the order of the file.
pub(super) type RawServices = IndexMap<Spanned<String>, Result<RawService, Refused>>;

/// What the services of a stack have in common.
#[derive(Default)]
pub(super) struct Common {
    /// Those with a port.
    pub(super) with_port: Vec<String>,
    /// The variables that tell the ports.
    pub(super) port_variables: Vec<String>,
    /// The variables that the stack has for each service.
    pub(super) env: BTreeMap<String, Template>,
}

type Head = RawStack<Spanned<IndexMap<String, IgnoredAny>>>;

pub(crate) fn parse(source: Source<'_>, trust: Trust) -> Result<Stack, StackFileError> {
    let path = source.path();
    let absolute = path.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let checker = Checker::new(source, absolute.as_deref(), Environment::new(path, trust));
    let stack = checker.stack();
    checker.outcome(stack)
}

impl Checker<'_> {
    fn stack(&self) -> Result<Stack, Refused> {
        let root = self.parsed()?;
        let head = self.read::<Head>(root.clone());
        let mut services = RawServices::new();
        let mut common = Common::default();
        for (name, service) in
            root.get_ref().get("service").and_then(|all| all.get_ref().as_table()).into_iter().flatten()
        {
            let name = Spanned::new(name.span(), name.get_ref().to_string());
            if service.get_ref().get("port").is_some() {
                common.with_port.push(name.get_ref().clone());
            }
            services.insert(name, self.read(service.clone()));
        }
        self.check_names(&services);
        self.check_needs(&services);
        let ports = services.values().flatten().filter_map(|service| service.port.as_ref());
        common.port_variables =
            ports.filter_map(|port| Some(port.get_ref().env.as_ref()?.get_ref().clone())).collect();
        if let Ok(head) = &head {
            common.env = self.env_files(head.env_file.as_ref());
            common.env.extend(self.variables(&head.env, &common.with_port, false));
        }
        let mut checked = IndexMap::new();
        for (name, service) in services {
            let service =
                service.and_then(|service| self.service(name.get_ref(), name.span(), service, &common));
            if let Ok(service) = service {
                checked.insert(name.into_inner(), service);
            }
        }
        super::variables::export(&mut checked);
        let head = head.and_then(|head| self.head(head))?;
        Ok(Stack { services: checked, ..head })
    }

    /// What concerns the stack as a whole, without its services.
    fn head(&self, raw: Head) -> Result<Stack, Refused> {
        let name = plain(raw.name.get_ref().trim()).into_owned();
        if name.is_empty() {
            self.fault(raw.name.span(), "the stack needs a name");
        }
        let ports = match &raw.ports {
            Some(range) => self.range(range),
            None => match DEFAULT_RANGE.parse() {
                Ok(range) => Ok(range),
                Err(_) => unreachable!("a constant"),
            },
        };
        match raw.service.get_ref().len() {
            0 => self
                .fault(raw.service.span(), "the stack has no service: add a [service.NAME] with a command"),
            1..=SERVICES_MAX => {}
            _ => self.fault(raw.service.span(), format!("at most {SERVICES_MAX} services fit in one stack")),
        }
        Ok(Stack {
            name,
            ports: ports?,
            on_conflict: raw.on_conflict,
            sticky: raw.sticky.unwrap_or(true),
            services: IndexMap::new(),
            path: self.absolute.map(Path::to_owned),
            local: self.source.local().and_then(|path| std::path::absolute(path).ok()),
        })
    }
}
