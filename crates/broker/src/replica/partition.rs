//! The shared face of a hosted partition.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};

use highwater_protocol::ErrorCode;
use highwater_storage::LogReader;
use highwater_types::{DirectoryId, LeaderEpoch, TopicId, TopicPartition};

use crate::observer::ReplicaView;
use crate::purgatory::WaitList;

/// One partition that this broker hosts, as everybody but its worker sees it.
///
/// Lives from the opening of the log until the replica is removed; who still holds
/// it then sees that it does not lead any more.
pub(crate) struct Partition {
    /// Unique within this life of the broker; a re-created partition gets another.
    pub(super) number: u64,
    pub(crate) name: TopicPartition,
    pub(crate) topic_id: TopicId,
    /// The log directory that holds the log, if it is known.
    pub(super) directory: Option<DirectoryId>,
    /// The index of the worker that owns the log.
    pub(super) worker: usize,
    pub(crate) log: Arc<LogReader>,
    /// Fetches that wait for more data.
    pub(crate) waiters: Arc<WaitList>,
    condition: AtomicU8,
    leader_epoch: AtomicI32,
}

/// What a partition can do at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Condition {
    /// Another broker leads it, or nobody.
    NotLeading = 0,
    Leading = 1,
    /// Its log can not be read or written.
    Offline = 2,
    /// It is no longer hosted here.
    Removed = 3,
}

impl Partition {
    pub(super) fn new(
        number: u64,
        name: TopicPartition,
        topic_id: TopicId,
        directory: Option<DirectoryId>,
        worker: usize,
        log: Arc<LogReader>,
    ) -> Arc<Self> {
        Arc::new(Self {
            number,
            name,
            topic_id,
            directory,
            worker,
            log,
            waiters: Arc::default(),
            condition: AtomicU8::new(Condition::NotLeading as u8),
            leader_epoch: AtomicI32::new(LeaderEpoch::UNKNOWN.0),
        })
    }

    /// The epoch in which this broker leads the partition.
    ///
    /// # Errors
    /// The code for a client that came here for the leader of `current` epoch
    /// ([`LeaderEpoch::UNKNOWN`] if it did not say). KIP-320.
    pub(crate) fn check_leader(&self, current: LeaderEpoch) -> Result<LeaderEpoch, ErrorCode> {
        let condition = self.condition();
        if condition == Condition::Offline {
            return Err(ErrorCode::KafkaStorageError);
        }
        let ours = self.leader_epoch();
        if current != LeaderEpoch::UNKNOWN && condition != Condition::Removed {
            if current < ours {
                return Err(ErrorCode::FencedLeaderEpoch);
            }
            if current > ours {
                return Err(ErrorCode::UnknownLeaderEpoch);
            }
        }
        match condition {
            Condition::Leading => Ok(ours),
            _ => Err(ErrorCode::NotLeaderOrFollower),
        }
    }

    pub(crate) fn view(&self) -> ReplicaView {
        ReplicaView {
            partition: self.name.clone(),
            topic_id: self.topic_id,
            leads: self.condition() == Condition::Leading,
            leader_epoch: self.leader_epoch(),
            offsets: self.log.offsets(),
        }
    }

    /// The last leader epoch that this broker was told.
    pub(crate) fn leader_epoch(&self) -> LeaderEpoch {
        LeaderEpoch(self.leader_epoch.load(Ordering::Acquire))
    }

    pub(super) fn condition(&self) -> Condition {
        match self.condition.load(Ordering::Acquire) {
            1 => Condition::Leading,
            2 => Condition::Offline,
            3 => Condition::Removed,
            _ => Condition::NotLeading,
        }
    }

    /// Publishes a change and wakes the parked fetches, which then see it.
    pub(super) fn publish(&self, condition: Condition, leader_epoch: LeaderEpoch) {
        self.leader_epoch.store(leader_epoch.0, Ordering::Release);
        self.condition.store(condition as u8, Ordering::Release);
        self.waiters.wake_all();
    }
}

impl std::fmt::Debug for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({:?})", self.name, self.condition())
    }
}
