//! Positions in a partition's log.

use crate::newtype::integer_newtype;

integer_newtype! {
    /// A record's position in its partition. Offsets ascend by one per record
    /// and are never reused. Always in this order:
    /// log start ≤ last stable ≤ high watermark ≤ log end.
    Offset(i64)
}

impl Offset {
    /// The first offset of a new log.
    pub const ZERO: Self = Self(0);
    /// "No offset", as Kafka writes it.
    pub const NONE: Self = Self(-1);

    /// The offset `count` records further on.
    #[must_use]
    pub const fn plus(self, count: i64) -> Self {
        Self(self.0 + count)
    }
}
