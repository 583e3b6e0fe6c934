//! A Compose file: services that are built from a folder here run as programs; what is an image, a volume or a network
//! is listed.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use stackfile::{Draft, DraftService, literal, port_variable, service_name, shell};
use toml::{Table, Value};

use crate::files;
use crate::folder::add_need_once;

#[derive(Debug, Deserialize)]
struct Compose {
    #[serde(default)]
    services: BTreeMap<String, ComposeService>,
    #[serde(default)]
    volumes: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ComposeService {
    image: Option<String>,
    build: Option<Build>,
    command: Option<ComposeWords>,
    entrypoint: Option<ComposeWords>,
    environment: Option<ComposeEnvironment>,
    env_file: Option<EnvFile>,
    depends_on: Option<DependsOn>,
    ports: Vec<ComposePort>,
    expose: Vec<Number>,
    volumes: Vec<serde_json::Value>,
    profiles: Vec<String>,
    healthcheck: Option<Healthcheck>,
    restart: Option<String>,
    working_dir: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Build {
    Context(String),
    Parts { context: Option<String>, dockerfile: Option<String> },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ComposeWords {
    Line(String),
    List(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ComposeEnvironment {
    Map(BTreeMap<String, Option<serde_json::Value>>),
    List(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum EnvFile {
    One(String),
    List(Vec<EnvFileEntry>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum EnvFileEntry {
    Path(String),
    Parts { path: String },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum DependsOn {
    List(Vec<String>),
    Map(BTreeMap<String, serde_json::Value>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ComposePort {
    Number(u16),
    Short(String),
    Long { target: u16 },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u16),
    Text(String),
}

#[derive(Debug, Deserialize)]
struct Healthcheck {
    test: Option<ComposeWords>,
}

/// What a Compose file says, as far as it can be run without containers.
///
/// # Errors
/// What the reader of YAML says.
pub(crate) fn draft(text: &str, folder: &Path) -> Result<Draft, String> {
    let compose: Compose = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    let mut draft = Draft::default();
    let mut runs: Vec<&str> = Vec::new();
    for (name, service) in &compose.services {
        match service.command(folder) {
            Some(command) => {
                runs.push(name);
                let (drafted, left_out) = service.draft(name, command, &compose.services, folder);
                draft.services.push(drafted);
                draft.left_out.extend(left_out);
            }
            None => draft.left_out.push(service.why_left_out(name)),
        }
    }
    for (name, service) in &compose.services {
        let name = service_name(name);
        let Some(drafted) = draft.services.iter_mut().find(|drafted| drafted.name == name) else { continue };
        for needed in service.needs() {
            if runs.contains(&needed.as_str()) {
                add_need_once(drafted, &service_name(&needed));
            }
        }
    }
    let volumes = compose.volumes.keys().map(|name| format!("the volume {name}"));
    draft.left_out.extend(volumes);
    Ok(draft)
}

impl ComposeService {
    /// What runs it, without an image.
    fn command(&self, folder: &Path) -> Option<Vec<String>> {
        let build = self.build.as_ref()?;
        let words = |words: &ComposeWords| match words {
            ComposeWords::Line(line) => shell::command(line),
            ComposeWords::List(words) => words.iter().map(|word| literal(word)).collect(),
        };
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

    fn why_left_out(&self, name: &str) -> String {
        match (&self.image, &self.build) {
            (Some(image), None) => {
                let port = self.target().map_or_else(|| "PORT".to_owned(), |port| port.to_string());
                format!(
                    "{name}: the image {image}. With Docker it would be\n  [service.{name}]\n  command = [\"docker\", \
                     \"run\", \"--rm\", \"-p\", \"{{host}}:{{port}}:{port}\", \"{image}\"]\n  port = {{ env = \
                     \"{variable}\" }}\n  listener = \"any\"",
                    variable = variable(name),
                )
            }
            _ => format!("{name}: neither it nor a Dockerfile says what runs"),
        }
    }

    fn draft(
        &self,
        name: &str,
        mut command: Vec<String>,
        all: &BTreeMap<String, ComposeService>,
        folder: &Path,
    ) -> (DraftService, Vec<String>) {
        let mut left_out = Vec::new();
        let target = self.target();
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
            let variable = if is_told { variable(name) } else { "PORT".to_owned() };
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
            for (key, value) in environment {
                match at_home(&literal(&value), all, folder) {
                    Ok(value) => drop(table.insert(key, value.into())),
                    Err(other) => left_out.push(format!("{name}: {key}={value}, where {other} is left out")),
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

    /// The port within the container.
    fn target(&self) -> Option<u16> {
        let of_port = |port: &ComposePort| match port {
            ComposePort::Number(target) | ComposePort::Long { target } => Some(*target),
            ComposePort::Short(text) => text.rsplit(':').next()?.split('/').next()?.parse().ok(),
        };
        let of_number = |number: &Number| match number {
            Number::Number(number) => Some(*number),
            Number::Text(text) => text.parse().ok(),
        };
        self.ports.iter().find_map(of_port).or_else(|| self.expose.iter().find_map(of_number))
    }

    fn environment(&self) -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match &self.environment {
            // What has no value is inherited, as everything is here.
            Some(ComposeEnvironment::Map(map)) => {
                let set = map
                    .iter()
                    .filter_map(|(key, value)| Some((key, value.as_ref().filter(|value| !value.is_null())?)));
                set.map(|(key, value)| (key.clone(), text(value))).collect()
            }
            Some(ComposeEnvironment::List(list)) => {
                let set = list.iter().filter_map(|entry| entry.split_once('='));
                set.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
            }
            None => Vec::new(),
        }
    }

    fn env_files(&self) -> Vec<String> {
        match &self.env_file {
            None => Vec::new(),
            Some(EnvFile::One(path)) => vec![path.clone()],
            Some(EnvFile::List(list)) => {
                let path = |entry: &EnvFileEntry| match entry {
                    EnvFileEntry::Path(path) | EnvFileEntry::Parts { path } => path.clone(),
                };
                list.iter().map(path).collect()
            }
        }
    }

    fn needs(&self) -> Vec<String> {
        match &self.depends_on {
            None => Vec::new(),
            Some(DependsOn::List(names)) => names.clone(),
            Some(DependsOn::Map(names)) => names.keys().cloned().collect(),
        }
    }

    /// What a check asks by curl or wget.
    fn health_path(&self) -> Option<String> {
        let test = match self.healthcheck.as_ref()?.test.as_ref()? {
            ComposeWords::Line(line) => line.clone(),
            ComposeWords::List(words) => words.join(" "),
        };
        let (_, address) = test.split_once("http://")?;
        let (_, path) = address.split_once('/')?;
        let end =
            path.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ')')).unwrap_or(path.len());
        Some(format!("/{}", &path[..end]))
    }
}

/// A value in which hosts that are services of the file are where these are here; the name of one that is left out.
fn at_home<'a>(
    value: &str,
    all: &'a BTreeMap<String, ComposeService>,
    folder: &Path,
) -> Result<String, &'a str> {
    let mut value = value.to_owned();
    for (name, service) in all {
        let Some(target) = service.target() else { continue };
        let is_named = ["/", "@"].iter().any(|before| value.contains(&format!("{before}{name}:{target}")));
        if !is_named && value != format!("{name}:{target}") {
            continue;
        }
        if service.command(folder).is_none() {
            return Err(name);
        }
        value = value.replace(&format!("{name}:{target}"), &format!("{{{name}.host}}:{{{name}.port}}"));
    }
    Ok(value)
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

fn variable(name: &str) -> String {
    port_variable(&service_name(name))
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
            "# db: the image postgres:16.",
            "# the volume cache\n",
            "# api: its volumes\n",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("DEBUG"), "{text}");
    }
}
