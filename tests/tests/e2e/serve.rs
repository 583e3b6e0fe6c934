//! `skinai serve`: one command as a service, without a file.

use std::fs;

use end_to_end::{Guarded, HEALTHY_WITHIN, Home, Outcome, PortBlock, Programs, eventually, http};

/// `skinai serve` in a folder of that name, in the background, with this port.
fn serve(home: &Home, folder: &str, port: u16, arguments: &[&str]) -> Guarded {
    let folder = home.path().join(folder);
    fs::create_dir_all(&folder).unwrap();
    let mut command = home.command(Programs::skinai());
    command.current_dir(folder).env("PORT", port.to_string()).arg("serve").args(arguments);
    home.spawn("serve", &mut command)
}

/// The same, until it ends.
fn served(home: &Home, arguments: &[&str]) -> Outcome {
    home.run(home.command(Programs::skinai()).arg("serve").args(arguments))
}

#[test]
fn a_command_is_a_service_named_after_its_folder() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    // `{port}` is filled in where it stands; who reads PORT finds it there.
    let module = ["--", "python3", "-m", "http.server", "{port}", "--bind", "{host}"];
    let first = serve(&home, "my shop", ports.nth(0), &module);
    let command = "exec python3 -m http.server --bind 127.0.0.1 $PORT";
    let second = serve(&home, "other/my shop", ports.nth(1), &["--", "bash", "-c", command]);
    let urls = ["my-shop", "my-shop-2"].map(|instance| {
        let is_healthy = || home.skinai(["status", "--instance", instance]).code == Some(0);
        eventually(HEALTHY_WITHIN, "it is healthy", is_healthy);
        let url = home.skinai(["url", "my-shop", "--instance", instance]).stdout.trim().to_owned();
        let port = url.strip_prefix("http://127.0.0.1:").unwrap().parse().unwrap();
        assert!(http::get(port, "/").unwrap().text().contains("Directory listing"), "{url}");
        url
    });
    assert_ne!(urls[0], urls[1]);
    drop((first, second));
}

#[test]
fn it_ends_with_its_command() {
    let home = Home::new();
    let outcome = served(&home, &["--name", "well", "--", "true"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let ill = ["--name", "ill", "--", "bash", "-c", "echo what is wrong >&2; exit 3"];
    let shown = served(&home, &ill);
    assert!(shown.stdout.contains("\nwhat is wrong\n"), "{shown:?}");
    assert!(!shown.stderr.contains("what is wrong"), "it is not said twice: {shown:?}");
    let quiet = served(&home, &[&["--quiet"][..], &ill].concat());
    assert!(!quiet.stdout.contains("what is wrong"), "{quiet:?}");
    assert!(quiet.stderr.contains("  | what is wrong\n"), "{quiet:?}");
    for outcome in [shown, quiet] {
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let said = outcome.stderr.lines().last().unwrap();
        let begin = "skinai: ill has failed (exited with code 3, given up after 5 starts in ";
        assert!(said.starts_with(begin), "{outcome:?}");
    }
}

#[test]
fn what_cannot_be_served_is_refused_in_one_line() {
    let home = Home::new();
    for (arguments, part) in [
        (&["--name", "a b", "--", "true"][..], "a b"),
        (&["--", "no-such-program-here"], "no-such-program-here"),
        (&["--", "echo", "{other.port}"], "other"),
        (&["--"], "CMD"),
        (&[], "CMD"),
    ] {
        let outcome = served(&home, arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.contains(part), "{arguments:?}: {outcome:?}");
    }
}
