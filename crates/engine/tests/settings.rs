//! Settings applied to a running instance: ports set by hand are moved to, or everything stays.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;

use common::{WITHIN, free_port, healthy, stop};
use contract::{ErrorCode, HappeningKind, PortSource, Reason};
use engine::{Handle, PortSettings};
use stackfile::OnConflict;

/// A stack of one service that binds the port it is told, unless it is the one that it refuses.
fn launch_refusing(folder: &Path, port: u16, refused: u16) -> Handle {
    common::launch(folder, port, refused, folder)
}

fn launch(folder: &Path, port: u16) -> Handle {
    launch_refusing(folder, port, 0)
}

fn settings(port: u16) -> PortSettings {
    PortSettings { range: None, fixed: BTreeMap::from([("web".to_owned(), port)]) }
}

#[tokio::test]
async fn a_port_that_is_set_anew_is_moved_to_and_one_that_is_taken_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (free_port(), free_port());
    let handle = launch(folder.path(), first);
    assert_eq!(healthy(&handle).await.services[0].port, Some(first));
    tokio::time::timeout(WITHIN, handle.apply(settings(second), OnConflict::Ask)).await.unwrap().unwrap();
    let moved = healthy(&handle).await;
    assert_eq!((moved.services[0].port, moved.services[0].port_source), (Some(second), PortSource::Set));
    let stranger = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let taken = stranger.local_addr().unwrap().port();
    let refused = tokio::time::timeout(WITHIN, handle.apply(settings(taken), OnConflict::Ask)).await.unwrap();
    let error = refused.unwrap_err();
    assert_eq!(error.code, ErrorCode::PortTaken, "{error}");
    assert!(error.message.contains(&taken.to_string()), "{error}");
    let after = healthy(&handle).await;
    assert_eq!((after.services[0].port, after.services[0].pid), (Some(second), moved.services[0].pid));
    let told: Vec<_> = handle.happenings(100).into_iter().map(|it| (it.kind, it.reason)).collect();
    let applied = told.iter().filter(|(kind, _)| *kind == HappeningKind::Settings).count();
    assert_eq!(applied, 1, "what was refused was not applied: {told:?}");
    for kind in [HappeningKind::Moved, HappeningKind::Restarted] {
        assert!(told.contains(&(kind, Some(Reason::Changed))), "{told:?}");
    }
    // What it already has is no change.
    tokio::time::timeout(WITHIN, handle.apply(settings(second), OnConflict::Ask)).await.unwrap().unwrap();
    assert_eq!(healthy(&handle).await.services[0].pid, moved.services[0].pid);
    stop(handle).await;
}

#[tokio::test]
async fn settings_whose_move_is_undone_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (first, refused, other) = (free_port(), free_port(), free_port());
    let handle = launch_refusing(folder.path(), first, refused);
    let before = healthy(&handle).await;
    let range = format!("{other}-{other}").parse().unwrap();
    let set = PortSettings { range: Some(range), ..settings(refused) };
    let undone = tokio::time::timeout(WITHIN, handle.apply(set, OnConflict::Ask)).await.unwrap();
    assert_eq!(undone.unwrap_err().code, ErrorCode::NotHealthy);
    assert_eq!(healthy(&handle).await.services[0].port, before.services[0].port);
    // The range of the stack has no other port; the one that was not kept would have.
    let target = contract::Target { service: Some("web".to_owned()) };
    let moved = handle.request(contract::Request::Reallocate(target));
    tokio::time::timeout(WITHIN, moved).await.unwrap().unwrap();
    assert_ne!(healthy(&handle).await.services[0].port, Some(other));
    stop(handle).await;
}

#[tokio::test]
async fn a_service_that_is_stopped_is_not_started_by_new_settings() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (free_port(), free_port());
    let handle = launch(folder.path(), first);
    healthy(&handle).await;
    let request = contract::Request::Stop(contract::Target::service("web"));
    tokio::time::timeout(WITHIN, handle.request(request)).await.unwrap().unwrap();
    tokio::time::timeout(WITHIN, handle.apply(settings(second), OnConflict::Ask)).await.unwrap().unwrap();
    let row = handle.status().services[0].as_ref().clone();
    assert_eq!((row.state, row.port), (contract::ServiceState::Stopped, Some(second)));
    let restart = contract::Request::Restart(contract::Target::ALL);
    tokio::time::timeout(WITHIN, handle.request(restart)).await.unwrap().unwrap();
    assert_eq!(healthy(&handle).await.services[0].port, Some(second));
    stop(handle).await;
}
