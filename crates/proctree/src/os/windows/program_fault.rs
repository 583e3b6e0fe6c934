//! Why the system would refuse to run a program.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use contract::ProgramFault;
use windows_sys::Win32::Foundation::{ERROR_BAD_EXE_FORMAT, ERROR_EXE_MACHINE_TYPE_MISMATCH};

/// Why a file that was named or found cannot be run: what may be executed is said by a name's ending.
pub(crate) fn not_executable(file: &Path) -> Option<ProgramFault> {
    Some(if file.is_dir() { ProgramFault::Folder } else { ProgramFault::NoProgram })
}

/// What cannot run is refused at its start.
pub(crate) fn fault(
    _program: &Path,
    _path: Option<&OsStr>,
    _cwd: Option<&Path>,
) -> Option<(ProgramFault, String)> {
    None
}

/// See [`fault`].
pub(crate) fn other_machine(_program: &Path) -> Option<String> {
    None
}

/// Whether the system has no way to run the file: CreateProcess runs no scripts but those of `cmd`, whatever PATHEXT
/// says.
pub(crate) fn is_no_program(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(i32::cast_unsigned);
    matches!(code, Some(ERROR_BAD_EXE_FORMAT | ERROR_EXE_MACHINE_TYPE_MISMATCH))
}
