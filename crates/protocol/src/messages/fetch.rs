//! Fetch: read record batches.

use bytes::Bytes;
use highwater_types::Uuid;

use crate::Message;

/// The request, key 1.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = Fetch, response = FetchResponse, versions = "4-18", flexible = "12+")]
pub struct FetchRequest {
    /// Null if not known; else it must be this cluster's.
    #[field(versions = "12+", nullable = "12+", tag = 0, default = null, ignorable)]
    pub cluster_id: Option<String>,
    /// -1 for a consumer; from version 15 on see `replica_state`.
    #[field(versions = "0-14", default = -1)]
    pub replica_id: i32,
    #[field(versions = "15+", tag = 1)]
    pub replica_state: ReplicaState,
    /// How long to wait for `min_bytes`, in milliseconds.
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    /// Over all partitions; one batch may exceed it (KIP-74).
    #[field(default = i32::MAX)]
    pub max_bytes: i32,
    /// 0 read uncommitted, 1 read committed.
    pub isolation_level: i8,
    /// 0 for no session, or to begin one (KIP-227).
    #[field(versions = "7+", ignorable)]
    pub session_id: i32,
    /// -1 for no session, 0 to begin one, else one more than the last.
    #[field(versions = "7+", default = -1, ignorable)]
    pub session_epoch: i32,
    /// With a running session, only what changed.
    pub topics: Vec<FetchTopic>,
    /// What the session need not cover any more.
    #[field(versions = "7+")]
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    /// Where the consumer is, to be told of a near replica (KIP-392).
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
    /// All zeros for "no id" (KIP-516).
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<FetchPartition>,
}

/// An element of `FetchTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchPartition {
    pub partition: i32,
    /// The epoch the client believes in, to be fenced by; -1 to skip the check (KIP-320).
    #[field(versions = "9+", default = -1, ignorable)]
    pub current_leader_epoch: i32,
    pub fetch_offset: i64,
    /// The epoch of the last record that was read; -1 if not known.
    #[field(versions = "12+", default = -1)]
    pub last_fetched_epoch: i32,
    /// The follower's; -1 from a consumer.
    #[field(versions = "5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    /// For this partition; one batch may exceed it (KIP-74).
    pub partition_max_bytes: i32,
    /// The follower's log directory (KIP-853).
    #[field(versions = "17+", tag = 0, ignorable)]
    pub replica_directory_id: Uuid,
    /// The follower's; -1 if it has none, `i64::MAX` if it does not say (KIP-1166).
    #[field(versions = "18+", tag = 1, default = i64::MAX, ignorable)]
    pub high_watermark: i64,
}

/// An element of `FetchRequest::forgotten_topics_data`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ForgottenTopic {
    #[field(versions = "0-12", ignorable)]
    pub topic: String,
    /// All zeros for "no id" (KIP-516).
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = Fetch, versions = "4-18", flexible = "12+")]
pub struct FetchResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    #[field(versions = "7+", ignorable)]
    pub error_code: i16,
    /// 0 if there is no session.
    #[field(versions = "7+")]
    pub session_id: i32,
    pub responses: Vec<FetchableTopicResponse>,
    /// Where the leaders named above listen, so that the client need not ask (KIP-951).
    #[field(versions = "16+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// An element of `FetchResponse::responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchableTopicResponse {
    #[field(versions = "0-12", ignorable)]
    pub topic: String,
    /// All zeros for "no id" (KIP-516).
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

/// An element of `FetchableTopicResponse::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData {
    pub partition_index: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// -1 after an error.
    pub high_watermark: i64,
    /// Transactions below it have ended; -1 if it is not given.
    #[field(default = -1)]
    pub last_stable_offset: i64,
    /// -1 if it is not given.
    #[field(versions = "5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    /// Where the reader's log and the leader's part.
    #[field(versions = "12+", tag = 0)]
    pub diverging_epoch: EpochEndOffset,
    /// Set when the client asked the wrong broker (KIP-951).
    #[field(versions = "12+", tag = 1)]
    pub current_leader: LeaderIdAndEpoch,
    /// What to fetch instead of the log; only in the metadata quorum.
    #[field(versions = "12+", tag = 2)]
    pub snapshot_id: SnapshotId,
    /// What a read-committed consumer must skip; null for read uncommitted.
    #[field(nullable = "0+")]
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    /// The replica to go to instead; -1 to stay (KIP-392).
    #[field(versions = "11+", default = -1)]
    pub preferred_read_replica: i32,
    /// Record batches; shared with the log, not copied.
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
    /// From here on the producer's records are to be skipped, up to its abort marker.
    pub first_offset: i64,
}

/// An element of `FetchResponse::node_endpoints`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct NodeEndpoint {
    pub node_id: i32,
    pub host: String,
    pub port: i32,
    /// Null if the broker has none.
    #[field(nullable = "0+", default = null)]
    pub rack: Option<String>,
}
