//! A Python project: what its dependencies serve, and where in its sources that is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;
use stackfile::{DraftService, literal, port_variable};
use toml::Table;

use crate::files::{entries, is_of_tools, name_of, read, sources};

/// The services of a folder that is a Python project, in the order in which they need each other.
pub(crate) fn services(folder: &Path) -> Vec<DraftService> {
    let packages = packages(folder);
    let project = PythonProject { folder, runner: Runner::of(folder) };
    let mut services = project.django();
    let asks_for = |names: &[&str]| names.iter().any(|name| packages.contains(*name));
    let is_asgi = asks_for(&["fastapi", "starlette", "uvicorn", "litestar", "quart"]);
    if !is_asgi && !asks_for(&["flask", "streamlit"]) {
        return services;
    }
    let (sources, packaged) = (sources(folder, &["py"]), packaged_modules(folder));
    let own = sources.iter().filter_map(|(path, text)| Some((path.file_stem()?.to_str()?, text.as_str())));
    let modules: Vec<(&str, &str)> =
        own.chain(packaged.iter().map(|(module, text)| (module.as_str(), text.as_str()))).collect();
    if is_asgi && let Some((module, variable, text)) = application(&modules, ASGI) {
        services.push(project.asgi(&format!("{module}:{variable}"), text));
    }
    if packages.contains("flask")
        && let Some((module, _, _)) = application(&modules, FLASK)
    {
        let words = ["flask", "--app", module, "run", "--host", "{host}", "--port", "{port}"];
        services.push(project.runner.service("web", &words).with_port("PORT").with("open", "/"));
    }
    if packages.contains("streamlit") {
        services.extend(pages(&sources, &packaged).iter().map(|(name, file)| project.streamlit(name, file)));
    }
    services
}

/// What the sources call that make an application.
const ASGI: &str = r"(?m)^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?(?:FastAPI|Starlette|Litestar|Quart)\(";
const FLASK: &str = r"(?m)^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?Flask\(|^def (create_app|make_app)\(";

/// Names of the pages of Streamlit that stand in a folder of their own.
const PAGES: [&str; 5] = ["app", "home", "main", "page", "streamlit_app"];

/// The name and file of each page of Streamlit: what imports it in the folder itself, else in the folders below by a
/// usual name, called after its folder.
fn pages(sources: &[(PathBuf, String)], packaged: &[(String, String)]) -> Vec<(String, String)> {
    let Ok(import) = Regex::new(r"(?m)^\s*(?:import|from)\b[^#\n]*\bstreamlit\b") else { return Vec::new() };
    let here = sources.iter().filter(|(_, text)| import.is_match(text)).filter_map(|(path, _)| {
        let stem = path.file_stem()?.to_string_lossy().into_owned();
        (!is_test(&stem)).then(|| (stem, name_of(path)))
    });
    let here: Vec<_> = here.collect();
    if !here.is_empty() {
        return here;
    }
    let below = packaged.iter().filter(|(_, text)| import.is_match(text)).filter_map(|(module, _)| {
        let (folder, stem) = module.split_once('.')?;
        PAGES.contains(&stem).then(|| (folder.to_owned(), format!("{folder}/{stem}.py")))
    });
    below.collect()
}

/// Whether a module's name is that of tests.
fn is_test(module: &str) -> bool {
    let name = module.rsplit('.').next().unwrap_or_default();
    name.starts_with("test_") || name.ends_with("_test") || matches!(name, "test" | "tests" | "conftest")
}

/// The module and variable of the first application.
fn application<'a>(modules: &[(&'a str, &'a str)], pattern: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let pattern = Regex::new(pattern).ok()?;
    modules.iter().filter(|(module, _)| !is_test(module)).find_map(|&(module, text)| {
        let variable = pattern.captures(text)?.iter().skip(1).flatten().next()?.as_str();
        Some((module, variable, text))
    })
}

/// The modules of the packages in a folder, with what is in them.
fn packaged_modules(folder: &Path) -> Vec<(String, String)> {
    let mut modules = Vec::new();
    let packages = entries(folder).into_iter().filter(|path| path.is_dir());
    for package in packages.filter(|path| !is_of_tools(path)) {
        for (path, text) in sources(&package, &["py"]) {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let package = name_of(&package);
            modules.push((if stem == "__init__" { package } else { format!("{package}.{stem}") }, text));
        }
    }
    modules
}

struct PythonProject<'a> {
    folder: &'a Path,
    runner: Runner,
}

impl PythonProject<'_> {
    fn django(&self) -> Vec<DraftService> {
        let Some(manage) = read(&self.folder.join("manage.py")).filter(|text| text.contains("django")) else {
            return Vec::new();
        };
        let migrate = ["python", "manage.py", "migrate", "--noinput"];
        let migrate = self.runner.service("migrate", &migrate).with("type", "oneshot");
        let web = ["python", "manage.py", "runserver", "{host}:{port}"];
        let mut web = self.runner.service("web", &web).with_port("PORT").with("open", "/");
        web.add_need("migrate");
        let mut services = vec![migrate, web];
        let settings = Regex::new(r#"DJANGO_SETTINGS_MODULE["'],\s*["'](\w+)\."#).ok();
        let name = settings.and_then(|settings| Some(settings.captures(&manage)?[1].to_owned()));
        if let Some(name) = name.filter(|name| self.folder.join(name).join("celery.py").is_file()) {
            let mut worker = self.runner.service("worker", &["celery", "-A", &name, "worker"]);
            worker.add_need("migrate");
            services.push(worker);
        }
        services
    }

    fn asgi(&self, application: &str, text: &str) -> DraftService {
        let by_socket = ["uvicorn", application, "--fd", "3"];
        let by_number = ["uvicorn", application, "--host", "{host}", "--port", "{port}"];
        // What starts a program for another one may keep the socket.
        let is_direct = self.runner.is_direct();
        let words = if is_direct { &by_socket[..] } else { &by_number };
        let mut service = self.runner.service("api", words).with_port("API_PORT");
        if is_direct {
            service = service
                .with("handoff", "socket")
                .with_comment("It inherits its socket: a restart refuses no connection.");
        }
        if let Some(path) = health_path(text) {
            service = service.with("health", Table::from_iter([("http".to_owned(), path.into())]));
        }
        let has_root = text.contains("get(\"/\"") || text.contains("get('/'");
        service.with("open", if has_root || !text.contains("FastAPI") { "/" } else { "/docs" })
    }

    fn streamlit(&self, name: &str, file: &str) -> DraftService {
        let words =
            ["streamlit", "run", &literal(file), "--server.address", "{host}", "--server.port", "{port}"];
        let service = self.runner.service(name, &words);
        let variable = port_variable(&service.name);
        let mut service = service.with_port(&variable);
        service = service.with("health", Table::from_iter([("http".to_owned(), "/_stcore/health".into())]));
        service.with("open", "/")
    }
}

/// A path that says whether the service is well, if the source names one.
fn health_path(text: &str) -> Option<String> {
    let pattern = Regex::new(r#"get\(\s*["'](/[\w/-]*(?:health|ping|ready|live)\w*)["']"#).ok()?;
    Some(pattern.captures(text)?[1].to_owned())
}

/// By what the programs of a project are run.
struct Runner {
    /// What stands before the program: `uv run` and the like.
    before: &'static [&'static str],
    /// Where the programs are, relative to the folder.
    programs: Option<String>,
}

impl Runner {
    fn of(folder: &Path) -> Self {
        let bin = if cfg!(windows) { "Scripts" } else { "bin" };
        let venv =
            [".venv", "venv", "env"].into_iter().find(|venv| folder.join(venv).join("pyvenv.cfg").is_file());
        let programs = venv.map(|venv| format!("{venv}/{bin}"));
        let locks: [(&str, &[&str]); 4] = [
            ("uv.lock", &["uv", "run"]),
            ("poetry.lock", &["poetry", "run"]),
            ("pdm.lock", &["pdm", "run"]),
            ("Pipfile", &["pipenv", "run"]),
        ];
        let lock = locks.into_iter().find(|(file, _)| folder.join(file).is_file());
        match (lock, programs) {
            // A folder with the programs needs nobody to find them.
            (_, Some(programs)) => Self { before: &[], programs: Some(programs) },
            (Some((_, before)), None) => Self { before, programs: None },
            (None, None) => Self { before: &[], programs: None },
        }
    }

    fn is_direct(&self) -> bool {
        self.before.is_empty()
    }

    fn service(&self, name: &str, words: &[&str]) -> DraftService {
        let program = match &self.programs {
            Some(folder) => format!("{folder}/{}", words[0]),
            None => words[0].to_owned(),
        };
        let before = self.before.iter().map(|word| (*word).to_owned());
        let rest = words[1..].iter().map(|word| (*word).to_owned());
        DraftService::new(name, before.chain([program]).chain(rest))
    }
}

/// The names of the packages that a project asks for, in lower case.
fn packages(folder: &Path) -> BTreeSet<String> {
    let mut packages = BTreeSet::new();
    for file in ["requirements.txt", "requirements.in", "requirements/base.txt", "requirements/dev.txt"] {
        let text = read(&folder.join(file)).unwrap_or_default();
        packages.extend(text.lines().filter_map(package));
    }
    let table =
        |file: &str| read(&folder.join(file)).and_then(|text| text.parse::<Table>().ok()).unwrap_or_default();
    let pyproject = table("pyproject.toml");
    let at = |path: &[&str]| {
        let mut value = pyproject.get(path[0]);
        for key in &path[1..] {
            value = value.and_then(|value| value.get(key));
        }
        value.cloned()
    };
    let lists = [at(&["project", "dependencies"])].into_iter().flatten();
    let groups = [at(&["project", "optional-dependencies"]), at(&["dependency-groups"])];
    let groups = groups.into_iter().flatten().filter_map(|groups| groups.as_table().cloned());
    let lists = lists.chain(groups.flat_map(|groups| groups.into_iter().map(|(_, list)| list)));
    for entry in lists.filter_map(|list| list.as_array().cloned()).flatten() {
        packages.extend(entry.as_str().and_then(package));
    }
    let tables = [at(&["tool", "poetry", "dependencies"]), table("Pipfile").get("packages").cloned()];
    for table in tables.into_iter().flatten() {
        packages.extend(table.as_table().into_iter().flat_map(Table::keys).map(|name| name.to_lowercase()));
    }
    packages
}

/// The name of the package that a requirement begins with.
fn package(requirement: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = requirement.trim().chars().take_while(|c| allowed(*c)).collect();
    (!name.is_empty() && !name.starts_with('-')).then(|| name.to_lowercase())
}
