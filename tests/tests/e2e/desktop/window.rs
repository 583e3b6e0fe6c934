//! The panel's window: how it comes, where it stands, what it is called, and what keys and buttons do in it.

use std::time::Duration;

use end_to_end::browser::Browser;
use end_to_end::{Desktop, Home, PortBlock, Programs, SOON, eventually, eventually_async, eventually_some};
use serde_json::{Value, json};

use super::app::film::{Frame, film};
use super::app::pointer::{Pointer, RIGHT};
use super::app::{CLICK_WITHIN, PANEL, click, healthy, healthy_icon, stack};

/// `--grey-0` of the pages, light and dark.
const PAGE: [[u8; 3]; 2] = [[252, 250, 248], [25, 23, 20]];
/// A window shows more of it than this; the rest is text and edges.
const MOST_OF_A_PAGE: f64 = 0.8;
/// The colours of a window without text in it, at most.
const EMPTY_COLOURS_MAX: usize = 20;

#[tokio::test]
async fn a_window_comes_with_its_page_and_in_the_colour_of_its_page() {
    for (theme, colour) in ["0", "1"].into_iter().zip(PAGE) {
        let (home, ports) = (Home::new(), PortBlock::lock());
        home.write_stack(&stack(&ports));
        let gtk = home.path().join("config/gtk-3.0");
        std::fs::create_dir_all(&gtk).unwrap();
        let settings = format!("[Settings]\ngtk-application-prefer-dark-theme={theme}\n");
        std::fs::write(gtk.join("settings.ini"), settings).unwrap();
        let desktop = Desktop::start(&home);
        let _app = desktop.launch_app(&["--hidden"]);
        let icon = healthy_icon(&desktop).await;
        icon.click(&["Show port map"]).await;
        let window = eventually_some(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).pop());
        let frames = film(desktop.display(), &window, Duration::from_secs(3));
        let is_of_the_page = |frame: &Frame| frame.share_of(colour) > MOST_OF_A_PAGE;
        // Before it is drawn at all, the X server shows what lies under it.
        let drawn: Vec<_> = frames.iter().skip_while(|frame| !is_of_the_page(frame)).collect();
        let painted = drawn.iter().find(|frame| frame.colours() > EMPTY_COLOURS_MAX);
        let painted_at = painted.expect("its text is painted").at;
        assert!(painted_at < Duration::from_millis(1500), "{theme}: it is empty for {painted_at:?}");
        assert!(drawn.iter().all(|frame| is_of_the_page(frame)), "{theme}: it flashes");
        let under_it = frames.len() - drawn.len();
        let of_the_other =
            |frame: &Frame| theme == "1" && frame.share_of(PAGE[0]) + frame.share_of([255; 3]) > 0.2;
        assert!(!frames[..under_it].iter().any(of_the_other), "{theme}: it flashes at first");
    }
}

#[tokio::test]
async fn the_window_is_called_after_the_stack_and_known_by_its_desktop_file() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports).replacen("Skin AI Assistant", "Web shop", 1));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&[]);
    let window = eventually_some(CLICK_WITHIN, "the title names the stack", || {
        desktop.windows("^Web shop – Skin AI Assistant$").pop()
    });
    let known =
        desktop.run(&["xprop", "-id", &window, "WM_CLASS", "_NET_WM_ICON", "_NET_WM_ICON_NAME"]).stdout;
    let desktop_file = include_str!("../../../../packaging/linux/skin-ai-assistant.desktop.hbs");
    assert!(desktop_file.contains("StartupWMClass=skin-ai-assistant\n"));
    assert!(known.contains("WM_CLASS(STRING) = \"skin-ai-assistant\""), "{known}");
    assert!(known.contains("Icon (") && known.contains("\"Web shop – Skin AI Assistant\""), "{known}");
}

#[tokio::test]
async fn the_first_window_stands_beside_the_tray() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&[]);
    let window = eventually_some(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).pop());
    let place = || -> Option<[i32; 4]> {
        let text = desktop.run(&["xwininfo", "-id", &window]).stdout;
        let number = |name: &str| {
            text.lines().find_map(|line| line.trim().strip_prefix(name)?.trim().parse::<i32>().ok())
        };
        Some([
            number("Absolute upper-left X:")?,
            number("Absolute upper-left Y:")?,
            number("Width:")?,
            number("Height:")?,
        ])
    };
    // The session's panel lies at the top, its tray to the right.
    eventually(CLICK_WITHIN, "it stands in the upper right corner", || {
        place().is_some_and(|[x, y, width, _]| (1240..=1280).contains(&(x + width)) && y < 110)
    });
}

#[tokio::test]
async fn keys_enlarge_the_panel_and_close_it_and_none_loads_it_anew() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    let window = eventually_some(SOON, "the panel is shown", || desktop.windows(PANEL).pop());
    let key = |keys: &str| {
        desktop.run(&["xdotool", "windowactivate", "--sync", &window]);
        desktop.run(&["xdotool", "key", keys]);
    };
    let is = async |script: &str, expected: Value| {
        let script = format!("return {script}");
        eventually_async(SOON, &format!("{script}: {expected}"), async || {
            (panel.execute(&script, vec![]).await.ok()? == expected).then_some(())
        })
        .await;
    };
    is("innerWidth", json!(420)).await;
    key("ctrl+plus");
    is("innerWidth", json!(381)).await;
    key("ctrl+0");
    is("innerWidth", json!(420)).await;
    key("ctrl+minus");
    is("innerWidth", json!(466)).await;

    panel.execute("window.kept = true", vec![]).await.unwrap();
    for keys in ["F5", "ctrl+r", "ctrl+shift+r"] {
        key(keys);
    }
    // The driver's own click goes astray in an enlarged page.
    panel.execute("document.querySelector('[data-action=settings]').click()", vec![]).await.unwrap();
    is("document.querySelector('[data-view=settings]') !== null", json!(true)).await;
    key("Escape");
    is("document.querySelector('[data-view=settings]')", Value::Null).await;
    panel.execute("document.querySelector('[data-action=details]').click()", vec![]).await.unwrap();
    is("document.querySelector('[data-action=reallocate]') !== null", json!(true)).await;
    panel.execute("document.querySelector('[data-action=reallocate]').click()", vec![]).await.unwrap();
    is("document.querySelector('[data-action=reallocate-sure]') !== null", json!(true)).await;
    key("Escape");
    is("document.querySelector('[data-action=reallocate-sure]')", Value::Null).await;
    is("window.kept", json!(true)).await;
    key("Escape");
    eventually(CLICK_WITHIN, "the panel is closed", || desktop.windows(PANEL).is_empty());
    assert!(healthy(&home, "default").all_healthy());
    let _ = desktop.launch_app(&["--quit"]).wait(SOON);
    panel.close().await;

    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let width = async || panel.execute("return innerWidth", vec![]).await.ok();
    eventually_async(SOON, "it is as small as it was", async || (width().await? == json!(466)).then_some(()))
        .await;
    let window = eventually_some(SOON, "the panel is shown", || desktop.windows(PANEL).pop());
    desktop.run(&["xdotool", "windowactivate", "--sync", &window]);
    desktop.run(&["xdotool", "key", "ctrl+w"]);
    eventually(CLICK_WITHIN, "the panel is closed", || desktop.windows(PANEL).is_empty());
    panel.close().await;
}

#[tokio::test]
async fn the_right_button_offers_to_copy_and_paste_where_there_is_text_and_nothing_elsewhere() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    let window = eventually_some(SOON, "the panel is shown", || desktop.windows(PANEL).pop());
    let pointer = Pointer { desktop: &desktop, panel: &panel, window };
    let windows = || {
        let all =
            desktop.run(&["xdotool", "search", "--onlyvisible", "--class", "^skin-ai-assistant$"]).stdout;
        all.lines().count()
    };
    let only = windows();
    panel
        .execute("addEventListener('contextmenu', () => (window.asked = (window.asked ?? 0) + 1))", vec![])
        .await
        .unwrap();
    pointer.move_to("[data-field=stack]").await;
    pointer.press(RIGHT, 1, 0);
    eventually_async(SOON, "the page is asked", async || {
        (panel.execute("return window.asked", vec![]).await.ok()? == json!(1)).then_some(())
    })
    .await;
    click(&panel, "[data-action=settings]").await;
    // Had there been a menu, it would have taken the click.
    eventually_async(SOON, "the settings are shown", async || {
        let shown = "return document.querySelector('[data-setting=range]') !== null";
        (panel.execute(shown, vec![]).await.ok()? == json!(true)).then_some(())
    })
    .await;
    assert_eq!(windows(), only);
    pointer.move_to("[data-setting=range]").await;
    pointer.press(RIGHT, 1, 0);
    eventually(SOON, "a menu is shown", || windows() > only);
    panel.close().await;
}
