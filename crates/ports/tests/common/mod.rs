//! Ports for a test of its own, and the sockets that others may have on them.
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

use ports::{PortRange, is_port_free};
use socket2::{Domain, Socket, Type};

pub const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// An address that has nothing to do with `localhost`.
pub const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
pub const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
pub const ANY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
pub const ANY_V6: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// Free ports in a row that no other test uses while this lives.
pub struct Block {
    pub range: PortRange,
    /// UDP ports are numbered apart, so that they mark what is spoken for without being in the way.
    _marks: Vec<UdpSocket>,
}

impl Block {
    pub fn new(ports: u16) -> Self {
        // Below the range that the system chooses from, above the one that the end-to-end tests use.
        const START: u16 = 24_100;
        const SPAN: u16 = 7_900;
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let seed = (std::process::id() as u16).wrapping_mul(7919);
        for _ in 0..5_000 {
            let step = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(97);
            let start = START + seed.wrapping_add(step) % SPAN;
            let end = start + ports - 1;
            let marks: Result<Vec<_>, _> = (start..=end).map(|port| UdpSocket::bind((HOST, port))).collect();
            let Ok(marks) = marks else { continue };
            // A connection that another test left behind keeps a port from those that do not share addresses.
            let untouched = |port| [HOST, V6].iter().all(|own| Hold::bound(*own, false).take(port).is_ok());
            if (start..=end).all(|port| is_port_free(port, ANY_V6) && untouched(port)) {
                return Self { range: PortRange::new(start, end).unwrap(), _marks: marks };
            }
        }
        panic!("no {ports} free ports in a row");
    }

    pub fn port(&self, offset: u16) -> u16 {
        self.range.start() + offset
    }
}

/// What somebody else may do with a port.
#[derive(Debug, Clone, Copy)]
pub struct Hold {
    pub address: IpAddr,
    pub reuse: bool,
    pub listens: bool,
    pub only_v6: bool,
}

impl Hold {
    pub const fn listening(address: IpAddr) -> Self {
        Self { address, reuse: true, listens: true, only_v6: false }
    }

    pub const fn bound(address: IpAddr, reuse: bool) -> Self {
        Self { address, reuse, listens: false, only_v6: false }
    }

    pub fn take(self, port: u16) -> std::io::Result<Socket> {
        let domain = if self.address.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
        let socket = Socket::new(domain, Type::STREAM, None)?;
        if domain == Domain::IPV6 {
            socket.set_only_v6(self.only_v6)?;
        }
        socket.set_reuse_address(self.reuse)?;
        socket.bind(&SocketAddr::new(self.address, port).into())?;
        if self.listens {
            socket.listen(8)?;
        }
        // Wine tells whose a socket is once its process has used it.
        let _ = socket.ttl_v4();
        Ok(socket)
    }
}

/// Every way of having a port that makes it taken for a service at 127.0.0.1.
pub fn hindering_holds() -> Vec<Hold> {
    let mut holds = Vec::new();
    for address in [HOST, V6, ANY, ANY_V6] {
        holds.extend([Hold::listening(address), Hold::bound(address, false), Hold::bound(address, true)]);
    }
    holds.push(Hold { only_v6: true, ..Hold::listening(ANY_V6) });
    holds.push(Hold { only_v6: true, ..Hold::bound(ANY_V6, true) });
    if cfg!(windows) {
        // Under wine, who is bound and does not listen is in nobody's way.
        holds.retain(|hold| hold.listens);
    }
    holds
}

/// Serves one connection, closes it first, and then the listener.
pub fn leave_time_wait(listener: TcpListener) {
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    drop(listener.accept().unwrap());
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
}
