//! DeleteRecords: moves partitions' log starts up. KIP-107.

use std::sync::Arc;
use std::time::Duration;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::delete_records::{
    DeleteRecordsPartitionResult, DeleteRecordsRequest, DeleteRecordsResponse,
    DeleteRecordsTopicResult,
};
use highwater_types::{LeaderEpoch, Offset};
use tokio::time::Instant;

use super::ApiError;
use super::partition_lookup::by_name;
use crate::context::{BrokerContext, RequestContext};
use crate::internal_topics::is_internal;

/// The low watermark of a partition whose records were not deleted.
const INVALID_LOW_WATERMARK: i64 = -1;

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: DeleteRecordsRequest,
    _rc: &RequestContext,
) -> Result<DeleteRecordsResponse, ApiError> {
    let timeout_ms = u64::try_from(request.timeout_ms).unwrap_or(0);
    let deadline = Instant::now() + Duration::from_millis(timeout_ms).max(Duration::from_secs(1));
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in request.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for partition in topic.partitions {
            let before = Offset(partition.offset);
            let index = partition.partition_index;
            let deletion = delete(ctx, &topic.name, index, before);
            let deleted = tokio::time::timeout_at(deadline, deletion).await;
            partitions.push(respond(
                index,
                deleted.unwrap_or(Err(ErrorCode::RequestTimedOut)),
            ));
        }
        topics.push(DeleteRecordsTopicResult {
            name: topic.name,
            partitions,
        });
    }
    Ok(DeleteRecordsResponse {
        throttle_time_ms: 0,
        topics,
    })
}

async fn delete(
    ctx: &BrokerContext,
    topic: &str,
    partition: i32,
    before: Offset,
) -> Result<Offset, ErrorCode> {
    let partition = by_name(ctx, topic, partition)?;
    partition.check_leader(LeaderEpoch::UNKNOWN)?;
    if is_internal(topic) {
        return Err(ErrorCode::InvalidTopicException);
    }
    ctx.replicas.delete_records(&partition, before).await
}

fn respond(
    partition_index: i32,
    deleted: Result<Offset, ErrorCode>,
) -> DeleteRecordsPartitionResult {
    let (low_watermark, code) = match deleted {
        Ok(log_start) => (log_start.get(), ErrorCode::None),
        Err(code) => (INVALID_LOW_WATERMARK, code),
    };
    DeleteRecordsPartitionResult {
        partition_index,
        low_watermark,
        error_code: code.code(),
    }
}
