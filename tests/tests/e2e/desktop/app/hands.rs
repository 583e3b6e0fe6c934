//! A person at the panel, by mouse and wheel or by the keyboard alone: real events of the X server.

use std::time::Duration;

use end_to_end::{SOON, eventually_async};
use serde_json::{Value, json};

use super::pointer::{LEFT, Pointer, WHEEL_DOWN, WHEEL_UP};

/// What a person uses.
#[derive(Clone, Copy)]
pub enum By {
    Mouse,
    Keyboard,
}

/// The hands of a person at a panel.
pub struct Hands<'a> {
    pub by: By,
    pub pointer: Pointer<'a>,
}

/// What stands still for so long rests.
const A_WHILE: Duration = Duration::from_millis(100);
/// No view has more controls than this.
const TABS_MAX: usize = 80;

/// Where an element is to be found in what scrolls: above (-1) or below (1) of what can be seen.
const WHERE: &str = "const element = document.querySelector(arguments[0]); \
    if (!element) return null; \
    const box = element.getBoundingClientRect(); \
    const main = element.closest('main')?.getBoundingClientRect(); \
    if (!main || (box.top <= main.top && box.bottom >= main.bottom)) return 0; \
    return box.top < main.top - 1 ? -1 : box.bottom > main.bottom + 1 ? 1 : 0";

impl Hands<'_> {
    /// Presses a control.
    pub async fn press(&self, css: &str) {
        self.at(css).await;
        match self.by {
            By::Mouse => self.pointer.press(LEFT, 1, 0),
            By::Keyboard => self.key("Return"),
        }
    }

    /// Chooses an entry of the menu that is open.
    pub async fn choose(&self, css: &str) {
        match self.by {
            By::Mouse => self.press(css).await,
            By::Keyboard => {
                self.go(css, "Down").await;
                self.key("Return");
            }
        }
    }

    /// Asks for something in the row of a service: by the control, or by its key.
    pub async fn on_row(&self, service: &str, action: &str, key: &str) {
        match self.by {
            By::Mouse => self.press(&format!("[data-service={service}] [data-action={action}]")).await,
            By::Keyboard => {
                self.go("[data-line] *", "Tab").await;
                self.key("Home");
                self.go(&format!("[data-service={service}] [data-line] *"), "Down").await;
                self.key(key);
            }
        }
    }

    /// Goes to an element: the pointer is over it, or it has the focus.
    pub async fn at(&self, css: &str) {
        match self.by {
            By::Mouse => {
                self.bring_into_view(css).await;
                self.pointer.move_to(css).await;
            }
            By::Keyboard => self.go(css, "Tab").await,
        }
    }

    /// Scrolls what one is at a little, up or down.
    pub fn scroll(&self, wheel: u8) {
        match self.by {
            By::Mouse => self.pointer.press(wheel, 2, 20),
            By::Keyboard => self.key(if wheel == WHEEL_UP { "Page_Up" } else { "Page_Down" }),
        }
    }

    /// Presses a key.
    pub fn key(&self, key: &str) {
        self.pointer.desktop.run(&["xdotool", "key", key]);
    }

    /// Waits until such an element has the focus.
    pub async fn focused(&self, css: &str) {
        eventually_async(SOON, &format!("{css} has the focus"), async || {
            (self.read(FOCUSED, css).await? == json!(true)).then_some(())
        })
        .await;
    }

    /// What is in view of an element that scrolls, once it stands still.
    pub async fn at_rest(&self, css: &str) -> Value {
        let look = "const box = document.querySelector(arguments[0]); return [box.scrollTop, box.innerText]";
        self.twice(look, css).await
    }

    /// What is read twice alike, with a while between.
    async fn twice(&self, script: &str, css: &str) -> Value {
        let mut last = Value::Null;
        eventually_async(SOON, &format!("{css} stands still"), async || {
            let now = self.read(script, css).await?;
            tokio::time::sleep(A_WHILE).await;
            (std::mem::replace(&mut last, now.clone()) == now).then_some(now)
        })
        .await
    }

    /// Presses a key that moves the focus until such an element has it.
    async fn go(&self, css: &str, key: &str) {
        eventually_async(SOON, css, async || {
            let there = "return document.querySelector(arguments[0]) !== null";
            (self.read(there, css).await? == json!(true)).then_some(())
        })
        .await;
        for _ in 0..TABS_MAX {
            if self.read(FOCUSED, css).await == Some(json!(true)) {
                return;
            }
            self.key(key);
            eventually_async(SOON, &format!("{key} moves the focus on its way to {css}"), async || {
                let moved = "return document.activeElement !== window.focusedBefore";
                (self.read(moved, css).await? == json!(true)).then_some(())
            })
            .await;
        }
        panic!("{key} does not lead to {css}");
    }

    /// Turns the wheel over the list until an element is in view.
    async fn bring_into_view(&self, css: &str) {
        eventually_async(SOON, &format!("{css} is in view"), async || {
            let wheel = match self.read(WHERE, css).await?.as_i64()? {
                0 => return Some(()),
                -1 => WHEEL_UP,
                _ => WHEEL_DOWN,
            };
            // At its edge there is no log that would take the wheel for itself.
            self.pointer.move_to_edge("main").await;
            self.pointer.press(wheel, 1, 0);
            None
        })
        .await;
        let place = "return document.querySelector(arguments[0])?.getBoundingClientRect().toJSON() ?? null";
        self.twice(place, css).await;
    }

    async fn read(&self, script: &str, css: &str) -> Option<Value> {
        self.pointer.panel.execute(script, vec![json!(css)]).await.ok()
    }
}

const FOCUSED: &str = "window.focusedBefore = document.activeElement; \
    return document.hasFocus() && document.activeElement.matches(arguments[0])";
