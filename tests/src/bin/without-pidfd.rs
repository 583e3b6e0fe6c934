//! `without-pidfd ERRNO PROGRAM ARGUMENTS…`: goes on as a program to which the system refuses descriptors of processes,
//! as the filters of containers and kernels before 5.3 do.

#[cfg(target_os = "linux")]
fn main() {
    use std::os::unix::process::CommandExt;

    use nix::libc::{SYS_pidfd_open, SYS_pidfd_send_signal};
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

    let mut arguments = std::env::args_os().skip(1);
    let mut next = || arguments.next().expect("ERRNO PROGRAM ARGUMENTS…");
    let error = next().to_str().and_then(|number| number.parse().ok()).expect("a number");
    let mut program = std::process::Command::new(next());
    let refused = [SYS_pidfd_open, SYS_pidfd_send_signal].map(|call| (call, Vec::new()));
    let machine = std::env::consts::ARCH.try_into().expect("a machine that has seccomp");
    let filter =
        SeccompFilter::new(refused.into(), SeccompAction::Allow, SeccompAction::Errno(error), machine);
    let filter: BpfProgram = filter.and_then(TryInto::try_into).expect("a filter");
    seccompiler::apply_filter(&filter).expect("a filter can always be added");
    panic!("{}", program.args(arguments).exec());
}

#[cfg(not(target_os = "linux"))]
fn main() {}
