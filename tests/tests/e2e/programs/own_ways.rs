//! What single programs do besides answering: they reload, watch, open browsers, become another user.

use std::fs;

use end_to_end::{Home, Outcome, SOON, Site, eventually};

use super::documented::row;
use super::{postgresql, web};

#[test]
fn a_reload_of_uvicorn_is_no_restart_and_keeps_the_port() {
    for name in ["uvicorn, reload", "uvicorn, reload, socket"] {
        let site = Site::new("app");
        let launcher = web::launch(&site, &row(name)).start();
        let before = launcher.healthy();
        let source = fs::read_to_string(site.file("main.py")).unwrap();
        web::change(&site.file("main.py"), &source.replace("hello", "changed"), || {
            web::says(&site, "changed")
        });
        let after = &launcher.healthy().services[0];
        let before = &before.services[0];
        assert_eq!((after.pid, after.port, after.restarts), (before.pid, Some(site.ports.nth(0)), 0));
    }
}

/// It ends with its standard input.
#[test]
fn esbuild_goes_on_watching() {
    let site = Site::new("app");
    let command = ["esbuild", "watched.ts", "--outfile=built.js", "--watch"];
    fs::write(site.file("watched.ts"), "console.log('first')").unwrap();
    let launcher = site
        .launch(&format!("[service.it]\ncommand = {command:?}\ncwd = \"SITE\"\nrestart = \"never\""))
        .start();
    launcher.healthy();
    for word in ["first", "second"] {
        fs::write(site.file("watched.ts"), format!("console.log('{word}')")).unwrap();
        let is_built = || fs::read_to_string(site.file("built.js")).is_ok_and(|built| built.contains(word));
        eventually(SOON, word, is_built);
    }
    assert!(launcher.newest().unwrap().all_healthy(), "{:#?}", launcher.newest());
}

#[test]
fn postgresql() {
    let site = Site::new("app");
    postgresql::install(&site.home);
    let data = site.home.path().join("tmp/data");
    let initdb = ["-D", data.to_str().unwrap(), "-A", "trust", "-U", "tester", "--no-sync"];
    let made = run(&site.home, "initdb", &initdb);
    assert_eq!(made.code, Some(0), "{made:?}");
    let lines = row("PostgreSQL").replace("\"data\"", &format!("{data:?}"));
    let port = site.ports.nth(0).to_string();
    let query = ["-h", "127.0.0.1", "-p", &port, "-U", "tester", "-c", "select 'hel' || 'lo'", "postgres"];
    // Also after it was killed: it is not healthy before it has recovered.
    web::lives(&site, &lines, || run(&site.home, "psql", &query).stdout.contains("hello"));
}

fn run(home: &Home, program: &str, args: &[&str]) -> Outcome {
    home.run(home.command(home.path().join("bin").join(program)).args(args))
}
