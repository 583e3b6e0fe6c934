//! Ending the process that has a port.
#![cfg(any(target_os = "linux", windows))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Instant;

use common::{WITHIN, free_port, start};
use contract::Holder;
use engine::end_holder;

#[tokio::test]
async fn the_process_that_has_a_port_is_known_and_ended_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut child = start(port, folder.path());
    let end = Instant::now() + WITHIN;
    let holder = loop {
        if let Some(holder) = ports::holder(port).filter(|holder| holder.pid == Some(child.id())) {
            break holder;
        }
        assert!(Instant::now() < end, "it listens");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    assert_eq!(holder.user, None, "{holder:?}");
    assert!(holder.command.as_ref().unwrap().contains("common::service --exact"), "{holder:?}");
    assert!(holder.name.as_ref().unwrap().starts_with("end_holder"), "{holder:?}");
    let earlier = Holder { started: holder.started.map(|started| started - 1), ..holder.clone() };
    end_holder(port, &earlier).await.unwrap_err();
    proctree::end_process(child.id(), earlier.started.unwrap()).await.unwrap();
    assert_eq!(child.try_wait().unwrap(), None, "another process had its number");
    end_holder(port, &holder).await.unwrap();
    assert!(!child.wait().unwrap().success());
    // A system may close the sockets of a process a little after it has said that it ended.
    while let Some(holder) = ports::holder(port) {
        assert!(Instant::now() < end, "{holder:?}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn the_launcher_does_not_end_itself() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.ttl().unwrap();
    let port = listener.local_addr().unwrap().port();
    end_holder(port, &ports::holder(port).unwrap()).await.unwrap_err();
}
