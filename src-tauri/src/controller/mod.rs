//! The controller: the one task that owns all state of the application.
//!
//! It gets [commands](Command) of tray, panel and signals through one channel, and events of what it
//! set going through another; it turns its state into a [`TrayView`](crate::view::TrayView) and panel events,
//! and tells the [`Desktop`] what to show. It knows nothing of Tauri.
//!
//! | file | what it does |
//! |---|---|
//! | `task` | receives commands and events, one after the other |
//! | `state`, `stack_state` | what the controller knows, of all and of one stack, and what is shown of it |
//! | `command`, `handlers`, `reply` | what it is told to do, how it does it, and where the answers go |
//! | `event`, `on_event` | what came of what it set going, and what it does then |
//! | `stacks`, `discovery` | which stacks there are: those that others run, and those that were opened here |
//! | `dropped`, `question` | stack files that were dropped, and what is asked about them |
//! | `instance_link` | an instance, in this process or another's |
//! | `launch`, `engine_launcher` | when an engine is launched, and how |
//! | `desktop` | what the controller needs of the desktop |
//! | `about` | what the application is and runs, and diagnostics |
//! | `logs` | what services printed |
//! | `open`, `copy` | opens services, folders and files; copies where services are |
//! | `settings_update` | checks, applies and saves settings |
//! | `panel_feed`, `log_subscriptions` | what the panel's page is sent |
//! | `notifications`, `notices` | what the user and the log are told |

mod about;
mod command;
mod copy;
mod desktop;
mod discovery;
mod dropped;
mod engine_launcher;
mod event;
mod handlers;
mod instance_link;
mod launch;
mod log_subscriptions;
mod logs;
mod notices;
mod notifications;
mod on_event;
mod open;
mod panel_feed;
mod question;
mod reply;
mod settings_update;
mod stack_state;
mod stacks;
mod state;
mod task;
#[cfg(test)]
mod tests;

pub use about::{About, Diagnostics};
pub use command::{Command, CommandReceiver, ControllerHandle};
pub use copy::{CopyForm, Copyable};
pub use desktop::{Desktop, Opened};
pub use engine_launcher::{EngineLauncher, LaunchRefusal};
pub use handlers::PANEL;
pub use logs::{LogEntry, LogMatches, LogPlace, LogQuery, LogService};
pub use notifications::Notification;
pub use panel_feed::{PanelEvent, StackSummary};
pub use question::Question;
pub use reply::{ReplyTo, Sink};
pub use state::{Controller, Startup};
pub use task::run;
