//! What Linux knows of sockets.
#![cfg_attr(target_os = "linux", expect(clippy::unwrap_used, reason = "a test fails by panicking"))]
#![cfg(target_os = "linux")]

mod common;

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use common::{ANY, ANY_V6, Block, ELSEWHERE, HOST, Hold, V6, hindering_holds, leave_time_wait};
use ports::{
    Allocator, Leases, ListeningSocket, PortRange, PortRequest, ProcessListeners, TakenReason, get_free_port,
    holders, is_port_free, listener, listeners_of, listening_at,
};

#[test]
fn a_holder_at_an_unrelated_address_hinders_only_the_wildcard_and_itself() {
    let block = Block::new(1);
    let port = block.port(0);
    for hold in [Hold::listening(ELSEWHERE), Hold::bound(ELSEWHERE, true), Hold::bound(ELSEWHERE, false)] {
        let _socket = hold.take(port).unwrap();
        assert!(is_port_free(port, HOST) && is_port_free(port, V6), "{hold:?}");
        for host in [ANY, ANY_V6, ELSEWHERE] {
            assert!(!is_port_free(port, host), "{hold:?} {host}");
        }
        drop(Allocator::new(Leases::none()).reserve(port, HOST).unwrap());
    }
}

#[test]
fn a_port_with_nothing_but_a_leftover_connection_is_free() {
    let block = Block::new(2);
    let port = block.port(0);
    leave_time_wait(TcpListener::bind((HOST, port)).unwrap());
    let plain = Hold { listens: false, reuse: false, ..Hold::listening(HOST) }.take(port);
    assert_eq!(plain.unwrap_err().kind(), ErrorKind::AddrInUse, "the leftover is there");
    assert!(is_port_free(port, HOST) && is_port_free(port, ANY) && is_port_free(port, ANY_V6));
    assert_eq!(get_free_port(port, block.port(1)).unwrap(), port);

    let somebody = Hold::bound(HOST, true).take(port).unwrap();
    assert!(!is_port_free(port, HOST), "bound by somebody beside the leftover");
    drop(somebody);
    drop(Allocator::new(Leases::none()).reserve(port, HOST).unwrap());
}

#[test]
fn a_port_with_leftovers_is_passed_over_for_a_plain_bind_and_given_to_the_next_request() {
    let block = Block::new(3);
    let allocator = Allocator::new(Leases::none());
    leave_time_wait(TcpListener::bind((HOST, block.port(0))).unwrap());
    let plain = PortRequest { host: HOST, plain_bind: true };
    let got = allocator.reserve_first(&[plain, HOST.into(), plain], block.range, &[]).unwrap();
    let ports: Vec<u16> = got.iter().map(ports::Reservation::port).collect();
    drop(got);
    assert_eq!(ports, [block.port(1), block.port(0), block.port(2)]);
    let full = allocator.reserve_first(&[plain; 3], block.range, &[]).unwrap_err();
    assert!(full.to_string().contains("linger"), "{full}");
}

#[test]
fn the_table_shows_who_listens_where() {
    let block = Block::new(2);
    let four = Hold::listening(HOST).take(block.port(0)).unwrap();
    let _six = Hold::listening(ANY_V6).take(block.port(1)).unwrap();
    let ours = listeners_of(&[std::process::id()]).unwrap().addresses;
    assert!(ours.contains(&(HOST, block.port(0)).into()) && ours.contains(&(ANY_V6, block.port(1)).into()));
    assert_eq!(listeners_of(&[u32::MAX]).unwrap(), ProcessListeners::default());
    let inode = nix::sys::stat::fstat(&four).unwrap().st_ino;
    let address = four.local_addr().unwrap().as_socket().unwrap();
    let _unaccepted = TcpStream::connect(address).unwrap();
    assert_eq!(listening_at(address).unwrap(), [ListeningSocket { inode, waiting: 1 }]);
    assert_eq!(listening_at((V6, block.port(0)).into()).unwrap(), []);
    assert_eq!(
        listening_at((HOST, block.port(1)).into()).unwrap().len(),
        1,
        "at every address of both families"
    );
    let us = Some(std::process::id());
    assert_eq!(listener(address).unwrap().pid, us);
    assert_eq!(listener((V6, block.port(0)).into()), None);
    let holder = &holders(block.port(0))[0];
    assert_eq!(holder.user, None);
    assert!(holder.command.as_ref().unwrap().contains("sockets-"), "{holder:?}");
}

#[test]
fn a_machine_without_the_ipv6_loopback_has_free_and_taken_ports_too() {
    const INSIDE: &str = "PORTS_TEST_WITHOUT_LOOPBACK";
    if std::env::var_os(INSIDE).is_none() {
        // In a fresh network namespace ::1 is missing until somebody brings the loopback up.
        let alone = Command::new("unshare")
            .args(["--map-root-user", "--net"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "a_machine_without_the_ipv6_loopback_has_free_and_taken_ports_too"])
            .env(INSIDE, "1")
            .output()
            .unwrap();
        let said =
            String::from_utf8_lossy(&alone.stderr).into_owned() + &String::from_utf8_lossy(&alone.stdout);
        assert!(alone.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let (port, allocator) = (8000, Allocator::new(Leases::none()));
    assert!(is_port_free(port, ANY) && is_port_free(port, ANY_V6));
    assert_eq!(allocator.reserve(port, V6).unwrap_err().reason, TakenReason::AddressNotAvailable);
    for hold in hindering_holds().into_iter().filter(|hold| hold.address != V6) {
        let _socket = hold.take(port).unwrap();
        assert!(!is_port_free(port, HOST) && !is_port_free(port, ANY), "{hold:?}");
        let next = allocator.reserve_first(&[HOST], PortRange::new(port, 8010).unwrap(), &[]).unwrap();
        assert_eq!(next[0].port(), port + 1, "{hold:?}");
    }
}
