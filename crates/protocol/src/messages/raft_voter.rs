//! AddRaftVoter, RemoveRaftVoter and UpdateRaftVoter: who votes in the metadata
//! quorum (KIP-853).

use highwater_types::Uuid;

use crate::Message;

/// Adds a voter; key 80.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AddRaftVoter, response = AddRaftVoterResponse, versions = "0-1", flexible = "0+")]
pub struct AddRaftVoterRequest {
    /// Refused if it is another cluster's; null asks for no check.
    #[field(nullable = "0+")]
    pub cluster_id: Option<String>,
    /// In milliseconds.
    pub timeout_ms: i32,
    pub voter_id: i32,
    pub voter_directory_id: Uuid,
    pub listeners: Vec<RaftVoterListener>,
    /// False answers as soon as the leader has written the change.
    #[field(versions = "1+", default = true)]
    pub ack_when_committed: bool,
}

/// An element of `listeners` of a voter.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RaftVoterListener {
    pub name: String,
    pub host: String,
    pub port: u16,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AddRaftVoter, versions = "0-1", flexible = "0+")]
pub struct AddRaftVoterResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+", ignorable)]
    pub error_message: Option<String>,
}

/// Removes a voter; key 81.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = RemoveRaftVoter, response = RemoveRaftVoterResponse, versions = "0", flexible = "0+")]
pub struct RemoveRaftVoterRequest {
    /// Refused if it is another cluster's; null asks for no check.
    #[field(nullable = "0+")]
    pub cluster_id: Option<String>,
    pub voter_id: i32,
    pub voter_directory_id: Uuid,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = RemoveRaftVoter, versions = "0", flexible = "0+")]
pub struct RemoveRaftVoterResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+", ignorable)]
    pub error_message: Option<String>,
}

/// A voter tells where it is now and what it speaks; key 82.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = UpdateRaftVoter, response = UpdateRaftVoterResponse, versions = "0", flexible = "0+")]
pub struct UpdateRaftVoterRequest {
    /// Refused if it is another cluster's; null asks for no check.
    #[field(nullable = "0+")]
    pub cluster_id: Option<String>,
    /// -1 if it is not known.
    pub current_leader_epoch: i32,
    pub voter_id: i32,
    pub voter_directory_id: Uuid,
    pub listeners: Vec<RaftVoterListener>,
    pub kraft_version_feature: KRaftVersionFeature,
}

/// The versions of `kraft.version` that a voter speaks, both ends included.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct KRaftVersionFeature {
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = UpdateRaftVoter, versions = "0", flexible = "0+")]
pub struct UpdateRaftVoterResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    #[field(tag = 0)]
    pub current_leader: RaftVoterCurrentLeader,
}

/// The value of `UpdateRaftVoterResponse::current_leader`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RaftVoterCurrentLeader {
    /// -1 if it is not known.
    #[field(default = -1)]
    pub leader_id: i32,
    /// -1 if it is not known.
    #[field(default = -1)]
    pub leader_epoch: i32,
    pub host: String,
    pub port: i32,
}
