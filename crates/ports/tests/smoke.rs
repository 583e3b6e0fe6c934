//! The whole surface once.
use ports::*;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
#[test]
fn surface() {
    let dir = tempfile::tempdir().unwrap();
    let (leases, warning) = Leases::open(&dir.path().join("x"));
    assert_eq!(warning, None);
    let allocator = Allocator::new(leases);
    let mut a = allocator.reserve_any(HOST).unwrap();
    let port = a.port();
    assert!(!is_port_free(port, HOST));
    let other = Allocator::new(Leases::open(&dir.path().join("x")).0);
    let taken = other.reserve(port, HOST).unwrap_err();
    assert_eq!(taken.reason, TakenReason::Leased);
    println!("{taken}");
    a.release();
    assert!(is_port_free(port, HOST));
    let thief = TcpListener::bind((HOST, port)).unwrap();
    let taken = a.retake().unwrap_err();
    println!("{taken} {:?}", taken.holders);
    assert_eq!(listeners_of(&[std::process::id()]).unwrap(), [thief.local_addr().unwrap()]);
    assert_eq!(listening_inodes(port).unwrap().len(), 1);
    drop(thief);
    a.retake().unwrap();
    let got = other.reserve_first(&[HOST; 3], PortRange::new(port, port + 20).unwrap(), &[port + 1]).unwrap();
    println!("{got:?}");
    println!("{}", get_multiple_free_ports(30, port, port + 10).unwrap_err());
    println!("{:?}", get_free_port(port, port + 10));
}
