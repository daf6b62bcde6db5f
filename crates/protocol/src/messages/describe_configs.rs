//! DescribeConfigs: effective configuration, and where it comes from.

use crate::Message;

/// The request, key 32.
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
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// A topic's name or a broker's id; empty for the default of all brokers.
    pub resource_name: String,
    /// Null for all of them.
    #[field(nullable = "0+")]
    pub configuration_keys: Option<Vec<String>>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeConfigs, versions = "1-4", flexible = "4+")]
pub struct DescribeConfigsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    pub results: Vec<DescribeConfigsResult>,
}

/// An element of `DescribeConfigsResponse::results`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResult {
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// A topic's name or a broker's id; empty for the default of all brokers.
    pub resource_name: String,
    pub configs: Vec<DescribeConfigsResourceResult>,
}

/// An element of `DescribeConfigsResult::configs`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResourceResult {
    pub name: String,
    /// Null if it is sensitive, or has none.
    #[field(nullable = "0+")]
    pub value: Option<String>,
    pub read_only: bool,
    /// 1 topic, 2 one broker, 3 all brokers, 4 properties file, 5 default.
    #[field(default = -1)]
    pub config_source: i8,
    pub is_sensitive: bool,
    /// Everything that sets this value, the one that counts first.
    pub synonyms: Vec<DescribeConfigsSynonym>,
    /// 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list,
    /// 8 class, 9 password.
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
    /// 1 topic, 2 one broker, 3 all brokers, 4 properties file, 5 default.
    pub source: i8,
}
