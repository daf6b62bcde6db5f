//! The way back from a follower's workers to the leader's broker.

use std::collections::BTreeMap;

use highwater_replication::{Progress, RejectReason, Rejection};
use highwater_types::{LeaderEpoch, Offset, PartitionIndex, TopicId};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::replica::Partition;

/// One partition's answer to its leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub topic_id: TopicId,
    pub partition: PartitionIndex,
    /// That of the message which is answered.
    pub leader_epoch: LeaderEpoch,
    /// That of the newest message which is answered.
    pub round: u32,
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
        (leader_epoch, round): (LeaderEpoch, u32),
        progress: Progress,
        log_start: Offset,
    ) {
        let body = ReplyBody::Acknowledged {
            progress,
            log_start,
        };
        self.tell(partition, (leader_epoch, round), body);
    }

    /// Tells the leader of `leader_epoch` that its message was refused.
    pub(crate) fn reject(
        &self,
        partition: &Partition,
        (leader_epoch, round): (LeaderEpoch, u32),
        rejection: Rejection,
    ) {
        self.tell(
            partition,
            (leader_epoch, round),
            ReplyBody::Rejected(rejection),
        );
    }

    /// Refuses a message for a partition that is not here.
    pub(super) fn reject_absent(
        &self,
        topic_id: TopicId,
        partition: PartitionIndex,
        (leader_epoch, round): (LeaderEpoch, u32),
        reason: RejectReason,
    ) {
        let body = ReplyBody::Rejected(Rejection::without_log(reason));
        let reply = Reply {
            topic_id,
            partition,
            leader_epoch,
            round,
            body,
        };
        self.add(None, reply);
    }

    /// Whether the stream ended.
    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// Takes all replies, oldest first; waits until there are some. `None` once
    /// closed.
    pub(super) async fn take(&self) -> Option<Vec<Reply>> {
        loop {
            {
                let mut state = self.state.lock();
                if state.closed {
                    return None;
                }
                if !state.replies.is_empty() {
                    state.last.clear();
                    return Some(std::mem::take(&mut state.replies));
                }
            }
            self.news.notified().await;
        }
    }

    /// The stream ended.
    pub(super) fn close(&self) {
        *self.state.lock() = State {
            closed: true,
            ..State::default()
        };
        self.news.notify_one();
    }

    fn tell(
        &self,
        partition: &Partition,
        (leader_epoch, round): (LeaderEpoch, u32),
        body: ReplyBody,
    ) {
        let reply = Reply {
            topic_id: partition.topic_id,
            partition: partition.name.partition,
            leader_epoch,
            round,
            body,
        };
        self.add(Some(partition.number), reply);
    }

    fn add(&self, number: Option<u64>, reply: Reply) {
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        let is_first = state.replies.is_empty();
        let place = number.and_then(|number| state.last.get(&number).copied());
        let previous = place.and_then(|place| state.replies.get_mut(place));
        if let Some(previous) = previous
            && previous.is_replaced_by(&reply)
        {
            *previous = reply;
            return;
        }
        let place = state.replies.len();
        state.replies.push(reply);
        if let Some(number) = number {
            state.last.insert(number, place);
        }
        drop(state);
        if is_first {
            self.news.notify_one();
        }
    }
}

impl Reply {
    /// Whether `newer` says everything that this says. A refusal is never left out:
    /// what the follower says after it is to be read in its light.
    fn is_replaced_by(&self, newer: &Self) -> bool {
        let both = (&self.body, &newer.body);
        self.leader_epoch == newer.leader_epoch
            && self.round == newer.round
            && matches!(
                both,
                (
                    ReplyBody::Acknowledged { .. },
                    ReplyBody::Acknowledged { .. }
                )
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(partition: i32, leader_epoch: i32, body: ReplyBody) -> Reply {
        Reply {
            topic_id: TopicId::ZERO,
            partition: PartitionIndex(partition),
            leader_epoch: LeaderEpoch(leader_epoch),
            round: 0,
            body,
        }
    }

    fn acknowledged(log_end: i64, flushed: i64) -> ReplyBody {
        ReplyBody::Acknowledged {
            progress: Progress::new(Offset(log_end), Offset(flushed)),
            log_start: Offset(0),
        }
    }

    #[tokio::test]
    async fn the_newest_acknowledgement_stands_for_those_before() {
        let replies = FollowerReplies::default();
        let refused = ReplyBody::Rejected(Rejection::without_log(RejectReason::Busy));
        let told = [
            (1, reply(1, 4, acknowledged(5, 0))),
            (2, reply(2, 4, acknowledged(7, 0))),
            (1, reply(1, 4, acknowledged(5, 5))),
            (1, reply(1, 4, refused)),
            (1, reply(1, 4, acknowledged(6, 5))),
            (1, reply(1, 5, acknowledged(6, 6))),
        ];
        for (number, reply) in told {
            replies.add(Some(number), reply);
        }
        let taken = replies.take().await.expect("open");
        let kept = [told[2], told[1], told[3], told[4], told[5]];
        assert_eq!(taken, kept.map(|(_, reply)| reply));
        replies.add(Some(1), told[0].1);
        assert_eq!(replies.take().await, Some(vec![told[0].1]));
    }

    #[tokio::test]
    async fn nothing_gathers_after_the_end() {
        let replies = FollowerReplies::default();
        replies.add(Some(1), reply(1, 4, acknowledged(5, 0)));
        replies.close();
        replies.add(Some(1), reply(1, 4, acknowledged(6, 0)));
        assert_eq!(replies.take().await, None);
    }
}
