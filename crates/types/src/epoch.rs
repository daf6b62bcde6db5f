//! Four kinds of epoch, each fencing something else.

use crate::newtype::integer_newtype;

integer_newtype! {
    /// Counts the leaders of one partition. Stamped into every record batch;
    /// `-1` on the wire means "unknown". KIP-101, KIP-320.
    LeaderEpoch(i32)
}

integer_newtype! {
    /// Counts the changes of one partition's leader and replica sets, so that a
    /// late ISR change can be refused.
    PartitionEpoch(i32)
}

integer_newtype! {
    /// Given to a broker at registration; a message with an older one comes
    /// from a previous life of the process.
    BrokerEpoch(i64)
}

integer_newtype! {
    /// Counts the incarnations of one producer id; an older one is fenced. KIP-98.
    ProducerEpoch(i16)
}

impl LeaderEpoch {
    /// "The sender does not know the epoch", as Kafka writes it.
    pub const UNKNOWN: Self = Self(-1);
}

impl ProducerEpoch {
    /// "No producer epoch", as Kafka writes it.
    pub const NONE: Self = Self(-1);
}
