//! Records about topics.

use highwater_types::Uuid;

use crate::Message;

/// Topic, record type 2.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 2, versions = "0", flexible = "0+")]
pub struct TopicRecord {
    pub name: String,
    pub topic_id: Uuid,
}

/// RemoveTopic, record type 9.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 9, versions = "0", flexible = "0+")]
pub struct RemoveTopicRecord {
    pub topic_id: Uuid,
}
