//! What the broker does for its logs from time to time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use highwater_storage::{LogDirStatus, LogManager};
use highwater_types::DirectoryId;
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

use super::command::Command;
use super::offload::offload;
use super::partition_worker::WorkerShared;

/// Writes checkpoints, removes the files of deleted logs, and tells every worker
/// of failed log directories. One task for the whole broker.
pub(super) struct Housekeeping {
    pub(super) shared: Arc<WorkerShared>,
    pub(super) logs: Arc<LogManager>,
    pub(super) workers: Vec<mpsc::Sender<Command>>,
    /// Turns true when it is time to end.
    pub(super) stop: watch::Receiver<bool>,
    /// Turns true when no log directory is left.
    pub(super) all_failed: watch::Sender<bool>,
}

impl Housekeeping {
    pub(super) async fn run(self) {
        let mut stop = self.stop.clone();
        let mut told = BTreeSet::new();
        let mut checkpoint = tokio::time::interval(self.shared.config.checkpoint_interval);
        checkpoint.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! { biased;
                () = stopped(&mut stop) => return,
                () = self.shared.failures.reported() => self.tell_failures(&mut told).await,
                _ = checkpoint.tick() => self.checkpoint().await,
            }
        }
    }

    async fn checkpoint(&self) {
        let due = self.shared.checkpoint_due.swap(false, Ordering::Relaxed);
        let (logs, now) = (self.logs.clone(), self.shared.platform.clock.now());
        let work = move || {
            let written = if due { logs.checkpoint() } else { Ok(()) };
            written.and(logs.purge_deleted(now))
        };
        let done = offload(&*self.shared.platform.offload, work).await;
        if let Err(error) = done.and_then(|result| result) {
            tracing::error!(%error, "checkpoints could not be written");
            for dir in self.logs.directories() {
                if let Some(reason) = dir.offline {
                    self.shared.failures.report(dir.id, reason);
                }
            }
        }
    }

    async fn tell_failures(&self, told: &mut BTreeSet<DirectoryId>) {
        let directories = self.logs.directories();
        for (directory, reason) in &self.shared.failures.all() {
            if !told.insert(*directory) {
                continue;
            }
            if let Some(dir) = directories.iter().find(|dir| dir.id == *directory) {
                self.logs.mark_offline(&dir.path, reason);
            }
            let reason: Arc<str> = reason.as_str().into();
            for worker in &self.workers {
                let command = Command::FailDirectory {
                    directory: *directory,
                    reason: reason.clone(),
                };
                // A worker that is gone has no partitions.
                let _ = worker.send(command).await;
            }
        }
        let usable = |dir: &LogDirStatus| dir.offline.is_none();
        if !self.logs.directories().iter().any(usable) {
            tracing::error!("no log directory is left");
            self.all_failed.send_replace(true);
        }
    }
}

/// Waits until told to stop, or until nobody is left to tell.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
