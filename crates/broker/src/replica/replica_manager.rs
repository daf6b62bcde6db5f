//! Which partitions this broker hosts, and who works on them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use bytes::Bytes;
use highwater_platform::Platform;
use highwater_protocol::ErrorCode;
use highwater_rpc::ControllerChannel;
use highwater_storage::{Log, LogManager, StorageError};
use highwater_types::{
    BrokerEpoch, DirectoryId, NodeId, Offset, PartitionIndex, TopicId, TopicPartition,
};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};

use super::append::{Acks, PendingAppend};
use super::command::{Append, AppendBatches, Command};
use super::config::ReplicaConfig;
use super::directory_failures::DirectoryFailures;
use super::fetcher::{self, FetchParams, FetchTarget, FetchedPartition};
use super::housekeeping::Housekeeping;
use super::isr_proposals::IsrProposer;
use super::offload::offload;
use super::partition::Partition;
use super::partition_worker::{PartitionWorker, WorkerShared};
use super::peer::{PeerDirectory, PeerLinks};
use super::registry::{NotHosted, Registry, stable_hash};
use crate::purgatory::Purgatory;

/// Maps partitions to their workers and logs. It decides nothing: the metadata's
/// reconciler says what is hosted, and the workers do it.
///
/// Started once per broker, by [`ReplicaManager::start`]; ends with
/// [`ReplicaManager::shutdown`]. Without that, as after a crash, the logs are
/// recovered when the broker starts again.
pub(crate) struct ReplicaManager {
    pub(super) shared: Arc<WorkerShared>,
    workers: Vec<mpsc::Sender<Command>>,
    pub(super) registry: Registry,
    purgatory: Arc<Purgatory>,
    /// Taken by the shutdown.
    logs: Mutex<Option<Arc<LogManager>>>,
    pub(super) next_number: AtomicU64,
    stop: watch::Sender<bool>,
    all_failed: watch::Receiver<bool>,
    housekeeping: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

impl ReplicaManager {
    /// Starts the workers on the current tokio runtime.
    pub(crate) fn start(
        node_id: NodeId,
        config: ReplicaConfig,
        platform: Platform,
        logs: LogManager,
    ) -> Arc<Self> {
        let logs = Arc::new(logs);
        let queue = |_| mpsc::channel(config.worker_queue_max.max(1));
        let (workers, receivers): (Vec<_>, Vec<_>) = (0..config.workers.max(1)).map(queue).unzip();
        let shared = Arc::new(WorkerShared {
            node_id,
            platform: platform.clone(),
            config: config.clone(),
            failures: DirectoryFailures::default(),
            links: PeerLinks::new(platform, config, workers.clone()),
            isr_proposals: Arc::default(),
            checkpoint_due: AtomicBool::new(false),
        });
        for commands in receivers {
            tokio::spawn(PartitionWorker::new(shared.clone(), commands).run());
        }
        let (stop, stopped) = watch::channel(false);
        let (all_failed, failed) = watch::channel(false);
        let housekeeping = Housekeeping {
            shared: shared.clone(),
            logs: logs.clone(),
            workers: workers.clone(),
            stop: stopped,
            all_failed,
        };
        Arc::new(Self {
            workers,
            registry: Registry::new(),
            purgatory: Purgatory::new(shared.config.parked_fetches_max),
            logs: Mutex::new(Some(logs)),
            next_number: AtomicU64::new(0),
            stop,
            all_failed: failed,
            housekeeping: Mutex::new(Some(tokio::spawn(housekeeping.run()))),
            shared,
        })
    }

    /// A hosted partition of a topic.
    pub(crate) fn find(
        &self,
        topic: &str,
        partition: PartitionIndex,
    ) -> Result<Arc<Partition>, NotHosted> {
        self.registry.find(topic, partition)
    }

    /// A hosted partition of a topic by its id.
    pub(crate) fn find_by_id(
        &self,
        topic_id: TopicId,
        partition: PartitionIndex,
    ) -> Result<Arc<Partition>, NotHosted> {
        self.registry.find_by_id(topic_id, partition)
    }

    /// Hands batches to the workers of their partitions. Returns once all of them
    /// are queued, which keeps a connection's appends in order; results come with
    /// the returned value, in the order of `batches`.
    pub(crate) async fn append(
        &self,
        acks: Acks,
        batches: Vec<(Arc<Partition>, Bytes)>,
    ) -> Arc<PendingAppend> {
        let pending = PendingAppend::new(batches.len());
        let mut shares: Vec<Vec<Append>> = self.workers.iter().map(|_| Vec::new()).collect();
        for (index, (partition, records)) in batches.into_iter().enumerate() {
            shares[partition.worker].push(Append {
                partition: partition.number,
                index,
                records,
            });
        }
        for (worker, appends) in shares.into_iter().enumerate() {
            if appends.is_empty() {
                continue;
            }
            let pending = pending.clone();
            let batches = AppendBatches {
                acks,
                pending,
                appends,
            };
            self.tell(worker, Command::Append(Box::new(batches))).await;
        }
        pending
    }

    /// Reads, and waits for more if there is not enough.
    pub(crate) async fn fetch(
        &self,
        params: &FetchParams,
        targets: &[FetchTarget],
    ) -> Vec<FetchedPartition> {
        fetcher::fetch(&self.purgatory, params, targets).await
    }

    /// Moves a partition's log start up to `before` ([`Offset::NONE`] for the high
    /// watermark) and answers where it is now. KIP-107.
    ///
    /// # Errors
    /// The code for the client.
    pub(crate) async fn delete_records(
        &self,
        partition: &Partition,
        before: Offset,
    ) -> Result<Offset, ErrorCode> {
        let (done, result) = oneshot::channel();
        let command = Command::DeleteRecords {
            partition: partition.number,
            before,
            done,
        };
        self.tell(partition.worker, command).await;
        result.await.unwrap_or(Err(ErrorCode::NotLeaderOrFollower))
    }

    /// Every hosted partition, in no particular order.
    pub(crate) fn hosted(&self) -> Vec<Arc<Partition>> {
        self.registry.all()
    }

    /// Fetches that wait for data.
    pub(crate) fn parked_fetches(&self) -> usize {
        self.purgatory.parked()
    }

    /// Commands that wait for a worker.
    pub(crate) fn queued_commands(&self) -> usize {
        let queued = |worker: &mpsc::Sender<Command>| worker.max_capacity() - worker.capacity();
        self.workers.iter().map(queued).sum()
    }

    /// Connects this broker with the others: what is led here is pushed to followers,
    /// and the controller hears of their progress through the answered proposer.
    pub(crate) fn join_cluster(
        &self,
        peers: PeerDirectory,
        controller: Arc<dyn ControllerChannel>,
    ) -> IsrProposer {
        let proposer = IsrProposer {
            proposals: self.shared.isr_proposals.clone(),
            node_id: self.shared.node_id,
            controller,
            broker_epoch: peers.broker_epoch.clone(),
            workers: self.workers.clone(),
        };
        self.shared.links.attach(peers);
        proposer
    }

    /// Stops pushing to followers.
    pub(crate) fn leave_cluster(&self) {
        self.shared.links.stop();
    }

    pub(super) fn worker_count(&self) -> usize {
        self.workers.len()
    }

    /// The logs, for DescribeLogDirs; `None` while the broker stops.
    pub(crate) fn logs(&self) -> Option<Arc<LogManager>> {
        self.logs.lock().clone()
    }

    /// Log directories that failed while the broker ran.
    pub(crate) fn failed_directories(&self) -> Vec<DirectoryId> {
        self.shared.failures.all().into_keys().collect()
    }

    /// Ends when no log directory can be used any more: the broker is of no use then.
    pub(crate) async fn all_directories_failed(&self) {
        let mut failed = self.all_failed.clone();
        if failed.wait_for(|failed| *failed).await.is_err() {
            // The housekeeping ended in order.
            std::future::pending::<()>().await;
        }
    }

    /// Answers what is parked, flushes and closes all logs, and marks the
    /// directories as cleanly stopped.
    ///
    /// # Errors
    /// When a log can not be closed; the others are.
    pub(crate) async fn shutdown(
        &self,
        broker_epoch: Option<BrokerEpoch>,
    ) -> Result<(), StorageError> {
        self.stop.send_replace(true);
        let housekeeping = self.housekeeping.lock().take();
        if let Some(task) = housekeeping {
            // It ends by itself; a panic in it was reported.
            let _ = task.await;
        }
        let closing: Vec<_> = self.workers.iter().map(|w| self.close_worker(w)).collect();
        let closed = futures::future::join_all(closing).await;
        let Some(logs) = self.logs.lock().take() else {
            return Ok(());
        };
        let work = move || match Arc::try_unwrap(logs) {
            Ok(logs) => logs.shutdown(broker_epoch),
            // Somebody still looks at the logs; they are recovered at the next start.
            Err(_) => Err(StorageError::Poisoned("the logs are still in use".into())),
        };
        let marked = offload(&*self.shared.platform.offload, work).await?;
        closed
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .and(marked)
    }

    async fn close_worker(&self, worker: &mpsc::Sender<Command>) -> Result<(), StorageError> {
        let (done, given_back) = oneshot::channel();
        let _ = worker.send(Command::Shutdown { done }).await;
        let logs: Vec<Log> = given_back.await.unwrap_or_default();
        let close = move || {
            // One that fails does not keep the others from being closed.
            let closed: Vec<_> = logs.into_iter().map(Log::close).collect();
            closed.into_iter().collect::<Result<(), _>>()
        };
        offload(&*self.shared.platform.offload, close).await?
    }

    /// Neighbours of one topic go to different workers.
    pub(super) fn worker_of(&self, name: &TopicPartition) -> usize {
        let topic = stable_hash(name.topic.as_str().as_bytes());
        let index = topic.wrapping_add(u64::from(name.partition.0.unsigned_abs()));
        (index % self.workers.len() as u64) as usize
    }

    pub(super) async fn tell(&self, worker: usize, command: Command) {
        // A worker only goes away with the broker; what is dropped with the command
        // tells its sender.
        let _ = self.workers[worker].send(command).await;
    }
}

impl Drop for ReplicaManager {
    /// The links have workers' senders, so that neither would end without this.
    fn drop(&mut self) {
        self.shared.links.stop();
    }
}
