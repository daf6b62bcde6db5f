//! ListOffsets: offsets by time, and the ends of a log. KIP-79, KIP-320, KIP-734.

use std::collections::BTreeSet;
use std::sync::Arc;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse,
    ListOffsetsTopicResponse,
};
use highwater_storage::TimestampAndOffset;
use highwater_types::{LeaderEpoch, Offset, TimestampMs};

use super::ApiError;
use super::partition_lookup::by_name;
use crate::context::{BrokerContext, RequestContext};
use crate::replica::{Isolation, Partition, storage_error_code};

/// `replica_id` of a consumer; others see the log end.
const CONSUMER: i32 = -1;
/// The first version whose clients know `OFFSET_NOT_AVAILABLE`; here never needed.
const EPOCH_VERSION: i16 = 4;

/// The timestamps with a meaning of their own.
mod special {
    pub(super) const LATEST: i64 = -1;
    pub(super) const EARLIEST: i64 = -2;
    /// KIP-734
    pub(super) const MAX_TIMESTAMP: i64 = -3;
    /// The first offset on local disk. KIP-405
    pub(super) const EARLIEST_LOCAL: i64 = -4;
    /// The last offset in tiered storage. KIP-1005
    pub(super) const LATEST_TIERED: i64 = -5;
    /// The first offset not yet in tiered storage. KIP-1023
    pub(super) const EARLIEST_PENDING_UPLOAD: i64 = -6;
}

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: ListOffsetsRequest,
    rc: &RequestContext,
) -> Result<ListOffsetsResponse, ApiError> {
    let query = Query {
        version: rc.api_version,
        isolation: Isolation::from_code(request.isolation_level),
        is_consumer: request.replica_id == CONSUMER,
    };
    let mut seen = BTreeSet::new();
    let mut duplicates = BTreeSet::new();
    for topic in &request.topics {
        for partition in &topic.partitions {
            let key = (topic.name.as_str(), partition.partition_index);
            if !seen.insert(key) {
                duplicates.insert(key);
            }
        }
    }
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|wanted| {
            let key = (topic.name.as_str(), wanted.partition_index);
            let found = match duplicates.contains(&key) {
                true => Err(ErrorCode::InvalidRequest),
                false => by_name(ctx, &topic.name, wanted.partition_index)
                    .and_then(|partition| query.answer(&partition, wanted)),
            };
            respond(wanted.partition_index, found, rc.api_version)
        });
        ListOffsetsTopicResponse {
            name: topic.name.clone(),
            partitions: partitions.collect(),
        }
    });
    Ok(ListOffsetsResponse {
        throttle_time_ms: 0,
        topics: topics.collect(),
    })
}

/// What all partitions of a request have in common.
struct Query {
    version: i16,
    isolation: Isolation,
    is_consumer: bool,
}

impl Query {
    /// `None` is "no such offset", which is not an error.
    fn answer(
        &self,
        partition: &Partition,
        wanted: &ListOffsetsPartition,
    ) -> Result<Option<TimestampAndOffset>, ErrorCode> {
        if !self.supports(wanted.timestamp) {
            return Err(ErrorCode::UnsupportedVersion);
        }
        let epoch = partition.check_leader(LeaderEpoch(wanted.current_leader_epoch))?;
        let offsets = partition.log.offsets();
        let end = match self.is_consumer {
            true => self.isolation.visible_end(&offsets),
            false => offsets.log_end,
        };
        let at = |offset, leader_epoch| {
            Ok(Some(TimestampAndOffset {
                timestamp: TimestampMs::NONE,
                offset,
                leader_epoch,
            }))
        };
        match wanted.timestamp {
            special::LATEST => at(end, Some(epoch)),
            special::EARLIEST | special::EARLIEST_LOCAL => {
                let start = offsets.log_start;
                let start_epoch = partition.log.epoch_for_offset(start);
                // An empty log begins with the current leader's next record.
                at(
                    start,
                    start_epoch.or((start == offsets.log_end).then_some(epoch)),
                )
            }
            special::MAX_TIMESTAMP => {
                let found = partition.log.max_timestamp();
                self.visible(found.map_err(|e| storage_error_code(&e))?, end)
            }
            // There is no tiered storage.
            special::LATEST_TIERED | special::EARLIEST_PENDING_UPLOAD => at(Offset::NONE, None),
            timestamp => {
                let found = partition.log.offset_for_timestamp(TimestampMs(timestamp));
                self.visible(found.map_err(|e| storage_error_code(&e))?, end)
            }
        }
    }

    fn visible(
        &self,
        found: Option<TimestampAndOffset>,
        end: Offset,
    ) -> Result<Option<TimestampAndOffset>, ErrorCode> {
        Ok(found.filter(|found| found.offset < end))
    }

    fn supports(&self, timestamp: i64) -> bool {
        match timestamp {
            special::LATEST | special::EARLIEST => true,
            special::MAX_TIMESTAMP => self.version >= 7,
            special::EARLIEST_LOCAL => self.version >= 8,
            special::LATEST_TIERED => self.version >= 9,
            special::EARLIEST_PENDING_UPLOAD => self.version >= 11,
            timestamp => timestamp >= 0,
        }
    }
}

fn respond(
    partition_index: i32,
    found: Result<Option<TimestampAndOffset>, ErrorCode>,
    version: i16,
) -> ListOffsetsPartitionResponse {
    let mut response = ListOffsetsPartitionResponse {
        partition_index,
        ..ListOffsetsPartitionResponse::default()
    };
    match found {
        Ok(None) => {}
        Ok(Some(found)) => {
            response.timestamp = found.timestamp.get();
            response.offset = found.offset.get();
            if version >= EPOCH_VERSION {
                let epoch = found.leader_epoch.unwrap_or(LeaderEpoch::UNKNOWN);
                response.leader_epoch = epoch.get();
            }
        }
        Err(code) => response.error_code = code.code(),
    }
    response
}
