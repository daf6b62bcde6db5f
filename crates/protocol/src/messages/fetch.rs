//! Fetch

use bytes::Bytes;
use highwater_types::Uuid;

use crate::Message;

/// Request of Fetch, key 1.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = Fetch, response = FetchResponse, versions = "4-18", flexible = "12+")]
pub struct FetchRequest {
    #[field(versions = "12+", nullable = "12+", tag = 0, default = null, ignorable)]
    pub cluster_id: Option<String>,
    #[field(versions = "0-14", default = -1)]
    pub replica_id: i32,
    #[field(versions = "15+", tag = 1)]
    pub replica_state: ReplicaState,
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    #[field(default = i32::MAX)]
    pub max_bytes: i32,
    pub isolation_level: i8,
    #[field(versions = "7+", ignorable)]
    pub session_id: i32,
    #[field(versions = "7+", default = -1, ignorable)]
    pub session_epoch: i32,
    pub topics: Vec<FetchTopic>,
    #[field(versions = "7+")]
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    #[field(versions = "11+", ignorable)]
    pub rack_id: String,
}

/// The value of `FetchRequest::replica_state`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReplicaState {
    #[field(default = -1)]
    pub replica_id: i32,
    #[field(default = -1)]
    pub replica_epoch: i64,
}

/// An element of `FetchRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchTopic {
    #[field(versions = "0-12", ignorable)]
    pub topic: String,
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<FetchPartition>,
}

/// An element of `FetchTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchPartition {
    pub partition: i32,
    #[field(versions = "9+", default = -1, ignorable)]
    pub current_leader_epoch: i32,
    pub fetch_offset: i64,
    #[field(versions = "12+", default = -1)]
    pub last_fetched_epoch: i32,
    #[field(versions = "5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    pub partition_max_bytes: i32,
    #[field(versions = "17+", tag = 0, ignorable)]
    pub replica_directory_id: Uuid,
    #[field(versions = "18+", tag = 1, default = i64::MAX, ignorable)]
    pub high_watermark: i64,
}

/// An element of `FetchRequest::forgotten_topics_data`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ForgottenTopic {
    #[field(versions = "0-12", ignorable)]
    pub topic: String,
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

/// Response of Fetch.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = Fetch, versions = "4-18", flexible = "12+")]
pub struct FetchResponse {
    pub throttle_time_ms: i32,
    #[field(versions = "7+", ignorable)]
    pub error_code: i16,
    #[field(versions = "7+")]
    pub session_id: i32,
    pub responses: Vec<FetchableTopicResponse>,
    #[field(versions = "16+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// An element of `FetchResponse::responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchableTopicResponse {
    #[field(versions = "0-12", ignorable)]
    pub topic: String,
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

/// An element of `FetchableTopicResponse::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: i16,
    pub high_watermark: i64,
    #[field(default = -1)]
    pub last_stable_offset: i64,
    #[field(versions = "5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    #[field(versions = "12+", tag = 0)]
    pub diverging_epoch: EpochEndOffset,
    #[field(versions = "12+", tag = 1)]
    pub current_leader: LeaderIdAndEpoch,
    #[field(versions = "12+", tag = 2)]
    pub snapshot_id: SnapshotId,
    #[field(nullable = "0+")]
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    #[field(versions = "11+", default = -1)]
    pub preferred_read_replica: i32,
    #[field(nullable = "0+")]
    pub records: Option<Bytes>,
}

/// The value of `PartitionData::diverging_epoch`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct EpochEndOffset {
    #[field(default = -1)]
    pub epoch: i32,
    #[field(default = -1)]
    pub end_offset: i64,
}

/// The value of `PartitionData::current_leader`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderIdAndEpoch {
    #[field(default = -1)]
    pub leader_id: i32,
    #[field(default = -1)]
    pub leader_epoch: i32,
}

/// The value of `PartitionData::snapshot_id`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SnapshotId {
    #[field(default = -1)]
    pub end_offset: i64,
    #[field(default = -1)]
    pub epoch: i32,
}

/// An element of `PartitionData::aborted_transactions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AbortedTransaction {
    pub producer_id: i64,
    pub first_offset: i64,
}

/// An element of `FetchResponse::node_endpoints`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct NodeEndpoint {
    pub node_id: i32,
    pub host: String,
    pub port: i32,
    #[field(nullable = "0+", default = null)]
    pub rack: Option<String>,
}
