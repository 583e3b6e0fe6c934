//! The variables that a stack file gives its services, by itself and in env files.

use std::collections::{BTreeMap, HashSet};

use indexmap::IndexMap;

use super::checker::{Checker, Refused};
use super::environment::read;
use crate::raw::{RawEnvFile, RawEnvFiles};
use crate::spanned::Spanned;
use crate::variable_name::{find, is_same_variable, set};
use crate::{KnownPorts, Service, Template};

pub(super) const NO_NUL: &str = "no program can be given a NUL (`\\u0000`)";

impl Checker<'_> {
    /// What is in these env files; a later one wins.
    pub(super) fn env_files(&self, files: Option<&Spanned<RawEnvFiles>>) -> BTreeMap<String, Template> {
        let mut found = BTreeMap::new();
        let Some(spanned) = files else { return found };
        let files = match spanned.get_ref() {
            RawEnvFiles::One(file) => std::slice::from_ref(file),
            RawEnvFiles::Several(files) => files,
        };
        for file in files {
            let (path, required) = match file {
                RawEnvFile::Path(path) => (path, true),
                RawEnvFile::Table(table) => (&table.path, table.required.unwrap_or(true)),
            };
            let file =
                self.environment.folder.as_ref().map_or_else(|| path.into(), |folder| folder.join(path));
            if !required && !file.exists() {
                continue;
            }
            if !file.exists() {
                let instead = format!("create it, or write {{ path = {path:?}, required = false }}");
                self.fault(spanned.span(), format!("there is no file {}: {instead}", file.display()));
                continue;
            }
            let above = |name: &str| find(&found, name).and_then(Template::as_literal).map(str::to_owned);
            let look_up = |name: &str| Ok(self.environment.get(name)?.or_else(|| above(name)));
            match read(&file, userdirs::trust::named, &look_up) {
                Ok(more) => {
                    let more = more.into_iter().map(|(name, value)| (name, Template::literal(value)));
                    set(&mut found, more.collect());
                }
                Err(message) => self.fault(spanned.span(), message),
            }
        }
        found
    }

    /// The variables of a table `env`.
    pub(super) fn variables(
        &self,
        raw: &IndexMap<Spanned<String>, Spanned<String>>,
        own: Option<&str>,
        known: &KnownPorts,
    ) -> BTreeMap<String, Template> {
        let mut variables = BTreeMap::new();
        for (key, value) in raw {
            if key.get_ref().is_empty() || key.get_ref().contains(['=', '\0']) {
                self.fault(key.span(), "a variable's name is not empty and has no `=`");
            }
            if let Ok(value) = self.template(value, own, known) {
                variables.insert(key.get_ref().clone(), value);
            }
        }
        variables
    }

    pub(super) fn template(
        &self,
        text: &Spanned<String>,
        own: Option<&str>,
        known: &KnownPorts,
    ) -> Result<Template, Refused> {
        if text.get_ref().contains('\0') {
            return self.wrong(text.span(), NO_NUL);
        }
        let template = Template::parse(text.get_ref(), own, known);
        let resolved = template.and_then(|template| {
            template.resolve(|name, default| match (self.environment.get(name)?, default) {
                (Some(value), None) => Ok(value),
                (Some(value), Some(_)) if !value.is_empty() => Ok(value),
                (_, Some(default)) => Ok(default.to_owned()),
                (None, None) => Err(format!(
                    "{name} is set neither in the environment nor in .env beside the stack file: set it, or write \
                     {{env.{name}:-a default}}"
                )),
            })
        });
        resolved.or_else(|message| self.wrong(text.span(), message))
    }
}

/// Gives services what they have besides their own `env`: what is `shared`, and what is in their `files`. Where they
/// are, their launcher says: a port variable there is a wish.
pub(super) fn add(
    services: &mut IndexMap<String, Service>,
    shared: &BTreeMap<String, Template>,
    files: Vec<BTreeMap<String, Template>>,
) {
    let ports = services.values().flat_map(Service::all_ports);
    let told: HashSet<String> =
        ports.flat_map(|(_, port)| [port.env.clone(), port.exported.clone()]).flatten().collect();
    for (service, files) in services.values_mut().zip(files) {
        for port in service.port.iter_mut().chain(service.ports.values_mut()) {
            let own = port.env.as_ref().and_then(|variable| find(&files, variable));
            let set = own.or_else(|| {
                port.exported
                    .as_ref()
                    .and_then(|variable| find(&files, variable).or_else(|| find(shared, variable)))
            });
            let set = set.and_then(Template::as_literal).filter(|set| !set.is_empty());
            port.set = set.map(str::to_owned);
        }
        let own = std::mem::replace(&mut service.env, shared.clone());
        set(&mut service.env, files);
        let is_told = |variable: &str| told.iter().any(|told| is_same_variable(told, variable));
        service.env.retain(|variable, _| !is_told(variable));
        set(&mut service.env, own);
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tempfile::TempDir;

    use super::*;
    use crate::{Addresses, Stack, StackFileError};

    struct Nowhere;
    impl Addresses for Nowhere {
        fn address(&self, _: &str, _: Option<&str>) -> Option<SocketAddr> {
            Some(([127, 0, 0, 1], 8000).into())
        }
    }

    /// A folder with these files.
    fn folder(files: &[(&str, &str)]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn read(folder: &TempDir, text: &str) -> Result<Stack, StackFileError> {
        Stack::parse(text, Some(&folder.path().join("stack.toml")))
    }

    fn env(stack: &Stack, service: &str) -> Vec<String> {
        let variable =
            |(name, value): (&String, &Template)| format!("{name}={}", value.fill(service, &Nowhere));
        stack.services[service].env.iter().map(variable).collect()
    }

    #[test]
    fn what_is_nearer_to_a_service_wins() {
        let folder = folder(&[
            ("all.env", "A=all.env\nB=all.env\nC=all.env\nD=all.env"),
            ("own.env", "A=own.env\nB=own.env\nE=${D:-unset} ${A} {b.url}"),
            ("more.env", "B=more.env\nF=${E}"),
        ]);
        let text = "name = \"s\"\nenv_file = \"all.env\"\nenv = { A = \"all\", B = \"all\", C = \"{b.url}\" }\n\
                    [service.a]\ncommand = [\"x\"]\nenv_file = [\"own.env\", { path = \"more.env\" }]\n\
                    env = { A = \"own\" }\n[service.b]\ncommand = [\"x\"]\nport = { env = \"B_PORT\" }\n";
        let stack = read(&folder, text).unwrap();
        // Braces in an env file are text.
        assert_eq!(
            env(&stack, "a"),
            [
                "A=own",
                "B=more.env",
                "C=http://127.0.0.1:8000",
                "D=all.env",
                "E=unset own.env {b.url}",
                "F=unset own.env {b.url}",
            ]
        );
        assert_eq!(env(&stack, "b"), ["A=all", "B=all", "C=http://127.0.0.1:8000", "D=all.env"]);
        assert!(stack.services["a"].depends_on("b"));
    }

    #[test]
    fn a_port_in_an_env_file_is_a_wish_of_the_service_with_this_variable() {
        let folder = folder(&[(".env", "A_PORT=3000\nB_PORT=\n")]);
        let text = "name = \"s\"\nenv_file = \".env\"\n[service.a]\ncommand = [\"x\"]\nport = { env = \"A_PORT\" }\n\
                    [service.b]\ncommand = [\"x\"]\nport = { env = \"B_PORT\" }\n";
        let stack = read(&folder, text).unwrap();
        let set = |stack: &Stack, name: &str| stack.services[name].port.as_ref().unwrap().set.clone();
        assert_eq!((set(&stack, "a").as_deref(), set(&stack, "b")), (Some("3000"), None));
        assert!(env(&stack, "a").is_empty() && env(&stack, "b").is_empty());
        // A variable that several have means one of them only in its own file.
        std::fs::write(folder.path().join("a.env"), "PORT=4000\n").unwrap();
        let text = "name = \"s\"\nenv = { PORT = \"3000\", B_PORT = \"5000\" }\n\
                    [service.a]\ncommand = [\"x\"]\nport = { env = \"PORT\" }\nenv_file = \"a.env\"\n\
                    [service.b]\ncommand = [\"x\"]\nport = { env = \"PORT\" }\n\
                    [service.c]\ncommand = [\"x\"]\nport = { env = \"PORT\" }\n";
        let stack = read(&folder, text).unwrap();
        assert_eq!(
            ["a", "b", "c"].map(|name| set(&stack, name)),
            [Some("4000".into()), Some("5000".into()), None]
        );
        assert!(env(&stack, "c").is_empty());
    }

    #[test]
    fn an_env_file_that_is_missing_is_an_error_unless_it_may_be() {
        let folder = folder(&[]);
        let with =
            |line: &str| read(&folder, &format!("name = \"s\"\n{line}\n[service.a]\ncommand = [\"x\"]\n"));
        let error = with("env_file = \"x.env\"").unwrap_err().to_string();
        assert!(
            error.contains("stack.toml:2:12: there is no file ") && error.contains("required = false"),
            "{error}"
        );
        with("env_file = { path = \"x.env\", required = false }").unwrap();
        let error = with("env_file = 5").unwrap_err().to_string();
        assert!(error.contains("stack.toml:2:12: expected the path of an env file"), "{error}");
    }

    #[test]
    fn a_variable_of_the_launcher_is_that_of_its_environment_else_of_the_file_beside() {
        let folder = folder(&[
            (".env", "CARGO_PKG_NAME=beside\nBESIDE=${CARGO_PKG_NAME} {b.url}\nEMPTY=\n"),
            ("x.env", "E=$BESIDE"),
        ]);
        let text = "name = \"s\"\n[service.a]\ncommand = [\"{env.BESIDE}\", \"{env.NONE:-c d}\", \"{{env.NONE}}\"]\n\
                    env_file = \"x.env\"\n\
                    env = { A = \"{env.CARGO_PKG_NAME}\", B = \"{env.EMPTY:-b}\", C = \"x{env.EMPTY}\" }\n";
        let stack = read(&folder, text).unwrap();
        let command: Vec<_> =
            stack.services["a"].command.iter().map(|part| part.fill("a", &Nowhere)).collect();
        assert_eq!(command, ["stackfile {b.url}", "c d", "{env.NONE}"]);
        assert_eq!(env(&stack, "a"), ["A=stackfile", "B=b", "C=x", "E=stackfile {b.url}"]);
    }

    #[test]
    fn a_variable_that_is_not_set_is_an_error_as_is_one_that_means_nothing() {
        for (variable, expected) in [
            ("{env.NONE}", "NONE is set neither in the environment nor in .env"),
            ("{env.}", "means nothing here"),
            ("{env.A-B}", "means nothing here"),
        ] {
            let text = format!("name = \"s\"\n[service.a]\ncommand = [\"x\", \"{variable}\"]\n");
            let error = read(&folder(&[]), &text).unwrap_err().to_string();
            assert!(error.contains("stack.toml:3:17: ") && error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_file_beside_is_read_only_where_it_is_asked_for() {
        let folder = folder(&[(".env", "no env file\n")]);
        let with =
            |word: &str| read(&folder, &format!("name = \"s\"\n[service.a]\ncommand = [\"{word}\"]\n"));
        with("{env.CARGO_PKG_NAME}").unwrap();
        let error = with("{env.NONE:-x}").unwrap_err().to_string();
        assert!(error.contains(".env:1:4: a `=` is missing"), "{error}");
    }
}
