//! Wall-clock time as Kafka's records carry it.

use crate::newtype::integer_newtype;

integer_newtype! {
    /// Milliseconds since the Unix epoch; `-1` means "no timestamp".
    TimestampMs(i64)
}

impl TimestampMs {
    /// "No timestamp", as Kafka writes it.
    pub const NONE: Self = Self(-1);
}
