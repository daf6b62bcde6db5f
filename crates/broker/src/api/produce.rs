//! Produce: appends a producer's batches. KIP-98, KIP-516, KIP-951.
//!
//! Two stages: [`handle`] returns when the batches are with the partitions' workers
//! (*dispatched*), so that the connection goes on with its next request; the future
//! that it gives is done when they are appended or committed (*produced*).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use highwater_protocol::ErrorCode;
use highwater_protocol::messages::produce::{
    BatchIndexAndErrorMessage, LeaderIdAndEpoch, NodeEndpoint, PartitionProduceResponse,
    ProduceRequest, ProduceResponse, TopicProduceResponse,
};
use highwater_protocol::record::{BatchHeader, Compression};
use highwater_types::{Offset, TopicId, Uuid, validate_topic_name};
use tokio::time::Instant;

use super::partition_lookup::{LeaderHint, by_id, by_name};
use super::{ApiError, partition_lookup};
use crate::context::{BrokerContext, RequestContext};
use crate::replica::{Acks, AppendFailure, AppendResult, Partition, PendingAppend};

/// The rest of a produce request, once its batches are with their workers.
pub(crate) type Produced = BoxFuture<'static, Result<ProduceResponse, ApiError>>;

/// The client name of Kafka's own admin tools, which may write internal topics.
const ADMIN_CLIENT_ID: &str = "__admin_client";
/// How long acks=0 and acks=1 wait for a busy worker, whatever the client's timeout.
const APPEND_WAIT_MAX: Duration = Duration::from_secs(30);
/// The first version with topic ids instead of names.
const TOPIC_ID_VERSION: i16 = 13;
/// The first version whose clients know zstd.
const ZSTD_VERSION: i16 = 7;
/// The first version that can name the leader. KIP-951.
const LEADER_HINT_VERSION: i16 = 10;

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: ProduceRequest,
    rc: &RequestContext,
) -> Result<Produced, ApiError> {
    let acks = Acks::from_code(request.acks);
    let timeout = Duration::from_millis(u64::try_from(request.timeout_ms).unwrap_or(0));
    let deadline = Instant::now()
        + match acks {
            Some(Acks::All) => timeout,
            // In Kafka only the wait for replicas has a deadline, not the append.
            _ => timeout.max(APPEND_WAIT_MAX),
        };
    let mut produce = Produce {
        ctx: ctx.clone(),
        rc: rc.clone(),
        topics: Vec::with_capacity(request.topic_data.len()),
        replies: Vec::new(),
    };
    let mut batches = Vec::new();
    for topic in request.topic_data {
        let first = produce.replies.len();
        let names = TopicNames {
            name: topic.name,
            id: topic.topic_id,
        };
        for partition in topic.partition_data {
            let checked = match acks {
                Some(_) => produce.check(&names, partition.index, partition.records),
                None => Err(AppendFailure::new(ErrorCode::InvalidRequiredAcks)),
            };
            let state = match checked {
                Ok(batch) => {
                    batches.push(batch);
                    State::Dispatched(batches.len() - 1)
                }
                Err(failure) => State::Refused(failure),
            };
            produce.replies.push((partition.index, state));
        }
        produce.topics.push((names, first));
    }
    let pending = ctx.replicas.append(acks.unwrap_or(Acks::Leader), batches);
    let pending = pending.await;
    Ok(Box::pin(produce.finish(pending, acks, deadline)))
}

/// A topic as the request named it.
struct TopicNames {
    /// Empty from version 13 on.
    name: String,
    /// Zero before version 13.
    id: Uuid,
}

/// One produce request between its two stages.
struct Produce {
    ctx: Arc<BrokerContext>,
    rc: RequestContext,
    /// Each topic with the place of its first partition in `replies`.
    topics: Vec<(TopicNames, usize)>,
    /// Partition indexes, in the request's order.
    replies: Vec<(i32, State)>,
}

enum State {
    Refused(AppendFailure),
    /// Its place among the appends.
    Dispatched(usize),
}

impl Produce {
    /// What can be refused without looking at the log.
    fn check(
        &self,
        topic: &TopicNames,
        partition: i32,
        records: Option<Bytes>,
    ) -> Result<(Arc<Partition>, Bytes), AppendFailure> {
        let version = self.rc.api_version;
        let found = if version >= TOPIC_ID_VERSION {
            by_id(&self.ctx, TopicId(topic.id), partition)
        } else if validate_topic_name(&topic.name).is_err() {
            Err(ErrorCode::InvalidTopicException)
        } else {
            by_name(&self.ctx, &topic.name, partition)
        };
        let found = found.map_err(AppendFailure::new)?;
        let name = found.name.topic.as_str();
        if crate::internal_topics::is_internal(name) && self.rc.client_id != ADMIN_CLIENT_ID {
            return Err(AppendFailure::new(ErrorCode::InvalidTopicException));
        }
        let records = records.unwrap_or_default();
        // What can not be read is told by the log, which looks at everything.
        if let Ok(header) = BatchHeader::parse(&records) {
            if version < ZSTD_VERSION && header.compression() == Ok(Compression::Zstd) {
                return Err(AppendFailure::new(ErrorCode::UnsupportedCompressionType));
            }
            if header.is_transactional() {
                // No transaction can have been begun: there is no coordinator yet.
                return Err(AppendFailure::new(ErrorCode::InvalidTxnState));
            }
        }
        Ok((found, records))
    }

    async fn finish(
        self,
        pending: Arc<PendingAppend>,
        acks: Option<Acks>,
        deadline: Instant,
    ) -> Result<ProduceResponse, ApiError> {
        let mut results: Vec<_> = pending.wait(deadline).await;
        let mut take = |state| match state {
            State::Refused(failure) => Err(failure),
            State::Dispatched(index) => {
                let unknown = Err(AppendFailure::new(ErrorCode::UnknownServerError));
                results
                    .get_mut(index)
                    .map_or(unknown.clone(), |result| std::mem::replace(result, unknown))
            }
        };
        let results: Vec<(i32, AppendResult)> = self
            .replies
            .into_iter()
            .map(|(index, state)| (index, take(state)))
            .collect();
        if acks == Some(Acks::None) {
            return Err(no_response(&results));
        }
        Ok(respond(&self.ctx, &self.rc, self.topics, results))
    }
}

/// With `acks=0` there is no response; a failure closes the connection, so that
/// the client notices and looks for the leader again.
fn no_response(results: &[(i32, AppendResult)]) -> ApiError {
    let failed = results.iter().find_map(|(_, result)| result.as_ref().err());
    match failed {
        None => ApiError::NoResponse,
        Some(failure) => ApiError::Close(format!("acks=0 and {}", failure.code.name())),
    }
}

fn respond(
    ctx: &BrokerContext,
    rc: &RequestContext,
    topics: Vec<(TopicNames, usize)>,
    results: Vec<(i32, AppendResult)>,
) -> ProduceResponse {
    let mut endpoints = BTreeMap::new();
    let mut results: Vec<_> = results.into_iter().map(Some).collect();
    let mut end = results.len();
    let mut responses = Vec::with_capacity(topics.len());
    for (topic, first) in topics.into_iter().rev() {
        let taken = results.get_mut(first..end).unwrap_or_default();
        end = first;
        let partitions = taken.iter_mut().filter_map(Option::take);
        let mut partition_responses: Vec<_> = partitions.map(partition_response).collect();
        for response in &mut partition_responses {
            let is_elsewhere = response.error_code == ErrorCode::NotLeaderOrFollower.code();
            if is_elsewhere && rc.api_version >= LEADER_HINT_VERSION {
                add_leader_hint(ctx, rc, &topic, response, &mut endpoints);
            }
        }
        responses.push(TopicProduceResponse {
            name: topic.name,
            topic_id: topic.id,
            partition_responses,
        });
    }
    responses.reverse();
    ProduceResponse {
        responses,
        throttle_time_ms: 0,
        node_endpoints: endpoints.into_values().collect(),
    }
}

fn partition_response((index, result): (i32, AppendResult)) -> PartitionProduceResponse {
    match result {
        Ok(info) => PartitionProduceResponse {
            index,
            base_offset: info.first_offset.get(),
            log_append_time_ms: info.log_append_time.get(),
            log_start_offset: info.log_start_offset.get(),
            ..PartitionProduceResponse::default()
        },
        Err(failure) => {
            let records = failure.records.into_iter();
            let record_errors = records.map(|record| BatchIndexAndErrorMessage {
                batch_index: record.batch_index,
                batch_index_error_message: Some(record.message),
            });
            PartitionProduceResponse {
                index,
                error_code: failure.code.code(),
                base_offset: Offset::NONE.get(),
                log_start_offset: failure.log_start.get(),
                record_errors: record_errors.collect(),
                error_message: failure.message,
                ..PartitionProduceResponse::default()
            }
        }
    }
}

fn add_leader_hint(
    ctx: &BrokerContext,
    rc: &RequestContext,
    topic: &TopicNames,
    response: &mut PartitionProduceResponse,
    endpoints: &mut BTreeMap<i32, NodeEndpoint>,
) {
    let image = ctx.metadata.image();
    let by_id = image.topics().get_by_id(TopicId(topic.id));
    let name = by_id.map_or(topic.name.as_str(), |topic| topic.name().as_str());
    let Some(hint) = LeaderHint::find(&image, name, response.index, &rc.listener) else {
        return;
    };
    let node_id = hint.leader.get();
    response.current_leader = LeaderIdAndEpoch {
        leader_id: node_id,
        leader_epoch: hint.leader_epoch,
    };
    if let Some(partition_lookup::LeaderEndpoint { host, port, rack }) = hint.endpoint {
        let endpoint = NodeEndpoint {
            node_id,
            host,
            port,
            rack,
        };
        endpoints.insert(node_id, endpoint);
    }
}
