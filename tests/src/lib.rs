//! The harness of the end-to-end tests: the programs as people use them.
//!
//! Every test has a [`Home`] of its own (folders, environment, an `xdg-open` that only takes notes) and
//! a [`PortBlock`] of its own, so that tests run beside each other and beside whatever the developer has
//! running. What a test started is ended when its guard is dropped, and at the latest when the test's
//! thread ends, whatever became of the test.
//!
//! ```no_run
//! use end_to_end::{HEALTHY_WITHIN, Home, Launch, PortBlock};
//!
//! let (home, ports) = (Home::new(), PortBlock::lock());
//! let launcher = Launch::builtin(&home, &ports).start();
//! let snapshot = launcher.wait(HEALTHY_WITHIN, "all healthy", |snapshot| snapshot.all_healthy());
//! assert_eq!(snapshot.service("backend").unwrap().port, Some(ports.nth(0)));
//! ```
//!
//! A test that needs a desktop starts a [`Desktop`] (its own D-Bus session, X server, window manager and
//! panel), launches the application in it, and speaks with the [`Tray`] as the panel does. A test that
//! needs a page opens a [`browser`].

#![cfg(target_os = "linux")]

pub mod browser;
mod desktop;
mod example;
mod guard;
mod home;
pub mod http;
mod launcher;
mod launchers;
mod load;
mod obstacles;
mod ports;
pub mod processes;
mod programs;
mod site;
mod stack_file;
mod wait;

pub use desktop::{Desktop, MenuItem, Tray, TrayIcon, Wayland};
pub use example::Example;
pub use guard::Guarded;
pub use home::{Home, Outcome};
pub use launcher::{Launch, Launcher};
pub use launchers::ContractLaunchers;
pub use load::{Load, Tally};
pub use obstacles::{FrozenFolder, full_pipe};
pub use ports::PortBlock;
pub use programs::Programs;
pub use site::{Site, installed, path};
pub use stack_file::StackFile;
pub use wait::{HEALTHY_WITHIN, SOON, eventually, eventually_async, eventually_some};
