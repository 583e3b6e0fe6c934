//! Asks processes to end, as Ctrl-C at their console does.
//!
//! Each service has a console of its own, without a window, and only who is attached to a console can send an event to
//! it. A process is attached to one console at most, and the launcher keeps its own: so this program is started again,
//! without a console, to attach itself to those of the services.

use std::os::windows::process::CommandExt;
use std::process::{Command, Stdio};

use windows_sys::Win32::System::Console::{
    AttachConsole, CTRL_C_EVENT, FreeConsole, GenerateConsoleCtrlEvent, GetConsoleProcessList,
    SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::{CREATE_NO_WINDOW, DETACHED_PROCESS};

/// The first argument of the helper; process ids follow.
const ASK_CONSOLES: &str = "ask_consoles";
/// How often it is started until it has asked.
const ATTEMPTS: u8 = 3;
/// So many processes of a console are looked at.
const PROCESSES_MAX: usize = 1024;

/// Has the consoles of these processes asked, and does `then` afterwards. What has no console cannot be asked, and is
/// killed after its grace.
pub(super) fn ask(pids: &[u32], then: impl FnOnce() + Send + 'static) {
    let Ok(program) = std::env::current_exe() else { return };
    let mut helper = Command::new(program);
    helper.arg(ASK_CONSOLES).args(pids.iter().map(u32::to_string)).creation_flags(DETACHED_PROCESS);
    helper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    std::thread::spawn(move || {
        // One that could not be started, or failed, has asked nobody.
        let _ = (0..ATTEMPTS).any(|_| helper.status().is_ok_and(|status| status.success()));
        then();
    });
}

/// Gives a program that is about to be started a console of its own that has no window: none appears where this process
/// has no console, and none that is closed takes the program along.
pub fn without_window(command: &mut Command) -> &mut Command {
    command.creation_flags(CREATE_NO_WINDOW)
}

/// Where this process was started to ask others to end, does so and says `true`. To be called first of all in `main`.
pub fn has_asked_others_to_end() -> bool {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != ASK_CONSOLES) {
        return false;
    }
    let mut asked = Vec::new();
    for pid in arguments.filter_map(|pid| pid.to_str()?.parse::<u32>().ok()) {
        if !asked.contains(&pid) {
            asked.extend(ask_console_of(pid));
        }
    }
    true
}

/// Asks all processes of a console, and says which they are.
fn ask_console_of(pid: u32) -> Vec<u32> {
    let mut pids = vec![0; PROCESSES_MAX];
    // SAFETY: the list is as long as is said; the other calls take numbers, or no handler.
    unsafe {
        FreeConsole();
        if AttachConsole(pid) == 0 {
            return Vec::new();
        }
        // This process is attached as well, and goes on.
        SetConsoleCtrlHandler(None, 1);
        let count = GetConsoleProcessList(pids.as_mut_ptr(), PROCESSES_MAX as u32) as usize;
        GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
        FreeConsole();
        // Where there are more, none is written.
        pids.truncate(if count > PROCESSES_MAX { 0 } else { count });
    }
    pids
}

/// Lets processes that are started from here on be asked: that Ctrl-C is ignored is inherited.
pub(super) fn heed_ctrl_c() {
    // SAFETY: there is no handler.
    unsafe { SetConsoleCtrlHandler(None, 0) };
}

/// Leaves the terminal, whose end would be this process's end too.
pub fn leave_session() {
    // SAFETY: takes nothing.
    unsafe { FreeConsole() };
}
