//! The topics in which the cluster keeps its own state.

use highwater_types::{TopicId, Uuid};

/// The id of `__cluster_metadata`, the metadata log, as Kafka has it.
pub(crate) const METADATA_TOPIC_ID: TopicId = TopicId(Uuid(1u128.to_be_bytes()));

/// Whether clients should take a topic for an internal one, as Kafka does.
pub(crate) fn is_internal(name: &str) -> bool {
    matches!(
        name,
        "__consumer_offsets" | "__transaction_state" | "__share_group_state"
    )
}
