//! BrokerHeartbeat: a broker is alive, broker to controller (KIP-631).

use highwater_types::Uuid;

use crate::Message;

/// The request, key 63.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = BrokerHeartbeat, response = BrokerHeartbeatResponse, versions = "0-2", flexible = "0+")]
pub struct BrokerHeartbeatRequest {
    pub broker_id: i32,
    /// What the controller gave the broker when it registered.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// The last metadata record that the broker has applied.
    pub current_metadata_offset: i64,
    /// True until the broker is ready to serve.
    pub want_fence: bool,
    /// Asks to be freed of leaderships before a clean stop.
    pub want_shut_down: bool,
    /// Directory ids of failed log directories.
    #[field(versions = "1+", tag = 0)]
    pub offline_log_dirs: Vec<Uuid>,
    /// Directories that get no new replicas (KIP-1066); null if nothing is known.
    #[field(versions = "2+", nullable = "2+", tag = 1, default = null)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = BrokerHeartbeat, versions = "0-2", flexible = "0+")]
pub struct BrokerHeartbeatResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Whether the broker has applied its own registration.
    pub is_caught_up: bool,
    #[field(default = true)]
    pub is_fenced: bool,
    /// The broker leads nothing any more and may stop.
    pub should_shut_down: bool,
}
