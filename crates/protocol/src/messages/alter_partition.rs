//! AlterPartition: a leader asks for another in-sync set, broker to controller
//! (KIP-497).

use highwater_types::Uuid;

use crate::Message;

/// The request, key 56.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AlterPartition, response = AlterPartitionResponse, versions = "2-3", flexible = "0+")]
pub struct AlterPartitionRequest {
    /// The leader that asks.
    pub broker_id: i32,
    /// What the controller gave the broker when it registered.
    #[field(default = -1)]
    pub broker_epoch: i64,
    pub topics: Vec<AlterPartitionTopic>,
}

/// An element of `AlterPartitionRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterPartitionTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<AlterPartitionPartition>,
}

/// An element of `AlterPartitionTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterPartitionPartition {
    pub partition_index: i32,
    /// The epoch in which the asking broker leads.
    pub leader_epoch: i32,
    /// The in-sync set that is asked for, up to version 2.
    #[field(versions = "2")]
    pub new_isr: Vec<i32>,
    /// The same with the brokers' epochs, from version 3 on (KIP-903).
    #[field(versions = "3+")]
    pub new_isr_with_epochs: Vec<AlterPartitionBrokerState>,
    /// 0 recovered, 1 recovering from an unclean election (KIP-704).
    pub leader_recovery_state: i8,
    /// The partition's epoch that the leader knows; the change is refused if it
    /// is not the current one.
    pub partition_epoch: i32,
}

/// An element of `AlterPartitionPartition::new_isr_with_epochs`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterPartitionBrokerState {
    pub broker_id: i32,
    /// The life of the broker that caught up; -1 asks for no check.
    #[field(default = -1)]
    pub broker_epoch: i64,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AlterPartition, versions = "2-3", flexible = "0+")]
pub struct AlterPartitionResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    pub topics: Vec<AlterPartitionTopicResponse>,
}

/// An element of `AlterPartitionResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterPartitionTopicResponse {
    pub topic_id: Uuid,
    pub partitions: Vec<AlterPartitionPartitionResponse>,
}

/// An element of `AlterPartitionTopicResponse::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterPartitionPartitionResponse {
    pub partition_index: i32,
    /// An [`ErrorCode`](crate::ErrorCode). The rest is the partition as it is
    /// now, and zero or empty with most errors.
    pub error_code: i16,
    /// -1 if there is none.
    pub leader_id: i32,
    pub leader_epoch: i32,
    pub isr: Vec<i32>,
    /// 0 recovered, 1 recovering from an unclean election (KIP-704).
    pub leader_recovery_state: i8,
    pub partition_epoch: i32,
}
