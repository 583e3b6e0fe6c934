//! Services started, stopped and moved by request while the launcher goes on.

use contract::{ServiceSnapshot, ServiceState, Snapshot, Wanted};
use end_to_end::{Home, Launch, PortBlock, Programs, SOON, StackFile, http, processes};

/// `web` needs `api`, and is told where it is.
fn stack(ports: &PortBlock) -> StackFile {
    let needs = "needs = [\"api\"]\nhandoff = \"socket\"\nenv = { API = \"{api.url}\" }";
    StackFile::new(ports).service("api", &[], "handoff = \"number\"").service("web", &[], needs)
}

fn row(home: &Home, name: &str) -> ServiceSnapshot {
    home.status().service(name).unwrap().clone()
}

fn states(snapshot: &Snapshot) -> Vec<ServiceState> {
    snapshot.services.iter().map(|service| service.state).collect()
}

#[test]
fn all_services_are_stopped_and_started_again_while_the_launcher_goes_on() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, stack(&ports).text()).start();
    let before = launcher.healthy();
    let stopped = home.skinai(["stop", "--services"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    let now = home.status();
    assert_eq!(
        (now.pid, now.state, states(&now)),
        (before.pid, ServiceState::Stopped, vec![ServiceState::Stopped; 2])
    );
    assert!(now.services.iter().all(|service| service.wanted == Wanted::Down && service.pid.is_none()));
    let told = home.skinai(["status"]);
    assert_eq!(told.code, Some(1), "3 would mean that nothing runs: {told:?}");
    assert!(told.stdout.lines().next().unwrap().ends_with(": stopped"), "{told:?}");
    // The one that is needed comes with the one that is named.
    assert_eq!(home.skinai(["start", "web"]).code, Some(0));
    let after = home.status();
    assert!(after.all_healthy(), "{after:#?}");
    let at = |snapshot: &Snapshot| snapshot.services.iter().map(|service| service.port).collect::<Vec<_>>();
    assert_eq!(at(&after), at(&before));
    let refused = home.skinai(["stop", "--services", "web"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[test]
fn a_service_is_moved_to_a_port_and_back() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, stack(&ports).text()).start();
    let before = launcher.healthy();
    let (from, to) = (before.service("api").unwrap().port.unwrap(), ports.spare());
    let moved = home.skinai(["reallocate", "api", "--port", &to.to_string()]);
    assert_eq!(moved.code, Some(0), "{moved:?}");
    let api = row(&home, "api");
    assert_eq!((api.port, api.moved_from), (Some(to), Some(from)));
    assert!(http::get(to, "/").unwrap().text().starts_with("api "));
    let web = row(&home, "web");
    assert_ne!(web.pid, before.service("web").unwrap().pid, "it is told where the other one is");
    assert_eq!(home.skinai(["reallocate", "api", "--port", &from.to_string()]).code, Some(0));
    let api = row(&home, "api");
    assert_eq!((api.port, api.moved_from), (Some(from), None));
}

#[test]
fn a_move_to_a_taken_port_says_who_has_it_and_leaves_all_as_it_was() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = stack(&ports).text().to_owned();
    let (program, sleeper) = (Programs::fixture(), "\n[service.job]\ncommand = [\"sleep\", \"1000\"]\n");
    let launcher = Launch::stack(&home, &(stack + sleeper)).start();
    let before = launcher.healthy();
    let taken = ports.spare();
    let mut command = home.command(program);
    let stranger = home.spawn("stranger", command.args(["--port", &taken.to_string()]));
    end_to_end::eventually(SOON, "the stranger answers", || http::get(taken, "/health").is_ok());
    let refused = home.skinai(["reallocate", "api", "--port", &taken.to_string()]);
    assert_eq!((refused.code, refused.stderr.lines().count()), (Some(1), 1), "{refused:?}");
    assert!(refused.stderr.contains(&format!("({})", stranger.pid())), "{refused:?}");
    let of_web = before.service("web").unwrap().port.unwrap();
    let refused = home.skinai(["reallocate", "api", "--port", &of_web.to_string()]);
    assert!(refused.code == Some(1) && refused.stderr.contains("web"), "{refused:?}");
    let refused = home.skinai(["reallocate", "job", "--port", &taken.to_string()]);
    assert!(refused.code == Some(2) && refused.stderr.contains("has no port"), "{refused:?}");
    assert_eq!(home.skinai(["reallocate", "--port", &taken.to_string()]).code, Some(2));
    assert_eq!(home.skinai(["reallocate", "api", "--port", "0"]).code, Some(2));
    let after = home.status();
    for (old, new) in before.services.iter().zip(&after.services) {
        assert_eq!((old.pid, old.port, new.moved_from), (new.pid, new.port, None));
    }
    assert!(processes::alive(stranger.pid()));
}

#[test]
fn a_snapshot_shows_command_and_folder_of_a_service_and_no_secret() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let secret = "correct-horse-battery-staple";
    home.write_config(".env", &format!("PASSWORD={secret}\n"));
    let (program, script) = (Programs::fixture(), "exec \"$0\" \"$@\" # {env.PASSWORD} {port}");
    let command = ["sh", "-c", script, program.to_str().unwrap()];
    let stack = StackFile::new(&ports).command("api", &command, "handoff = \"number\"");
    let launcher = Launch::stack(&home, stack.text()).start();
    let api = launcher.healthy().service("api").unwrap().clone();
    let shown = script.replace("{port}", &api.port.unwrap().to_string());
    assert_eq!(api.command[..4], ["sh", "-c", &shown, command[3]]);
    assert_eq!(api.folder.as_deref(), home.config().to_str());
    assert!(!home.skinai(["status", "--json"]).stdout.contains(secret));
}

#[test]
fn what_a_service_takes_is_that_of_all_its_processes() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("api", &["--children", "2"], "").service("web", &[], "");
    let launcher = Launch::stack(&home, stack.text()).start();
    let api = launcher.healthy().service("api").unwrap().pid.unwrap();
    let socket = home.control_socket("default");
    let ask = |name: &str| http::control(&socket, "GET", &format!("/v1/resources/{name}"), "").unwrap();
    end_to_end::eventually(SOON, "its children are there", || processes::descendants(api).len() == 2);
    let taken = ask("api").json();
    assert_eq!(taken["processes"], 3);
    assert!(taken["memory_bytes"].as_u64().unwrap() > 100_000 && taken["cpu_ms"].is_u64(), "{taken}");
    assert_eq!(home.skinai(["stop", "web"]).code, Some(0));
    assert!(ask("web").json().is_null());
    assert_eq!(ask("nobody").status, 404);
}
