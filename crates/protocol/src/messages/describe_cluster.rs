//! DescribeCluster: the brokers or controllers (KIP-700).

use crate::Message;

/// The request, key 60.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeCluster, response = DescribeClusterResponse, versions = "0-2", flexible = "0+")]
pub struct DescribeClusterRequest {
    pub include_cluster_authorized_operations: bool,
    /// 1 brokers, 2 controllers (KIP-919).
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    #[field(versions = "2+")]
    pub include_fenced_brokers: bool,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeCluster, versions = "0-2", flexible = "0+")]
pub struct DescribeClusterResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<String>,
    /// 1 brokers, 2 controllers (KIP-919).
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    pub cluster_id: String,
    /// -1 if there is none.
    #[field(default = -1)]
    pub controller_id: i32,
    pub brokers: Vec<DescribeClusterBroker>,
    /// A bit per operation; `i32::MIN` if they were not asked for.
    #[field(default = i32::MIN)]
    pub cluster_authorized_operations: i32,
}

/// An element of `DescribeClusterResponse::brokers`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeClusterBroker {
    pub broker_id: i32,
    pub host: String,
    pub port: i32,
    /// Null if the broker has none.
    #[field(nullable = "0+", default = null)]
    pub rack: Option<String>,
    #[field(versions = "2+")]
    pub is_fenced: bool,
}
