//! What draws the panel, how this program is found, and what looks at programs before they run.

use windows_registry::{CURRENT_USER, LOCAL_MACHINE};

use crate::doctor::finding::Finding;

/// Where WebView2 says its version: installed for all, for all on a system of 32 bits, and for one user.
const WEBVIEW2: &str = r"SOFTWARE\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}";
const WEBVIEW2_OF_32_BITS: &str =
    r"SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}";
/// The version where it was removed.
const NO_VERSION: &str = "0.0.0.0";
const DEFENDER: &str = r"SYSTEM\CurrentControlSet\Services\WinDefend";
/// How a service starts that is switched off.
const DISABLED: u32 = 4;

pub(in crate::doctor) async fn look() -> Vec<Finding> {
    [Some(webview()), Some(path()), scanner()].into_iter().flatten().collect()
}

fn webview() -> Finding {
    let about = "WebView2";
    let keys =
        [LOCAL_MACHINE.open(WEBVIEW2_OF_32_BITS), LOCAL_MACHINE.open(WEBVIEW2), CURRENT_USER.open(WEBVIEW2)];
    let versions = keys.into_iter().flatten().filter_map(|key| key.get_string("pv").ok());
    match versions.into_iter().find(|version| !version.is_empty() && version != NO_VERSION) {
        Some(version) => Finding::good(about, version),
        None => Finding::note(
            about,
            "not installed, so that the tray has no panel; install the Evergreen runtime from \
             https://developer.microsoft.com/microsoft-edge/webview2",
        ),
    }
}

fn path() -> Finding {
    let about = "Path";
    let own = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.to_owned()));
    let path = std::env::var_os("Path").unwrap_or_default();
    let is_own =
        |folder: &std::path::PathBuf| own.as_ref().is_some_and(|own| client::is_same_file(folder, own));
    match (std::env::split_paths(&path).find(is_own), own) {
        (Some(folder), _) => Finding::good(about, format!("{} is in it", folder.display())),
        (None, Some(own)) => Finding::note(
            about,
            format!(
                "{} is not in it, so that `skinai` is found by its full name alone; add it",
                own.display()
            ),
        ),
        (None, None) => Finding::note(about, "where this program lies is not known"),
    }
}

/// Nothing is wrong where it runs, and it explains why a first start is slow.
fn scanner() -> Option<Finding> {
    let start = LOCAL_MACHINE.open(DEFENDER).and_then(|key| key.get_u32("Start")).ok()?;
    (start != DISABLED).then(|| {
        Finding::note(
            "virus scanner",
            "Windows Defender looks at every new program before it runs, so that a first start may take seconds; \
             exclude the folder of your project if that is too slow",
        )
    })
}
