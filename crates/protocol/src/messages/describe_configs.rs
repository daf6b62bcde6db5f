//! DescribeConfigs

use crate::Message;

/// Request of DescribeConfigs, key 32.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeConfigs, response = DescribeConfigsResponse, versions = "1-4", flexible = "4+")]
pub struct DescribeConfigsRequest {
    pub resources: Vec<DescribeConfigsResource>,
    pub include_synonyms: bool,
    #[field(versions = "3+")]
    pub include_documentation: bool,
}

/// An element of `DescribeConfigsRequest::resources`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResource {
    pub resource_type: i8,
    pub resource_name: String,
    #[field(nullable = "0+")]
    pub configuration_keys: Option<Vec<String>>,
}

/// Response of DescribeConfigs.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeConfigs, versions = "1-4", flexible = "4+")]
pub struct DescribeConfigsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<DescribeConfigsResult>,
}

/// An element of `DescribeConfigsResponse::results`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResult {
    pub error_code: i16,
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
    pub resource_type: i8,
    pub resource_name: String,
    pub configs: Vec<DescribeConfigsResourceResult>,
}

/// An element of `DescribeConfigsResult::configs`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResourceResult {
    pub name: String,
    #[field(nullable = "0+")]
    pub value: Option<String>,
    pub read_only: bool,
    #[field(default = -1)]
    pub config_source: i8,
    pub is_sensitive: bool,
    pub synonyms: Vec<DescribeConfigsSynonym>,
    #[field(versions = "3+", ignorable)]
    pub config_type: i8,
    #[field(versions = "3+", nullable = "0+", ignorable)]
    pub documentation: Option<String>,
}

/// An element of `DescribeConfigsResourceResult::synonyms`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsSynonym {
    pub name: String,
    #[field(nullable = "0+")]
    pub value: Option<String>,
    pub source: i8,
}
