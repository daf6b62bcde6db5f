//! Group commit: one round of syncs at a time for each worker.

use std::sync::Arc;

use highwater_platform::Offload;
use highwater_storage::{FlushOutcome, FlushTask};
use tokio::sync::mpsc;

use super::command::PartitionNumber;

/// What became of one partition's flush.
pub(super) type Flushed = (PartitionNumber, FlushOutcome);

/// Runs the syncs of one worker elsewhere.
///
/// A round takes all partitions that have something to flush. While it is out,
/// appends gather for the next one, so the busier the disk, the more each sync
/// commits. A round of several files is spread over a few jobs.
pub(super) struct Flusher {
    offload: Arc<dyn Offload>,
    jobs_max: usize,
    jobs_out: usize,
    /// Never full: it has a place for each job of a round.
    outcomes: mpsc::Receiver<Vec<Flushed>>,
    report: mpsc::Sender<Vec<Flushed>>,
}

impl Flusher {
    pub(super) fn new(offload: Arc<dyn Offload>, jobs_max: usize) -> Self {
        let jobs_max = jobs_max.max(1);
        let (report, outcomes) = mpsc::channel(jobs_max);
        Self {
            offload,
            jobs_max,
            jobs_out: 0,
            outcomes,
            report,
        }
    }

    /// Whether a new round may start.
    pub(super) fn is_idle(&self) -> bool {
        self.jobs_out == 0
    }

    /// Starts a round.
    pub(super) fn start(&mut self, tasks: Vec<(PartitionNumber, FlushTask)>) {
        assert!(self.is_idle(), "two flush rounds at the same time");
        let jobs = tasks.len().min(self.jobs_max);
        let mut shares: Vec<Vec<_>> = (0..jobs).map(|_| Vec::new()).collect();
        for (index, task) in tasks.into_iter().enumerate() {
            shares[index % jobs].push(task);
        }
        for share in shares {
            let report = self.report.clone();
            self.jobs_out += 1;
            self.offload.run(Box::new(move || {
                let run = |(partition, task): (_, FlushTask)| (partition, task.run());
                // The worker may be gone, and its logs with it.
                let _ = report.try_send(share.into_iter().map(run).collect());
            }));
        }
    }

    /// Sleeps until a job of the round is done; for ever when idle.
    pub(super) async fn completed(&mut self) -> Vec<Flushed> {
        let outcomes = self.outcomes.recv().await.unwrap_or_default();
        self.jobs_out -= 1;
        outcomes
    }

    /// As [`Flusher::completed`], if a job is done already.
    pub(super) fn try_completed(&mut self) -> Option<Vec<Flushed>> {
        let outcomes = self.outcomes.try_recv().ok()?;
        self.jobs_out -= 1;
        Some(outcomes)
    }
}
