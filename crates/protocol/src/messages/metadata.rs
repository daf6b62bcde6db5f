//! Metadata: the brokers, and who leads which partition.

use highwater_types::Uuid;

use crate::Message;

/// The request, key 3.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = Metadata, response = MetadataResponse, versions = "0-13", flexible = "9+")]
pub struct MetadataRequest {
    /// Null for all topics; in version 0 an empty list means all.
    #[field(nullable = "1+")]
    pub topics: Option<Vec<MetadataRequestTopic>>,
    #[field(versions = "4+", default = true)]
    pub allow_auto_topic_creation: bool,
    #[field(versions = "8-10")]
    pub include_cluster_authorized_operations: bool,
    #[field(versions = "8+")]
    pub include_topic_authorized_operations: bool,
}

/// An element of `MetadataRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataRequestTopic {
    /// All zeros for "no id" (KIP-516).
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// Null to ask by id.
    #[field(nullable = "10+")]
    pub name: Option<String>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = Metadata, versions = "0-13", flexible = "9+")]
pub struct MetadataResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    #[field(versions = "3+", ignorable)]
    pub throttle_time_ms: i32,
    pub brokers: Vec<MetadataResponseBroker>,
    #[field(versions = "2+", nullable = "2+", default = null, ignorable)]
    pub cluster_id: Option<String>,
    /// -1 if there is none.
    #[field(versions = "1+", default = -1, ignorable)]
    pub controller_id: i32,
    pub topics: Vec<MetadataResponseTopic>,
    /// A bit per operation; `i32::MIN` if they were not asked for.
    #[field(versions = "8-10", default = i32::MIN)]
    pub cluster_authorized_operations: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    #[field(versions = "13+", ignorable)]
    pub error_code: i16,
}

/// An element of `MetadataResponse::brokers`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponseBroker {
    pub node_id: i32,
    pub host: String,
    pub port: i32,
    /// Null if the broker has none.
    #[field(versions = "1+", nullable = "1+", default = null, ignorable)]
    pub rack: Option<String>,
}

/// An element of `MetadataResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponseTopic {
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Null if an unknown id was asked for.
    #[field(nullable = "12+")]
    pub name: Option<String>,
    /// All zeros for "no id" (KIP-516).
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    #[field(versions = "1+", ignorable)]
    pub is_internal: bool,
    pub partitions: Vec<MetadataResponsePartition>,
    /// A bit per operation; `i32::MIN` if they were not asked for.
    #[field(versions = "8+", default = i32::MIN)]
    pub topic_authorized_operations: i32,
}

/// An element of `MetadataResponseTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponsePartition {
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    pub partition_index: i32,
    /// -1 if there is none.
    pub leader_id: i32,
    #[field(versions = "7+", default = -1, ignorable)]
    pub leader_epoch: i32,
    /// Ids of the brokers that have a replica.
    pub replica_nodes: Vec<i32>,
    /// Ids of the replicas that are in sync.
    pub isr_nodes: Vec<i32>,
    /// Ids of the replicas whose broker or log directory is down.
    #[field(versions = "5+", ignorable)]
    pub offline_replicas: Vec<i32>,
}
