//! IncrementalAlterConfigs

use crate::Message;

/// Request of IncrementalAlterConfigs, key 44.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = IncrementalAlterConfigs, response = IncrementalAlterConfigsResponse, versions = "0-1", flexible = "1+")]
pub struct IncrementalAlterConfigsRequest {
    pub resources: Vec<AlterConfigsResource>,
    pub validate_only: bool,
}

/// An element of `IncrementalAlterConfigsRequest::resources`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResource {
    pub resource_type: i8,
    pub resource_name: String,
    pub configs: Vec<AlterableConfig>,
}

/// An element of `AlterConfigsResource::configs`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterableConfig {
    pub name: String,
    pub config_operation: i8,
    #[field(nullable = "0+")]
    pub value: Option<String>,
}

/// Response of IncrementalAlterConfigs.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = IncrementalAlterConfigs, versions = "0-1", flexible = "1+")]
pub struct IncrementalAlterConfigsResponse {
    pub throttle_time_ms: i32,
    pub responses: Vec<AlterConfigsResourceResponse>,
}

/// An element of `IncrementalAlterConfigsResponse::responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResourceResponse {
    pub error_code: i16,
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
    pub resource_type: i8,
    pub resource_name: String,
}
