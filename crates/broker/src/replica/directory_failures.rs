//! Log directories that failed while the broker runs.

use std::collections::BTreeMap;

use highwater_types::DirectoryId;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Collects failures from the workers for the broker's housekeeping, which tells
/// them to everybody. A directory never comes back within one life of the broker.
#[derive(Default)]
pub(super) struct DirectoryFailures {
    failed: Mutex<BTreeMap<DirectoryId, String>>,
    news: Notify,
}

impl DirectoryFailures {
    /// Notes that a directory can no longer be used; the first reason counts.
    pub(super) fn report(&self, directory: DirectoryId, reason: String) {
        self.failed.lock().entry(directory).or_insert(reason);
        self.news.notify_one();
    }

    /// Sleeps until something was reported since the last call.
    pub(super) async fn reported(&self) {
        self.news.notified().await;
    }

    /// All failed directories with their reasons.
    pub(super) fn all(&self) -> BTreeMap<DirectoryId, String> {
        self.failed.lock().clone()
    }
}
