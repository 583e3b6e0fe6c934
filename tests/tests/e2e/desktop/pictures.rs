//! The picture of the README: the panel and the tray icon in a desktop session, all healthy.
//!
//! It is written to the folder in `SKINAI_PICTURES`, and in every run it is made and looked at: a panel
//! that paints nothing fails.

use std::path::{Path, PathBuf};

use end_to_end::{Desktop, HEALTHY_WITHIN, Home, PortBlock, eventually, eventually_some};

use super::app::PANEL;

/// How long the services have been probed in a picture that is kept.
const LINE_SECONDS: i64 = 75;
/// Where the panel is put, and what is cut out of the screen: the tray above, the panel below it.
const PLACE: [&str; 2] = ["836", "44"];
const CUT: &str = "468x660+812+0";
/// The inside of the panel, and the tray beside the clock, within what is cut out. Empty they have a
/// handful of colours, with text and signs many.
const PARTS: [(&str, u32); 2] = [("390x300+40+90", 100), ("60x24+340+2", 10)];

#[test]
fn the_panel_and_the_tray_are_painted() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let desktop = Desktop::start(&home);
    desktop.run(&["display", "-window", "root", "xc:#6b8794"]);
    let _app = desktop.launch_app(&[]);
    home.wait_status(HEALTHY_WITHIN, "every service is healthy", contract::Snapshot::all_healthy);
    let kept = std::env::var_os("SKINAI_PICTURES").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    if kept.is_some() {
        // A picture that people see shows a line of latencies, and not its first point.
        home.wait_status(2 * HEALTHY_WITHIN, "there is a line to see", |snapshot| {
            let seen = |row: &contract::ServiceSnapshot| {
                Some(row.health.checked_at?.duration_since(row.started_at?).as_secs() >= LINE_SECONDS)
            };
            snapshot.services.iter().all(|row| seen(row).unwrap_or(false))
        });
    }
    let window =
        eventually_some(HEALTHY_WITHIN, "the panel is shown", || desktop.windows(PANEL).into_iter().next());
    desktop.run(&[&["xdotool", "windowmove", &window], &PLACE[..]].concat());
    let picture = home.path().join("panel.png");
    let mut before = Vec::new();
    eventually(HEALTHY_WITHIN, "the panel is painted and nothing moves any more", || {
        cut(&desktop, &picture);
        let now = std::fs::read(&picture).unwrap();
        let same = now == before;
        before = now;
        same && PARTS.iter().all(|(part, least)| colours(&desktop, &picture, part) >= *least)
    });
    if let Some(folder) = kept {
        std::fs::copy(&picture, folder.join("panel.png")).unwrap();
    }
}

fn cut(desktop: &Desktop<'_>, path: &Path) {
    let outcome = desktop.run(&[
        "import",
        "-window",
        "root",
        "-crop",
        CUT,
        "+repage",
        "-strip",
        path.to_str().unwrap(),
    ]);
    assert_eq!(outcome.code, Some(0), "no picture: {outcome:?}");
}

fn colours(desktop: &Desktop<'_>, path: &Path, part: &str) -> u32 {
    let part = format!("{}[{part}]", path.display());
    desktop.run(&["identify", "-format", "%k", &part]).stdout.trim().parse().unwrap_or(0)
}
