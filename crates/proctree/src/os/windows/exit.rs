//! How a process ended.

use std::process::ExitStatus;

use contract::Cause;
use windows_sys::Win32::Foundation::{
    STATUS_ACCESS_VIOLATION, STATUS_CONTROL_C_EXIT, STATUS_DLL_INIT_FAILED, STATUS_DLL_NOT_FOUND,
    STATUS_ENTRYPOINT_NOT_FOUND, STATUS_HEAP_CORRUPTION, STATUS_ILLEGAL_INSTRUCTION,
    STATUS_INTEGER_DIVIDE_BY_ZERO, STATUS_INVALID_IMAGE_FORMAT, STATUS_NO_MEMORY,
    STATUS_STACK_BUFFER_OVERRUN, STATUS_STACK_OVERFLOW,
};

/// How a process ended, for people. Where the system ended it, the code is one of its errors (NTSTATUS), which people
/// look up in hexadecimal.
pub fn exit_cause(status: ExitStatus) -> Cause {
    match status.code() {
        None => "ended".into(),
        Some(code) if is_error_of_system(code) => Cause::Signalled { signal: shown(code) },
        Some(code) => Cause::Exited { code },
    }
}

/// There are no signals.
pub fn signal_name(_status: ExitStatus) -> Option<String> {
    None
}

/// The first four bits say that it is an error, and neither a customer's nor reserved.
fn is_error_of_system(code: i32) -> bool {
    code.cast_unsigned() >> 28 == 0xC
}

fn shown(code: i32) -> String {
    let name = match code {
        STATUS_ACCESS_VIOLATION => "STATUS_ACCESS_VIOLATION",
        STATUS_CONTROL_C_EXIT => "STATUS_CONTROL_C_EXIT",
        STATUS_DLL_INIT_FAILED => "STATUS_DLL_INIT_FAILED",
        STATUS_DLL_NOT_FOUND => "STATUS_DLL_NOT_FOUND",
        STATUS_ENTRYPOINT_NOT_FOUND => "STATUS_ENTRYPOINT_NOT_FOUND",
        STATUS_HEAP_CORRUPTION => "STATUS_HEAP_CORRUPTION",
        STATUS_ILLEGAL_INSTRUCTION => "STATUS_ILLEGAL_INSTRUCTION",
        STATUS_INTEGER_DIVIDE_BY_ZERO => "STATUS_INTEGER_DIVIDE_BY_ZERO",
        STATUS_INVALID_IMAGE_FORMAT => "STATUS_INVALID_IMAGE_FORMAT",
        STATUS_NO_MEMORY => "STATUS_NO_MEMORY",
        STATUS_STACK_BUFFER_OVERRUN => "STATUS_STACK_BUFFER_OVERRUN",
        STATUS_STACK_OVERFLOW => "STATUS_STACK_OVERFLOW",
        _ => return format!("0x{code:08X}"),
    };
    format!("0x{code:08X} ({name})")
}

#[cfg(test)]
mod tests {
    use std::os::windows::process::ExitStatusExt;

    use super::*;

    #[test]
    fn codes_of_the_system_are_shown_as_people_look_them_up() {
        for (code, said) in [
            (0xC000_0135, "was ended by 0xC0000135 (STATUS_DLL_NOT_FOUND)"),
            (0xC000_ABCD, "was ended by 0xC000ABCD"),
            (u32::MAX, "exited with code -1"),
            (3, "exited with code 3"),
        ] {
            assert_eq!(exit_cause(ExitStatus::from_raw(code)).to_string(), said);
        }
    }
}
