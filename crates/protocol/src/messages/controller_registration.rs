//! ControllerRegistration: a controller says where it is, controller to the
//! active one (KIP-919).

use highwater_types::Uuid;

use crate::Message;

/// The request, key 70.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ControllerRegistration, response = ControllerRegistrationResponse, versions = "0", flexible = "0+")]
pub struct ControllerRegistrationRequest {
    pub controller_id: i32,
    /// Random, new whenever the controller process starts.
    pub incarnation_id: Uuid,
    /// Always false: ZooKeeper is gone.
    pub zk_migration_ready: bool,
    pub listeners: Vec<ControllerRegistrationListener>,
    pub features: Vec<ControllerRegistrationFeature>,
}

/// An element of `ControllerRegistrationRequest::listeners`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ControllerRegistrationListener {
    pub name: String,
    pub host: String,
    pub port: u16,
    /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
}

/// An element of `ControllerRegistrationRequest::features`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ControllerRegistrationFeature {
    pub name: String,
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ControllerRegistration, versions = "0", flexible = "0+")]
pub struct ControllerRegistrationResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
}
