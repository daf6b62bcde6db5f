//! ListConfigResources

use crate::Message;

/// Request of ListConfigResources, key 74.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ListConfigResources, response = ListConfigResourcesResponse, versions = "0-1", flexible = "0+")]
pub struct ListConfigResourcesRequest {
    #[field(versions = "1+")]
    pub resource_types: Vec<i8>,
}

/// Response of ListConfigResources.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ListConfigResources, versions = "0-1", flexible = "0+")]
pub struct ListConfigResourcesResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub config_resources: Vec<ConfigResource>,
}

/// An element of `ListConfigResourcesResponse::config_resources`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ConfigResource {
    pub resource_name: String,
    #[field(versions = "1+", default = 16, ignorable)]
    pub resource_type: i8,
}
