//! Waiting for blocking work that runs elsewhere.

use highwater_platform::Offload;
use highwater_storage::StorageError;
use tokio::sync::oneshot;

/// Runs blocking work away from the serving threads and waits for its result.
///
/// # Errors
/// When the process is stopping and the work was never run.
pub(crate) async fn offload<T: Send + 'static>(
    offload: &dyn Offload,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StorageError> {
    let (sender, receiver) = oneshot::channel();
    offload.run(Box::new(move || {
        // Nobody may wait any more; then nobody misses the result.
        let _ = sender.send(work());
    }));
    receiver
        .await
        .map_err(|_| StorageError::Poisoned("the process is stopping".into()))
}
