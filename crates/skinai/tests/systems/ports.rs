//! Ports that no other test takes.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicU16, Ordering};

/// Above the ports that services are at home on, below those of the end-to-end tests.
const FIRST: u16 = 9100;
const BLOCK: u16 = 25;
const BLOCKS: u16 = 40;

/// A block of ports, as long as this lives.
pub struct Ports {
    first: u16,
    /// Against tests in other processes.
    _lock: File,
}

impl Ports {
    pub fn take() -> Self {
        // Against those in this one: not every system keeps a process from locking a file twice.
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let folder = std::env::temp_dir().join("skinai-systems-ports");
        std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
        for _ in 0..BLOCKS {
            let first = FIRST + NEXT.fetch_add(1, Ordering::SeqCst) % BLOCKS * BLOCK;
            let lock =
                File::options().create(true).truncate(false).write(true).open(folder.join(first.to_string()));
            let lock = lock.expect("the temporary folder is writable");
            let ports = Self { first, _lock: lock };
            if ports._lock.try_lock().is_ok()
                && ports.all().all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())
            {
                return ports;
            }
        }
        panic!("no {BLOCK} free ports in a row from {FIRST} on");
    }

    pub fn all(&self) -> Range<u16> {
        self.first..self.first + BLOCK
    }

    pub fn first(&self) -> u16 {
        self.first
    }

    /// As a stack file has them.
    pub fn range(&self) -> String {
        format!("{}-{}", self.first, self.first + BLOCK - 1)
    }

    /// Whether nobody listens at any of them.
    pub fn are_free(&self) -> bool {
        self.all().all(|port| TcpStream::connect(("127.0.0.1", port)).is_err())
    }
}
