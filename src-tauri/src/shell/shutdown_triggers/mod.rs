//! What ends the application from outside: signals, the session manager, and the machine going down. All of them
//! end the services in order; a signal that somebody sends again ends them at once.

mod listen;
#[cfg(windows)]
mod log_off;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(target_os = "linux")]
mod session;

pub use listen::listen;
