//! A record with everything decoded.

use bytes::Bytes;

/// One record, as applications see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Unused by every version so far.
    pub attributes: i8,
    /// Milliseconds since the Unix epoch; the broker's under `LogAppendTime`.
    pub timestamp: i64,
    pub offset: i64,
    /// `None` is "no key", which differs from an empty one.
    pub key: Option<Bytes>,
    /// `None` is a tombstone in a compacted topic.
    pub value: Option<Bytes>,
    /// In order; keys may repeat.
    pub headers: Vec<Header>,
}

/// A record's header. KIP-82.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub key: String,
    pub value: Option<Bytes>,
}
