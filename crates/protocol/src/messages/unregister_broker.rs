//! UnregisterBroker: forgets a broker that is gone for good (KIP-631).

use crate::Message;

/// The request, key 64.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = UnregisterBroker, response = UnregisterBrokerResponse, versions = "0", flexible = "0+")]
pub struct UnregisterBrokerRequest {
    pub broker_id: i32,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = UnregisterBroker, versions = "0", flexible = "0+")]
pub struct UnregisterBrokerResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
}
