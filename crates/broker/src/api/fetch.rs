//! Fetch: reads for consumers. KIP-74, KIP-98, KIP-227, KIP-320, KIP-516, KIP-951.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use highwater_protocol::ErrorCode;
use highwater_protocol::messages::fetch::{
    AbortedTransaction, EpochEndOffset, FetchRequest, FetchResponse, FetchableTopicResponse,
    LeaderIdAndEpoch, NodeEndpoint, PartitionData,
};
use highwater_types::{LeaderEpoch, Offset, PartitionIndex, TopicId, Uuid};
use tokio::time::Instant;

use super::ApiError;
use super::partition_lookup::{LeaderHint, by_id, by_name};
use crate::context::{BrokerContext, RequestContext};
use crate::fetch_session::{
    FetchPartition, PartitionOutcome, SessionError, SessionRequest, TopicKey,
};
use crate::replica::{FetchParams, FetchTarget, FetchedPartition, Isolation};

/// The first version with topic ids instead of names.
const TOPIC_ID_VERSION: i16 = 13;
/// The first version whose clients know `KAFKA_STORAGE_ERROR`.
const STORAGE_ERROR_VERSION: i16 = 6;
/// The first version that can name the leader. KIP-951.
const LEADER_HINT_VERSION: i16 = 16;
/// A consumer that would wait longer comes back.
const MAX_WAIT: Duration = Duration::from_mins(5);

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    mut request: FetchRequest,
    rc: &RequestContext,
) -> Result<FetchResponse, ApiError> {
    let wanted: usize = request.topics.iter().map(|t| t.partitions.len()).sum();
    if wanted > ctx.config.replica.fetch_partitions_max {
        return Ok(failed(ErrorCode::InvalidRequest));
    }
    let session_request = session_request(&mut request, rc);
    let context = match ctx.fetch_sessions.begin(session_request, Instant::now()) {
        Ok(context) => context,
        Err(error) => return Ok(session_error(error)),
    };
    let params = params(ctx, &request);
    let targets: Vec<_> = context.partitions.iter().map(|p| target(ctx, p)).collect();
    let fetched = ctx.replicas.fetch(&params, &targets).await;
    // What a session says about records not sent is wrong if the client is gone, but
    // then nobody uses the session again.
    let outcomes: Vec<_> = fetched.iter().map(outcome).collect();
    let finished = ctx
        .fetch_sessions
        .finish(&context, &outcomes, Instant::now());
    let (session_id, told) = match finished {
        Ok(finished) => finished,
        Err(error) => return Ok(session_error(error)),
    };
    let told = told.into_iter().zip(fetched).zip(&context.partitions);
    let told = told.filter_map(|((told, fetched), wanted)| told.then_some((wanted, fetched)));
    Ok(respond(ctx, rc, session_id, told.collect()))
}

fn session_request(request: &mut FetchRequest, rc: &RequestContext) -> SessionRequest {
    let uses_topic_ids = rc.api_version >= TOPIC_ID_VERSION;
    let key = |name: &str, id: Uuid| match uses_topic_ids {
        true => TopicKey::Id(TopicId(id)),
        false => TopicKey::Name(name.into()),
    };
    let mut partitions = Vec::new();
    for topic in std::mem::take(&mut request.topics) {
        let topic_key = key(&topic.topic, topic.topic_id);
        partitions.extend(topic.partitions.into_iter().map(|wanted| FetchPartition {
            topic: topic_key.clone(),
            partition: PartitionIndex(wanted.partition),
            fetch_offset: Offset(wanted.fetch_offset),
            max_bytes: wanted.partition_max_bytes,
            current_leader_epoch: LeaderEpoch(wanted.current_leader_epoch),
            last_fetched_epoch: LeaderEpoch(wanted.last_fetched_epoch),
        }));
    }
    let mut forgotten = Vec::new();
    for topic in std::mem::take(&mut request.forgotten_topics_data) {
        let topic_key = key(&topic.topic, topic.topic_id);
        let partitions = topic.partitions.into_iter();
        forgotten.extend(partitions.map(|p| (topic_key.clone(), PartitionIndex(p))));
    }
    SessionRequest {
        session_id: request.session_id,
        session_epoch: request.session_epoch,
        uses_topic_ids,
        partitions,
        forgotten,
    }
}

fn params(ctx: &BrokerContext, request: &FetchRequest) -> FetchParams {
    let unsigned = |value: i32| usize::try_from(value).unwrap_or(0);
    let max_wait_ms = u64::try_from(request.max_wait_ms).unwrap_or(0);
    let max_bytes = request.max_bytes.min(ctx.config.fetch_bytes_max);
    FetchParams {
        max_wait: Duration::from_millis(max_wait_ms).min(MAX_WAIT),
        // More than may be sent would never come together.
        min_bytes: unsigned(request.min_bytes.min(max_bytes)),
        max_bytes: unsigned(max_bytes),
        isolation: Isolation::from_code(request.isolation_level),
    }
}

fn target(ctx: &BrokerContext, wanted: &FetchPartition) -> FetchTarget {
    let partition = match &wanted.topic {
        TopicKey::Id(id) => by_id(ctx, *id, wanted.partition.get()),
        TopicKey::Name(name) => by_name(ctx, name.as_str(), wanted.partition.get()),
    };
    FetchTarget {
        partition,
        fetch_offset: wanted.fetch_offset,
        max_bytes: usize::try_from(wanted.max_bytes).unwrap_or(0),
        current_leader_epoch: wanted.current_leader_epoch,
        last_fetched_epoch: wanted.last_fetched_epoch,
    }
}

fn outcome(fetched: &FetchedPartition) -> PartitionOutcome {
    let is_error = fetched.error != ErrorCode::None;
    let offsets = fetched.offsets.filter(|_| !is_error);
    PartitionOutcome {
        high_watermark: offsets.map_or(Offset::NONE, |o| o.high_watermark),
        log_start: offsets.map_or(Offset::NONE, |o| o.log_start),
        has_records: fetched.size_bytes > 0,
        must_tell: fetched.diverging.is_some(),
        is_error,
    }
}

fn session_error(error: SessionError) -> FetchResponse {
    let code = match error {
        SessionError::NotFound => ErrorCode::FetchSessionIdNotFound,
        SessionError::InvalidEpoch => ErrorCode::InvalidFetchSessionEpoch,
        SessionError::TopicIdMismatch => ErrorCode::FetchSessionTopicIdError,
    };
    failed(code)
}

fn failed(code: ErrorCode) -> FetchResponse {
    FetchResponse {
        error_code: code.code(),
        ..FetchResponse::default()
    }
}

fn respond(
    ctx: &BrokerContext,
    rc: &RequestContext,
    session_id: i32,
    told: Vec<(&FetchPartition, FetchedPartition)>,
) -> FetchResponse {
    let mut endpoints = BTreeMap::new();
    let mut responses: Vec<FetchableTopicResponse> = Vec::new();
    let mut last_topic = None;
    for (wanted, fetched) in told {
        let mut data = partition_data(wanted.partition.get(), fetched, rc.api_version);
        add_leader_hint(ctx, rc, wanted, &mut data, &mut endpoints);
        // Neighbours of one topic share its entry; the order of partitions stays.
        if last_topic != Some(&wanted.topic) {
            let (topic, topic_id) = match &wanted.topic {
                TopicKey::Id(id) => (String::new(), id.0),
                TopicKey::Name(name) => (name.as_str().to_owned(), Uuid::ZERO),
            };
            responses.push(FetchableTopicResponse {
                topic,
                topic_id,
                partitions: Vec::new(),
            });
            last_topic = Some(&wanted.topic);
        }
        if let Some(response) = responses.last_mut() {
            response.partitions.push(data);
        }
    }
    FetchResponse {
        session_id,
        responses,
        node_endpoints: endpoints.into_values().collect(),
        ..FetchResponse::default()
    }
}

fn partition_data(index: i32, fetched: FetchedPartition, version: i16) -> PartitionData {
    let error = match fetched.error {
        ErrorCode::KafkaStorageError if version < STORAGE_ERROR_VERSION => {
            ErrorCode::NotLeaderOrFollower
        }
        error => error,
    };
    let mut data = PartitionData {
        partition_index: index,
        error_code: error.code(),
        high_watermark: Offset::NONE.get(),
        // Empty, not null: some clients take null for a broken response.
        records: Some(Bytes::new()),
        ..PartitionData::default()
    };
    if error != ErrorCode::None {
        data.aborted_transactions = None;
        return data;
    }
    if let Some(offsets) = fetched.offsets {
        data.high_watermark = offsets.high_watermark.get();
        data.last_stable_offset = offsets.last_stable.get();
        data.log_start_offset = offsets.log_start.get();
    }
    if let Some((epoch, end_offset)) = fetched.diverging {
        data.diverging_epoch = EpochEndOffset {
            epoch: epoch.get(),
            end_offset: end_offset.get(),
        };
    }
    data.aborted_transactions = fetched.aborted.map(|aborted| {
        let aborted = aborted.into_iter().map(|txn| AbortedTransaction {
            producer_id: txn.producer_id.get(),
            first_offset: txn.first_offset.get(),
        });
        aborted.collect()
    });
    data.records = Some(join(fetched.parts, fetched.size_bytes));
    data
}

/// One slice for the response; copies only where a read crossed from one segment,
/// or from the file to memory.
fn join(mut parts: Vec<Bytes>, size_bytes: usize) -> Bytes {
    if parts.len() <= 1 {
        return parts.pop().unwrap_or_default();
    }
    let mut all = BytesMut::with_capacity(size_bytes);
    for part in parts {
        all.extend_from_slice(&part);
    }
    all.freeze()
}

fn add_leader_hint(
    ctx: &BrokerContext,
    rc: &RequestContext,
    wanted: &FetchPartition,
    data: &mut PartitionData,
    endpoints: &mut BTreeMap<i32, NodeEndpoint>,
) {
    let is_elsewhere = data.error_code == ErrorCode::NotLeaderOrFollower.code()
        || data.error_code == ErrorCode::FencedLeaderEpoch.code();
    if !is_elsewhere || rc.api_version < LEADER_HINT_VERSION {
        return;
    }
    let image = ctx.metadata.image();
    let name = match &wanted.topic {
        TopicKey::Name(name) => Some(name.as_str()),
        TopicKey::Id(id) => image.topics().get_by_id(*id).map(|t| t.name().as_str()),
    };
    let hint =
        name.and_then(|name| LeaderHint::find(&image, name, wanted.partition.get(), &rc.listener));
    let Some(hint) = hint else {
        return;
    };
    let node_id = hint.leader.get();
    data.current_leader = LeaderIdAndEpoch {
        leader_id: node_id,
        leader_epoch: hint.leader_epoch,
    };
    if let Some(endpoint) = hint.endpoint {
        let endpoint = NodeEndpoint {
            node_id,
            host: endpoint.host,
            port: endpoint.port,
            rack: endpoint.rack,
        };
        endpoints.insert(node_id, endpoint);
    }
}
