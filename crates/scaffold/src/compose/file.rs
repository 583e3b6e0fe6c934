//! What stands in a Compose file.

use std::collections::BTreeMap;

use serde::Deserialize;
use stackfile::{literal, shell};

#[derive(Debug, Deserialize)]
pub(super) struct Compose {
    #[serde(default)]
    pub(super) services: BTreeMap<String, ComposeService>,
}

/// The same file, for the names of what is not looked at.
pub(super) type Names = BTreeMap<String, serde_json::Value>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ComposeService {
    pub(super) image: Option<String>,
    pub(super) build: Option<Build>,
    pub(super) command: Option<ComposeWords>,
    pub(super) entrypoint: Option<ComposeWords>,
    pub(super) environment: Option<ComposeEnvironment>,
    pub(super) env_file: Option<EnvFile>,
    pub(super) depends_on: Option<DependsOn>,
    pub(super) ports: Vec<ComposePort>,
    pub(super) expose: Vec<Number>,
    pub(super) volumes: Vec<serde_json::Value>,
    pub(super) profiles: Vec<String>,
    pub(super) healthcheck: Option<Healthcheck>,
    pub(super) restart: Option<String>,
    pub(super) working_dir: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Build {
    Context(String),
    Parts { context: Option<String>, dockerfile: Option<String> },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum ComposeWords {
    Line(String),
    List(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum ComposeEnvironment {
    Map(BTreeMap<String, Option<serde_json::Value>>),
    List(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum EnvFile {
    One(String),
    List(Vec<EnvFileEntry>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum EnvFileEntry {
    Path(String),
    Parts { path: String },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum DependsOn {
    List(Vec<String>),
    Map(BTreeMap<String, serde_json::Value>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum ComposePort {
    Number(u16),
    Short(String),
    Long { target: u16 },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Number {
    Number(u16),
    Text(String),
}

#[derive(Debug, Deserialize)]
pub(super) struct Healthcheck {
    pub(super) test: Option<ComposeWords>,
}

pub(super) fn read(text: &str) -> Result<(Compose, Names), String> {
    let read = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    Ok((read, serde_saphyr::from_str(text).unwrap_or_default()))
}

/// The keys of a service, as the file has them.
pub(super) fn service_keys<'a>(name: &str, names: &'a Names) -> impl Iterator<Item = &'a str> {
    let service = names.get("services").and_then(|services| services.get(name));
    let keys = service.and_then(|service| service.as_object()).into_iter().flat_map(|keys| keys.keys());
    keys.map(String::as_str).filter(|key| !key.starts_with("x-"))
}

/// A value in which Compose fills in nothing: there a dollar is written twice.
pub(super) fn plain(value: &str) -> Option<String> {
    let parts: Vec<&str> = value.split("$$").collect();
    (!parts.iter().any(|part| part.contains('$'))).then(|| parts.join("$"))
}

/// A text in a line of a list.
pub(super) fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

pub(super) fn words(words: &ComposeWords) -> Vec<String> {
    match words {
        ComposeWords::Line(line) => shell::command(line),
        ComposeWords::List(words) => words.iter().map(|word| literal(word)).collect(),
    }
}

impl ComposeService {
    /// The ports within the container, the published ones first.
    pub(super) fn targets(&self) -> Vec<u16> {
        let of_port = |port: &ComposePort| match port {
            ComposePort::Number(target) | ComposePort::Long { target } => Some(*target),
            ComposePort::Short(text) => text.rsplit(':').next()?.split('/').next()?.parse().ok(),
        };
        let of_number = |number: &Number| match number {
            Number::Number(number) => Some(*number),
            Number::Text(text) => text.parse().ok(),
        };
        let published = self.ports.iter().filter_map(of_port);
        published.chain(self.expose.iter().filter_map(of_number)).collect()
    }

    pub(super) fn environment(&self) -> Vec<(String, String)> {
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

    /// The variables that have the value they have where Compose is run.
    pub(super) fn inherited(&self) -> Vec<String> {
        match &self.environment {
            Some(ComposeEnvironment::Map(map)) => {
                let is_inherited =
                    |value: &Option<serde_json::Value>| value.as_ref().is_none_or(|value| value.is_null());
                map.iter().filter(|(_, value)| is_inherited(value)).map(|(key, _)| key.clone()).collect()
            }
            Some(ComposeEnvironment::List(list)) => {
                list.iter().filter(|entry| !entry.contains('=')).cloned().collect()
            }
            None => Vec::new(),
        }
    }

    pub(super) fn env_files(&self) -> Vec<String> {
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

    pub(super) fn needs(&self) -> Vec<String> {
        match &self.depends_on {
            None => Vec::new(),
            Some(DependsOn::List(names)) => names.clone(),
            Some(DependsOn::Map(names)) => names.keys().cloned().collect(),
        }
    }

    /// What a check asks by curl or wget.
    pub(super) fn health_path(&self) -> Option<String> {
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
