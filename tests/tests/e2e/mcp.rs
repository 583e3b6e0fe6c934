//! `skinai mcp`, by the official Python SDK of the Model Context Protocol, and by what no client sends.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use contract::ServiceState;
use end_to_end::{
    Guarded, Home, Launch, PortBlock, Programs, SOON, StackFile, eventually, installed, path, processes,
};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::ports::in_conflict;

const READING: [&str; 7] = ["check_port", "events", "list_stacks", "logs", "status", "url", "wait"];
const WRITING: [&str; 6] = ["end_holder", "launch", "reallocate", "restart", "start", "stop"];

/// The page that says how an agent is configured: its first block.
fn documented() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/agents.md");
    fs::read_to_string(page).unwrap().replacen("```json", "```", 1)
}

/// What the server says to an agent that is configured as documented, lists the tools and calls these, one after the
/// other.
#[track_caller]
fn agent(home: &Home, folder: &Path, mode: &str, arguments: &[&str], calls: &Value) -> Value {
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/mcp_client.py");
    let mut command = home.command(installed().join("venv/bin/python"));
    command.current_dir(folder).arg(client).args([mode, &calls.to_string()]);
    let configuration: Value = serde_json::from_str(documented().split("```").nth(1).unwrap()).unwrap();
    let server = &configuration["mcpServers"]["skinai"];
    command.env("PATH", path(home)).arg(server["command"].as_str().unwrap());
    command.args(server["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()));
    let outcome = home.run(command.args(arguments));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

/// The same, with all tools; their answers.
#[track_caller]
fn asked(home: &Home, folder: &Path, calls: &Value) -> Vec<Value> {
    match agent(home, folder, "auto", &["--allow-write"], calls)["answers"].take() {
        Value::Array(answers) => answers,
        other => panic!("no answers: {other}"),
    }
}

#[track_caller]
fn done(answer: &Value) -> &Value {
    assert_eq!(answer["is_error"], false, "{answer}");
    &answer["structured"]
}

#[track_caller]
fn refused(answer: &Value) -> &str {
    assert_eq!(answer["is_error"], true, "{answer}");
    answer["text"].as_str().unwrap()
}

fn service<'a>(status: &'a Value, name: &str) -> &'a Value {
    let services = status["services"].as_array().unwrap();
    services.iter().find(|service| service["name"] == name).unwrap_or_else(|| panic!("no {name}: {status}"))
}

/// A folder with a stack file.
fn project(home: &Home, name: &str, stack: &StackFile) -> std::path::PathBuf {
    let folder = home.path().join(name);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("skinai.toml"), stack.text()).unwrap();
    folder
}

#[test]
fn what_changes_something_is_neither_listed_nor_done_unless_allowed() {
    let home = Home::new();
    for mode in ["legacy", "auto"] {
        let calls = json!(WRITING.map(|tool| (tool, json!({}))));
        let said = agent(&home, home.path(), mode, &[], &calls);
        assert_eq!(said["server"], "skinai");
        let tools = said["tools"].as_object().unwrap();
        assert!(tools.keys().eq(READING), "{:?}", tools.keys());
        assert!(tools.values().all(|tool| tool["annotations"]["readOnlyHint"] == true));
        assert!(tools.values().all(|tool| tool["outputSchema"]["type"] == "object"));
        for answer in said["answers"].as_array().unwrap() {
            assert!(refused(answer).contains("skinai mcp --allow-write"), "{answer}");
        }
        let said = agent(&home, home.path(), mode, &["--allow-write"], &json!([]));
        let tools = said["tools"].as_object().unwrap();
        let mut all = [READING.as_slice(), &WRITING].concat();
        all.sort_unstable();
        assert!(tools.keys().eq(all), "{:?}", tools.keys());
        assert!(tools.keys().all(|tool| documented().contains(&format!("`{tool}`"))));
        assert_eq!(tools["status"]["annotations"]["readOnlyHint"], true);
        assert_eq!(tools["stop"]["annotations"]["destructiveHint"], true);
        assert_eq!(tools["launch"]["annotations"]["destructiveHint"], false);
    }
}

#[test]
fn an_agent_launches_a_stack_looks_at_it_changes_it_and_stops_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("api", &[], "").service("web", &[], "needs = [\"api\"]");
    let folder = project(&home, "shop", &stack);
    let answers = asked(
        &home,
        &folder,
        &json!([
            ["status", {}],
            ["launch", {}],
            ["list_stacks", {}],
            ["status", {"instance": "shop"}],
            ["url", {"service": "web"}],
            ["restart", {"service": "web"}],
            ["reallocate", {"service": "web"}],
            ["stop", {"service": "web"}],
            ["wait", {}],
            ["start", {}],
            ["wait", {"services": ["web"]}],
            ["restart", {"service": "nobody"}],
            ["events", {"services": ["web"], "lines": 100}],
            ["stop", {}],
            ["status", {}],
            ["logs", {"services": ["web"], "lines": 2}],
            ["events", {"lines": 2}],
        ]),
    );
    let [
        none,
        launched,
        listed,
        status,
        url,
        restarted,
        moved,
        stopped,
        not_well,
        _,
        waited,
        unknown,
        events,
        ended,
        gone,
        saved,
        last,
    ] = &answers[..]
    else {
        panic!("{answers:?}")
    };
    assert!(refused(none).contains("`skinai run -d`"), "{none}");
    assert_eq!(done(launched)["state"], "all healthy");
    let stacks = &done(listed)["stacks"];
    assert_eq!((&stacks[0]["instance"], &stacks[0]["services"]), (&json!("shop"), &json!(["api", "web"])));
    assert!(done(status)["stack_file"].as_str().unwrap().ends_with("shop/skinai.toml"), "{status}");
    let web = service(done(status), "web");
    assert_eq!(done(url)["address"], web["address"]);
    assert_eq!(done(url)["is_its_own"], true);
    let anew = service(done(restarted), "web");
    assert!(anew["pid"] != web["pid"] && anew["port"] == web["port"], "{web} {anew}");
    assert_ne!(service(done(moved), "web")["port"], web["port"]);
    assert_eq!(service(done(stopped), "web")["state"], "stopped");
    assert_eq!(service(done(stopped), "api")["state"], "healthy");
    assert!(refused(not_well).contains("web"), "{not_well}");
    assert_eq!(done(waited)["services"].as_array().unwrap().len(), 1);
    assert_eq!(service(done(waited), "web")["state"], "healthy");
    assert!(refused(unknown).contains("there are api, web"), "{unknown}");
    let moves = format!("moved from {} to {}", web["port"], service(done(moved), "web")["port"]);
    assert!(done(events)["events"].to_string().contains(&moves), "{moves}: {events}");
    assert_eq!(done(ended)["state"], "ended");
    assert!(refused(gone).contains("skinai run"), "{gone}");
    assert!(done(saved)["from_files"].is_string() && done(saved)["more"].is_string(), "{saved}");
    assert!(done(last)["from_files"].is_string(), "{last}");
    assert_eq!(done(last)["events"].as_array().unwrap().len(), 2);
    home.assert_nothing_left(SOON);
}

#[test]
fn an_agent_frees_a_port() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (launcher, stranger, port) = in_conflict(&home, &ports, "ask");
    launcher.wait(SOON, "it is in conflict", |s| s.services[0].state == ServiceState::Conflict);
    let pid = stranger.pid();
    let api = Launch::stack(&home, StackFile::new(&ports).service("api", &[], "").text());
    let api = api.arg("--instance").arg("other").start();
    let own = api.healthy().services[0].port.unwrap();
    let answers = asked(
        &home,
        home.path(),
        &json!([
            ["check_port", {"port": port}],
            ["status", {}],
            ["url", {"service": "web"}],
            ["end_holder", {"service": "web", "pid": 1}],
            ["reallocate", {"service": "web"}],
            ["reallocate", {"port": port}],
            ["reallocate", {"service": "web", "port": port}],
            ["check_port", {"port": ports.spare()}],
            ["check_port", {"port": own}],
            ["check_port", {"port": 0}],
        ]),
    );
    let held = done(&answers[0]);
    assert_eq!(held["free"], false);
    assert!(held["says"].as_str().unwrap().contains(&pid.to_string()), "{held}");
    let web = service(done(&answers[1]), "web");
    assert_eq!((&web["state"], &web["holder_pid"]), (&json!("conflict"), &json!(pid)));
    assert!(web["note"].as_str().unwrap().contains("reallocate"), "{web}");
    assert_eq!(done(&answers[2])["is_its_own"], false);
    assert!(refused(&answers[3]).contains("status"));
    let moved = service(done(&answers[4]), "web");
    assert!(moved["state"] == "healthy" && moved["port"] != port, "{moved}");
    assert!(refused(&answers[5]).contains("`service`") && refused(&answers[6]).contains(&port.to_string()));
    assert_eq!(done(&answers[7])["free"], true);
    let of_stack = done(&answers[8])["says"].as_str().unwrap();
    assert!(of_stack.contains("api in instance other"), "{of_stack}");
    refused(&answers[9]);
    assert!(processes::alive(pid), "nobody asked for its end");
    assert!(!json!(answers).to_string().contains("http.server"), "another's command line may have secrets");
}

#[test]
fn an_agent_that_may_ends_who_has_the_port_of_a_service() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (launcher, stranger, port) = in_conflict(&home, &ports, "ask");
    launcher.wait(SOON, "it is in conflict", |s| s.services[0].state == ServiceState::Conflict);
    let calls = json!([["end_holder", {"service": "web", "pid": stranger.pid()}]]);
    let answers = asked(&home, home.path(), &calls);
    let web = service(done(&answers[0]), "web");
    assert!(web["state"] == "healthy" && web["port"] == port, "{web}");
    assert!(!processes::alive(stranger.pid()));
}

#[test]
fn a_launch_that_fails_says_why_and_what_was_printed() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let failing = ["sh", "-c", "echo no database; exit 7"];
    let folder =
        project(&home, "ill", &StackFile::new(&ports).command("api", &failing, "restart = \"never\""));
    let answers = asked(
        &home,
        &folder,
        &json!([
            ["launch", {}],
            ["status", {}],
            ["stop", {}],
            ["launch", {"services": ["x"]}],
            ["launch", {"services": ["--instance=other"]}],
        ]),
    );
    let why = refused(&answers[0]);
    assert!(why.contains("exited with code 7") && why.contains("no database"), "{why}");
    let api = service(done(&answers[1]), "api");
    assert_eq!((&api["state"], &api["last_lines"]), (&json!("failed"), &json!(["no database"])), "{api}");
    assert!(refused(&answers[3]).contains('x'), "{:?}", answers[3]);
    assert!(refused(&answers[4]).contains("--instance=other"), "{:?}", answers[4]);
    home.assert_nothing_left(SOON);
}

#[test]
fn logs_are_searched_bounded_and_without_escape_sequences() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let print = "printf '\\033[31mred\\033[0m\\a\\n'; seq 1500; yes 0123456789abcdef | head -c 200000 | tr -d '\\n'; echo; \
                 echo last; exec sleep 1000";
    let stack = StackFile::new(&ports).service("quiet", &[], "");
    let text = format!("{}\n[service.loud]\ncommand = [\"sh\", \"-c\", {print:?}]\n", stack.text());
    let launcher = Launch::stack(&home, &text).start();
    launcher.healthy();
    eventually(SOON, "all is printed", || home.skinai(["logs", "loud", "-n", "1"]).stdout.contains("last"));
    let answers = asked(
        &home,
        home.path(),
        &json!([
            ["logs", {"services": ["loud"], "grep": "^(red|1499|1500)$"}],
            ["logs", {"services": ["loud"], "grep": "^[0-9]+$", "lines": 1000}],
            ["logs", {"lines": 100_000}],
            ["logs", {"services": ["loud"], "since": "1h", "lines": 1}],
            ["logs", {"services": ["loud"], "since": "soon"}],
            ["logs", {"services": ["loud"], "grep": "("}],
            ["logs", {"services": ["nobody"]}],
        ]),
    );
    let lines = |answer| -> Vec<String> { serde_json::from_value(done(answer)["lines"].clone()).unwrap() };
    let found = lines(&answers[0]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].ends_with("Z red") && found[2].ends_with("Z 1500"), "{found:?}");
    assert!(done(&answers[0])["more"].is_null());
    assert_eq!(lines(&answers[1]).len(), 1000);
    assert!(done(&answers[1])["more"].as_str().unwrap().contains("grep"));
    let all = lines(&answers[2]);
    assert!(all.concat().len() <= 32 << 10, "as much as an agent can read");
    assert!(all.iter().any(|line| line.starts_with("loud ") && line.ends_with("last")), "{all:?}");
    assert!(lines(&answers[3])[0].ends_with("last"));
    assert!(refused(&answers[4]).contains("30s") && refused(&answers[5]).contains("unclosed group"));
    assert!(refused(&answers[6]).contains("there are quiet, loud"), "{:?}", answers[6]);
}

#[test]
fn no_answer_has_a_code_or_a_secret() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::builtin(&home, &ports).start();
    launcher.healthy();
    let token = home.skinai(["token"]).stdout;
    let said = agent(
        &home,
        home.path(),
        "auto",
        &[],
        &json!([["url", {"service": "ui"}], ["status", {}], ["list_stacks", {}], ["logs", {}]]),
    );
    let url = done(&said["answers"][0]);
    let port = launcher.healthy().service("ui").unwrap().port.unwrap();
    assert_eq!(url["address"], format!("http://127.0.0.1:{port}"));
    assert_eq!(url["open_by"], "skinai open ui --instance default");
    assert!(!said.to_string().contains(token.trim()));
}

#[test]
fn another_stack_than_the_one_here_has_to_be_named() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &[], "").text()).start();
    launcher.healthy();
    let folder = project(&home, "shop", &StackFile::new(&ports).service("b", &[], ""));
    let answers = asked(
        &home,
        &folder,
        &json!([["status", {}], ["logs", {}], ["status", {"instance": "default"}], ["stop", {"instance": "../x"}]]),
    );
    for answer in &answers[..2] {
        assert!(refused(answer).contains("runs another stack"), "{answer}");
    }
    assert_eq!(service(done(&answers[2]), "a")["state"], "healthy");
    refused(&answers[3]);
    // Named when the server is started.
    let said = agent(&home, &folder, "auto", &["--instance", "default"], &json!([["status", {}]]));
    done(&said["answers"][0]);
}

#[test]
fn an_instance_that_hangs_is_not_waited_for() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &[], "").text()).start();
    launcher.healthy();
    launcher.signal(Signal::SIGSTOP);
    eventually(SOON, "it is stopped", || processes::is_stopped(launcher.pid()));
    let answers =
        asked(&home, home.path(), &json!([["restart", {"service": "a"}], ["wait", {"timeout_seconds": 1}]]));
    assert!(refused(&answers[0]).contains(&format!("kill -CONT {}", launcher.pid())), "{answers:?}");
    refused(&answers[1]);
    launcher.signal(Signal::SIGCONT);
}

/// A server with pipes of our own.
fn server(home: &Home, arguments: &[&str]) -> Guarded {
    let mut command = home.command(Programs::skinai());
    command.arg("mcp").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    Guarded::spawn(command.stderr(Stdio::null()))
}

fn request(id: u32, method: &str, params: Value) -> String {
    format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
}

fn hello() -> String {
    let client = json!({"name": "test", "version": "1"});
    let params = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
    request(1, "initialize", params) + "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
}

#[test]
fn rubbish_is_survived_and_standard_output_has_nothing_but_the_protocol() {
    let home = Home::new();
    let mut server = server(&home, &[]);
    let mut input = server.child().stdin.take().unwrap();
    let mut output = BufReader::new(server.child().stdout.take().unwrap()).lines();
    let rubbish = ["rubbish", "\u{0}\u{1b}[2J", "{", "[]", "{\"a\":1}", "\"text\"", ""].join("\n") + "\n";
    input.write_all(rubbish.as_bytes()).unwrap();
    input.write_all(&[0xff, 0xfe, b'\n']).unwrap();
    input.write_all(hello().as_bytes()).unwrap();
    input.write_all(rubbish.as_bytes()).unwrap();
    input.write_all(format!("{}\n", "x".repeat(20 << 20)).as_bytes()).unwrap();
    let call = json!({"name": "status", "arguments": {}});
    input.write_all(request(2, "tools/call", call).as_bytes()).unwrap();
    let answer = loop {
        let line = output.next().expect("the server goes on").unwrap();
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(message["jsonrpc"], "2.0");
        if message["id"] == 2 {
            break message;
        }
    };
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    drop(input);
    assert_eq!(server.wait(SOON).code(), Some(0));
}

#[test]
fn it_ends_with_standard_input() {
    let home = Home::new();
    // At once, after the handshake, and while something is waited for.
    let wait = request(2, "tools/call", json!({"name": "wait", "arguments": {"timeout_seconds": 60}}));
    for said in [String::new(), hello(), hello() + &wait] {
        let mut server = server(&home, &[]);
        let mut input = server.child().stdin.take().unwrap();
        input.write_all(said.as_bytes()).unwrap();
        if !said.is_empty() {
            let mut line = String::new();
            BufReader::new(server.child().stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        }
        drop(input);
        let begun = Instant::now();
        assert_eq!(server.wait(SOON).code(), Some(0), "{said}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{said}");
    }
}
