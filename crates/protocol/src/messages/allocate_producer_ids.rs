//! AllocateProducerIds: a block of producer ids, broker to controller (KIP-730).

use crate::Message;

/// The request, key 67.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AllocateProducerIds, response = AllocateProducerIdsResponse, versions = "0", flexible = "0+")]
pub struct AllocateProducerIdsRequest {
    pub broker_id: i32,
    /// What the controller gave the broker when it registered.
    #[field(default = -1)]
    pub broker_epoch: i64,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AllocateProducerIds, versions = "0", flexible = "0+")]
pub struct AllocateProducerIdsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    pub producer_id_start: i64,
    /// How many ids from the start on are the broker's.
    pub producer_id_len: i32,
}
