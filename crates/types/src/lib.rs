//! Highwater's vocabulary: ids, offsets, epochs and time as distinct types.
//!
//! Nothing here does I/O, reads a clock or allocates beyond a name. Every other
//! crate speaks in these words, so that an offset can not be passed where an
//! epoch is wanted.

#![forbid(unsafe_code)]

mod epoch;
mod ids;
mod newtype;
mod offset;
mod time;
mod topic_partition;
mod uuid;

pub use epoch::{BrokerEpoch, LeaderEpoch, PartitionEpoch, ProducerEpoch};
pub use ids::{ClusterId, DirectoryId, NodeId, ProducerId, TopicId};
pub use offset::Offset;
pub use time::TimestampMs;
pub use topic_partition::{
    InvalidTopicName, PartitionIndex, TopicName, TopicPartition, validate_topic_name,
};
pub use uuid::{ParseUuidError, Uuid};
