//! From plain data to what is on the wire, and back.

use highwater_replication::{Progress, Push, PushKind, RejectReason, Rejection};
use highwater_rpc::proto::replication as proto;
use highwater_types::{LeaderEpoch, Offset, PartitionIndex, TopicId, Uuid};

use super::draft::PushItem;
use super::messages::Replicate;
use super::replies::{Reply, ReplyBody};

/// A message that no peer of this kind sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer's message makes no sense: {0}")]
pub(super) struct Malformed(pub(super) &'static str);

fn topic_id(bytes: &[u8]) -> Result<TopicId, Malformed> {
    let id = bytes.try_into();
    id.map(|id| TopicId(Uuid(id)))
        .map_err(|_| Malformed("a topic id has 16 bytes"))
}

fn id_bytes(id: TopicId) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(&id.0.0)
}

/// Reads one part of a leader's message.
pub(super) fn read_replicate(
    item: proto::Replicate,
) -> Result<(TopicId, PartitionIndex, Replicate), Malformed> {
    let kind = match item.kind() {
        proto::replicate::Kind::Probe => PushKind::Probe,
        proto::replicate::Kind::Append => PushKind::Append,
        proto::replicate::Kind::Watermark => PushKind::Watermark,
    };
    if item.previous_offset < 0 || item.high_watermark < 0 || item.log_start < 0 {
        return Err(Malformed("an offset is negative"));
    }
    let push = Push {
        kind,
        leader_epoch: LeaderEpoch(item.leader_epoch),
        round: item.round,
        previous_offset: Offset(item.previous_offset),
        previous_epoch: LeaderEpoch(item.previous_epoch),
        high_watermark: Offset(item.high_watermark),
        log_start: Offset(item.log_start),
    };
    let replicate = Replicate {
        push,
        batches: item.batches,
    };
    let id = topic_id(&item.topic_id)?;
    Ok((id, PartitionIndex(item.partition), replicate))
}

/// Writes one part of a leader's message.
pub(super) fn write_push(item: PushItem) -> proto::Replicate {
    let push = item.push;
    let kind = match push.kind {
        PushKind::Probe => proto::replicate::Kind::Probe,
        PushKind::Append => proto::replicate::Kind::Append,
        PushKind::Watermark => proto::replicate::Kind::Watermark,
    };
    proto::Replicate {
        topic_id: id_bytes(item.topic_id),
        partition: item.index.0,
        leader_epoch: push.leader_epoch.get(),
        previous_offset: push.previous_offset.get(),
        previous_epoch: push.previous_epoch.get(),
        kind: kind.into(),
        batches: item.batches.into_bytes(),
        high_watermark: push.high_watermark.get(),
        log_start: push.log_start.get(),
        round: push.round,
    }
}

/// Reads a follower's answers, in the order in which they were given.
pub(super) fn read_replies(batch: proto::AnswerBatch) -> Result<Vec<Reply>, Malformed> {
    batch.answers.into_iter().map(read_reply).collect()
}

fn read_reply(answer: proto::Answer) -> Result<Reply, Malformed> {
    let body = match answer.outcome {
        Some(proto::answer::Outcome::Ack(ack)) => {
            if ack.log_end < 0 || !(0..=ack.log_end).contains(&ack.flushed_end) {
                return Err(Malformed("the ends of a log are out of order"));
            }
            ReplyBody::Acknowledged {
                progress: Progress::new(Offset(ack.log_end), Offset(ack.flushed_end)),
                log_start: Offset(ack.log_start),
            }
        }
        Some(proto::answer::Outcome::Reject(reject)) => ReplyBody::Rejected(Rejection {
            reason: reason(reject.reason())?,
            log_end: Offset(reject.log_end),
            hint_epoch: LeaderEpoch(reject.hint_epoch),
            hint_end: Offset(reject.hint_end),
        }),
        None => return Err(Malformed("an answer is empty")),
    };
    Ok(Reply {
        topic_id: topic_id(&answer.topic_id)?,
        partition: PartitionIndex(answer.partition),
        leader_epoch: LeaderEpoch(answer.leader_epoch),
        round: answer.round,
        body,
    })
}

fn reason(reason: proto::reject::Reason) -> Result<RejectReason, Malformed> {
    use proto::reject::Reason;
    match reason {
        Reason::Unspecified => Err(Malformed("a refusal without a reason")),
        Reason::NotReplica => Ok(RejectReason::NotReplica),
        Reason::FencedEpoch => Ok(RejectReason::FencedEpoch),
        Reason::UnknownEpoch => Ok(RejectReason::UnknownEpoch),
        Reason::Diverged => Ok(RejectReason::Diverged),
        Reason::Corrupt => Ok(RejectReason::Corrupt),
        Reason::OutOfRange => Ok(RejectReason::OutOfRange),
        Reason::StorageError => Ok(RejectReason::StorageError),
        Reason::Busy => Ok(RejectReason::Busy),
    }
}

/// Writes a follower's answers.
pub(super) fn write_replies(replies: Vec<Reply>) -> proto::AnswerBatch {
    let answers = replies.into_iter().map(write_reply).collect();
    proto::AnswerBatch { answers }
}

fn write_reply(reply: Reply) -> proto::Answer {
    use proto::reject::Reason;
    let outcome = match reply.body {
        ReplyBody::Acknowledged {
            progress,
            log_start,
        } => proto::answer::Outcome::Ack(proto::Ack {
            log_end: progress.log_end().get(),
            flushed_end: progress.flushed_end().get(),
            log_start: log_start.get(),
        }),
        ReplyBody::Rejected(rejection) => {
            let reason = match rejection.reason {
                RejectReason::NotReplica => Reason::NotReplica,
                RejectReason::FencedEpoch => Reason::FencedEpoch,
                RejectReason::UnknownEpoch => Reason::UnknownEpoch,
                RejectReason::Diverged => Reason::Diverged,
                RejectReason::Corrupt => Reason::Corrupt,
                RejectReason::OutOfRange => Reason::OutOfRange,
                RejectReason::StorageError => Reason::StorageError,
                RejectReason::Busy => Reason::Busy,
            };
            proto::answer::Outcome::Reject(proto::Reject {
                reason: reason.into(),
                log_end: rejection.log_end.get(),
                hint_epoch: rejection.hint_epoch.get(),
                hint_end: rejection.hint_end.get(),
            })
        }
    };
    proto::Answer {
        topic_id: id_bytes(reply.topic_id),
        partition: reply.partition.0,
        leader_epoch: reply.leader_epoch.get(),
        round: reply.round,
        outcome: Some(outcome),
    }
}
