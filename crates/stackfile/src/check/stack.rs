//! Reads the text, and checks what concerns the stack as a whole.

use std::collections::BTreeMap;
use std::path::Path;

use contract::plain;
use indexmap::IndexMap;
use serde::de::IgnoredAny;

use super::checker::{Checker, Refused};
use super::environment::{LauncherEnvironment, Trust};
use super::service_environment;
use super::source::Source;
use crate::raw::{RawService, RawStack};
use crate::spanned::Spanned;
use crate::variable_name::set;
use crate::{KnownPorts, Stack, StackFileError};

const DEFAULT_RANGE: &str = "8000-9000";
/// A bound on what one launcher supervises.
const SERVICES_MAX: usize = 500;

/// The services as far as they could be read, in the order of the file.
pub(super) type RawServices = IndexMap<Spanned<String>, Result<RawService, Refused>>;

type Head = RawStack<Spanned<IndexMap<String, IgnoredAny>>>;

pub(crate) fn parse(source: Source<'_>, trust: Trust) -> Result<Stack, StackFileError> {
    let path = source.path();
    let absolute = path.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let checker = Checker::new(source, absolute.as_deref(), LauncherEnvironment::new(path, trust));
    let stack = checker.stack();
    checker.outcome(stack)
}

impl Checker<'_> {
    fn stack(&self) -> Result<Stack, Refused> {
        let root = self.parsed()?;
        let head = self.read::<Head>(root.clone());
        let mut services = RawServices::new();
        let mut known = KnownPorts::new();
        for (name, service) in
            root.get_ref().get("service").and_then(|all| all.get_ref().as_table()).into_iter().flatten()
        {
            let name = Spanned::new(name.span(), name.get_ref().to_string());
            if service.get_ref().get("port").is_some() {
                let named = service.get_ref().get("ports").and_then(|ports| ports.get_ref().as_table());
                let named = named.into_iter().flat_map(|ports| ports.keys());
                known.insert(name.get_ref().clone(), named.map(|name| name.get_ref().to_string()).collect());
            }
            services.insert(name, self.read(service.clone()));
        }
        self.check_names(&services);
        self.check_needs(&services);
        let mut shared = BTreeMap::new();
        if let Ok(head) = &head {
            shared = self.env_files(head.env_file.as_ref());
            set(&mut shared, self.variables(&head.env, None, &known));
        }
        let mut checked = IndexMap::new();
        let mut files = Vec::new();
        for (name, service) in services {
            let Ok(service) = service else { continue };
            let own_files = self.env_files(service.env_file.as_ref());
            if let Ok(service) = self.service(name.get_ref(), name.span(), service, &known) {
                checked.insert(name.into_inner(), service);
                files.push(own_files);
            }
        }
        super::variables::export(&mut checked);
        service_environment::add(&mut checked, &shared, files);
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
