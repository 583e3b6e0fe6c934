//! What somebody does who has never seen the application, from the launch to the logs in a flood: by mouse and wheel,
//! and by the keyboard alone, in both themes and languages, with the usual and with large text.

use std::path::PathBuf;

use contract::{ServiceState, Snapshot};
use end_to_end::browser::Browser;
use end_to_end::{
    Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, eventually, eventually_async, eventually_some,
    processes,
};
use nix::sys::signal::Signal;
use serde_json::json;

use super::app::hands::{By, Hands};
use super::app::pointer::{Pointer, WHEEL_DOWN, WHEEL_UP};
use super::app::{self, CLICK_WITHIN, healthy, status};
use super::interaction::{CUT_OFF, gone, says, shows};

/// The title of the panel's window, as a pattern.
const PANEL: &str = "Skin AI Assistant$";
/// The lines of the log that is open.
const LINES: &str = "[data-log=lines]";

/// How it looks to the person.
struct Look {
    text: u32,
    dark: bool,
    german: bool,
}

#[tokio::test]
async fn by_mouse_in_a_light_english_panel() {
    journey(By::Mouse, Look { text: 100, dark: false, german: false }).await;
}

#[tokio::test]
async fn by_mouse_in_a_dark_german_panel_with_large_text() {
    journey(By::Mouse, Look { text: 150, dark: true, german: true }).await;
}

#[tokio::test]
async fn by_keyboard_in_a_dark_german_panel() {
    journey(By::Keyboard, Look { text: 100, dark: true, german: true }).await;
}

#[tokio::test]
async fn by_keyboard_in_a_light_english_panel_with_large_text() {
    journey(By::Keyboard, Look { text: 150, dark: false, german: false }).await;
}

async fn journey(by: By, look: Look) {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&shop(&home, &ports));
    let blog = blog(&home, &ports);
    let app = dress(&home, &look);
    let desktop = Desktop::start(&home);
    desktop.enlarge_text(look.text);
    let panel = Browser::webkit(&desktop, ports.spare(), &app, &[]).await;
    let window = eventually_some(HEALTHY_WITHIN, "the panel is shown", || desktop.windows(PANEL).pop());
    let hands = Hands { by, pointer: Pointer { desktop: &desktop, panel: &panel, window } };
    let person = Person { home: &home, hands, look };

    person.launches_it_twice().await;
    person.breaks_a_service_and_reads_why().await;
    person.stops_a_service_and_starts_it_again().await;
    person.moves_a_port_and_undoes_it().await;
    person.opens_a_second_stack(&blog).await;
    person.reads_logs_while_they_flood().await;
    person.looks_at_what_happened().await;
    panel.close().await;
}

struct Person<'a> {
    home: &'a Home,
    hands: Hands<'a>,
    look: Look,
}

impl Person<'_> {
    async fn launches_it_twice(&self) {
        let (desktop, window) = (self.desktop(), &self.hands.pointer.window);
        self.sees("[data-field=stack]", "All 5 services are running", "Alle 5 Dienste laufen").await;
        self.it_looks_as_wished().await;
        desktop.run(&["xdotool", "windowminimize", window]);
        eventually(SOON, "the panel is out of the way", || desktop.windows(PANEL).is_empty());
        assert!(desktop.launch_app(&[]).wait(SOON).success());
        eventually(CLICK_WITHIN, "the panel that is there comes forward", || {
            desktop.windows(PANEL) == [window.clone()]
                && desktop.active_window() == "Web shop – Skin AI Assistant"
        });
        assert_eq!(desktop.tray().await.icons().await.len(), 1);
        self.hands.press("[data-action=dismiss-welcome]").await;
        gone(self.panel(), "[data-action=dismiss-welcome]").await;
        self.picture("panel").await;
    }

    async fn breaks_a_service_and_reads_why(&self) {
        let expired = self.home.path().join("expired");
        std::fs::write(&expired, "").expect("own folder");
        let running = healthy(self.home, "default").service("payments").unwrap().pid.unwrap();
        processes::signal(running, Signal::SIGKILL);
        let why = "[data-service=payments] [data-field=last_exit]";
        self.sees(why, "exited with code 78", "hat sich mit Code 78 beendet").await;
        says(self.panel(), why, "the key of the bank has expired").await;
        self.sees("[data-action=jump]", "Payments has failed", "Payments ist ausgefallen").await;
        self.hands.press("[data-action=jump]").await;
        self.hands.focused("[data-service=payments] *").await;
        self.picture("failed").await;

        std::fs::remove_file(&expired).expect("it was made");
        self.hands.press(&format!("{why} [data-action=restart]")).await;
        self.all_is_well().await;
        gone(self.panel(), why).await;
    }

    async fn stops_a_service_and_starts_it_again(&self) {
        let before = self.all_is_well().await;
        let search = |snapshot: &Snapshot| snapshot.service("search").unwrap().clone();
        if let By::Mouse = self.hands.by {
            self.hands.press("[data-service=search] [data-action=details]").await;
        }
        self.hands.on_row("search", "stop", "s").await;
        self.sees("[data-field=stack]", "Search is stopped", "Search ist gestoppt").await;
        let stopped = status(self.home, "default").unwrap();
        assert_eq!(search(&stopped).state, ServiceState::Stopped);
        assert_eq!(stopped.service("web").unwrap().pid, before.service("web").unwrap().pid);
        self.hands.on_row("search", "start", "s").await;
        assert_eq!(search(&self.all_is_well().await).port, search(&before).port);
        if let By::Mouse = self.hands.by {
            self.hands.press("[data-service=search] [data-action=details]").await;
        }
    }

    async fn moves_a_port_and_undoes_it(&self) {
        let port = |snapshot: &Snapshot| snapshot.service("api").unwrap().port.unwrap();
        let row = |rest: &str| format!("[data-service=api] {rest}");
        let before = port(&self.all_is_well().await);
        self.hands.press(&row("[data-action=details]")).await;
        self.hands.press(&row("[data-action=reallocate]")).await;
        says(self.panel(), &row(".sure"), "Web, Payments").await;
        if let By::Keyboard = self.hands.by {
            self.hands.key("Escape");
            gone(self.panel(), &row(".sure")).await;
            self.hands.press(&row("[data-action=reallocate]")).await;
        }
        self.picture("move").await;
        self.hands.press(&row("[data-action=reallocate-sure]")).await;
        says(self.panel(), &row("[data-field=moved-from]"), &before.to_string()).await;
        let moved = port(&self.all_is_well().await);
        assert_ne!(moved, before);
        says(self.panel(), &row("[data-field=address]"), &moved.to_string()).await;
        self.picture("moved").await;
        self.hands.press(&row("[data-action=undo-move]")).await;
        says(self.panel(), &row("[data-field=address]"), &before.to_string()).await;
        gone(self.panel(), &row("[data-field=moved-from]")).await;
        assert_eq!(port(&self.all_is_well().await), before);
        self.hands.press(&row("[data-action=details]")).await;
    }

    async fn opens_a_second_stack(&self, file: &std::path::Path) {
        self.hands.press("[data-action=stacks]").await;
        match self.hands.by {
            // It was opened another day.
            By::Mouse => self.hands.choose("[data-recent]").await,
            By::Keyboard => {
                self.hands.choose("[data-action=open-stack]").await;
                app::choose_file(self.desktop(), file);
            }
        }
        shows(self.panel(), "[data-service=comments]").await;
        self.sees("[data-field=stack]", "All 2 services are running", "Alle 2 Dienste laufen").await;
        self.sees("[data-action=stacks]", "2 of 2", "2 von 2").await;
        self.hands.press("[data-action=stacks]").await;
        shows(self.panel(), "[data-stack=default]").await;
        self.picture("stacks").await;
        self.hands.choose("[data-stack=default]").await;
        self.sees("[data-field=stack]", "All 5 services are running", "Alle 5 Dienste laufen").await;
    }

    async fn reads_logs_while_they_flood(&self) {
        let read = async |what: &str| {
            let script = format!("const box = document.querySelector('{LINES}'); return {what}");
            self.panel().execute(&script, vec![]).await.unwrap()
        };
        let follows = async || {
            let pressed = "return document.querySelector('[data-log=follow]').ariaPressed === 'true'";
            self.panel().execute(pressed, vec![]).await.unwrap() == json!(true)
        };
        let goes_on = async || {
            let before = read("box.innerText").await;
            eventually_async(SOON, "new lines are shown", async || {
                (read("box.innerText").await != before).then_some(())
            })
            .await;
        };
        self.hands.on_row("worker", "logs", "l").await;
        says(self.panel(), LINES, "receipt sent").await;
        goes_on().await;
        self.picture("logs").await;

        self.hands.at(LINES).await;
        eventually_async(SOON, "it is scrolled back", async || {
            self.hands.scroll(WHEEL_UP);
            (!follows().await).then_some(())
        })
        .await;
        self.hands.scroll(WHEEL_UP);
        shows(self.panel(), "[data-log=newer]").await;
        let rests = self.hands.at_rest(LINES).await;
        let newer = async || read("document.querySelector('[data-log=newer]').innerText").await;
        let before = newer().await;
        eventually_async(SOON, "it is flooded", async || (newer().await != before).then_some(())).await;
        assert_eq!(self.hands.at_rest(LINES).await, rests, "what is read does not move");
        self.hands.press("[data-log=newer]").await;
        eventually_async(SOON, "it follows", async || follows().await.then_some(())).await;
        goes_on().await;
        self.hands.on_row("worker", "logs", "l").await;
        gone(self.panel(), LINES).await;
    }

    async fn looks_at_what_happened(&self) {
        self.hands.press("[data-action=happened]").await;
        let list = "[data-happened=list]";
        self.sees(
            list,
            "Payments failed: exited with code 78",
            "Payments ist ausgefallen: hat sich mit Code 78 beendet",
        )
        .await;
        self.hands.at(list).await;
        let end = "const box = document.querySelector('[data-happened=list]'); \
            return box.scrollHeight > box.clientHeight && box.scrollTop + box.clientHeight > box.scrollHeight - 2";
        eventually_async(SOON, "the first of it is in view", async || {
            self.hands.scroll(WHEEL_DOWN);
            (self.panel().execute(end, vec![]).await.ok()? == json!(true)).then_some(())
        })
        .await;
        self.picture("happened").await;
        match self.hands.by {
            By::Mouse => self.hands.press("[data-action=back]").await,
            By::Keyboard => self.hands.key("Escape"),
        }
        shows(self.panel(), "[data-service=api]").await;
    }

    fn desktop(&self) -> &Desktop<'_> {
        self.hands.pointer.desktop
    }

    fn panel(&self) -> &Browser {
        self.hands.pointer.panel
    }

    async fn sees(&self, css: &str, english: &str, german: &str) {
        says(self.panel(), css, if self.look.german { german } else { english }).await;
    }

    /// Every service of the shop is healthy, and the panel says so.
    async fn all_is_well(&self) -> Snapshot {
        let snapshot = healthy(self.home, "default");
        self.sees("[data-field=stack]", "All 5 services are running", "Alle 5 Dienste laufen").await;
        snapshot
    }

    async fn it_looks_as_wished(&self) {
        let script = "return [matchMedia('(prefers-color-scheme: dark)').matches, \
            document.documentElement.lang]";
        let now = self.panel().execute(script, vec![]).await.unwrap();
        assert_eq!(now, json!([self.look.dark, if self.look.german { "de" } else { "en" }]));
    }

    /// In the size of the text, and all of it is on the screen.
    async fn the_page_fills_the_window(&self) {
        let pointer = &self.hands.pointer;
        let ((width, height), y) = (pointer.size(), pointer.top());
        assert!(y + height <= 800.0, "the window goes from {y} to {}", y + height);
        let page = self.panel().execute("return [innerWidth, innerHeight]", vec![]).await.unwrap();
        for (pixels, page) in [(width, &page[0]), (height, &page[1])] {
            let percent = pixels / page.as_f64().unwrap() * 100.0;
            let differs = (percent - f64::from(self.look.text)).abs();
            assert!(differs < 0.5, "the page fills the window of {pixels} pixels: {page}");
        }
    }

    /// Looks at the panel: nothing is cut off, and it is kept where a person looks at pictures.
    async fn picture(&self, of: &str) {
        // What the pointer is over says more than one comes to see.
        self.hands.pointer.move_to("h1").await;
        gone(self.panel(), ".held > :not(.content)").await;
        self.desktop().run(&["xdotool", "mousemove", "0", "799"]);
        let drawn = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))";
        self.panel().execute_async(drawn, vec![]).await.unwrap();
        self.the_page_fills_the_window().await;
        let cut = self.panel().execute(CUT_OFF, vec![]).await.unwrap();
        assert_eq!(cut, json!([]), "{of}");
        let Some(folder) = app::pictures() else { return };
        let Look { text, dark, german } = self.look;
        let (theme, language) = (if dark { "dark" } else { "light" }, if german { "de" } else { "en" });
        let file = folder.join(format!("{of}-{text}-{theme}-{language}.png"));
        self.desktop().picture_of(&self.hands.pointer.window, &file);
    }
}

/// Prepares theme, language and what was opened another day; returns the program to launch.
fn dress(home: &Home, look: &Look) -> PathBuf {
    let gtk = home.path().join("config/gtk-3.0");
    std::fs::create_dir_all(&gtk).expect("own folder");
    let settings = format!("[Settings]\ngtk-application-prefer-dark-theme={}\n", u8::from(look.dark));
    std::fs::write(gtk.join("settings.ini"), settings).expect("own folder");
    home.write_config("settings.toml", &format!("recent_stacks = [{:?}]\n", blog_file(home)));
    let language = if look.german { "de_DE.UTF-8" } else { "en_GB.UTF-8" };
    let app = Programs::app();
    home.write_script("spoken-app", &format!("LANG={language} exec '{}' \"$@\"", app.display()));
    home.path().join("bin/spoken-app")
}

/// A web shop of five services: one has no port and floods, and one fails while a file is there.
fn shop(home: &Home, ports: &PortBlock) -> String {
    let fixture = Programs::fixture();
    for name in ["api", "web", "search"] {
        home.write_script(&format!("shop-{name}"), &format!("exec '{}' --name {name}", fixture.display()));
    }
    home.write_script(
        "shop-payments",
        &format!(
            "echo 'payments: taking orders from the API'\n\
             echo 'payments: asking the bank for a session'\n\
             if [ -e '{}' ]; then\n\
             echo 'payments: the bank answers 401 Unauthorized' >&2\n\
             echo 'payments: the key of the bank has expired' >&2\n\
             exit 78\nfi\nexec '{}' --name payments",
            home.path().join("expired").display(),
            fixture.display()
        ),
    );
    home.write_script(
        "shop-worker",
        "i=48100\nwhile :; do n=0\n\
         while [ $n -lt 20 ]; do n=$((n+1)) i=$((i+1))\n\
         echo \"order $i: receipt sent in $((i * 7 % 83 + 9)) ms\"\n\
         done; sleep 0.05\n\
         [ $((i % 60)) = 0 ] && echo \"order $i: mail server is busy, next try in 5 s\" >&2\n\
         sleep 0.05; done",
    );
    let service = |name: &str, label: &str, more: &str| {
        format!(
            "\n[service.{name}]\nlabel = \"{label}\"\ncommand = [\"shop-{name}\"]\nhandoff = \"socket\"\n\
             port = {{ env = \"{}_PORT\" }}\nhealth = {{ http = \"/health\" }}\n{more}\n",
            name.to_uppercase()
        )
    };
    format!(
        "name = \"Web shop\"\nports = \"{}\"\n{}{}\n[service.worker]\nlabel = \"Worker\"\n\
         command = [\"shop-worker\"]\n{}{}",
        ports.range(),
        service("api", "API", ""),
        service("web", "Web", "needs = [\"api\"]\nopen = \"/\""),
        service("payments", "Payments", "needs = [\"api\"]"),
        service("search", "Search", ""),
    )
}

fn blog_file(home: &Home) -> PathBuf {
    home.path().join("blog/skinai.toml")
}

/// Another project, in a folder of its own.
fn blog(home: &Home, ports: &PortBlock) -> PathBuf {
    let file = blog_file(home);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("own folder");
    let service = |name: &str, label: &str| {
        format!(
            "\n[service.{name}]\nlabel = \"{label}\"\ncommand = [\"{}\", \"--name\", \"{name}\"]\n\
             handoff = \"socket\"\nport = {{ env = \"{}_PORT\" }}\nhealth = {{ http = \"/health\" }}\n",
            Programs::fixture().display(),
            name.to_uppercase()
        )
    };
    let (site, comments) = (service("site", "Site"), service("comments", "Comments"));
    std::fs::write(&file, format!("name = \"Blog\"\nports = \"{}\"\n{site}{comments}", ports.range()))
        .expect("own folder");
    file
}
