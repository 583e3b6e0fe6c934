use std::net::{Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use contract::Handoff;

use crate::{Addresses, KnownPorts, OnRestart, ProbeKind, Ready, Stack, StopSignalTo, Template};

const SERVICE: &str = "name = \"s\"\n[service.a]\ncommand = [\"true\"]\n";

fn error(text: &str) -> String {
    Stack::parse(text, Some(Path::new("stack.toml"))).unwrap_err().to_string()
}

/// The error of a stack whose one service has these lines more.
fn error_with(lines: &str) -> String {
    error(&format!("{SERVICE}{lines}\n"))
}

#[test]
fn the_built_in_stack_is_right() {
    let stack = Stack::builtin(product::SKINAI);
    assert_eq!(stack.services.keys().collect::<Vec<_>>(), ["backend", "ui", "admin"]);
    assert_eq!(stack.ports.to_string(), "8000-9000");
    assert_eq!(stack.services["ui"].needs, ["backend"]);
}

#[test]
fn an_instance_is_called_after_the_folder_of_a_project_or_else_after_the_file() {
    let named = |file: &str| crate::instance_name(Path::new(file), product::SKINAI).to_string();
    assert_eq!(named("/home/me/my shop/skinai.toml"), "my-shop");
    assert_eq!(named("/home/me/my shop/staging.toml"), "staging");
}

#[test]
fn a_small_stack_gets_the_usual_settings() {
    let stack =
        Stack::parse("name = \"s\"\n[service.a]\ncommand = [\"x\"]\nport = { env = \"A_PORT\" }\n", None)
            .unwrap();
    let service = &stack.services["a"];
    assert_eq!(
        (service.handoff, service.ready.clone(), service.on_restart),
        (Handoff::Number, Ready::Probe, OnRestart::StopStart)
    );
    assert_eq!(service.health.probe, ProbeKind::Tcp);
    assert_eq!(
        (service.stop_grace, service.fatal_exit_codes.as_slice()),
        (Duration::from_secs(5), &[78][..])
    );
}

#[test]
fn a_service_runs_in_the_stack_files_folder_wherever_the_launcher_stands_later() {
    let text = format!("{SERVICE}[service.b]\ncommand = [\"x\"]\ncwd = \"web\"\n");
    let here = std::env::current_dir().unwrap();
    for (path, folder) in [("stack.toml", here.clone()), ("sub/stack.toml", here.join("sub"))] {
        let stack = Stack::parse(&text, Some(Path::new(path))).unwrap();
        assert_eq!(stack.services["a"].cwd.as_deref(), Some(folder.as_path()));
        assert_eq!(stack.services["b"].cwd, Some(folder.join("web")));
        assert_eq!(stack.path, Some(here.join(path)));
    }
    assert_eq!(Stack::builtin(product::SKINAI).services["ui"].cwd, None);
}

#[test]
fn an_error_says_where_what_and_what_would_be_right() {
    let text = error_with("port = { env = \"A_PORT\", fallback = \"9000-8000\" }");
    assert!(text.starts_with("stack.toml:4:37: "), "{text}");
    assert!(text.contains("(found `\"9000-8000\"`)"), "{text}");
    assert!(!text.contains('\n'), "{text}");
}

/// What is said to be wrong, each with its line.
fn faults(text: &str) -> Vec<(usize, String)> {
    let error = Stack::parse(text, None).unwrap_err();
    let crate::StackFileError::Wrong { faults, .. } = error else { panic!("{error}") };
    faults.into_iter().map(|fault| (fault.line, fault.said("it", contract::Language::English))).collect()
}

#[test]
fn everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file() {
    let text = r#"name = " "
ports = "9000-8000"
colour = "red"
[service.a]
command = "npm start"
health = { htpp = "/", intervall = "2s" }
stop_grace = 5
[service.b]
command = ["{port}", "{c.port}"]
needs = ["c", "b"]
stop_grace = "soon"
start_timeout = "later"
health = { http = "health", threshold = 0, interval = "x", timeout = "y" }
[service.-]
label = "no command"
"#;
    let lines: Vec<_> = faults(text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [3, 5, 6, 6, 7, 9, 9, 10, 10, 11, 12, 13, 13, 13, 13, 13, 14, 14]);
    // The head is checked when its keys are those that there are.
    let lines: Vec<_> = faults(&text.replace("colour", "#")).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines[..2], [1, 2]);
}

#[test]
fn what_is_missing_is_not_told_where_it_is_misspelt() {
    for wrong in ["comand = [\"x\"]", "command = [1]"] {
        let text = format!("name = \"s\"\n[service.a]\n{wrong}\n[service.b]\n");
        let lines: Vec<_> = faults(&text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [3, 4], "{wrong}");
    }
}

#[test]
fn a_service_with_faults_is_there_for_others() {
    let faulty = "port = 8080\ncolour = 1\n[service.b]\ncommand = [\"{a.url}\"]\nneeds = [\"a\"]";
    let found = faults(&format!("{SERVICE}{faulty}\n"));
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 5], "{found:?}");
}

#[test]
fn an_unknown_key_has_one_suggestion() {
    for (written, meant) in
        [("comand", "command"), ("stop-grace", "stop_grace"), ("Needs", "needs"), ("envs", "env")]
    {
        let text = error_with(&format!("{written} = 1"));
        assert!(text.ends_with(&format!("unknown key `{written}`; did you mean `{meant}`?")), "{text}");
    }
    let text = error_with("image = 1");
    assert!(text.contains("unknown key `image`; `skinai schema` prints"), "{text}");
    let text = error_with("restart = \"on-fail\"");
    assert!(text.contains("did you mean `on-failure`?"), "{text}");
    assert!(!error_with("restart = \"sometimes\"").contains("did you mean"));
}

#[test]
fn a_text_without_its_last_quote_says_so() {
    for (quote, rest) in [('"', ""), ('\'', "x")] {
        let text = error_with(&format!("restart = {quote}always{rest}"));
        assert!(text.contains(&format!("does not end: a {quote} is missing")), "{text}");
    }
}

#[test]
fn more_faults_than_anybody_reads_are_not_looked_for() {
    let lines: String = (0..20_000).map(|n| format!("k{n} = 1\n")).collect();
    assert_eq!(faults(&format!("{SERVICE}{lines}")).len(), 100);
}

#[test]
fn a_nul_is_found_before_the_system_refuses_it() {
    for lines in ["cwd = \"a\\u0000b\"", "env = { A = \"\\u0000\" }"] {
        assert!(error_with(lines).contains("NUL"), "{}", error_with(lines));
    }
    let text = error("name = \"s\"\n[service.a]\ncommand = [\"true\", \"\\u0000\"]\n");
    assert!(text.starts_with("stack.toml:3:20: "), "{text}");
}

#[test]
fn a_stop_signal_is_written_with_or_without_sig() {
    let service = |lines: &str| {
        let stack = Stack::parse(&format!("{SERVICE}{lines}"), None).unwrap();
        (stack.services["a"].stop_signal.name(), stack.services["a"].stop_signal_to)
    };
    assert_eq!(service(""), ("SIGTERM", StopSignalTo::Group));
    assert_eq!(
        service("stop_signal = \"SIGINT\"\nstop_signal_to = \"main\""),
        ("SIGINT", StopSignalTo::Main)
    );
    assert_eq!(service("stop_signal = \"QUIT\""), ("SIGQUIT", StopSignalTo::Group));
}

#[test]
fn another_tools_file_is_refused_by_what_a_stack_file_has() {
    let text = error("name = \"s\"\n[[service]]\nname = \"a\"\ncommand = [\"x\"]\n");
    assert!(text.starts_with("stack.toml:2:"), "{text}");
    let text = error("name = \"s\"\n[service]\na = \"npm start\"\n");
    assert!(text.contains("expected a service: a table `[service.NAME]` with a `command`"), "{text}");
}

#[test]
fn what_is_not_right_is_refused() {
    let cases = [
        ("colour = \"red\"", "colour"),
        ("needs = [\"b\"]", "no service has this name"),
        ("needs = [\"a\"]", "cannot need itself"),
        ("port = { env = \"A B\" }", "letters, digits and `_`"),
        ("handoff = \"socket\"", "a hand-off needs a port"),
        ("open = \"/\"", "open is a path"),
        ("port = { env = \"P\" }\nopen = \"x\"", "open begins with `/`"),
        ("port = { env = \"P\" }\nopen = \"//evil.example/\"", "not with `//`"),
        ("port = { env = \"P\" }\nopen = '/\\evil.example'", r"no `\`"),
        ("port = { env = \"P\" }\nopen = \"/x\\r\\nY\"", "no line breaks"),
        ("port = { env = \"P\" }\nhealth = { http = \"//evil.example/\" }", "not with `//`"),
        ("health = { http = \"/\" }", "a health check needs a port"),
        ("strict = true", "nothing can set it"),
        ("stop_grace = \"soon\"", "a duration is written like"),
        ("host = \"example.org\"", "a host is an IP address"),
        ("env = { \"A=B\" = \"x\" }", "a variable's name"),
        ("env = { A = \"{b.url}\" }", "names no service with a port"),
        ("env = { A = \"{port}\" }", "needs a port"),
        ("restart = \"sometimes\"", "sometimes"),
        ("port = { env = \"P\" }\nhandoff = \"socket\"\non_restart = \"overlap\"", "overlap needs"),
        ("port = { env = \"P\" }\nhealth = { http = \"health\" }", "begins with `/`"),
        ("port = { env = \"P\" }\nhealth = { http = \"/\", tcp = true }", "either http or tcp"),
        ("port = { env = \"P\" }\nhealth = { tcp = true, threshold = 0 }", "1 or more"),
        ("health = { tcp = true, command = [\"x\"] }", "either http or tcp or command"),
        ("health = { command = [] }", "the check needs a program"),
        ("health = { command = [\"x\", \"{port}\"] }", "needs a port"),
        ("ready = { log = \"a(b\" }", "stack.toml:4:17: this is no regular expression: unclosed group"),
        ("ready = { file = \"x\" }", "unknown variant `file`, expected one of `notify`, `probe`, `log`"),
        ("ready = \"soon\"", "unknown variant `soon`"),
        ("ready = \"log\"", "like { log = \"listening on\" }"),
        ("ports = { metrics = {} }", "stand beside the main one"),
        ("port = {}\nports = { \"a b\" = {} }", "a port's name has letters"),
        ("port = {}\nports = { a = {} }", "give this one another name"),
        ("port = { env = \"P\" }\nports = { m = { env = \"P\" } }", "another port of this service"),
        ("port = {}\nports = { m = 9100 }", "expected a table like { env"),
        ("port = {}\nenv = { A = \"{a.m.port}\" }", "NAME may be one of a"),
        ("stop_signal = \"SIGFOO\"", "a stop signal is one of SIGTERM, SIGINT"),
        ("stop_signal = \"SIG\"", "a stop signal is one of"),
        ("stop_signal_to = \"all\"", "expected `group` or `main`"),
        ("listener = \"any\"", "needs a port that is told as a number"),
        (
            "port = { env = \"P\" }\nhandoff = \"socket\"\nlistener = \"any\"",
            "needs a port that is told as a number",
        ),
        ("port = { env = \"P\" }\nlistener = \"yours\"", "yours"),
        ("port = { env = \"P\" }\non_unhealthy = \"kill\"", "expected `restart` or `report`"),
        ("on_unhealthy = \"report\"", "nothing tells whether it is well"),
        ("port = 8080", "expected a table like { env = \"WEB_PORT\""),
        ("port = { env = \"P\" }\nhealth = \"/health\"", "expected a table like { http = \"/health\" }"),
        ("stop_grace = 5", "expected a text in quotes, as \"5s\""),
        ("profiles = [\"a,b\"]", "a profile's name has letters"),
        ("type = \"daemon\"", "expected `service` or `oneshot`"),
        (
            "type = \"oneshot\"\nrestart = \"never\"\nhealth = { tcp = false }",
            "stack.toml:4:8: a oneshot has no port, runs to its end and is not started again: remove health, restart",
        ),
        ("needs = \"b\"", "expected a list like [\"one\", \"two\"]"),
    ];
    for (lines, words) in cases {
        let text = error_with(lines);
        assert!(text.contains(words), "{lines}: {text}");
        assert!(text.starts_with("stack.toml:"), "{lines}: {text}");
    }
}

#[test]
fn who_begins_a_stack_file_is_told_what_comes_next() {
    assert!(error("").contains("name = \"My stack\""), "{}", error(""));
    let only_a_name = error("name = \"s\"\n");
    assert!(only_a_name.contains("add [service.web] with a command"), "{only_a_name}");
}

#[test]
fn a_circle_of_needs_is_named() {
    let service =
        |name: &str, need: &str| format!("[service.{name}]\ncommand = [\"x\"]\nneeds = [\"{need}\"]\n");
    let text =
        error(&format!("name = \"s\"\n{}{}{}", service("a", "b"), service("b", "c"), service("c", "a")));
    assert!(text.contains("a → b → c → a") && text.contains("stack.toml:10:"), "{text}");
}

#[test]
fn a_circle_is_found_in_a_long_chain_and_beside_services_that_only_lead_to_it() {
    let needs = |own: usize| match own {
        0 => r#"["s498"]"#.to_owned(),
        _ => format!("[\"s{}\"]", own - 1),
    };
    let service = |own| format!("[service.s{own}]\ncommand = [\"x\"]\nneeds = {}\n", needs(own));
    let mut text = "name = \"s\"\n[service.first]\ncommand = [\"x\"]\nneeds = [\"s5\"]\n".to_owned();
    text.extend((0..499).map(service));
    let text = error(&text);
    assert!(!text.contains("first →") && text.contains("s0 → s498 → s497"), "{}", &text[..300]);
}

#[test]
fn services_that_need_all_others_are_checked_need_by_need() {
    let mut text = "name = \"s\"\n".to_owned();
    for own in 0..500 {
        let needs: Vec<_> = (0..own).map(|other| format!("\"s{other}\"")).collect();
        text += &format!("[service.s{own}]\ncommand = [\"x\"]\nneeds = [{}]\n", needs.join(", "));
    }
    let stack = Stack::parse(&text, None).expect("no circle");
    assert_eq!(stack.services[499].needs.len(), 499);
}

#[test]
fn a_file_has_at_most_one_mebibyte() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text = "name = \"s\"\n[service.a]\ncommand = [\"x\"]\n#";
    let padded = |length: usize| format!("{text}{}", "x".repeat(length - text.len()));
    std::fs::write(file.path(), padded(1 << 20)).expect("written");
    Stack::read(file.path(), userdirs::trust::named).expect("just small enough");
    std::fs::write(file.path(), padded((1 << 20) + 1)).expect("written");
    let error = Stack::read(file.path(), userdirs::trust::named).expect_err("too large").to_string();
    assert!(error.contains("at most 1 MiB"), "{error}");
}

#[test]
fn a_doubled_name_is_refused() {
    let text = error("name = \"s\"\n[service.a]\ncommand = [\"x\"]\n[service.a]\ncommand = [\"x\"]\n");
    assert!(text.contains("stack.toml:4:") && text.contains("duplicate"), "{text}");
}

#[test]
fn services_with_a_common_variable_are_known_to_others_by_their_names() {
    let service = |(name, variable): (&str, &str)| {
        format!("[service.{name}]\ncommand = [\"x\"]\nport = {{ env = \"{variable}\" }}\n")
    };
    let services =
        [("web-site", "PORT"), ("api", "PORT"), ("a-b", "PORT"), ("a_b", "PORT"), ("db", "API_PORT")];
    let text: String = services.into_iter().map(service).collect();
    let stack = Stack::parse(&format!("name = \"s\"\n{text}"), None).unwrap();
    let exported = stack
        .services
        .values()
        .map(|service| service.port.as_ref().and_then(|port| port.exported.as_deref()));
    // Neither another's variable nor another's name is taken.
    let expected = [Some("WEB_SITE_PORT"), None, Some("A_B_PORT"), None, Some("API_PORT")];
    assert_eq!(exported.collect::<Vec<_>>(), expected);
    assert!(stack.services.values().all(|service| service.port.as_ref().unwrap().env.is_some()));
}

#[test]
fn variables_are_common_as_the_system_compares_their_names() {
    let service = |(name, variable): (&str, &str)| {
        format!("[service.{name}]\ncommand = [\"x\"]\nport = {{ env = \"{variable}\" }}\n")
    };
    let exported = |services: [(&str, &str); 2]| {
        let text: String = services.into_iter().map(service).collect();
        let stack = Stack::parse(&format!("name = \"s\"\n{text}"), None).unwrap();
        let ports = stack.services.into_values().filter_map(|service| service.port?.exported);
        ports.collect::<Vec<_>>()
    };
    let (apart, common) = (["port", "PORT"], ["A_PORT", "B_PORT"]);
    assert_eq!(exported([("a", "port"), ("b", "PORT")]), if cfg!(windows) { common } else { apart });
    let twice = "name = \"s\"\n[service.a]\ncommand = [\"x\"]\nport = { env = \"PORT\" }\n\
                 ports = { b = { env = \"port\" } }\n";
    assert_eq!(Stack::parse(twice, None).is_err(), cfg!(windows));
}

#[test]
fn named_ports_with_a_common_variable_are_known_to_others_by_service_and_name() {
    let service = |name: &str| {
        format!(
            "[service.{name}]\ncommand = [\"x\"]\nport = {{ env = \"PORT\" }}\n\
             ports = {{ metrics = {{ env = \"METRICS_PORT\", fallback = \"9100-9110\" }}, plain = {{}} }}\n"
        )
    };
    let stack = Stack::parse(&format!("name = \"s\"\n{}{}", service("web"), service("db")), None).unwrap();
    let exported: Vec<_> =
        stack.services["db"].all_ports().map(|(name, port)| (name, port.exported.as_deref())).collect();
    let expected =
        [(None, Some("DB_PORT")), (Some("metrics"), Some("DB_METRICS_PORT")), (Some("plain"), None)];
    assert_eq!(exported, expected);
    assert_eq!(stack.services["web"].ports["metrics"].fallback.unwrap().to_string(), "9100-9110");
}

#[test]
fn a_stack_without_services_or_name_is_refused() {
    assert!(error("name = \"s\"\n[service]\n").contains("no service"));
    assert!(error("name = \" \"\n[service.a]\ncommand = [\"x\"]\n").contains("needs a name"));
    assert!(error("name = \"s\"\n[service.a]\ncommand = []\n").contains("needs a program"));
}

fn known() -> KnownPorts {
    [("a", vec![]), ("b", vec!["metrics".to_owned()])].map(|(name, ports)| (name.to_owned(), ports)).into()
}

#[test]
fn a_name_in_braces_that_means_nothing_is_refused_with_those_that_there_are() {
    for text in ["{c.port}", "{metrics.port}", "{a.metrics.port}", "{b.other.port}"] {
        let error = Template::parse(text, Some("a"), &known()).unwrap_err();
        assert!(error.ends_with("NAME may be one of a, b, b.metrics"), "{text}: {error}");
    }
}

#[test]
fn addresses_are_filled_in_and_other_braces_stay() {
    struct At;
    impl Addresses for At {
        fn address(&self, service: &str, port: Option<&str>) -> Option<SocketAddr> {
            match (service, port) {
                ("a", None) => Some(([0, 0, 0, 0], 8000).into()),
                ("b", None) => Some((Ipv6Addr::LOCALHOST, 8001).into()),
                ("b", Some("metrics")) => Some((Ipv6Addr::LOCALHOST, 8002).into()),
                _ => None,
            }
        }
    }
    let fill = |own: &str, text: &str| Template::parse(text, Some(own), &known()).unwrap().fill(own, &At);
    assert_eq!(fill("a", "{b.metrics.port} {b.metrics.url}"), "8002 http://[::1]:8002");
    assert_eq!(fill("b", "{port} {metrics.port} {b.metrics.port}"), "8001 8002 8002");
    let fill = |text: &str| fill("a", text);
    assert_eq!(fill("--port={port} --api={b.url}/v1 {b.host}"), "--port=8000 --api=http://[::1]:8001/v1 ::1");
    // What binds every address is reached at one.
    assert_eq!(fill("{host} {a.host} {url}"), "0.0.0.0 127.0.0.1 http://127.0.0.1:8000");
    assert_eq!(fill("{\"json\": {}} {{port}} {0} ${HOME:-x}"), "{\"json\": {}} {port} {0} ${HOME:-x}");
}

#[test]
fn a_missing_file_is_an_error_that_names_it() {
    let text =
        Stack::read(Path::new("/nonexistent/stack.toml"), userdirs::trust::named).unwrap_err().to_string();
    assert!(text.contains("/nonexistent/stack.toml"), "{text}");
}

#[test]
fn a_command_for_each_system_is_checked_whole_and_one_has_to_fit() {
    let head = "name = \"s\"\n[service.a]\n";
    let stack = Stack::parse(&format!("{head}command.default = [\"x\", \"y\"]\n"), None).unwrap();
    assert_eq!(stack.services["a"].command.len(), 2);
    let other = if cfg!(windows) { "linux" } else { "windows" };
    let own = std::env::consts::OS;
    let text =
        format!("{head}[service.a.command]\n{own} = [\"x\"]\n{other} = [\"{{port}}\"]\ndefault = []\n");
    let lines: Vec<_> = faults(&text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [3, 5], "no program, and no port");
    let text = error(&format!("{head}command.{other} = [\"x\"]\n"));
    assert!(text.contains(&format!("no command for this system: add {own} or default")), "{text}");
    let text = error(&format!("{head}command = {{ windwos = [\"x\"] }}\n"));
    assert!(text.contains("unknown key `windwos`; did you mean `windows`?"), "{text}");
    let text = error(&format!("{head}command = \"npm start\"\n"));
    assert!(text.contains("expected a list like [\"one\", \"two\"]"), "{text}");
    let check =
        format!("{SERVICE}health = {{ command = {{ {own} = [\"x\", \"y\"], default = [\"z\"] }} }}\n");
    let stack = Stack::parse(&check, None).unwrap();
    assert!(matches!(&stack.services["a"].health.probe, ProbeKind::Command(words) if words.len() == 2));
}

#[test]
fn a_stack_file_that_is_wrong_still_says_its_name() {
    let name = |text: &str| Stack::parse(text, None).expect_err("it is wrong").stack_name();
    let wrong = "[service.a]\ncomand = 1\n";
    assert_eq!(name(&format!("name = \"My \\\"Shop\\\"\" # mine\n{wrong}")).as_deref(), Some("My \"Shop\""));
    assert_eq!(name(&format!("ports = 8000-9000\nname = 'Beta'\n{wrong}")).as_deref(), Some("Beta"));
    assert_eq!(name(wrong), None);
    assert_eq!(name("name = 7\n[service.a]\n"), None);
    assert_eq!(name("[service.a]\nname = \"a\"\n"), None);
    assert_eq!(name("name = \"\"\n[service.a]\n"), None);
}
