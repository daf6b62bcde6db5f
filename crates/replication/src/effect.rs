//! What a core asks its owner to do.

use highwater_types::Offset;

/// A consequence of an event; the owner carries them out in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Everything below this offset is committed: publish it, answer the parked
    /// produce requests below it, wake the parked fetches.
    AdvanceHighWatermark(Offset),
}
