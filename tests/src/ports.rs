//! Ports that no other test touches.

use std::fs::File;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that the system hands out (from 32768), above those that services are at home on.
const FIRST: u16 = 10_100;
const LAST: u16 = 30_000;
const BUILTIN: &str = include_str!("../../crates/stack/src/file/builtin.toml");

/// A block of consecutive ports that are free, and that no other test uses as long as this lives.
pub struct PortBlock {
    first: u16,
    next_spare: AtomicU16,
    /// The lock dies with the process.
    _lock: File,
}

impl PortBlock {
    /// How many ports a block has.
    pub const SIZE: u16 = 40;
    /// How many of them the stack may take; the rest are spare.
    pub const STACK: u16 = 28;

    /// Finds a block of free ports and locks it.
    ///
    /// # Panics
    /// When there is none.
    pub fn lock() -> Self {
        let folder = std::env::temp_dir().join("skinai-test-ports");
        std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
        let blocks = (LAST - FIRST) / Self::SIZE;
        let start =
            u16::try_from(getrandom::u32().expect("there is randomness") % u32::from(blocks)).expect("fits");
        for step in 0..blocks {
            let first = FIRST + (start + step) % blocks * Self::SIZE;
            let path = folder.join(format!("{first}.lock"));
            let options = File::options().create(true).truncate(false).write(true).open(path);
            let Ok(lock) = options else { continue };
            if lock.try_lock().is_ok() && (first..first + Self::SIZE).all(is_free) {
                return Self { first, next_spare: AtomicU16::new(first + Self::STACK), _lock: lock };
            }
        }
        panic!("no {} free ports in a row between {FIRST} and {LAST}", Self::SIZE);
    }

    /// The port number `n` (from 0) of those that the stack may take.
    pub fn nth(&self, n: u16) -> u16 {
        assert!(n < Self::STACK, "the stack has {} ports", Self::STACK);
        self.first + n
    }

    /// The ports that the stack may take, as a stack file has it: `A-B`.
    pub fn range(&self) -> String {
        format!("{}-{}", self.first, self.first + Self::STACK - 1)
    }

    /// A port outside the stack's range, each time another: for drivers, bystanders, ports set by hand.
    pub fn spare(&self) -> u16 {
        let spare = self.next_spare.fetch_add(1, Ordering::SeqCst);
        assert!(spare < self.first + Self::SIZE, "the block has no spare port left");
        spare
    }

    /// Takes a port of the block, listening on 127.0.0.1, as a stranger would.
    pub fn occupy(&self, port: u16) -> TcpListener {
        TcpListener::bind(("127.0.0.1", port)).expect("a port of the block is free")
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

/// One bind of `::` asks about every address of both families.
fn is_free(port: u16) -> bool {
    TcpListener::bind(("::", port)).or_else(|_| TcpListener::bind(("0.0.0.0", port))).is_ok()
        && TcpListener::bind(("127.0.0.1", port)).is_ok()
}
