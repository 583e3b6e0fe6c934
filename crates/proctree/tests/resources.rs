//! What processes take of the machine.
#![cfg(any(target_os = "linux", windows))]

use proctree::resources;

#[test]
fn what_a_process_uses_is_counted_and_what_is_gone_is_not() {
    let own = std::process::id();
    let before = resources(&[own]).unwrap();
    let touched = std::hint::black_box(vec![1_u8; 64 << 20]);
    while resources(&[own]).unwrap().cpu_ms < before.cpu_ms + 50 {
        std::hint::black_box((0..100_000_u64).sum::<u64>());
    }
    let after = resources(&[own, u32::MAX]).unwrap();
    assert!(after.memory_bytes >= before.memory_bytes + (60 << 20), "{before:?} {after:?}");
    assert_eq!(after.processes, 1);
    assert_eq!(resources(&[u32::MAX]), None);
    drop(touched);
}
