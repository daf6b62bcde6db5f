//! InitProducerId: an id and epoch for an idempotent or transactional producer.

use crate::Message;

/// The request, key 22.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = InitProducerId, response = InitProducerIdResponse, versions = "0-6", flexible = "2+")]
pub struct InitProducerIdRequest {
    /// Null for an idempotent producer without transactions.
    #[field(nullable = "0+")]
    pub transactional_id: Option<String>,
    pub transaction_timeout_ms: i32,
    /// -1 for a new one; else the one to go on with (KIP-360).
    #[field(versions = "3+", default = -1)]
    pub producer_id: i64,
    /// -1 for a new one; else the one that failed.
    #[field(versions = "3+", default = -1)]
    pub producer_epoch: i16,
    /// Two-phase commit (KIP-939).
    #[field(versions = "6+")]
    pub enable2_pc: bool,
    /// Do not abort what the transactional id has open (KIP-939).
    #[field(versions = "6+")]
    pub keep_prepared_txn: bool,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = InitProducerId, versions = "0-6", flexible = "2+")]
pub struct InitProducerIdResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// -1 after an error.
    #[field(default = -1)]
    pub producer_id: i64,
    pub producer_epoch: i16,
    /// -1 if no transaction is open.
    #[field(versions = "6+", default = -1)]
    pub ongoing_txn_producer_id: i64,
    /// -1 if no transaction is open.
    #[field(versions = "6+", default = -1)]
    pub ongoing_txn_producer_epoch: i16,
}
