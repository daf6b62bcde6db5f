//! What a worker is told.

use std::sync::Arc;

use bytes::Bytes;
use highwater_protocol::ErrorCode;
use highwater_replication::FollowerReport;
use highwater_storage::Log;
use highwater_types::{DirectoryId, LeaderEpoch, NodeId, Offset, PartitionEpoch};
use tokio::sync::oneshot;

use super::append::{Acks, AppendFailure, PendingAppend};
use super::config::TopicSettings;
use super::isr_proposals::IsrAnswer;
use super::partition::Partition;
use super::peer::{FollowerReplies, Replicate};
use crate::metadata::PartitionAssignment;

/// A partition's number, see [`Partition::number`].
pub(super) type PartitionNumber = u64;

/// One message to a worker. Commands of one sender take effect in their order.
pub(super) enum Command {
    /// Host a partition from now on.
    Open(Box<OpenPartition>),
    /// Another leader, epoch or in-sync set.
    Assign {
        partition: PartitionNumber,
        assignment: Box<PartitionAssignment>,
        done: oneshot::Sender<()>,
    },
    UpdateSettings {
        partition: PartitionNumber,
        settings: Box<TopicSettings>,
    },
    /// Give the log back and forget the partition.
    Close {
        partition: PartitionNumber,
        done: oneshot::Sender<Option<Log>>,
    },
    Append(Box<AppendBatches>),
    DeleteRecords {
        partition: PartitionNumber,
        /// [`Offset::NONE`] stands for the high watermark.
        before: Offset,
        done: oneshot::Sender<Result<Offset, ErrorCode>>,
    },
    /// Leaders on another broker pushed something.
    Replicate(Box<ReplicateItems>),
    /// Followers on another broker are further.
    FollowerProgress {
        follower: NodeId,
        reports: Vec<(PartitionNumber, FollowerReport)>,
    },
    /// What the controller made of a proposal; the epochs are the proposal's.
    IsrAnswered {
        partition: PartitionNumber,
        leader_epoch: LeaderEpoch,
        partition_epoch: PartitionEpoch,
        answer: IsrAnswer,
    },
    /// A log directory failed: its partitions are offline.
    FailDirectory {
        directory: DirectoryId,
        reason: Arc<str>,
    },
    /// Give all logs back, flushed, and end.
    Shutdown {
        done: oneshot::Sender<Vec<Log>>,
    },
}

pub(super) struct OpenPartition {
    pub(super) partition: Arc<Partition>,
    pub(super) log: Log,
    pub(super) settings: TopicSettings,
    pub(super) assignment: PartitionAssignment,
    pub(super) done: oneshot::Sender<()>,
}

/// The appends of one request that belong to one worker.
pub(super) struct AppendBatches {
    pub(super) acks: Acks,
    pub(super) pending: Arc<PendingAppend>,
    pub(super) appends: Vec<Append>,
}

pub(super) struct Append {
    pub(super) partition: PartitionNumber,
    /// Where the result goes in `pending`.
    pub(super) index: usize,
    pub(super) records: Bytes,
}

/// The parts of one message from another broker that belong to one worker, in the
/// order of the message.
pub(super) struct ReplicateItems {
    /// The broker that leads these partitions, as it says.
    pub(super) leader: NodeId,
    /// Where the answers go, now and after flushes.
    pub(super) replies: Arc<FollowerReplies>,
    pub(super) items: Vec<(PartitionNumber, Replicate)>,
}

impl Drop for AppendBatches {
    /// What no worker took any more is not led here any more.
    fn drop(&mut self) {
        for append in &self.appends {
            let failure = AppendFailure::new(ErrorCode::NotLeaderOrFollower);
            self.pending.set(append.index, Err(failure));
        }
    }
}
