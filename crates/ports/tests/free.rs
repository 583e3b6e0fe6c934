//! Which ports count as free.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

mod common;

use std::io::{ErrorKind, Read};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;

use common::{ANY, ANY_V6, Block, HOST, Hold, V6, hindering_holds};
use ports::{
    Allocator, Leases, ListeningSocket, PortRange, PortRequest, ProcessListeners, TakenReason, get_free_port,
    get_multiple_free_ports, holders, is_port_free, listener, listeners_of, listening_at,
};

const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

#[test]
fn a_port_held_where_a_browser_could_reach_it_is_taken_and_the_next_one_is_given() {
    let block = Block::new(6);
    let port = block.port(0);
    let allocator = Allocator::new(Leases::none());
    for hold in hindering_holds() {
        let socket = hold.take(port).unwrap();
        assert!(!is_port_free(port, HOST), "{hold:?}");
        let taken = allocator.reserve(port, HOST).unwrap_err();
        assert_eq!(taken.reason, TakenReason::InUse, "{hold:?}");
        assert_eq!(taken.holders[0].pid, Some(std::process::id()), "{hold:?}");
        assert!(taken.to_string().starts_with(&format!("port {port} is taken by ")), "{taken}");
        let next = allocator.reserve_first(&[HOST], block.range, &[]).unwrap();
        assert_eq!(next[0].port(), port + 1, "{hold:?}");
        drop(socket);
        assert!(is_port_free(port, HOST), "{hold:?}");
    }
}

#[test]
fn every_hold_hinders_a_service_at_the_other_addresses_too() {
    let block = Block::new(1);
    for host in [V6, ANY, ANY_V6, ELSEWHERE] {
        for hold in hindering_holds() {
            let _socket = hold.take(block.port(0)).unwrap();
            assert!(!is_port_free(block.port(0), host), "{hold:?} {host}");
        }
        assert!(is_port_free(block.port(0), host));
    }
}

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
fn a_reservation_that_served_connections_can_be_had_again_at_once() {
    let block = Block::new(3);
    let allocator = Allocator::new(Leases::none());
    for _ in 0..3 {
        let reservations = allocator.reserve_first(&[HOST; 3], block.range, &[]).unwrap();
        let ports: Vec<_> = reservations.iter().map(ports::Reservation::port).collect();
        assert_eq!(ports, block.range.iter().collect::<Vec<_>>());
        for reservation in &reservations {
            leave_time_wait(reservation.listener().unwrap().try_clone().unwrap());
        }
    }
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
fn what_cannot_be_bound_says_why() {
    let allocator = Allocator::new(Leases::none());
    let nowhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let block = Block::new(1);
    assert_eq!(
        allocator.reserve(block.port(0), nowhere).unwrap_err().reason,
        TakenReason::AddressNotAvailable
    );
    let error = allocator.reserve_first(&[nowhere], block.range, &[]).unwrap_err();
    assert!(error.to_string().contains("no address of this machine"), "{error}");
    assert!(!is_port_free(0, HOST));
}

#[test]
fn a_full_range_is_refused_with_its_holders_and_never_cut_short() {
    let block = Block::new(5);
    let _sockets: Vec<_> = (1..5).map(|at| Hold::listening(HOST).take(block.port(at)).unwrap()).collect();
    assert_eq!(get_multiple_free_ports(1, block.port(0), block.port(4)).unwrap(), [block.port(0)]);
    assert_eq!(get_multiple_free_ports(0, block.port(0), block.port(4)).unwrap(), [0_u16; 0]);
    let error = get_multiple_free_ports(2, block.port(0), block.port(4)).unwrap_err();
    assert_eq!((error.wanted, error.found), (2, 1));
    let text = error.to_string();
    assert!(text.starts_with(&format!(
        "only 1 of 2 ports free in {}: {} is held by ",
        block.range,
        block.port(1)
    )));
    assert!(text.contains(&format!("({})", std::process::id())) && !text.contains('\n'), "{text}");
    let reversed = get_free_port(9000, 8000).unwrap_err().to_string();
    assert_eq!(reversed, "port range 9000-8000 starts above its end; did you mean 8000-9000?");
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
    assert!(holder.command.as_ref().unwrap().contains("free-"), "{holder:?}");
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

/// Serves one connection, closes it first, and then the listener.
fn leave_time_wait(listener: TcpListener) {
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    drop(listener.accept().unwrap());
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
}
