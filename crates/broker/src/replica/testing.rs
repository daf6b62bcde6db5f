//! A replica manager on a simulated disk, for tests.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use highwater_metadata::config::TopicConfig;
use highwater_platform::{Clock, Entropy, Job, Offload, Platform, TcpNetwork};
use highwater_protocol::ErrorCode;
use highwater_protocol::record::{BatchBuilder, BatchIter};
use highwater_storage::testing::SimulatedDisk;
use highwater_storage::{LogManager, LogManagerConfig};
use highwater_types::{
    ClusterId, DirectoryId, LeaderEpoch, NodeId, Offset, PartitionEpoch, PartitionIndex,
    TimestampMs, TopicId, TopicPartition, Uuid,
};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{
    Acks, AppendResult, FetchParams, FetchTarget, FetchedPartition, Isolation, Partition,
    ReplicaConfig, ReplicaManager,
};
use crate::metadata::PartitionAssignment;

pub(crate) const NODE: NodeId = NodeId(1);
pub(crate) const FAR: Duration = Duration::from_secs(3600);

/// A clock that stands until it is moved.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as i64, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> TimestampMs {
        TimestampMs(self.0.load(Ordering::Relaxed))
    }
}

/// Numbers in a row, spread over all bits.
struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn next_u64(&self) -> u64 {
        let n = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        n.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Runs jobs at once, or holds them while it is shut.
#[derive(Default)]
pub(crate) struct Gate {
    shut: Mutex<bool>,
    held: Mutex<Vec<Job>>,
}

impl Gate {
    pub(crate) fn shut(&self) {
        *self.shut.lock() = true;
    }

    /// Runs what was held; jobs that come later run at once.
    pub(crate) fn open(&self) {
        *self.shut.lock() = false;
        let held = std::mem::take(&mut *self.held.lock());
        held.into_iter().for_each(|job| job());
    }

    pub(crate) fn held(&self) -> usize {
        self.held.lock().len()
    }
}

impl Offload for Gate {
    fn run(&self, job: Job) {
        if *self.shut.lock() {
            self.held.lock().push(job);
        } else {
            job();
        }
    }
}

/// One life of a broker's replica manager.
pub(crate) struct Host {
    pub(crate) manager: Arc<ReplicaManager>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) disk: SimulatedDisk,
    platform: Platform,
}

impl Host {
    pub(crate) fn start(disk: &SimulatedDisk) -> Self {
        Self::start_with(disk, ReplicaConfig::default())
    }

    pub(crate) fn start_with(disk: &SimulatedDisk, config: ReplicaConfig) -> Self {
        let gate = Arc::new(Gate::default());
        let clock = Arc::new(TestClock(AtomicI64::new(1_700_000_000_000)));
        let platform = Platform {
            network: Arc::new(TcpNetwork),
            clock: clock.clone(),
            entropy: Arc::new(TestEntropy(AtomicU64::new(0))),
            offload: gate.clone(),
        };
        let manager = LogManagerConfig {
            new_directory_ids: vec![DirectoryId(Uuid([0xdd; 16]))],
            ..LogManagerConfig::new(
                vec![PathBuf::from("/logs")],
                ClusterId("test-cluster".into()),
                NODE,
            )
        };
        let logs = LogManager::open(Arc::new(disk.clone()), manager).expect("opens");
        Self {
            manager: ReplicaManager::start(NODE, config, platform.clone(), logs),
            gate,
            clock,
            disk: disk.clone(),
            platform,
        }
    }

    pub(crate) fn platform(&self) -> Platform {
        self.platform.clone()
    }

    /// Leads `topic-partition` in epoch 0 as its only replica.
    pub(crate) async fn lead(&self, topic: &str, partition: i32) -> Arc<Partition> {
        self.assign(assignment(topic, partition)).await
    }

    pub(crate) async fn assign(&self, assignment: PartitionAssignment) -> Arc<Partition> {
        let name = assignment.partition.clone();
        let applied = self.manager.apply_assignment(assignment).await;
        applied.expect("the log opens");
        let found = self.manager.find(name.topic.as_str(), name.partition);
        found.expect("hosted")
    }

    pub(crate) async fn append(
        &self,
        partition: &Arc<Partition>,
        acks: Acks,
        records: Bytes,
        timeout: Duration,
    ) -> AppendResult {
        let batches = vec![(partition.clone(), records)];
        let pending = self.manager.append(acks, batches).await;
        let results = pending.wait(Instant::now() + timeout).await;
        results.into_iter().next().expect("one result")
    }

    /// Appends with `acks=all` and answers the first offset.
    pub(crate) async fn produce(&self, partition: &Arc<Partition>, values: &[&str]) -> Offset {
        let appended = self.append(partition, Acks::All, batch(values), FAR).await;
        appended.expect("appended").first_offset
    }

    pub(crate) async fn fetch(
        &self,
        partition: &Arc<Partition>,
        from: i64,
        max_wait: Duration,
        min_bytes: usize,
    ) -> FetchedPartition {
        let params = FetchParams {
            max_wait,
            min_bytes,
            max_bytes: 1 << 20,
            isolation: Isolation::ReadUncommitted,
        };
        let fetched = self
            .manager
            .fetch(&params, &[target(partition, from)])
            .await;
        fetched.into_iter().next().expect("one result")
    }

    /// What a consumer sees of a partition now, from its beginning.
    pub(crate) async fn values(&self, partition: &Arc<Partition>) -> Vec<(i64, String)> {
        let start = partition.log.offsets().log_start.get();
        let fetched = self.fetch(partition, start, Duration::ZERO, 1).await;
        assert_eq!(fetched.error, ErrorCode::None);
        values(&fetched)
    }
}

pub(crate) fn target(partition: &Arc<Partition>, from: i64) -> FetchTarget {
    FetchTarget {
        partition: Ok(partition.clone()),
        fetch_offset: Offset(from),
        max_bytes: 1 << 20,
        current_leader_epoch: LeaderEpoch::UNKNOWN,
        last_fetched_epoch: LeaderEpoch::UNKNOWN,
    }
}

pub(crate) fn topic_id(topic: &str) -> TopicId {
    let mut id = [0x70; 16];
    for (slot, byte) in id.iter_mut().zip(topic.bytes()) {
        *slot = byte;
    }
    TopicId(Uuid(id))
}

pub(crate) fn assignment(topic: &str, partition: i32) -> PartitionAssignment {
    PartitionAssignment {
        partition: TopicPartition::new(topic, partition),
        topic_id: topic_id(topic),
        leader: NODE,
        leader_epoch: LeaderEpoch(0),
        partition_epoch: PartitionEpoch(0),
        replicas: vec![NODE],
        isr: vec![NODE],
        config: TopicConfig::default(),
    }
}

fn builder(values: &[&str], mut builder: BatchBuilder) -> Bytes {
    for value in values {
        let appended = builder.append(1_700_000_000_000, None, Some(value.as_bytes()), &[]);
        appended.expect("fits");
    }
    builder.build().expect("builds")
}

pub(crate) fn batch(values: &[&str]) -> Bytes {
    builder(values, BatchBuilder::new())
}

pub(crate) fn idempotent(values: &[&str], epoch: i16, sequence: i32) -> Bytes {
    builder(values, BatchBuilder::new().producer(7, epoch, sequence))
}

pub(crate) fn values(fetched: &FetchedPartition) -> Vec<(i64, String)> {
    let mut values = Vec::new();
    for part in &fetched.parts {
        for batch in BatchIter::new(part.clone()) {
            let (_, bytes) = batch.expect("whole batches");
            let records = highwater_protocol::record::RecordIter::new(&bytes, 1 << 20);
            for record in records.expect("readable") {
                let record = record.expect("readable");
                let value = record.value.unwrap_or_default();
                values.push((record.offset, String::from_utf8_lossy(&value).into_owned()));
            }
        }
    }
    values
}

pub(crate) fn index(partition: i32) -> PartitionIndex {
    PartitionIndex(partition)
}
