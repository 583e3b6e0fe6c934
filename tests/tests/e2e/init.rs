//! A folder of somebody's own, without a stack file: `skinai init`, and a Procfile as it stands.

use std::fs;

use end_to_end::{HEALTHY_WITHIN, Home, PortBlock, Programs, eventually, http};

const SERVER: &str = "python3 -m http.server --bind 127.0.0.1";

#[test]
fn a_procfile_runs_as_it_stands() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let folder = home.path().join("shop");
    fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "web: {SERVER} $PORT\napi: {SERVER} ${{PORT:-none}}\nworker: echo $GREETING; exec sleep 1000\nrelease: echo first\n"
    );
    fs::write(folder.join("Procfile"), text).unwrap();
    fs::write(folder.join(".env"), "GREETING='hello from env'\n").unwrap();
    let skinai = || {
        let mut command = home.command(Programs::skinai());
        command.current_dir(&folder);
        command
    };
    let mut command = skinai();
    command.env("WEB_PORT", ports.nth(0).to_string()).env("API_PORT", ports.nth(1).to_string());
    let launched = home.spawn("run", command.args(["run", "-f", "Procfile"]));
    let is_healthy = || home.run(skinai().args(["status"])).code == Some(0);
    eventually(HEALTHY_WITHIN, "it is healthy", is_healthy);
    for port in [ports.nth(0), ports.nth(1)] {
        assert!(http::get(port, "/").unwrap().text().contains("Directory listing"), "{port}");
    }
    let status = home.run(skinai().args(["status", "--instance", "shop", "--json"]));
    let snapshot: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    let states: Vec<_> =
        snapshot["services"].as_array().unwrap().iter().map(|row| row["state"].clone()).collect();
    assert_eq!(states, ["healthy", "healthy", "healthy", "done"], "{snapshot}");
    assert!(snapshot["services"][2]["port"].is_null(), "it names none: {snapshot}");
    let logs = home.run(skinai().args(["logs", "worker"]));
    assert!(logs.stdout.contains("hello from env"), "{logs:?}");
    let second = home.run(skinai().args(["run", "-f", "Procfile"]));
    assert!(second.code == Some(1) && second.stderr.contains("runs already"), "{second:?}");
    assert_eq!(home.run(skinai().args(["stop"])).code, Some(0));
    drop(launched);
    home.assert_nothing_left(end_to_end::SOON);
    let saved = home.run(skinai().args(["logs", "worker"]));
    assert!(saved.stdout.contains("hello from env"), "{saved:?}");
}

#[test]
fn every_wrong_line_of_a_procfile_is_said_and_nothing_is_started() {
    let home = Home::new();
    let procfile = home.path().join("Procfile.dev");
    fs::write(&procfile, "web: true\nnonsense\n: x\n").unwrap();
    let refused = home.skinai(["run", "-f", procfile.to_str().unwrap()]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused.stderr.contains("Procfile.dev:2:1") && refused.stderr.contains("Procfile.dev:3:1"),
        "{refused:?}"
    );
}

#[test]
fn what_init_writes_runs() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let folder = home.path().join("site");
    fs::create_dir_all(&folder).unwrap();
    let skinai = |arguments: &[&str]| {
        let mut command = home.command(Programs::skinai());
        home.run(command.current_dir(&folder).env("PORT", ports.nth(0).to_string()).args(arguments))
    };
    let nothing = skinai(&["init"]);
    assert!(nothing.code == Some(1) && nothing.stderr.contains("skinai serve"), "{nothing:?}");
    let package = r#"{"scripts": {"dev": "node server.js", "build": "true"}}"#;
    fs::write(folder.join("package.json"), package).unwrap();
    fs::create_dir(folder.join("node_modules")).unwrap();
    let server = "require('http').createServer((_, answer) => answer.end('by PORT')).listen(process.env.PORT, '127.0.0.1')";
    fs::write(folder.join("server.js"), server).unwrap();
    let written = skinai(&["init"]);
    assert_eq!(written.code, Some(0), "{written:?}");
    assert!(written.stdout.ends_with("`skinai run` launches it.\n"), "{written:?}");
    let text = fs::read_to_string(folder.join("skinai.toml")).unwrap();
    let again = skinai(&["init"]);
    assert!(again.code == Some(1) && again.stderr.contains("skinai.toml is there already"), "{again:?}");
    assert_eq!(fs::read_to_string(folder.join("skinai.toml")).unwrap(), text, "nothing is lost");
    let answer = skinai(&["run", "--", "bash", "-c", "curl -s $WEB_URL"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(0), "by PORT"), "{answer:?}");
}

#[test]
fn what_init_leaves_out_is_said_in_a_whole_line_each() {
    let home = Home::new();
    let folder = home.path().join("shop");
    fs::create_dir_all(&folder).unwrap();
    let compose = "services:\n  web: { build: ., command: sleep 1000 }\n  cache: { image: 'redis:7-alpine' }\nvolumes: { data: }\n";
    fs::write(folder.join("compose.yaml"), compose).unwrap();
    let mut command = home.command(Programs::skinai());
    let written = home.run(command.current_dir(&folder).arg("init"));
    assert_eq!(written.code, Some(0), "{written:?}");
    let image =
        "skinai: left out: cache: the image redis:7-alpine; skinai.toml shows how Docker would run it\n";
    assert_eq!(written.stderr, format!("{image}skinai: left out: the volume data\n"));
    let text = fs::read_to_string(folder.join("skinai.toml")).unwrap();
    assert!(text.contains("# cache: the image redis:7-alpine\n#   With Docker it would be:\n"), "{text}");
}

#[test]
fn a_folder_with_a_procfile_is_about_no_other_stack() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = end_to_end::StackFile::new(&ports).service("other", &[], "");
    let launcher = end_to_end::Launch::stack(&home, stack.text()).start();
    launcher.healthy();
    let folder = home.path().join("shop");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("Procfile"), "web: true\n").unwrap();
    let skinai = |arguments: &[&str]| {
        let mut command = home.command(Programs::skinai());
        home.run(command.current_dir(&folder).args(arguments))
    };
    for command in ["stop", "restart"] {
        let refused = skinai(&[command]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains("`skinai run -f Procfile` launches the one here"), "{refused:?}");
    }
    assert_eq!(home.skinai(["status"]).code, Some(0), "it runs on");
    let checked = skinai(&["check"]);
    assert!(checked.stderr.contains("`skinai run -f Procfile` runs it"), "{checked:?}");
    fs::write(folder.join(".env"), "A=1\nBROKEN LINE\n").unwrap();
    let refused = skinai(&["check", "-f", "Procfile"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains(".env:2:") && !refused.stderr.contains("env_file"), "{refused:?}");
}
