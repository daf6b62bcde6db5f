//! DescribeCluster

use crate::Message;

/// Request of DescribeCluster, key 60.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeCluster, response = DescribeClusterResponse, versions = "0-2", flexible = "0+")]
pub struct DescribeClusterRequest {
    pub include_cluster_authorized_operations: bool,
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    #[field(versions = "2+")]
    pub include_fenced_brokers: bool,
}

/// Response of DescribeCluster.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeCluster, versions = "0-2", flexible = "0+")]
pub struct DescribeClusterResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<String>,
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    pub cluster_id: String,
    #[field(default = -1)]
    pub controller_id: i32,
    pub brokers: Vec<DescribeClusterBroker>,
    #[field(default = i32::MIN)]
    pub cluster_authorized_operations: i32,
}

/// An element of `DescribeClusterResponse::brokers`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeClusterBroker {
    pub broker_id: i32,
    pub host: String,
    pub port: i32,
    #[field(nullable = "0+", default = null)]
    pub rack: Option<String>,
    #[field(versions = "2+")]
    pub is_fenced: bool,
}
