//! BrokerRegistration

use highwater_types::Uuid;

use crate::Message;

/// Request of BrokerRegistration, key 62.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = BrokerRegistration, response = BrokerRegistrationResponse, versions = "0-4", flexible = "0+")]
pub struct BrokerRegistrationRequest {
    pub broker_id: i32,
    pub cluster_id: String,
    pub incarnation_id: Uuid,
    pub listeners: Vec<Listener>,
    pub features: Vec<Feature>,
    #[field(nullable = "0+")]
    pub rack: Option<String>,
    #[field(versions = "1+")]
    pub is_migrating_zk_broker: bool,
    #[field(versions = "2+", ignorable)]
    pub log_dirs: Vec<Uuid>,
    #[field(versions = "3+", default = -1, ignorable)]
    pub previous_broker_epoch: i64,
}

/// An element of `BrokerRegistrationRequest::listeners`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Listener {
    pub name: String,
    pub host: String,
    pub port: u16,
    pub security_protocol: i16,
}

/// An element of `BrokerRegistrationRequest::features`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Feature {
    pub name: String,
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

/// Response of BrokerRegistration.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = BrokerRegistration, versions = "0-4", flexible = "0+")]
pub struct BrokerRegistrationResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    #[field(default = -1)]
    pub broker_epoch: i64,
}
