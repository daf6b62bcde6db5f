//! BrokerHeartbeat

use highwater_types::Uuid;

use crate::Message;

/// Request of BrokerHeartbeat, key 63.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = BrokerHeartbeat, response = BrokerHeartbeatResponse, versions = "0-2", flexible = "0+")]
pub struct BrokerHeartbeatRequest {
    pub broker_id: i32,
    #[field(default = -1)]
    pub broker_epoch: i64,
    pub current_metadata_offset: i64,
    pub want_fence: bool,
    pub want_shut_down: bool,
    #[field(versions = "1+", tag = 0)]
    pub offline_log_dirs: Vec<Uuid>,
    #[field(versions = "2+", nullable = "2+", tag = 1, default = null)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

/// Response of BrokerHeartbeat.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = BrokerHeartbeat, versions = "0-2", flexible = "0+")]
pub struct BrokerHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub is_caught_up: bool,
    #[field(default = true)]
    pub is_fenced: bool,
    pub should_shut_down: bool,
}
