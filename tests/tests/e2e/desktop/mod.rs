//! The tray application in a desktop session: D-Bus, X server, window manager and panel of its own.

mod about;
mod app;
mod commands;
mod drawing;
mod happened;
mod interaction;
mod journey;
mod logs;
mod openers;
mod panel;
mod pictures;
mod rows;
mod shutdown;
mod soak;
mod stacks;
mod stillness;
mod tooltips;
mod tray;
mod wayland;
mod why;
mod window;
