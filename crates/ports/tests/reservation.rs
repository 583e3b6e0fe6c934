//! What a reservation keeps, and what a lease keeps of it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Block, HOST, Hold, V6};
use ports::{Allocator, Leases, TakenReason, is_blocked_by_browsers, is_port_free};

/// Whether a port is kept from somebody, in the words of each system.
fn is_kept(from: std::io::Result<socket2::Socket>) -> bool {
    from.is_err_and(|error| {
        error.kind() == ErrorKind::AddrInUse || cfg!(windows) && error.kind() == ErrorKind::PermissionDenied
    })
}

fn allocator_on(folder: &Path) -> Allocator {
    let (leases, warning) = Leases::open(folder);
    assert_eq!(warning, None);
    Allocator::new(leases)
}

#[test]
fn a_reservation_listens_blocks_and_is_not_inherited() {
    let block = Block::new(1);
    let reservation = Allocator::new(Leases::none()).reserve(block.port(0), HOST).unwrap();
    let listener = reservation.listener().unwrap();
    assert_eq!(listener.local_addr().unwrap(), reservation.addr());
    TcpStream::connect(reservation.addr()).unwrap();
    #[cfg(unix)]
    {
        use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
        use std::os::fd::AsFd;
        let flags = |what| fcntl(listener.as_fd(), what).unwrap();
        assert!(FdFlag::from_bits_retain(flags(FcntlArg::F_GETFD)).contains(FdFlag::FD_CLOEXEC));
        assert!(!OFlag::from_bits_retain(flags(FcntlArg::F_GETFL)).contains(OFlag::O_NONBLOCK));
    }
}

#[test]
fn nobody_can_join_or_rob_a_reservation() {
    let block = Block::new(1);
    let _reservation = Allocator::new(Leases::none()).reserve(block.port(0), HOST).unwrap();
    for hold in [Hold::listening(HOST), Hold::bound(HOST, true), Hold::bound(common::ANY, true)] {
        assert!(is_kept(hold.take(block.port(0))), "{hold:?}");
    }
}

#[test]
fn a_released_port_can_be_bound_but_not_leased_and_can_be_retaken() {
    let (block, folder) = (Block::new(2), tempfile::tempdir().unwrap());
    let (port, other) = (block.port(0), allocator_on(folder.path()));
    let mut ours = allocator_on(folder.path()).reserve(port, HOST).unwrap();
    ours.release();
    assert!(!ours.is_holding() && ours.listener().is_none());
    assert!(is_port_free(port, HOST));
    assert_eq!(other.reserve(port, HOST).unwrap_err().reason, TakenReason::Leased);
    assert_eq!(other.reserve_first(&[HOST], block.range, &[]).unwrap()[0].port(), block.port(1));

    let thief = TcpListener::bind((HOST, port)).unwrap();
    // Wine tells whose a socket is once its process has used it.
    thief.ttl().unwrap();
    let taken = ours.retake().unwrap_err();
    assert_eq!((taken.reason, taken.holders[0].pid), (TakenReason::InUse, Some(std::process::id())));
    drop(thief);
    ours.retake().unwrap();
    assert!(ours.is_holding() && !is_port_free(port, HOST));
    drop(ours);
    drop(other.reserve(port, HOST).unwrap());
}

#[cfg(unix)]
#[test]
fn a_reservation_that_refuses_keeps_the_port_and_can_listen_again() {
    let block = Block::new(1);
    let port = block.port(0);
    let mut ours = Allocator::new(Leases::none()).reserve(port, HOST).unwrap();
    let mut waiting = TcpStream::connect(ours.addr()).unwrap();
    for released_before in [false, true] {
        if released_before {
            ours.release();
        }
        ours.refuse();
        assert!(!ours.is_holding());
        assert_eq!(TcpStream::connect(ours.addr()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        for host in [HOST, common::ANY, V6] {
            for hold in [Hold::listening(host), Hold::bound(host, false), Hold::bound(host, true)] {
                assert_eq!(hold.take(port).unwrap_err().kind(), ErrorKind::AddrInUse, "{host}");
            }
        }
        ours.retake().unwrap();
        assert!(ours.is_holding());
        TcpStream::connect(ours.addr()).unwrap();
        ours.listener().unwrap().accept().unwrap();
    }
    // Who waited is not left waiting.
    assert_eq!(waiting.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    ours.refuse();
    ours.release();
    assert!(is_port_free(port, HOST));
    let thief = TcpListener::bind((HOST, port)).unwrap();
    ours.refuse();
    assert!(!ours.is_holding(), "somebody has it");
    drop(thief);
}

#[cfg(unix)]
#[test]
fn what_an_heir_shut_down_listens_again_and_refuses() {
    let block = Block::new(1);
    let allocator = || Allocator::new(Leases::none());
    for times in [1, 2, 3] {
        let mut ours = match times {
            3 => allocator().reserve_any(HOST).unwrap(),
            _ => allocator().reserve(block.port(0), HOST).unwrap(),
        };
        let shut_down = |listener: &TcpListener| {
            let heir = socket2::Socket::from(listener.try_clone().unwrap());
            for _ in 0..times {
                let _ = heir.shutdown(std::net::Shutdown::Both);
            }
        };
        shut_down(ours.listener().unwrap());
        ours.retake().unwrap();
        let mut connection = TcpStream::connect(ours.addr()).unwrap();
        let mut accepted = ours.listener().unwrap().accept().unwrap().0;
        accepted.write_all(b"a").unwrap();
        connection.read_exact(&mut [0]).unwrap();
        drop((accepted, connection));

        shut_down(ours.listener().unwrap());
        ours.refuse();
        assert!(!ours.is_holding());
        assert_eq!(TcpStream::connect(ours.addr()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert!(!is_port_free(ours.port(), HOST));
    }
}

#[cfg(unix)]
#[test]
fn a_port_of_the_system_s_choosing_stays_held_when_it_is_to_refuse() {
    let mut ours = Allocator::new(Leases::none()).reserve_any(HOST).unwrap();
    ours.refuse();
    assert!(!is_port_free(ours.port(), HOST));
    ours.retake().unwrap();
}

#[test]
fn a_reservation_holds_all_of_localhost_and_refuses_at_once_where_nobody_is_to_listen() {
    let block = Block::new(1);
    for (host, other) in [(HOST, V6), (V6, HOST)] {
        let _reservation = Allocator::new(Leases::none()).reserve(block.port(0), host).unwrap();
        for hold in [Hold::listening(other), Hold::bound(other, true)] {
            assert!(is_kept(hold.take(block.port(0))), "{hold:?}");
        }
        let refused = TcpStream::connect((other, block.port(0))).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    }
}

#[cfg(unix)]
#[test]
fn what_a_service_does_not_serve_of_localhost_is_held_beside_it_and_left_to_it() {
    let block = Block::new(1);
    let port = block.port(0);
    let mut ours = Allocator::new(Leases::none()).reserve(port, HOST).unwrap();
    ours.release();
    let service = Hold::listening(HOST).take(port).unwrap();
    let plain = Hold::bound(V6, false);
    let stranger = plain.take(port).unwrap();
    assert_eq!(ours.hold_others(HOST), [(V6, port).into()]);
    drop(stranger);
    for _ in 0..2 {
        ours.hold_others(HOST);
        assert_eq!(plain.take(port).unwrap_err().kind(), ErrorKind::AddrInUse);
        assert_eq!(TcpStream::connect((V6, port)).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }
    drop(service);
    // As Vite does before it listens again.
    drop(Hold::listening(common::ANY_V6).take(port).unwrap());
    ours.release();
    drop(plain.take(port).unwrap());
    ours.retake().unwrap();
}

#[test]
fn the_system_chooses_different_ports_that_browsers_open() {
    let allocator = Allocator::new(Leases::none());
    let reservations: Vec<_> = (0..20).map(|_| allocator.reserve_any(HOST).unwrap()).collect();
    let mut ports: Vec<_> = reservations.iter().map(ports::Reservation::port).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 20);
    assert!(ports.iter().all(|&port| port != 0 && !is_blocked_by_browsers(port)));
}

#[test]
fn ports_excepted_are_passed_over() {
    let block = Block::new(4);
    let allocator = Allocator::new(Leases::none());
    let got = allocator.reserve_first(&[HOST; 2], block.range, &[block.port(0), block.port(2)]).unwrap();
    assert_eq!((got[0].port(), got[1].port()), (block.port(1), block.port(3)));
    drop(got);
    assert!(allocator.reserve_first(&[HOST; 4], block.range, &[block.port(0)]).is_err());
    assert!(is_port_free(block.port(1), HOST), "all or none");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_used_or_trusted_is_a_warning_and_ports_are_reserved_all_the_same() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let linked = folder.path().join("linked");
    std::fs::create_dir(&linked).unwrap();
    symlink(&file, linked.join("ports.lock")).unwrap();
    let open_to_all = folder.path().join("open");
    std::fs::create_dir(&open_to_all).unwrap();
    std::fs::set_permissions(&open_to_all, std::fs::Permissions::from_mode(0o777)).unwrap();
    let mut foreign = Path::new("/usr").to_owned();
    if nix::unistd::geteuid().is_root() {
        foreign = folder.path().join("foreign");
        std::fs::create_dir(&foreign).unwrap();
        std::os::unix::fs::chown(&foreign, Some(65_534), None).unwrap();
    }
    for (folder, why) in [
        (file.join("below"), "Not a directory"),
        (linked, "is a symbolic link"),
        (open_to_all, "may be written to by every user"),
        (foreign, "belongs to another user"),
    ] {
        let (leases, warning) = Leases::open(&folder);
        let warning = warning.unwrap().to_string();
        assert!(warning.starts_with("ports are not leased across instances: "), "{warning}");
        assert!(warning.contains(why), "{warning}");
        let block = Block::new(1);
        drop(Allocator::new(leases).reserve(block.port(0), HOST).unwrap());
    }
}

#[test]
fn a_killed_holder_leaves_no_lease() {
    if let Ok(task) = std::env::var("PORTS_TEST_HOLD") {
        return hold_a_lease(&task);
    }
    let (block, folder) = (Block::new(1), tempfile::tempdir().unwrap());
    let port = block.port(0);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_killed_holder_leaves_no_lease", "--nocapture"])
        .env("PORTS_TEST_HOLD", format!("{port}:{}", folder.path().display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("leased")), "the child leases");
    let allocator = allocator_on(folder.path());
    assert_eq!(allocator.reserve(port, HOST).unwrap_err().reason, TakenReason::Leased);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(allocator.reserve(port, HOST).unwrap());
}

/// The process that is started and killed.
fn hold_a_lease(task: &str) {
    let (port, folder) = task.split_once(':').unwrap();
    let mut reservation = allocator_on(Path::new(folder)).reserve(port.parse().unwrap(), HOST).unwrap();
    reservation.release();
    std::io::stdout().write_all(b"leased\n").unwrap();
    // Ends with the pipe, should the parent be gone.
    let _ = std::io::stdin().read(&mut [0]);
}
