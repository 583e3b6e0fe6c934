//! In a process of its own, since it counts the descriptors of the process.
#![cfg_attr(target_os = "linux", expect(clippy::unwrap_used, reason = "a test fails by panicking"))]
#![cfg(target_os = "linux")]

mod common;

use common::{Block, HOST, Hold, V6};
use ports::{Allocator, Leases};

#[test]
fn no_descriptor_is_leaked_in_a_hundred_thousand_allocations() {
    let (block, folder) = (Block::new(12), tempfile::tempdir().unwrap());
    // Holders of every kind, so that failing attempts and the kernel's table are part of it.
    let _holders = [
        Hold::listening(HOST).take(block.port(0)).unwrap(),
        Hold::listening(V6).take(block.port(1)).unwrap(),
    ];
    let (leases, warning) = Leases::open(folder.path());
    assert_eq!(warning, None);
    let allocator = Allocator::new(leases);
    let before = descriptors();
    let mut allocations = 0;
    while allocations < 100_000 {
        let reservations = allocator.reserve_first(&[HOST; 8], block.range, &[]).unwrap();
        allocations += reservations.len();
        if allocations % 1_000 == 0 {
            assert!(allocator.reserve_first(&[HOST; 8], block.range, &[]).is_err());
        }
    }
    assert_eq!(descriptors(), before);
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}
