//! Waiting for the end of a tree.

use tokio::task::spawn_blocking;

use crate::{ProcessTree, any_ended};

/// Waits until nothing is left of a tree whose leader has ended.
pub async fn until_empty(tree: &ProcessTree) {
    loop {
        let looked_at = tree.clone();
        let left = spawn_blocking(move || (!looked_at.is_empty()).then(|| looked_at.remaining())).await;
        // An error means that the runtime ends.
        let Ok(Some(left)) = left else { return };
        any_ended(left).await;
    }
}
