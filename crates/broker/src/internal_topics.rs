//! The topics in which the cluster keeps its own state.

/// Whether clients should take a topic for an internal one, as Kafka does.
pub(crate) fn is_internal(name: &str) -> bool {
    matches!(
        name,
        "__consumer_offsets" | "__transaction_state" | "__share_group_state"
    )
}
