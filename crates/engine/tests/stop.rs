//! Services that are well end when they are asked to.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::{Duration, Instant};

use common::{WITHIN, free_port, healthy, launch, stop};
use contract::{Request, Target};

/// What a service has by default, before it is killed.
const GRACE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_service_that_is_well_is_restarted_and_stopped_without_its_grace() {
    let folder = tempfile::tempdir().unwrap();
    let handle = launch(folder.path(), free_port(), 0, folder.path());
    let before = healthy(&handle).await;
    let begun = Instant::now();
    let restarted = handle.request(Request::Restart(Target::ALL));
    tokio::time::timeout(WITHIN, restarted).await.unwrap().unwrap();
    assert!(begun.elapsed() < GRACE, "{:?}", begun.elapsed());
    assert_ne!(healthy(&handle).await.services[0].pid, before.services[0].pid);
    let begun = Instant::now();
    stop(handle).await;
    assert!(begun.elapsed() < GRACE, "{:?}", begun.elapsed());
}
