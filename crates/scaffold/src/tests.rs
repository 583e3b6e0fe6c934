//! Folders as people have them.

use std::fs;
use std::path::Path;

use stackfile::{Draft, Stack};
use tempfile::TempDir;

use crate::{NothingFound, draft_of_file, draft_of_folder};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The draft, which is a stack file without faults.
fn drafted(folder: &TempDir) -> (Draft, String) {
    let draft = draft_of_folder(folder.path(), "skinai").unwrap();
    let text = draft.to_toml();
    Stack::parse(&text, Some(&folder.path().join("skinai.toml")))
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    (draft, text)
}

/// The part of the text that is about a service.
fn part<'a>(text: &'a str, service: &str) -> &'a str {
    let (_, after) =
        text.split_once(&format!("[service.{service}]\n")).unwrap_or_else(|| panic!("{service}: {text}"));
    after.split("\n\n").next().unwrap()
}

const API: (&str, &str) =
    ("main.py", "from fastapi import FastAPI\napp: FastAPI = FastAPI()\n@app.get('/healthz')\n");
const PAGE: (&str, &str) =
    ("page.py", "import os\nimport streamlit as st\nurl = os.getenv('SKINAI_API_URL')\n");

#[test]
fn fastapi_and_streamlit_find_each_other() {
    let folder =
        folder(&[("requirements.txt", "FastAPI==0.1\nuvicorn\nstreamlit>1\n"), API, PAGE, (".env", "A=1\n")]);
    let (_, text) = drafted(&folder);
    assert!(text.contains("env_file = \".env\"\n"), "{text}");
    let api = part(&text, "api");
    assert!(
        api.contains("[\"uvicorn\", \"main:app\", \"--fd\", \"3\"]") && api.contains("\"/healthz\""),
        "{api}"
    );
    let page = part(&text, "page");
    assert!(
        page.contains("\"page.py\"") && page.contains("env = { SKINAI_API_URL = \"{api.url}\" }"),
        "{page}"
    );
    assert!(page.contains("needs = [\"api\"]"), "{page}");
}

#[test]
fn pages_in_folders_are_called_after_them_and_tests_are_no_services() {
    let files = [
        ("requirements.txt", "fastapi\nstreamlit\n"),
        ("latest.py", API.1),
        ("ui/page.py", PAGE.1),
        ("ui/charts.py", PAGE.1),
        ("admin/page.py", "import streamlit\n"),
        (
            "test_stack.py",
            "from fastapi import FastAPI\nfrom streamlit.testing.v1 import AppTest\napp = FastAPI()\n",
        ),
    ];
    let (draft, text) = drafted(&folder(&files));
    let names: Vec<&str> = draft.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["api", "admin", "ui"], "{text}");
    assert!(part(&text, "api").contains("latest:app"), "{text}");
    let ui = part(&text, "ui");
    assert!(ui.contains("\"ui/page.py\"") && ui.contains("\"UI_PORT\""), "{ui}");
    assert!(ui.contains("env = { SKINAI_API_URL = \"{api.url}\" }"), "{ui}");
}

#[test]
fn django_migrates_before_it_serves() {
    let manage = "import django\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";
    let files = [
        ("manage.py", manage),
        ("shop/celery.py", ""),
        ("pyproject.toml", "[project]\ndependencies = ['Django']"),
        ("uv.lock", ""),
    ];
    let (_, text) = drafted(&folder(&files));
    assert!(
        part(&text, "migrate")
            .contains("[\"uv\", \"run\", \"python\", \"manage.py\", \"migrate\", \"--noinput\"]"),
        "{text}"
    );
    assert!(part(&text, "web").contains("\"runserver\", \"{host}:{port}\""), "{text}");
    assert!(part(&text, "worker").contains("\"-A\", \"shop\", \"worker\""), "{text}");
    assert_eq!(text.matches("needs = [\"migrate\"]").count(), 2, "{text}");
}

#[test]
fn flask_is_found_in_its_package() {
    let app = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n";
    let (_, text) = drafted(&folder(&[
        ("pyproject.toml", "[tool.poetry.dependencies]\nflask = '*'\n"),
        ("shop/__init__.py", app),
    ]));
    assert!(part(&text, "web").contains("\"--app\", \"shop\", \"run\""), "{text}");
}

#[test]
fn projects_in_folders_are_one_stack() {
    let files = [
        ("frontend/package.json", r#"{"scripts": {"dev": "vite"}}"#),
        ("frontend/src/api.ts", "const url = import.meta.env.VITE_API_URL\n"),
        ("backend/requirements.txt", "fastapi\n"),
        ("backend/main.py", API.1),
        ("dist/package.json", r#"{"scripts": {"dev": "no"}}"#),
    ];
    let (draft, text) = drafted(&folder(&files));
    assert_eq!(draft.services.len(), 2, "{text}");
    assert!(part(&text, "backend").contains("cwd = \"backend\""), "{text}");
    let frontend = part(&text, "frontend");
    assert!(
        frontend.contains("env = { VITE_API_URL = \"{backend.url}\" }\nneeds = [\"backend\"]"),
        "{frontend}"
    );
    assert_eq!(draft.steps, ["`npm install` in frontend"]);
}

#[test]
fn a_procfile_comes_first_and_the_others_are_named() {
    let folder = folder(&[
        ("Procfile", "web: x ${PORT}\n"),
        ("compose.yml", "services: { db: { image: postgres } }\n"),
        ("package.json", "{}"),
    ]);
    let (draft, text) = drafted(&folder);
    assert!(text.starts_with("# From Procfile.\n# There is also compose.yml, package.json;"), "{text}");
    assert_eq!(draft.services.len(), 1);
    assert!(text.contains("# Left out:\n# db: the image postgres\n"), "{text}");
    assert!(!text.contains("env_file"), "there is none: {text}");
}

#[test]
fn what_is_an_image_is_listed_beside_what_runs() {
    let compose = "services:\n  db:\n    image: postgres:16\n    ports: ['5432:5432']\n";
    let (draft, text) = drafted(&folder(&[
        ("package.json", r#"{"scripts": {"start": "node x"}}"#),
        ("compose.yaml", compose),
    ]));
    assert_eq!(draft.services.len(), 1);
    assert!(text.contains("# Left out:\n# db: the image postgres:16\n"), "{text}");
}

#[test]
fn where_there_is_nothing_it_says_what_was_looked_for() {
    let none = folder(&[("README", "")]);
    let error = draft_of_folder(none.path(), "skinai").unwrap_err();
    assert!(error.to_string().contains("no Procfile"), "{error}");
    let wrong = folder(&[("notes.txt", "x"), ("compose.yaml", "services: [1"), ("package.json", "{}")]);
    for (name, part) in [
        ("notes.txt", "it is no Procfile"),
        ("compose.yaml", "compose.yaml"),
        ("package.json", "names nothing"),
        ("absent", "no file that can be read"),
    ] {
        let error = draft_of_file(&wrong.path().join(name)).unwrap_err();
        assert!(
            matches!(error, NothingFound::InFile { .. }) && error.to_string().contains(part),
            "{name}: {error}"
        );
    }
}

/// What a Compose file alone makes, which is a stack file without faults.
fn drafted_of_compose(compose: &str) -> (Draft, String) {
    drafted(&folder(&[("compose.yaml", compose)]))
}

#[test]
fn what_is_needed_for_two_reasons_is_said_once() {
    let (_, text) = drafted_of_compose(
        "services:
  web: { build: ., command: ./web, ports: ['80:80'], depends_on: [api, api], environment: { API: 'http://api:8000' } }
  api: { build: ., command: ./api, expose: ['8000'] }
",
    );
    assert!(part(&text, "web").contains("needs = [\"api\"]"), "{text}");
}

#[test]
fn a_compose_file_that_sets_what_the_sources_read_is_right_and_no_service_waits_for_itself() {
    let compose = "services:
  web: { build: ., command: ./web, ports: ['80:80'], environment: { API_URL: 'http://elsewhere' } }
  my.api: { build: ., command: uvicorn main:app, expose: ['8000'], depends_on: [web] }
";
    let files =
        [("compose.yaml", compose), ("page.js", "fetch(process.env.API_URL + process.env.VITE_API_URL)")];
    let (_, text) = drafted(&folder(&files));
    let web = part(&text, "web");
    assert!(web.contains("API_URL = \"http://elsewhere\", VITE_API_URL = \"{my-api.url}\""), "{text}");
    assert!(!web.contains("needs"), "{text}");
    assert!(part(&text, "my-api").contains("needs = [\"web\"]"), "{text}");
}

#[test]
fn what_is_done_in_the_folder_itself_names_no_folder() {
    let (draft, text) = drafted(&folder(&[("package.json", r#"{"scripts": {"dev": "vite"}}"#)]));
    assert_eq!(draft.steps, ["`npm install`"]);
    assert!(text.contains("# Before the first launch: `npm install`.\n"), "{text}");
}

#[test]
fn a_port_that_is_fixed_in_a_script_is_named() {
    for (script, remedy) in [
        ("json-server --port 3001 db.json", "`--port 3001` has to become `--port $PORT`"),
        ("PORT=3000 react-scripts start", "`PORT=3000` has to go"),
    ] {
        let package = format!(r#"{{"scripts": {{"dev": "{script}"}}}}"#);
        let (draft, text) = drafted(&folder(&[("ui/package.json", &package), ("node_modules/x", "")]));
        assert!(text.contains(&format!("PORT tells it: in package.json, {remedy}.\n[service.ui]")), "{text}");
        let file = Path::new("ui").join("package.json");
        assert_eq!(draft.steps, [format!("in the script \"dev\" of {}, {remedy}", file.display())]);
    }
    let (draft, text) = drafted(&folder(&[("package.json", r#"{"scripts": {"dev": "vite --port 3000"}}"#)]));
    assert!(text.contains("# Its script has `--port 3000` too"), "{text}");
    assert_eq!(draft.steps.len(), 1, "it is told another: {:?}", draft.steps);
}

#[test]
fn a_port_that_is_fixed_in_a_procfile_is_named() {
    let procfile = "web: ./serve -p 4000\napi: http-server --port 4001 # all\nui: x --port $PORT\nrelease: psql -p 5432\n";
    let (draft, text) = drafted(&folder(&[("Procfile", procfile)]));
    assert!(
        text.contains("# Its port is fixed: `-p 4000` has to become `-p {port}`.\n[service.web]"),
        "{text}"
    );
    assert_eq!(draft.steps, ["in the command of web, `-p 4000` has to become `-p {port}`"]);
    assert!(
        text.contains("# It shows no address. If it listens at a port: `--port 4001` has to become"),
        "{text}"
    );
    assert_eq!(draft.left_out, ["api: an address, for its port is fixed by `--port 4001`"]);
}

#[test]
fn no_variable_names_what_is_left_out_or_a_port_that_nobody_has() {
    let (draft, text) = drafted_of_compose(
        "services:
  web:
    build: .
    command: ./web
    ports: ['80:80']
    environment: { REDIS: 'redis://cache:6379', DB_HOST: db, DB_NAME: db, JOBS_HOST: jobs, JOBS_PORT: 9000, JOBS: 'http://jobs:9000', MODE: jobs }
  jobs: { build: ., command: ./jobs }
  cache: { image: redis }
  db: { image: postgres }
",
    );
    let web = part(&text, "web");
    for variable in [
        "{ DB_NAME = \"db\", JOBS = \"http://{jobs.host}:{jobs.port}\", ",
        "JOBS_HOST = \"{jobs.host}\", JOBS_PORT = \"{jobs.port}\", MODE = \"jobs\" }",
    ] {
        assert!(web.contains(variable), "{variable} in {text}");
    }
    assert!(part(&text, "jobs").contains("port = { env = \"PORT\" }"), "it is asked at one: {text}");
    for line in
        ["web: REDIS=redis://cache:6379, where cache is left out", "web: DB_HOST=db, where db is left out"]
    {
        assert!(draft.left_out.iter().any(|left_out| left_out == line), "{line}: {text}");
    }
}

/// The lines that show how Docker would run a service, which are a stack file without faults.
fn with_docker(text: &str, service: &str) -> Vec<String> {
    let (_, after) =
        text.split_once(&format!("#   [service.{service}]\n")).unwrap_or_else(|| panic!("{text}"));
    let lines = after.lines().take(3).map(|line| line.trim_start_matches('#'));
    let toml = format!("name = \"x\"\n[service.{service}]\n{}\n", lines.collect::<Vec<_>>().join("\n"));
    Stack::parse(&toml, None).unwrap_or_else(|error| panic!("{error}\n{toml}"));
    let table: toml::Table = toml.parse().unwrap();
    let words = table["service"][service]["command"].as_array().unwrap();
    words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn with_docker_an_image_has_its_port_and_its_environment() {
    let (_, text) = drafted_of_compose(
        "services:
  web: { build: ., command: ./web, environment: { A: 'http://asked:7000' } }
  cache: { image: 'redis:7-alpine', command: redis-server --appendonly yes }
  my.db:
    image: postgres:16
    environment: { POSTGRES_PASSWORD: \"it's {web.port} a \\\"$$x\\\"\", POSTGRES_USER: app, PGDATA: '${HERE}', TZ: }
    volumes: ['data:/var/lib/postgresql/data']
    networks: [back]
  asked: { image: me/asked }
  other: { image: me/other }
  queue: { image: rabbitmq, ports: ['5672:5672', '15672:15672'], environment: [CACHE=cache:6379, B=c] }
",
    );
    let run = |port: &str| ["docker", "run", "--rm", "-p", port].map(str::to_owned).to_vec();
    let with = |port, rest: &[&str]| {
        run(port).into_iter().chain(rest.iter().map(|word| (*word).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(
        with_docker(&text, "cache"),
        with("{host}:{port}:6379", &["redis:7-alpine", "redis-server", "--appendonly", "yes"])
    );
    let password = "POSTGRES_PASSWORD=it's {{web.port}} a \"$x\"";
    let volume = "data:/var/lib/postgresql/data";
    let rest = ["-e", "TZ", "-e", password, "-e", "POSTGRES_USER=app", "-v", volume, "postgres:16"];
    assert_eq!(with_docker(&text, "my-db"), with("{host}:{port}:5432", &rest));
    assert!(text.contains("#   and of its environment PGDATA=${HERE}, which Compose fills in\n"), "{text}");
    assert!(text.contains("#   without its networks\n"), "{text}");
    assert_eq!(with_docker(&text, "asked"), with("{host}:{port}:7000", &["me/asked"]));
    assert!(text.contains("#   (PORT stands for the port at which the image listens"), "{text}");
    assert_eq!(with_docker(&text, "queue"), with("{host}:{port}:5672", &["-e", "B=c", "rabbitmq"]));
    assert!(
        text.contains("#   and of its environment CACHE=cache:6379, which names another service\n"),
        "{text}"
    );
    assert!(text.contains("#   without its other ports: 15672\n"), "{text}");
}

#[test]
fn all_that_a_compose_file_has_besides_is_named() {
    let services = "services:
  api: { build: { context: ., args: { A: b } }, command: ./api, labels: [a], environment: { B: c } }
  worker: { build: ., command: ./work }
  ui: { build: ., tty: true }
  db: { image: postgres }
volumes: { data: }
networks: { back: }
";
    let (draft, _) = drafted_of_compose(services);
    let first_lines = |draft: &Draft| -> Vec<String> {
        draft.left_out.iter().map(|text| text.lines().next().unwrap().to_owned()).collect()
    };
    let image = "db: the image postgres";
    let others = ["the network back", "the volume data"];
    let ui = "ui: neither it nor a Dockerfile says what runs";
    assert_eq!(
        first_lines(&draft),
        ["api: its labels", "api: of its build args", image, ui, others[0], others[1]]
    );

    let page = ("ui/package.json", r#"{"scripts": {"dev": "vite"}}"#);
    let python =
        [("api/requirements.txt", "fastapi\n"), ("api/main.py", API.1), page, ("compose.yaml", services)];
    let (draft, text) = drafted(&folder(&python));
    assert_eq!(draft.services.len(), 2, "{text}");
    let ui = "ui: what compose.yaml says of its tty";
    let api = "api: what compose.yaml says of its command, environment, labels";
    let worker = "worker: compose.yaml builds it, and runs `./work`";
    assert_eq!(first_lines(&draft), [api, image, ui, worker, others[0], others[1]]);

    let (draft, _) = drafted(&folder(&[python[0], python[1], ("compose.yaml", "services: [1")]));
    assert!(draft.left_out[0].starts_with("all that compose.yaml says, which cannot be read: "), "{draft:?}");
}

#[test]
fn what_compose_would_fill_in_is_listed_and_not_written_as_it_stands() {
    let (draft, text) = drafted_of_compose(
        "services:
  web: { build: ., command: ./web, environment: { KEY: '${KEY:-x}', PAID: '$$5' } }
  db: { image: 'postgres:${TAG}' }
",
    );
    assert!(part(&text, "web").contains("env = { PAID = \"$5\" }"), "{text}");
    assert!(draft.left_out.contains(&"web: KEY=${KEY:-x}, which Compose fills in".to_owned()), "{text}");
    assert!(text.contains("#   (what stands in ${} is for you to fill in"), "{text}");
}
