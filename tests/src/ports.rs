//! Ports that no other test touches.

use std::fs::File;
use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use socket2::{Domain, Socket, Type};

/// Above the ports that services are at home on, below those of the tests of `crates/ports`.
const FIRST: u16 = 10_100;
const LAST: u16 = 24_000;
const BUILTIN: &str = include_str!("../../crates/product/src/builtin.toml");

/// A block of consecutive ports that are free, and that no other test uses as long as this lives.
pub struct PortBlock {
    first: u16,
    /// How many of them the stack may take; the rest are spare.
    stack: u16,
    next_spare: AtomicU16,
    /// The locks die with the process.
    _locks: Vec<File>,
}

impl PortBlock {
    /// How many ports a single block has.
    const SIZE: u16 = 40;
    /// How many ports at the end of a block are spare.
    const SPARE: u16 = 12;

    /// Finds 28 free ports for a stack and 12 spare ones, and locks them.
    ///
    /// # Panics
    /// When there are none.
    pub fn lock() -> Self {
        Self::lock_for(Self::SIZE - Self::SPARE)
    }

    /// Finds at least that many free ports in a row for a stack, with 12 spare ones behind them.
    ///
    /// # Panics
    /// When there are none.
    pub fn lock_for(stack: u16) -> Self {
        let wanted = (stack + Self::SPARE).div_ceil(Self::SIZE);
        let blocks = (LAST - FIRST) / Self::SIZE - wanted;
        let start = fastrand::u16(..blocks);
        for step in 0..blocks {
            let first = FIRST + (start + step) % blocks * Self::SIZE;
            let locks: Option<Vec<File>> = (0..wanted).map(|n| lock_block(first + n * Self::SIZE)).collect();
            if let Some(locks) = locks {
                let stack = wanted * Self::SIZE - Self::SPARE;
                return Self { first, stack, next_spare: AtomicU16::new(first + stack), _locks: locks };
            }
        }
        panic!("no {stack} free ports in a row between {FIRST} and {LAST}");
    }

    /// How many ports the stack may take.
    pub fn stack(&self) -> u16 {
        self.stack
    }

    /// The port number `n` (from 0) of those that the stack may take.
    pub fn nth(&self, n: u16) -> u16 {
        assert!(n < self.stack, "the stack has {} ports", self.stack);
        self.first + n
    }

    /// The ports that the stack may take, as a stack file has it: `A-B`.
    pub fn range(&self) -> String {
        format!("{}-{}", self.first, self.first + self.stack - 1)
    }

    /// A port outside the stack's range, each time another: for drivers, bystanders, ports set by hand.
    pub fn spare(&self) -> u16 {
        let spare = self.next_spare.fetch_add(1, Ordering::SeqCst);
        assert!(spare < self.first + self.stack + Self::SPARE, "the block has no spare port left");
        spare
    }

    /// Takes a port, listening on 127.0.0.1, as a stranger would.
    pub fn occupy(&self, port: u16) -> TcpListener {
        TcpListener::bind(("127.0.0.1", port)).expect("a port of the block is free")
    }

    /// Holds a port of 127.0.0.1 bound without listening on it.
    pub fn hold_bound(&self, port: u16) -> Socket {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        socket.bind(&address.into()).expect("a port of the block is free");
        socket
    }

    /// The built-in stack file with this block's ports in place of its own.
    pub fn builtin_stack(&self) -> String {
        let mut text = BUILTIN.to_owned();
        for range in ["8000-9000", "8000-8100", "8501-8600", "8601-8700"] {
            assert!(text.contains(range), "the built-in stack file no longer names {range}");
            text = text.replace(range, &self.range());
        }
        text
    }
}

/// Locks a block whose ports are all free.
fn lock_block(first: u16) -> Option<File> {
    let folder = std::env::temp_dir().join("skinai-test-ports");
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    let path = folder.join(format!("{first}.lock"));
    let lock = File::options().create(true).truncate(false).write(true).open(path).ok()?;
    (lock.try_lock().is_ok() && (first..first + PortBlock::SIZE).all(is_free)).then_some(lock)
}

/// One bind of `::` asks about every address of both families; without SO_REUSEADDR, so that connections of
/// an earlier test in TIME_WAIT refuse it too: a `number` service would not be told such a port.
fn is_free(port: u16) -> bool {
    let binds = |address: SocketAddr| {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
        socket.bind(&address.into()).is_ok()
    };
    (binds(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))) || binds(SocketAddr::from(([0, 0, 0, 0], port))))
        && binds(SocketAddr::from(([127, 0, 0, 1], port)))
}
