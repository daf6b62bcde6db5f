//! OffsetForLeaderEpoch: where an earlier leader's records end. KIP-101, KIP-320.

use std::sync::Arc;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse,
    OffsetForLeaderPartition, OffsetForLeaderTopicResult,
};
use highwater_types::{LeaderEpoch, Offset};

use super::ApiError;
use super::partition_lookup::by_name;
use crate::context::{BrokerContext, RequestContext};
use crate::replica::end_of_epoch;

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: OffsetForLeaderEpochRequest,
    _rc: &RequestContext,
) -> Result<OffsetForLeaderEpochResponse, ApiError> {
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic
            .partitions
            .iter()
            .map(|wanted| respond(wanted.partition, find(ctx, &topic.topic, wanted)));
        OffsetForLeaderTopicResult {
            partitions: partitions.collect(),
            topic: topic.topic,
        }
    });
    Ok(OffsetForLeaderEpochResponse {
        throttle_time_ms: 0,
        topics: topics.collect(),
    })
}

fn find(
    ctx: &BrokerContext,
    topic: &str,
    wanted: &OffsetForLeaderPartition,
) -> Result<(LeaderEpoch, Offset), ErrorCode> {
    let partition = by_name(ctx, topic, wanted.partition)?;
    let leader_epoch = partition.check_leader(LeaderEpoch(wanted.current_leader_epoch))?;
    let epoch = LeaderEpoch(wanted.leader_epoch);
    Ok(end_of_epoch(&partition, leader_epoch, epoch))
}

fn respond(partition: i32, found: Result<(LeaderEpoch, Offset), ErrorCode>) -> EpochEndOffset {
    match found {
        Ok((leader_epoch, end_offset)) => EpochEndOffset {
            partition,
            leader_epoch: leader_epoch.get(),
            end_offset: end_offset.get(),
            ..EpochEndOffset::default()
        },
        Err(code) => EpochEndOffset {
            partition,
            error_code: code.code(),
            ..EpochEndOffset::default()
        },
    }
}
