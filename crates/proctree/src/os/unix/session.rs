//! The session that this process is in.

/// Signals reach every process without a helper.
pub fn has_asked_others_to_end() -> bool {
    false
}

/// A program that is started has no window of its own.
pub fn without_window(command: &mut std::process::Command) -> &mut std::process::Command {
    command
}

/// Leaves the terminal and whoever started this process.
pub fn leave_session() {
    // It fails only for a leader of a group, which has no terminal to leave.
    let _ = nix::unistd::setsid();
}
