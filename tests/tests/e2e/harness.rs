//! The harness itself: what every other test relies on.

use std::collections::HashSet;

use end_to_end::browser::Browser;
use end_to_end::{Desktop, Guarded, Home, PortBlock, Programs, SOON, eventually, http, processes};

#[test]
fn two_blocks_share_no_port() {
    let blocks: Vec<PortBlock> = (0..5).map(|_| PortBlock::lock()).collect();
    let ports: HashSet<u16> =
        blocks.iter().flat_map(|block| (0..block.stack()).map(|n| block.nth(n))).collect();
    assert_eq!(ports.len(), 5 * 28);
}

#[test]
fn a_home_ends_the_processes_that_left_their_session() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let port = ports.nth(0);
    let mut command = home.command(Programs::fixture());
    command.args(["--grandchild", "--children-ignore-term", "--port", &port.to_string()]);
    let service = Guarded::spawn(&mut command);
    eventually(SOON, "the fixture answers", || {
        http::get(port, "/health").is_ok_and(|answer| answer.status == 200)
    });
    eventually(SOON, "the grandchild has left its parent", || {
        home.processes().len() == 2 && processes::descendants(service.pid()).is_empty()
    });
    drop(service);
    let left = home.processes();
    assert_eq!(left.len(), 1, "the grandchild outlives its parent");
    drop(home);
    assert!(!processes::alive(left[0]));
}

#[test]
fn a_desktop_has_a_tray_and_can_be_pictured() {
    let home = Home::new();
    let desktop = Desktop::start(&home);
    let picture = home.path().join("desktop.png");
    desktop.picture(&picture);
    assert!(std::fs::read(&picture).unwrap().starts_with(b"\x89PNG"));
    let outcome = desktop.run(&["xdg-open", "http://127.0.0.1:1/?token=x&y"]);
    assert_eq!((outcome.code, home.opened()), (Some(0), vec!["http://127.0.0.1:1/?token=x&y".to_owned()]));
}

#[tokio::test]
async fn a_browser_shows_what_a_service_answers() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let port = ports.nth(0);
    let mut command = home.command(Programs::fixture());
    command.args(["--name", "it-is-me", "--port", &port.to_string()]);
    let _service = Guarded::spawn(&mut command);
    eventually(SOON, "the fixture answers", || http::get(port, "/health").is_ok());
    let browser = Browser::chromium(&home, ports.spare()).await;
    browser.goto(&format!("http://127.0.0.1:{port}/")).await.unwrap();
    assert!(browser.source().await.unwrap().contains("it-is-me"));
    browser.close().await;
}
