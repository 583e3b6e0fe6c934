//! The projects in `examples/`: what their READMEs say, line by line, with the real programs; and several checkouts of
//! one beside each other.

use std::collections::HashSet;
use std::fs;

use contract::{ServiceState, Snapshot};
use end_to_end::{Example, HEALTHY_WITHIN, Home, Load, PortBlock, SOON, eventually, http, processes};

use crate::addresses::linger;
use crate::programs::{postgresql, web};

/// The lines in the README's blocks of the shell, less those that install, which `cargo xtask test` has done.
fn lines(example: &Example<'_>) -> Vec<String> {
    let text = fs::read_to_string(example.file("README.md")).unwrap();
    let blocks = text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix('\n'));
    let installs =
        |line: &&str| ["python3 -m venv", "pip install", "npm install"].iter().any(|it| line.starts_with(it));
    blocks.flat_map(str::lines).filter(|line| !installs(line)).map(str::to_owned).collect()
}

/// Does what the README says, and `then` after each line; every line is a success, and at the end nothing is left.
fn follow(example: &Example<'_>, mut then: impl FnMut(&str)) {
    for line in lines(example) {
        let loaded = line.contains("refuses no connection").then(|| {
            let name = line.split_whitespace().nth(2).unwrap();
            Load::start(port(&example.status(), name), "/", 50)
        });
        let outcome = example.run(&line);
        assert_eq!(outcome.code, Some(0), "{line}: {outcome:?}");
        if let Some(load) = loaded {
            let tally = load.stop();
            assert!(!tally.answered.is_empty(), "{line}: {tally:?}");
            assert!(
                !tally.failures.iter().any(|why| why.contains("refused")),
                "{line}: {:?}",
                tally.failures
            );
        }
        then(&line);
    }
    example.home.assert_nothing_left(SOON);
}

fn port(snapshot: &Snapshot, service: &str) -> u16 {
    snapshot.service(service).and_then(|service| service.port).unwrap_or_else(|| panic!("{snapshot:#?}"))
}

/// What a service answers at the address in the map.
fn answer(example: &Example<'_>, service: &str, path: &str) -> String {
    http::get(port(&example.status(), service), path).unwrap().text()
}

#[test]
fn python_skinai() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let example = Example::copy(&home, &ports, "python-skinai", "");
    let mut launches = 0;
    follow(&example, |line| {
        if line.starts_with("skinai run -d") {
            launches += 1;
            let backend = example.status().service("backend").unwrap().pid.unwrap();
            let (says, reloader) = (answer(&example, "backend", "/"), processes::descendants(backend));
            let is_its = |pid: &u32| says == format!("\"backend {pid}\"");
            assert!(is_its(&backend) || reloader.iter().any(is_its), "{says}");
            assert!(["ui", "admin"].iter().all(|page| answer(&example, page, "/").contains("Streamlit")));
        }
    });
    assert_eq!(launches, 2, "by both stack files");
    let tested = example.run("skinai run -- python -m unittest");
    assert_eq!(tested.code, Some(0), "{tested:?}");
    home.assert_nothing_left(SOON);
}

#[test]
fn python_skinai_reloads_with_the_local_file_of_its_readme() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let example = Example::copy(&home, &ports, "python-skinai", "");
    let readme = fs::read_to_string(example.file("README.md")).unwrap();
    let block = readme.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let local = fs::read_to_string(example.file("skinai.local.toml")).unwrap();
    fs::write(example.file("skinai.local.toml"), local + block).unwrap();
    let launched = example.run("skinai run -d backend");
    assert_eq!(launched.code, Some(0), "{launched:?}");
    let before = example.status();
    let file = example.file("backend/main.py");
    let changed = fs::read_to_string(&file).unwrap().replace("return f\"backend", "return f\"changed");
    // While it reloads, an answer may break off.
    let port = port(&before, "backend");
    web::change(&file, &changed, || {
        http::get(port, "/").is_ok_and(|answer| answer.text().contains("changed"))
    });
    assert_eq!(example.status().service("backend").unwrap().pid, before.service("backend").unwrap().pid);
    assert_eq!(example.run("skinai stop").code, Some(0));
}

/// What lingers at a port refuses the plain bind by which the launcher tests it.
#[test]
fn the_map_follows_a_launcher_that_falls_back_by_itself() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let example = Example::copy(&home, &ports, "python-skinai", "");
    let told = ports.spare();
    linger(told);
    let launched = example.run(&format!("BACKEND_PORT={told} skinai run -d --stack launchers.toml"));
    assert_eq!(launched.code, Some(0), "{launched:?}");
    let is_there = |snapshot: &Snapshot| (8000..=9000).contains(&port(snapshot, "backend"));
    let snapshot = home.wait_status(HEALTHY_WITHIN, "it is shown where it went", is_there);
    let log = example.run("skinai logs backend --stack launchers.toml").stdout;
    assert!(log.contains(&format!("Specified port {told} is in use, finding alternative")), "{log}");
    // The pages are told.
    let url = format!("SKINAI_API_URL={}", snapshot.service("backend").unwrap().url.clone().unwrap());
    for page in ["ui", "admin"] {
        home.wait_status(HEALTHY_WITHIN, "it has the address", |snapshot| {
            let service = snapshot.service(page).unwrap();
            service.state == ServiceState::Healthy
                && service.pid.is_some_and(|pid| processes::with_environment(&url).contains(&pid))
        });
    }
    assert_eq!(example.run("skinai stop --stack launchers.toml").code, Some(0));
}

#[test]
fn node() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let example = Example::copy(&home, &ports, "node", "");
    follow(&example, |line| {
        if line.starts_with("skinai run -d") {
            passes_on_to_the_api(&example);
        }
    });
}

/// The website is Vite's, which passes on to the API of the same checkout.
#[track_caller]
fn passes_on_to_the_api(example: &Example<'_>) {
    assert!(answer(example, "web", "/").contains("Node example"));
    let pid = example.status().service("api").unwrap().pid.unwrap();
    assert_eq!(answer(example, "web", "/api/hello"), format!("{{\"path\":\"/api/hello\",\"pid\":{pid}}}"));
}

/// Its `.env` says where the programs are.
fn with_postgresql(example: &Example<'_>) {
    postgresql::install(example.home);
    let programs = example.home.path().join("bin");
    fs::write(example.file(".env"), format!("PG_BIN={}\n", programs.display())).unwrap();
}

#[test]
fn django_postgres() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let example = Example::copy(&home, &ports, "django-postgres", "");
    with_postgresql(&example);
    follow(&example, |line| {
        if line.starts_with("curl") {
            eventually(SOON, "the worker does it", || answer(&example, "web", "/").contains("HELLO"));
        }
    });
    // What is there is not made again.
    let launched = example.run("skinai run -d");
    assert_eq!(launched.code, Some(0), "{launched:?}");
    assert!(answer(&example, "web", "/").contains("HELLO"));
    assert_eq!(example.run("skinai stop").code, Some(0));
}

#[test]
fn procfile() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let example = Example::copy(&home, &ports, "procfile", "");
    // There is no stack file to say in which ports.
    let env = fs::read_to_string(example.file(".env")).unwrap();
    fs::write(example.file(".env"), format!("{env}WEB_PORT={}\n", ports.nth(0))).unwrap();
    follow(&example, |line| {
        if line.starts_with("skinai run -d") {
            let states: Vec<_> = example.status().services.iter().map(|service| service.state).collect();
            assert_eq!(states, [ServiceState::Done, ServiceState::Healthy, ServiceState::Healthy]);
            eventually(SOON, "the clock ticks", || {
                let says = answer(&example, "web", "/");
                says.starts_with("Hello from .env: ") && !says.ends_with(": 0 ticks")
            });
        }
    });
}

#[test]
fn what_init_writes_of_an_example_runs() {
    for name in ["procfile", "node", "python-skinai"] {
        let (home, ports) = (Home::new(), PortBlock::lock());
        let example = Example::copy(&home, &ports, name, "");
        let launched = example.run("rm -f skinai.toml && skinai init && skinai run -d");
        assert_eq!(launched.code, Some(0), "{name}: {launched:?}");
        assert!(example.status().services.iter().any(|service| service.port.is_some()), "{launched:?}");
        assert_eq!(example.run("skinai stop").code, Some(0));
    }
}

/// Two copies of one name in different places, and a git worktree.
fn side_by_side(
    home: &Home,
    ports: &PortBlock,
    name: &str,
    prepare: impl Fn(&Example<'_>),
    check: impl Fn(&Example<'_>),
) {
    let (here, there) = (Example::copy(home, ports, name, "here"), Example::copy(home, ports, name, "there"));
    let committed = here.run(
        "git init -q && git add . && git -c user.name=tester -c user.email=tester@localhost commit -qm first && \
         git worktree add -q ../fix",
    );
    assert_eq!(committed.code, Some(0), "{committed:?}");
    let worktree = Example::at(home, ports, here.file("../fix").canonicalize().unwrap());
    let checkouts = [here, there, worktree];
    checkouts.iter().for_each(prepare);
    std::thread::scope(|scope| {
        let launches = checkouts.each_ref().map(|checkout| scope.spawn(|| checkout.run("skinai run -d")));
        for launch in launches {
            let launched = launch.join().unwrap();
            assert_eq!(launched.code, Some(0), "{launched:?}");
        }
    });
    let running = checkouts.each_ref().map(Example::status);
    let taken: Vec<u16> =
        running.iter().flat_map(|it| it.services.iter().filter_map(|its| its.port)).collect();
    assert_eq!(taken.iter().collect::<HashSet<_>>().len(), taken.len(), "{taken:?}");
    let names = HashSet::from(running.map(|it| it.instance));
    assert_eq!(names, HashSet::from(["fix".to_owned(), name.to_owned(), format!("{name}-2")]));
    checkouts.iter().for_each(&check);
    for (n, checkout) in checkouts.iter().enumerate() {
        assert_eq!(checkout.run("skinai stop").code, Some(0));
        checkouts[n + 1..].iter().for_each(&check);
    }
    home.assert_nothing_left(SOON);
}

#[test]
fn checkouts_of_node_run_side_by_side() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    side_by_side(&home, &ports, "node", |_| (), passes_on_to_the_api);
}

/// Each with a database of its own.
#[test]
fn checkouts_of_django_postgres_run_side_by_side() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    side_by_side(&home, &ports, "django-postgres", with_postgresql, |checkout| {
        let job = checkout.status().instance;
        let added = http::request(port(&checkout.status(), "web"), "POST", &format!("/jobs/{job}"), &[], b"");
        assert_eq!(added.unwrap().status, 201);
        let jobs = http::get(port(&checkout.status(), "web"), "/").unwrap().json();
        let texts: Vec<_> = jobs.as_array().unwrap().iter().map(|its| its["text"].clone()).collect();
        assert!(texts.iter().all(|text| *text == job), "{texts:?}");
    });
}
