//! Pages, over WebDriver: Chromium for those that services offer, WebKitGTK for the panel.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::desktop::Desktop;
use crate::guard::Guarded;
use crate::home::Home;
use crate::http;
use crate::wait::eventually;

const DRIVER_WITHIN: Duration = Duration::from_secs(30);

/// A browser, or an application, driven over WebDriver. Dropping it ends driver and browser.
pub struct Browser {
    client: Client,
    _driver: Guarded,
}

impl std::ops::Deref for Browser {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Browser {
    /// Chromium without a screen, its profile in the home; `port` is the driver's.
    pub async fn chromium(home: &Home, port: u16) -> Self {
        let mut command = home.command("chromedriver");
        command.arg(format!("--port={port}"));
        let profile = home.path().join("chromium");
        let args = [
            "--headless=new".to_owned(),
            // The sandbox does not work for root, and the tests open only their own pages.
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            "--no-first-run".to_owned(),
            // Nothing but the pages under test is to be reached.
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--window-size=1280,900".to_owned(),
            format!("--user-data-dir={}", profile.display()),
        ];
        let options = json!({ "goog:chromeOptions": { "args": args } });
        Self::connect(&mut command, port, options).await
    }

    /// The application itself, started by WebKitWebDriver in the desktop; `port` is the driver's.
    pub async fn webkit(desktop: &Desktop<'_>, port: u16, program: &Path, args: &[&str]) -> Self {
        Self::application(desktop.command("WebKitWebDriver"), port, program, args).await
    }

    /// The application itself, started by this WebKitWebDriver; `port` is the driver's.
    pub async fn application(mut command: Command, port: u16, program: &Path, args: &[&str]) -> Self {
        // Without these in the driver's environment a new session never answers.
        command.env("TAURI_AUTOMATION", "true").env("TAURI_WEBVIEW_AUTOMATION", "true");
        command.arg(format!("--port={port}"));
        let options = json!({ "webkitgtk:browserOptions": { "binary": program, "args": args } });
        Self::connect(&mut command, port, options).await
    }

    async fn connect(driver: &mut Command, port: u16, options: Value) -> Self {
        let driver = Guarded::spawn(driver.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
        eventually(DRIVER_WITHIN, "the WebDriver answers", || {
            http::get(port, "/status").is_ok_and(|answer| answer.status == 200)
        });
        let Value::Object(capabilities) = options else { unreachable!("made above as an object") };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a WebDriver session");
        Self { client, _driver: driver }
    }

    /// Ends the session in order, so that the browser ends before its driver.
    pub async fn close(self) {
        // It may be gone with its page.
        let _ = self.client.close().await;
    }

    /// A picture of the page.
    ///
    /// # Panics
    /// When there is none or it cannot be written.
    pub async fn picture(&self, path: &Path) {
        let png = self.client.screenshot().await.expect("a picture of the page");
        std::fs::write(path, png).expect("the picture can be written");
    }
}
