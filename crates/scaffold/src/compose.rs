//! A Compose file: services that are built from a folder here run as programs; what is an image, a volume or a network
//! is listed, and so is what the stack file does not have of the others.

mod file;
mod hosts;
mod image;

use std::path::Path;

use stackfile::{Draft, DraftService, literal, port_variable, service_name};
use toml::{Table, Value};

use self::file::{Build, Compose, ComposeService, Names, one_line, plain, read, service_keys, words};
use crate::files;

/// What a Compose file says, as far as it can be run without containers.
///
/// # Errors
/// What the reader of YAML says.
pub(crate) fn draft(text: &str, folder: &Path) -> Result<Draft, String> {
    let (compose, names) = read(text)?;
    let hosts = compose.hosts(folder);
    let mut draft = Draft::default();
    for (name, service) in &compose.services {
        let Some(command) = service.command(folder) else {
            draft.left_out.push(service.why_left_out(name, &hosts, &names));
            continue;
        };
        let (drafted, left_out) = service.draft(name, command, &hosts);
        draft.services.push(drafted);
        draft.left_out.extend(left_out);
        draft.left_out.extend(service.not_carried(name, &names));
    }
    let runs = |name: &str| hosts.iter().any(|host| host.runs && host.name == name);
    for (name, service) in &compose.services {
        let name = service_name(name);
        let Some(drafted) = draft.services.iter_mut().find(|drafted| drafted.name == name) else { continue };
        for needed in service.needs().iter().filter(|needed| runs(needed)) {
            drafted.add_need(&service_name(needed));
        }
    }
    draft.left_out.extend(beside_services(&names));
    Ok(draft)
}

/// What a Compose file has, and a stack file with these services, which stand in folders, does not.
///
/// # Errors
/// What the reader of YAML says.
pub(crate) fn left_out_beside(
    text: &str,
    file: &str,
    folder: &Path,
    services: &[DraftService],
) -> Result<Vec<String>, String> {
    let (compose, names) = read(text)?;
    let hosts = compose.hosts(folder);
    let mut left_out = Vec::new();
    for (name, service) in &compose.services {
        let is_here = services.iter().any(|other| other.name == service_name(name));
        match service.command(folder) {
            _ if is_here && service.build.is_some() => {
                let keys = service_keys(name, &names).filter(|key| !matches!(*key, "build" | "image"));
                left_out.extend(list(&format!("{name}: what {file} says of its "), keys));
            }
            Some(command) => {
                left_out.push(format!("{name}: {file} builds it, and runs `{}`", command.join(" ")));
            }
            None => left_out.push(service.why_left_out(name, &hosts, &names)),
        }
    }
    left_out.extend(beside_services(&names));
    Ok(left_out)
}

/// What stands in a Compose file beside its services: volumes, networks and the like, each by its name.
fn beside_services(names: &Names) -> Vec<String> {
    let mut left_out = Vec::new();
    let others = names.iter().filter(|(key, _)| !matches!(key.as_str(), "services" | "name" | "version"));
    for (kind, named) in others.filter(|(key, _)| !key.starts_with("x-")) {
        match named.as_object() {
            Some(named) => {
                let kind = kind.trim_end_matches('s');
                left_out.extend(named.keys().map(|name| format!("the {kind} {name}")));
            }
            None if named.is_null() => {}
            None => left_out.push(format!("what it says under {kind}")),
        }
    }
    left_out
}

fn list<'a>(before: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| format!("{before}{}", names.join(", ")))
}

/// Keys of a service that the stack file has in its own way, or that are listed apart.
const CARRIED: [&str; 13] = [
    "image",
    "build",
    "command",
    "entrypoint",
    "environment",
    "env_file",
    "depends_on",
    "ports",
    "expose",
    "profiles",
    "restart",
    "volumes",
    "working_dir",
];

impl Compose {
    /// The services as others see them. One that names no port has the one by which another asks it.
    fn hosts(&self, folder: &Path) -> Vec<hosts::Host> {
        let asked = |name: &str| {
            let mut variables = self.services.values().flat_map(ComposeService::environment);
            variables.find_map(|(key, value)| hosts::Host::port_in(&key, &value, name))
        };
        let host = |(name, service): (&String, &ComposeService)| hosts::Host {
            name: name.clone(),
            runs: service.command(folder).is_some(),
            target: service.targets().first().copied().or_else(|| asked(name)),
        };
        self.services.iter().map(host).collect()
    }
}

impl ComposeService {
    /// What runs it, without an image.
    fn command(&self, folder: &Path) -> Option<Vec<String>> {
        let build = self.build.as_ref()?;
        let dockerfile = || {
            let (context, file) = match build {
                Build::Context(context) => (context.as_str(), "Dockerfile"),
                Build::Parts { context, dockerfile } => {
                    (context.as_deref().unwrap_or("."), dockerfile.as_deref().unwrap_or("Dockerfile"))
                }
            };
            crate::dockerfile::command(&files::read(&folder.join(context).join(file))?)
        };
        match (&self.entrypoint, &self.command) {
            (Some(program), Some(arguments)) => Some([words(program), words(arguments)].concat()),
            (Some(one), None) | (None, Some(one)) => Some(words(one)),
            (None, None) => dockerfile(),
        }
    }

    fn why_left_out(&self, name: &str, hosts: &[hosts::Host], names: &Names) -> String {
        let (Some(image), None) = (&self.image, &self.build) else {
            return format!("{name}: neither it nor a Dockerfile says what runs");
        };
        let mut text = image::left_out(name, image, self, target_of(name, hosts), hosts);
        let has_volumes = self.volumes.iter().all(serde_json::Value::is_string);
        let is_carried = |key: &str| match key {
            "volumes" => has_volumes,
            "entrypoint" | "working_dir" | "depends_on" | "profiles" | "restart" => false,
            key => CARRIED.contains(&key),
        };
        let without = list("\n  without its ", service_keys(name, names).filter(|key| !is_carried(key)));
        text.extend(without);
        text.extend(self.other_ports().map(|ports| format!("\n  without its other {ports}")));
        text
    }

    /// What a service that runs does not have of what the file says.
    fn not_carried(&self, name: &str, names: &Names) -> Vec<String> {
        let is_carried =
            |key: &str| CARRIED.contains(&key) || (key == "healthcheck" && self.health_path().is_some());
        let keys = list(&format!("{name}: its "), service_keys(name, names).filter(|key| !is_carried(key)));
        let ports = self.other_ports().map(|ports| format!("{name}: its other {ports}"));
        let build = names.get("services").and_then(|services| services.get(name)?.get("build")?.as_object());
        let of_build = build.into_iter().flat_map(|build| build.keys()).map(String::as_str);
        let of_build = of_build.filter(|key| !matches!(*key, "context" | "dockerfile"));
        keys.into_iter().chain(ports).chain(list(&format!("{name}: of its build "), of_build)).collect()
    }

    /// The ports besides the one that it has here.
    fn other_ports(&self) -> Option<String> {
        let mut others: Vec<u16> = self.targets();
        let first = *others.first()?;
        others.retain(|port| *port != first);
        others.sort_unstable();
        others.dedup();
        let numbers: Vec<String> = others.iter().map(u16::to_string).collect();
        (!numbers.is_empty()).then(|| format!("ports: {}", numbers.join(", ")))
    }

    fn draft(
        &self,
        name: &str,
        mut command: Vec<String>,
        hosts: &[hosts::Host],
    ) -> (DraftService, Vec<String>) {
        let mut left_out = Vec::new();
        let target = target_of(name, hosts);
        // The port within a container is the one that the launcher chooses here.
        let mut is_told = false;
        if let Some(target) = target {
            for word in &mut command {
                let told = told_port(word, target);
                is_told |= *word != told;
                *word = told;
            }
        }
        let mut service = DraftService::new(name, command);
        let context = match &self.build {
            Some(Build::Context(context)) => Some(context.as_str()),
            Some(Build::Parts { context, .. }) => context.as_deref(),
            None => None,
        };
        if let Some(context) =
            context.map(|context| context.trim_start_matches("./")).filter(|c| !matches!(*c, "." | ""))
        {
            service = service.with("cwd", context);
        }
        if let Some(working_dir) = &self.working_dir {
            left_out.push(format!("{name}: the folder {working_dir} of its container"));
        }
        let mut environment = self.environment();
        if let Some(target) = target {
            let is_set = environment.iter().any(|(key, value)| key == "PORT" && *value == target.to_string());
            environment.retain(|(key, _)| key != "PORT");
            let variable = if is_told { port_variable(&service_name(name)) } else { "PORT".to_owned() };
            if !is_told && !is_set {
                service = service.with_comment(format!(
                    "It listened at {target}; here it has to listen at the port that PORT tells it."
                ));
            }
            service = service.with_port(&variable);
            if !self.ports.is_empty() {
                service = service.with("open", "/");
            }
        }
        if !environment.is_empty() {
            let mut table = Table::new();
            for (key, value) in &environment {
                let Some(value) = &plain(value) else {
                    let value = one_line(value);
                    left_out.push(format!("{name}: {key}={value}, which Compose fills in"));
                    continue;
                };
                let port = hosts::port_beside_host(key, value, &environment, hosts);
                match port.map_or_else(|| hosts::at_home(key, &literal(value), hosts), Ok) {
                    Ok(value) => drop(table.insert(key.clone(), value.into())),
                    Err(why) => left_out.push(format!("{name}: {key}={}, where {why}", one_line(value))),
                }
            }
            if !table.is_empty() {
                service = service.with("env", table);
            }
        }
        let env_files = self.env_files();
        if !env_files.is_empty() {
            service = service.with("env_file", env_files.into_iter().map(Value::from).collect::<Vec<_>>());
        }
        if let Some(path) = self.health_path() {
            service = service.with("health", Table::from_iter([("http".to_owned(), path.into())]));
        }
        if !self.profiles.is_empty() {
            service = service.with("profiles", self.profiles.clone());
        }
        if self.restart.as_deref() == Some("no") {
            service = service.with("restart", "never");
        }
        if self.volumes.iter().any(|volume| !volume.as_str().is_some_and(|volume| volume.starts_with('.'))) {
            left_out.push(format!("{name}: its volumes"));
        }
        (service, left_out)
    }
}

/// The port at which a service listens within its container.
fn target_of(name: &str, hosts: &[hosts::Host]) -> Option<u16> {
    hosts.iter().find(|host| host.name == name)?.target
}

/// A word in which the port of a container is the one that the launcher chooses.
fn told_port(word: &str, target: u16) -> String {
    let target = target.to_string();
    if word == target {
        return "{port}".to_owned();
    }
    match word.strip_suffix(&target) {
        Some(before) if before.ends_with([':', '=']) => format!("{before}{{port}}"),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPOSE: &str = r#"
services:
  web:
    build: ./web
    command: npm run dev -- --port 3000
    ports: ["127.0.0.1:8080:3000/tcp"]
    depends_on: { api: { condition: service_healthy }, db: {} }
    environment: [API_URL=http://api:8000, DEBUG, "DB=postgresql://u@db:5432/x"]
  api:
    build: { context: . }
    command: ["uvicorn", "main:app", "--host=0.0.0.0", "--port=8000"]
    expose: ["8000"]
    healthcheck: { test: ["CMD", "curl", "-f", "http://localhost:8000/health"] }
    volumes: ["./:/app", "cache:/cache"]
    env_file: .env
    profiles: [all]
  db:
    image: postgres:16
    ports: ["5432:5432"]
volumes:
  cache:
"#;

    #[test]
    fn what_is_built_here_runs_and_the_rest_is_listed() {
        let mut draft = draft(COMPOSE, Path::new("/nowhere")).unwrap();
        draft.name = "x".to_owned();
        let text = draft.to_toml();
        for part in [
            "[service.api]\ncommand = [\"uvicorn\", \"main:app\", \"--host=0.0.0.0\", \"--port={port}\"]\nport = { env = \"API_PORT\" }\n",
            "env_file = [\".env\"]\nhealth = { http = \"/health\" }\nprofiles = [\"all\"]\n",
            "[service.web]\ncommand = [\"npm\", \"run\", \"dev\", \"--\", \"--port\", \"{port}\"]\ncwd = \"web\"\n",
            "needs = [\"api\"]\n",
            "env = { API_URL = \"http://{api.host}:{api.port}\" }\n",
            "# web: DB=postgresql://u@db:5432/x, where db is left out\n",
            "# db: the image postgres:16\n#   With Docker it would be:\n",
            "# the volume cache\n",
            "# api: its volumes\n",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("DEBUG"), "{text}");
    }
}
