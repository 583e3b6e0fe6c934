//! Somebody who takes a service's port before the service does.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::net::TcpListener;
use std::sync::mpsc::channel;

use common::{WITHIN, answer, free_port, healthy, launch, stop};
use contract::{HappeningKind, ServiceState};

#[tokio::test]
async fn what_a_thief_answers_is_not_health_and_the_service_moves() {
    let folder = tempfile::tempdir().unwrap();
    let (port, gate) = (free_port(), folder.path().join("gate"));
    let handle = launch(folder.path(), port, 0, &gate);
    let mut snapshots = handle.snapshots();
    let thief = TcpListener::bind(("127.0.0.1", port)).unwrap();
    // Wine tells whose a socket is once its process has used it.
    thief.ttl().unwrap();
    let (asked, requests) = channel();
    std::thread::spawn(move || {
        for connection in thief.incoming() {
            let _ = answer(&mut connection.unwrap()).map(|request| asked.send(request));
        }
    });
    let first = tokio::task::spawn_blocking(move || (requests.recv_timeout(WITHIN), requests));
    let (request, requests) = first.await.unwrap();
    std::fs::write(&gate, "").unwrap();
    let end = tokio::time::Instant::now() + WITHIN;
    loop {
        let snapshot = snapshots.borrow_and_update().clone();
        let row = &snapshot.services[0];
        if row.state == ServiceState::Healthy {
            assert_ne!(row.port, Some(port), "its answer was taken for health");
            break;
        }
        tokio::time::timeout_at(end, snapshots.changed()).await.expect("healthy elsewhere").unwrap();
    }
    for request in [request.unwrap()].into_iter().chain(requests.try_iter()) {
        let request = request.to_ascii_lowercase();
        assert!(!request.contains("cookie") && !request.contains("authorization"), "{request}");
    }
    let told = handle.happenings(100);
    assert!(told.iter().any(|it| it.kind == HappeningKind::Moved && it.from == Some(port)), "{told:?}");
    healthy(&handle).await;
    stop(handle).await;
}
