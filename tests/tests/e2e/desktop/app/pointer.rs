//! The mouse of a person: real events of the X server, at a place in the panel.

use end_to_end::browser::Browser;
use end_to_end::{Desktop, SOON, eventually};
use serde_json::{Value, json};

/// The buttons as X counts them; the wheel is two of them.
pub const LEFT: u8 = 1;
/// The same.
pub const RIGHT: u8 = 3;
/// The same.
pub const WHEEL_UP: u8 = 4;
/// The same.
pub const WHEEL_DOWN: u8 = 5;

/// A place in what can be seen of an element, at that share of its width and half its height, in shares of the window.
const PLACE: &str = "const element = document.querySelector(arguments[0]); \
    let { left, right, top, bottom } = element.getBoundingClientRect(); \
    for (let at = element.parentElement; at; at = at.parentElement) { \
        if (at !== document.documentElement && getComputedStyle(at).overflowY === 'visible') continue; \
        const box = at.getBoundingClientRect(); \
        [left, right] = [Math.max(left, box.left), Math.min(right, box.right)]; \
        [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)]; \
    } \
    return [(left + (right - left) * arguments[1]) / innerWidth, (top + bottom) / 2 / innerHeight]";

/// The mouse over the window of a panel.
pub struct Pointer<'a> {
    pub desktop: &'a Desktop<'a>,
    pub panel: &'a Browser,
    pub window: String,
}

impl Pointer<'_> {
    /// Width and height of the window.
    pub fn size(&self) -> (f64, f64) {
        let text = self.desktop.run(&["xdotool", "getwindowgeometry", "--shell", &self.window]).stdout;
        let number = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.and_then(|number| number.parse().ok()).unwrap_or(0.0)
        };
        (number("WIDTH"), number("HEIGHT"))
    }

    /// How far below the top of the screen the window's inside begins.
    pub fn top(&self) -> f64 {
        let text = self.desktop.run(&["xwininfo", "-id", &self.window]).stdout;
        let line = text.lines().find_map(|line| line.trim().strip_prefix("Absolute upper-left Y:"));
        line.and_then(|number| number.trim().parse().ok()).expect("the window is there")
    }

    /// Makes the window as wide and high.
    pub fn resize(&self, width: u32, height: u32) {
        let size = [width.to_string(), height.to_string()];
        self.desktop.run(&["xdotool", "windowsize", &self.window, &size[0], &size[1]]);
        eventually(SOON, "the window has its size", || self.size() == (width.into(), height.into()));
    }

    /// Moves to the middle of what can be seen of an element, in the page and in what scrolls in it. The
    /// webview fills the window, and enlarges its page with the text of the desktop.
    pub async fn move_to(&self, css: &str) {
        self.move_along(css, 0.5).await;
    }

    /// Moves to the left edge of what can be seen of an element.
    pub async fn move_to_edge(&self, css: &str) {
        self.move_along(css, 0.01).await;
    }

    async fn move_along(&self, css: &str, share: f64) {
        let place = self.panel.execute(PLACE, vec![json!(css), json!(share)]).await.expect("it is there");
        let (width, height) = self.size();
        let pixels = |part: &Value, whole: f64| format!("{:.0}", part.as_f64().expect("a number") * whole);
        let (x, y) = (pixels(&place[0], width), pixels(&place[1], height));
        self.desktop.run(&["xdotool", "mousemove", "--window", &self.window, &x, &y]);
    }

    /// Presses a button so often, so many milliseconds between.
    pub fn press(&self, button: u8, times: u32, delay_ms: u32) {
        let (button, times, delay) = (button.to_string(), times.to_string(), delay_ms.to_string());
        self.desktop.run(&["xdotool", "click", "--repeat", &times, "--delay", &delay, &button]);
    }
}
