//! Which ports count as free.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(any(target_os = "linux", windows))]

mod common;

use std::net::{IpAddr, Ipv4Addr};

use common::{ANY, ANY_V6, Block, ELSEWHERE, HOST, Hold, V6, hindering_holds, leave_time_wait};
use ports::{Allocator, Leases, TakenReason, get_free_port, get_multiple_free_ports, is_port_free};

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
        // Wine does not tell whose sockets of IPv6 are.
        if hold.address.is_ipv4() || cfg!(target_os = "linux") {
            assert_eq!(taken.holders[0].pid, Some(std::process::id()), "{hold:?}");
        }
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
