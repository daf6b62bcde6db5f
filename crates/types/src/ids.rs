//! Names of things in a cluster.

use crate::newtype::integer_newtype;
use crate::uuid::Uuid;

integer_newtype! {
    /// A broker or controller, as in `node.id`. `-1` on the wire means "none".
    NodeId(i32)
}

integer_newtype! {
    /// One producer in the eyes of the log's producer state; `-1` means "not idempotent".
    ProducerId(i64)
}

impl NodeId {
    /// "No node", as Kafka writes it, for example a partition without a leader.
    pub const NONE: Self = Self(-1);
}

impl ProducerId {
    /// "Not an idempotent producer", as Kafka writes it.
    pub const NONE: Self = Self(-1);
}

/// A topic's identity, which outlives neither its deletion nor a re-creation under the same name. KIP-516.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicId(pub Uuid);

/// One log directory's identity, from its `meta.properties`. KIP-858.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectoryId(pub Uuid);

/// A cluster's identity: by custom a [`Uuid`], but any non-empty string is accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(pub String);

impl TopicId {
    /// "No topic id", for requests that name the topic instead.
    pub const ZERO: Self = Self(Uuid::ZERO);

    /// Whether this is the "no topic id" value.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }
}

impl std::fmt::Display for TopicId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for DirectoryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for ClusterId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
