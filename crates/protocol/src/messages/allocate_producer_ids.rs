//! AllocateProducerIds

use crate::Message;

/// Request of AllocateProducerIds, key 67.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AllocateProducerIds, response = AllocateProducerIdsResponse, versions = "0", flexible = "0+")]
pub struct AllocateProducerIdsRequest {
    pub broker_id: i32,
    #[field(default = -1)]
    pub broker_epoch: i64,
}

/// Response of AllocateProducerIds.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AllocateProducerIds, versions = "0", flexible = "0+")]
pub struct AllocateProducerIdsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub producer_id_start: i64,
    pub producer_id_len: i32,
}
