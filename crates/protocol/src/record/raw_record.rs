//! A record with its headers left encoded.

use std::ops::Range;

use bytes::Bytes;

use super::BatchError;
use super::parser::header;
use super::record_fields::{Header, Record};
use super::source::OwnedSource;

/// A record whose parts are slices of its (decompressed) batch: reading one
/// allocates nothing, and copying one keeps headers to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRecord {
    /// Unused by every version so far.
    pub attributes: i8,
    /// Milliseconds since the Unix epoch; the broker's under `LogAppendTime`.
    pub timestamp: i64,
    pub offset: i64,
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    /// How many headers `headers` holds.
    pub header_count: usize,
    /// The headers as they are encoded, without their count.
    pub headers: Bytes,
    /// Position in the batch, from 0.
    pub(super) index: i32,
}

impl RawRecord {
    /// Decodes the headers. A header may occur twice, and keeps its place.
    ///
    /// # Errors
    /// [`BatchError::InvalidRecord`] if a header's key is not UTF-8. Kafka
    /// stores such a record, so code that handles users' data should keep to
    /// [`RawRecord`].
    pub fn decode(self) -> Result<Record, BatchError> {
        let fail = |reason| BatchError::InvalidRecord {
            index: self.index,
            reason,
        };
        let bytes = |range: Range<usize>| self.headers.slice(range);
        let mut source = OwnedSource::new(self.headers.clone());
        let mut headers = Vec::new();
        for _ in 0..self.header_count {
            let (key, value) = header(&mut source, self.headers.len())
                .map_err(|_| fail("its headers are damaged"))?;
            let key = std::str::from_utf8(self.headers.get(key).unwrap_or_default())
                .map_err(|_| fail("a header's key is not UTF-8"))?;
            headers.push(Header {
                key: key.to_owned(),
                value: value.map(bytes),
            });
        }
        Ok(Record {
            attributes: self.attributes,
            timestamp: self.timestamp,
            offset: self.offset,
            key: self.key,
            value: self.value,
            headers,
        })
    }
}
