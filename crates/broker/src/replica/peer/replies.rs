//! The way back from a follower's workers to the leader's broker.

use std::collections::BTreeMap;

use highwater_replication::Progress;
use highwater_types::{LeaderEpoch, Offset, PartitionIndex, TopicId};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::messages::Rejection;
use crate::replica::Partition;

/// One partition's answer to its leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub topic_id: TopicId,
    pub partition: PartitionIndex,
    /// That of the message which is answered.
    pub leader_epoch: LeaderEpoch,
    pub body: ReplyBody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyBody {
    Acknowledged {
        progress: Progress,
        log_start: Offset,
    },
    Rejected(Rejection),
}

/// Answers that wait to be sent on one stream. Workers add, the stream takes all at
/// once; an acknowledgement that was not taken yet is replaced by the next one of
/// the same partition.
///
/// Lives as long as its stream. A partition's worker keeps the one of the last
/// message it got, since acknowledgements of flushes come later.
#[derive(Default)]
pub(crate) struct FollowerReplies {
    state: Mutex<State>,
    news: Notify,
}

#[derive(Default)]
struct State {
    replies: Vec<Reply>,
    /// Each partition's last place in `replies`.
    last: BTreeMap<u64, usize>,
    /// The stream ended: nobody will take anything.
    closed: bool,
}

impl FollowerReplies {
    /// Tells the leader of `leader_epoch` where this replica's log ends.
    pub(crate) fn acknowledge(
        &self,
        partition: &Partition,
        leader_epoch: LeaderEpoch,
        progress: Progress,
        log_start: Offset,
    ) {
        let body = ReplyBody::Acknowledged {
            progress,
            log_start,
        };
        self.add(partition, leader_epoch, body);
    }

    /// Tells the leader of `leader_epoch` that its message was refused.
    pub(crate) fn reject(
        &self,
        partition: &Partition,
        leader_epoch: LeaderEpoch,
        rejection: Rejection,
    ) {
        self.add(partition, leader_epoch, ReplyBody::Rejected(rejection));
    }

    /// Whether the stream ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    fn add(&self, partition: &Partition, leader_epoch: LeaderEpoch, body: ReplyBody) {
        let reply = Reply {
            topic_id: partition.topic_id,
            partition: partition.name.partition,
            leader_epoch,
            body,
        };
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        let is_first = state.replies.is_empty();
        let place = state.last.get(&partition.number).copied();
        let previous = place.and_then(|place| state.replies.get_mut(place));
        if let Some(previous) = previous
            && previous.leader_epoch == leader_epoch
            && matches!(previous.body, ReplyBody::Acknowledged { .. })
            && matches!(body, ReplyBody::Acknowledged { .. })
        {
            *previous = reply;
            return;
        }
        let place = state.replies.len();
        state.replies.push(reply);
        state.last.insert(partition.number, place);
        drop(state);
        if is_first {
            self.news.notify_one();
        }
    }
}
