//! The producer ids that are handed out.

use highwater_types::ProducerId;

/// How far producer ids are handed out to brokers, in blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProducerIdsImage {
    next: ProducerId,
}

impl ProducerIdsImage {
    /// The first id of the next block.
    #[must_use]
    pub fn next(&self) -> ProducerId {
        self.next
    }

    pub(crate) fn set_next(&mut self, next: ProducerId) {
        self.next = next;
    }
}
