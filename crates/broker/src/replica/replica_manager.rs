//! Which partitions this broker hosts, and who works on them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use highwater_metadata::config::TopicConfig;
use highwater_platform::Platform;
use highwater_protocol::ErrorCode;
use highwater_storage::{Log, LogManager, StorageError};
use highwater_types::{
    BrokerEpoch, DirectoryId, NodeId, Offset, PartitionIndex, TopicId, TopicPartition,
};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};

use super::append::{Acks, PendingAppend};
use super::command::{Append, AppendBatches, Command, OpenPartition};
use super::config::{ReplicaConfig, TopicSettings};
use super::directory_failures::DirectoryFailures;
use super::fetcher::{self, FetchParams, FetchTarget, FetchedPartition};
use super::housekeeping::Housekeeping;
use super::offload::offload;
use super::partition::Partition;
use super::partition_worker::{PartitionWorker, WorkerShared};
use super::registry::{Entry, NotHosted, Registry, stable_hash};
use crate::metadata::PartitionAssignment;
use crate::purgatory::Purgatory;

/// Maps partitions to their workers and logs. It decides nothing: the metadata's
/// reconciler says what is hosted, and the workers do it.
///
/// Started once per broker, by [`ReplicaManager::start`]; ends with
/// [`ReplicaManager::shutdown`]. Without that, as after a crash, the logs are
/// recovered when the broker starts again.
pub(crate) struct ReplicaManager {
    shared: Arc<WorkerShared>,
    workers: Vec<mpsc::Sender<Command>>,
    registry: Registry,
    purgatory: Arc<Purgatory>,
    /// Taken by the shutdown.
    logs: Mutex<Option<Arc<LogManager>>>,
    next_number: AtomicU64,
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
        let shared = Arc::new(WorkerShared {
            node_id,
            platform,
            config,
            failures: DirectoryFailures::default(),
            checkpoint_due: AtomicBool::new(false),
        });
        let start_worker = |_| {
            let (sender, receiver) = mpsc::channel(shared.config.worker_queue_max.max(1));
            tokio::spawn(PartitionWorker::new(shared.clone(), receiver).run());
            sender
        };
        let workers: Vec<_> = (0..shared.config.workers.max(1))
            .map(start_worker)
            .collect();
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

    /// Hosts a partition as the cluster wants it: opens or creates the log the
    /// first time, and passes on leader, epochs and in-sync set each time.
    ///
    /// # Errors
    /// When the log can not be opened; the partition is then offline here.
    pub(crate) async fn apply_assignment(
        &self,
        assignment: PartitionAssignment,
    ) -> Result<(), StorageError> {
        let name = &assignment.partition;
        match self.registry.find(name.topic.as_str(), name.partition) {
            Ok(hosted) if hosted.topic_id == assignment.topic_id => {
                let (done, applied) = oneshot::channel();
                let command = Command::Assign {
                    partition: hosted.number,
                    assignment: Box::new(assignment),
                    done,
                };
                self.tell(hosted.worker, command).await;
                // An error says that the partition is gone, which is newer than this.
                let _ = applied.await;
                return Ok(());
            }
            // The topic was deleted and created again.
            Ok(hosted) => {
                let name = hosted.name.clone();
                self.remove_partition(&name, hosted.topic_id).await?;
            }
            Err(_) => {}
        }
        self.open(assignment).await
    }

    async fn open(&self, assignment: PartitionAssignment) -> Result<(), StorageError> {
        let settings = TopicSettings::new(&assignment.config, &self.shared.config);
        let (name, topic_id) = (assignment.partition.clone(), assignment.topic_id);
        let log = match self.open_log(&name, topic_id, &settings).await {
            Ok(log) => log,
            Err(error) => {
                tracing::error!(partition = %name, %error, "the log can not be opened");
                self.registry.insert(&name, topic_id, Entry::Offline);
                return Err(error);
            }
        };
        let worker = self.worker_of(&name);
        let directory = self.logs().and_then(|logs| logs.directory_of(&name));
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let partition = Partition::new(
            number,
            name.clone(),
            topic_id,
            directory,
            worker,
            log.reader(),
        );
        let (done, opened) = oneshot::channel();
        let open = OpenPartition {
            partition: partition.clone(),
            log,
            settings,
            assignment,
            done,
        };
        self.tell(worker, Command::Open(Box::new(open))).await;
        if opened.await.is_err() {
            return Err(StorageError::Poisoned("the broker is stopping".into()));
        }
        self.registry
            .insert(&name, topic_id, Entry::Hosted(partition));
        Ok(())
    }

    async fn open_log(
        &self,
        name: &TopicPartition,
        topic_id: TopicId,
        settings: &TopicSettings,
    ) -> Result<Log, StorageError> {
        let Some(logs) = self.logs() else {
            return Err(StorageError::Poisoned("the broker is stopping".into()));
        };
        let (name, config) = (name.clone(), settings.log.clone());
        let now = self.shared.platform.clock.now();
        let work = move || logs.open_or_create(&name, topic_id, config, now);
        offload(&*self.shared.platform.offload, work).await?
    }

    /// Stops hosting a partition and deletes its log. Does nothing if it is not here.
    ///
    /// # Errors
    /// When the log's folder can not be renamed.
    pub(crate) async fn remove_partition(
        &self,
        name: &TopicPartition,
        topic_id: TopicId,
    ) -> Result<(), StorageError> {
        let Some(Entry::Hosted(partition)) = self.registry.remove(name, topic_id) else {
            return Ok(());
        };
        let (done, closed) = oneshot::channel();
        let command = Command::Close {
            partition: partition.number,
            done,
        };
        self.tell(partition.worker, command).await;
        let (Ok(Some(log)), Some(logs)) = (closed.await, self.logs()) else {
            return Ok(());
        };
        let unique = self.shared.platform.entropy.next_uuid();
        let now = self.shared.platform.clock.now();
        let work = move || logs.delete(log, unique, now);
        offload(&*self.shared.platform.offload, work).await?
    }

    /// Changes how a topic's logs are kept.
    pub(crate) async fn update_topic_config(&self, topic_id: TopicId, config: &TopicConfig) {
        let settings = TopicSettings::new(config, &self.shared.config);
        for partition in self.registry.of_topic(topic_id) {
            let command = Command::UpdateSettings {
                partition: partition.number,
                settings: Box::new(settings.clone()),
            };
            self.tell(partition.worker, command).await;
        }
    }

    /// Deletes logs that were found on disk but are not in `wanted`. A folder that
    /// does not say which topic it belongs to is left alone.
    ///
    /// # Errors
    /// When a folder can not be renamed.
    pub(crate) async fn remove_strays(
        &self,
        wanted: &BTreeSet<(TopicId, PartitionIndex)>,
    ) -> Result<(), StorageError> {
        let Some(logs) = self.logs() else {
            return Ok(());
        };
        let now = self.shared.platform.clock.now();
        for found in logs.found_logs() {
            match found.topic_id {
                Some(id) if wanted.contains(&(id, found.partition.partition)) => continue,
                Some(_) => {}
                None => {
                    tracing::warn!(partition = %found.partition, "a log without a topic id is left alone");
                    continue;
                }
            }
            tracing::info!(partition = %found.partition, "a log of no wanted partition is deleted");
            let unique = self.shared.platform.entropy.next_uuid();
            let logs = logs.clone();
            let work = move || logs.delete_found(&found, unique, now);
            offload(&*self.shared.platform.offload, work).await??;
        }
        Ok(())
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
    fn worker_of(&self, name: &TopicPartition) -> usize {
        let topic = stable_hash(name.topic.as_str().as_bytes());
        let index = topic.wrapping_add(u64::from(name.partition.0.unsigned_abs()));
        (index % self.workers.len() as u64) as usize
    }

    async fn tell(&self, worker: usize, command: Command) {
        // A worker only goes away with the broker; what is dropped with the command
        // tells its sender.
        let _ = self.workers[worker].send(command).await;
    }
}
