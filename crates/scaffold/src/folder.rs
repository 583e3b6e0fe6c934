//! What is in a folder, and in those below it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use stackfile::{Draft, DraftService, is_procfile, service_name};
use toml::{Table, Value};

use crate::files::{entries, is_of_tools, name_of, read, sources, url_variables};
use crate::{compose, fixed_port, package_json, python};

/// Why no stack file can be drafted.
#[derive(Debug, thiserror::Error)]
pub enum NothingFound {
    /// There is nothing in the folder that could be run.
    #[error(
        "there is nothing here that {} could run: no Procfile, no package.json with a script `dev` or `start`, no Python \
         project with FastAPI, Flask, Django or Streamlit, no Compose file with a service that is built here",
        program
    )]
    InFolder {
        /// The program, for the message.
        program: String,
    },
    /// Nothing can be made of a file that was named.
    #[error("{}: {why}", file.display())]
    InFile {
        /// Which.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// A Procfile has faults.
    #[error(transparent)]
    Procfile(#[from] stackfile::StackFileError),
}

/// The names that a Compose file may have, the preferred first.
const COMPOSE: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/// What is in a folder. Of several descriptions of the same, one is taken: a Procfile, else the projects of the folder and
/// of those directly below it, else a Compose file. The others are named in a comment.
///
/// # Errors
/// If there is nothing that could be run.
pub fn draft_of_folder(folder: &Path, program: &str) -> Result<Draft, NothingFound> {
    let compose = COMPOSE.into_iter().map(|name| folder.join(name)).find(|path| path.is_file());
    let procfile = folder.join("Procfile");
    if procfile.is_file() {
        let mut draft = draft_of_file(&procfile)?;
        list_compose(&mut draft, compose.as_deref(), folder);
        let others = ["package.json", "pyproject.toml", "requirements.txt"].map(|name| folder.join(name));
        let others = compose.into_iter().chain(others.into_iter().filter(|path| path.is_file()));
        note_others(&mut draft, others.map(|path| name_of(&path)).collect());
        return Ok(draft);
    }
    let mut draft = Draft { name: stack_name(folder), services: projects(folder), ..Draft::default() };
    if draft.services.is_empty() {
        let nothing = || NothingFound::InFolder { program: program.to_owned() };
        return draft_of_file(&compose.ok_or_else(nothing)?);
    }
    list_compose(&mut draft, compose.as_deref(), folder);
    note_others(&mut draft, compose.iter().map(|path| name_of(path)).collect());
    finish(&mut draft, folder);
    Ok(draft)
}

/// What a file says that was named: a Procfile, a Compose file, a `package.json`, or one of a Python project.
///
/// # Errors
/// If nothing can be made of it.
pub fn draft_of_file(path: &Path) -> Result<Draft, NothingFound> {
    let in_file = |why: &str| NothingFound::InFile { file: path.to_owned(), why: why.to_owned() };
    let text = read(path).ok_or_else(|| in_file("it is no file that can be read"))?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let name = name_of(path);
    let mut draft = Draft { name: stack_name(folder), ..Draft::default() };
    if is_procfile(path) {
        draft = Draft::of_procfile(&text, path)?;
        if !folder.join(".env").is_file() {
            draft.keys.retain(|(key, _)| *key != "env_file");
        }
        fixed_port::note(&mut draft);
    } else if name == "package.json" {
        draft.services = package_json::service(folder).into_iter().collect();
    } else if matches!(name.as_str(), "pyproject.toml" | "requirements.txt" | "manage.py" | "Pipfile") {
        draft.services = python::services(folder);
    } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
        let of_compose = compose::draft(&text, folder).map_err(|why| in_file(&why))?;
        draft = Draft { name: draft.name, ..of_compose };
        fixed_port::note(&mut draft);
    } else {
        return Err(in_file(
            "it is no Procfile, Compose file, package.json, pyproject.toml, requirements.txt or manage.py",
        ));
    }
    if draft.services.is_empty() {
        return Err(in_file("it names nothing that could be run"));
    }
    draft.comments.insert(0, format!("From {name}."));
    if !is_procfile(path) {
        finish(&mut draft, folder);
    }
    Ok(draft)
}

/// Lists what a Compose file has besides: its images are what the services may need.
fn list_compose(draft: &mut Draft, compose: Option<&Path>, folder: &Path) {
    let Some(path) = compose else { return };
    let (name, text) = (name_of(path), read(path).unwrap_or_default());
    let listed = compose::left_out_beside(&text, &name, folder, &draft.services).unwrap_or_else(|why| {
        vec![format!(
            "all that {name} says, which cannot be read: {}",
            why.lines().next().unwrap_or_default()
        )]
    });
    draft.left_out.extend(listed);
}

fn note_others(draft: &mut Draft, others: Vec<String>) {
    if !others.is_empty() {
        draft
            .comments
            .push(format!("There is also {}; `init --from FILE` takes it instead.", others.join(", ")));
    }
}

/// What concerns all services.
fn finish(draft: &mut Draft, folder: &Path) {
    let is_named = draft.services.iter().any(|service| service.get("env_file").is_some());
    if folder.join(".env").is_file() && !is_named {
        draft.keys.push(("env_file", ".env".into()));
    }
    unique_names(&mut draft.services);
    connect(&mut draft.services, folder);
    let steps = draft.services.iter().flat_map(|service| {
        [package_json::step(service, folder), package_json::step_of_port(service, folder)]
    });
    draft.steps.extend(steps.flatten());
}

/// Tells the others where the backend is, by the variables that their sources read.
fn connect(services: &mut [DraftService], folder: &Path) {
    let runs = |service: &DraftService, program: &str| {
        service.command().iter().take(3).any(|word| word.rsplit('/').next() == Some(program))
    };
    let is_backend = |service: &&DraftService| BACKENDS.into_iter().any(|program| runs(service, program));
    let is_called_so =
        |service: &&DraftService| ["backend", "api", "server"].contains(&service.name.as_str());
    let backend = services.iter().find(is_backend).or_else(|| services.iter().find(is_called_so));
    let Some(backend) = backend.map(|service| service.name.clone()) else { return };
    let waiting = waited_for(services, &backend);
    for service in
        services.iter_mut().filter(|service| service.get("port").is_some() && service.name != backend)
    {
        let own =
            service.get("cwd").and_then(|cwd| cwd.as_str()).map_or(folder.to_owned(), |cwd| folder.join(cwd));
        let named = service.command().into_iter().filter(|word| word.ends_with(".py"));
        let mut texts: Vec<String> = named.filter_map(|file| read(&own.join(file))).collect();
        let is_python = !texts.is_empty();
        if !is_python {
            let scripts = [own.clone(), own.join("src"), own.join("app")];
            let of_scripts = scripts.iter().flat_map(|folder| sources(folder, &SCRIPTS));
            texts = of_scripts.map(|(_, text)| text).collect();
        }
        let variables: BTreeSet<String> = texts.iter().flat_map(|text| url_variables(text)).collect();
        for variable in variables {
            set_variable(service, variable, format!("{{{backend}.url}}"));
        }
        let asks = is_python || service.get("env").is_some();
        if asks && !waiting.contains(&service.name) {
            service.add_need(&backend);
        }
    }
}

/// Sets a variable of a service, unless its description does so itself.
fn set_variable(service: &mut DraftService, name: String, value: String) {
    if let Some((_, Value::Table(env))) = service.keys.iter_mut().find(|(key, _)| *key == "env") {
        env.entry(name).or_insert_with(|| value.into());
    } else {
        service.keys.push(("env", Table::from_iter([(name, value.into())]).into()));
    }
}

fn needs(service: &DraftService) -> Vec<&str> {
    let needs = service.get("needs").and_then(Value::as_array);
    needs.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What a service waits for, also by way of others: none of these can wait for it.
fn waited_for(services: &[DraftService], name: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![name];
    while let Some(name) = open.pop() {
        let service = services.iter().find(|service| service.name == name);
        let needed = service.map(needs).unwrap_or_default();
        open.extend(needed.into_iter().filter(|needed| found.insert((*needed).to_owned())));
    }
    found
}

/// The programs that serve what others ask.
const BACKENDS: [&str; 2] = ["uvicorn", "flask"];
/// What the sources of a page end with.
const SCRIPTS: [&str; 8] = ["js", "mjs", "cjs", "ts", "mts", "jsx", "tsx", "vue"];

fn unique_names(services: &mut [DraftService]) {
    for index in 1..services.len() {
        let (before, rest) = services.split_at_mut(index);
        let name = rest[0].name.clone();
        let is_taken = |name: &str| before.iter().any(|other| other.name == name);
        if is_taken(&name) {
            let free = (2..).map(|number| format!("{name}-{number}")).find(|name| !is_taken(name));
            rest[0].name = free.unwrap_or(name);
        }
    }
}

/// The projects of a folder, and of those directly below it.
fn projects(folder: &Path) -> Vec<DraftService> {
    let mut services = project(folder);
    for below in entries(folder).into_iter().filter(|path| path.is_dir() && !is_of_tools(path)) {
        let name = name_of(&below);
        // A package of the folder's own project is no project.
        let has_project = ["package.json", "pyproject.toml", "requirements.txt", "manage.py", "Pipfile"]
            .into_iter()
            .any(|file| below.join(file).is_file());
        if !has_project {
            continue;
        }
        let mut found = project(&below);
        let is_alone = found.iter().filter(|service| service.get("port").is_some()).count() == 1;
        let names: Vec<(String, String)> = found
            .iter()
            .map(|service| {
                let takes_name = is_alone && service.get("port").is_some();
                let is_taken = services.iter().any(|other| other.name == service.name);
                let new = match (takes_name, is_taken) {
                    (true, _) => name.clone(),
                    (false, true) => format!("{name}-{}", service.name),
                    (false, false) => service.name.clone(),
                };
                (service.name.clone(), service_name(&new))
            })
            .collect();
        for service in &mut found {
            service.rename(&names);
            service.keys.insert(1, ("cwd", name.as_str().into()));
        }
        services.extend(found);
    }
    services
}

fn project(folder: &Path) -> Vec<DraftService> {
    let mut services = python::services(folder);
    services.extend(package_json::service(folder));
    services
}

fn stack_name(folder: &Path) -> String {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let name = name_of(&folder);
    if name.is_empty() { "stack".to_owned() } else { name }
}
