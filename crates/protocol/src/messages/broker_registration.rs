//! BrokerRegistration: a broker joins, broker to controller (KIP-631).

use highwater_types::Uuid;

use crate::Message;

/// The request, key 62.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = BrokerRegistration, response = BrokerRegistrationResponse, versions = "0-4", flexible = "0+")]
pub struct BrokerRegistrationRequest {
    pub broker_id: i32,
    pub cluster_id: String,
    /// Random, new whenever the broker process starts.
    pub incarnation_id: Uuid,
    pub listeners: Vec<Listener>,
    pub features: Vec<Feature>,
    /// Null if the broker has none.
    #[field(nullable = "0+")]
    pub rack: Option<String>,
    /// Always false: ZooKeeper is gone.
    #[field(versions = "1+")]
    pub is_migrating_zk_broker: bool,
    /// Directory ids of the log directories that work (KIP-858).
    #[field(versions = "2+", ignorable)]
    pub log_dirs: Vec<Uuid>,
    /// The epoch before a clean shutdown; -1 if there was none (KIP-966).
    #[field(versions = "3+", default = -1, ignorable)]
    pub previous_broker_epoch: i64,
}

/// An element of `BrokerRegistrationRequest::listeners`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Listener {
    pub name: String,
    pub host: String,
    pub port: u16,
    /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
}

/// An element of `BrokerRegistrationRequest::features`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Feature {
    pub name: String,
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = BrokerRegistration, versions = "0-4", flexible = "0+")]
pub struct BrokerRegistrationResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// -1 after an error.
    #[field(default = -1)]
    pub broker_epoch: i64,
}
