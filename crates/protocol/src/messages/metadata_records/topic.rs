//! Records about topics.

use highwater_types::Uuid;

use crate::Message;

/// A topic was created. Record type 2.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 2, versions = "0", flexible = "0+")]
pub struct TopicRecord {
    pub name: String,
    /// All zeros for "no id" (KIP-516).
    pub topic_id: Uuid,
}

/// A topic was deleted, with all its partitions. Record type 9.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 9, versions = "0", flexible = "0+")]
pub struct RemoveTopicRecord {
    /// All zeros for "no id" (KIP-516).
    pub topic_id: Uuid,
}
