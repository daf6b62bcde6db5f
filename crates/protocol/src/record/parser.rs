//! The grammar of one record, over bytes in memory or out of a decompressor.

use std::ops::Range;

use super::varint::{VARINT_LEN_MAX, VARLONG_LEN_MAX, unzigzag};
use super::{BatchError, BatchHeader, TimestampType};

/// The shortest record, its length included: seven fields of a byte each.
pub(super) const RECORD_LEN_MIN: usize = 7;

/// Where a record's bytes come from, in order.
pub(super) trait Source {
    /// How many bytes have been taken.
    fn position(&self) -> usize;
    /// Takes one byte.
    fn byte(&mut self) -> Result<u8, Fault>;
    /// Takes `count` bytes without looking at them.
    fn skip(&mut self, count: usize) -> Result<(), Fault>;
    /// Whether there is nothing left.
    fn at_end(&mut self) -> Result<bool, BatchError>;
}

/// Why a record could not be read.
pub(super) enum Fault {
    /// The source has ended.
    End,
    /// The bytes break the format.
    Malformed(&'static str),
    /// The source itself failed.
    Source(BatchError),
}

/// One record as positions in its source.
#[derive(Clone, Debug)]
pub(super) struct RecordSpan {
    pub attributes: i8,
    pub timestamp_delta: i64,
    pub offset_delta: i32,
    pub key: Option<Range<usize>>,
    pub value: Option<Range<usize>>,
    pub header_count: usize,
    /// The headers without their count.
    pub headers: Range<usize>,
}

/// A record that has been checked against its batch's header.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    pub index: i32,
    pub offset: i64,
    pub timestamp: i64,
    pub span: RecordSpan,
}

/// Reads the records of a batch one after the other, no more and no fewer
/// than the header promises. Fused: nothing follows an error.
pub(super) struct Records<S> {
    header: BatchHeader,
    source: S,
    index: i32,
    offset_delta_min: i32,
    done: bool,
}

impl<S: Source> Records<S> {
    pub fn new(header: BatchHeader, source: S) -> Self {
        Self {
            header,
            source,
            index: 0,
            offset_delta_min: 0,
            done: false,
        }
    }

    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    pub fn source(&self) -> &S {
        &self.source
    }

    /// The next record; `None` once all have been read and nothing follows them.
    pub fn next_record(&mut self) -> Result<Option<Parsed>, BatchError> {
        if self.done {
            return Ok(None);
        }
        // Until this record turns out good it is the last one.
        self.done = true;
        let declared = self.header.records_count;
        if self.source.at_end()? {
            return if self.index == declared {
                Ok(None)
            } else {
                Err(BatchError::RecordCountMismatch {
                    declared,
                    found: self.index,
                })
            };
        }
        if self.index == declared {
            return Err(BatchError::RecordCountMismatch {
                declared,
                found: declared.saturating_add(1),
            });
        }
        let parsed = parse_record(&mut self.source)
            .and_then(|span| self.check(span))
            .map_err(|fault| self.error(fault))?;
        self.done = false;
        self.index += 1;
        Ok(Some(parsed))
    }

    fn check(&mut self, span: RecordSpan) -> Result<Parsed, Fault> {
        if span.offset_delta > self.header.last_offset_delta {
            return Err(Fault::Malformed("its offset is after the batch's last"));
        }
        if span.offset_delta < self.offset_delta_min {
            return Err(Fault::Malformed("its offset does not ascend"));
        }
        // Can not overflow to a smaller number: a further record would be above `last_offset_delta`.
        self.offset_delta_min = span.offset_delta.saturating_add(1);
        let timestamp = match self.header.timestamp_type() {
            TimestampType::LogAppendTime => Some(self.header.max_timestamp),
            TimestampType::CreateTime => {
                self.header.base_timestamp.checked_add(span.timestamp_delta)
            }
        };
        Ok(Parsed {
            index: self.index,
            offset: self
                .header
                .base_offset
                .saturating_add(span.offset_delta.into()),
            timestamp: timestamp.ok_or(Fault::Malformed("its timestamp is out of range"))?,
            span,
        })
    }

    fn error(&self, fault: Fault) -> BatchError {
        let reason = match fault {
            Fault::Source(error) => return error,
            Fault::End => "the batch ends inside it",
            Fault::Malformed(reason) => reason,
        };
        BatchError::InvalidRecord {
            index: self.index,
            reason,
        }
    }
}

fn parse_record(source: &mut impl Source) -> Result<RecordSpan, Fault> {
    let length =
        usize::try_from(varint(source)?).map_err(|_| Fault::Malformed("its length is negative"))?;
    let end = source.position().saturating_add(length);
    let attributes = source.byte()?.cast_signed();
    let timestamp_delta = varlong(source)?;
    let offset_delta = varint(source)?;
    let key = nullable_bytes(source, end)?;
    let value = nullable_bytes(source, end)?;
    let header_count = usize::try_from(varint(source)?)
        .map_err(|_| Fault::Malformed("its number of headers is negative"))?;
    let start = source.position();
    // A header takes two bytes or more, so that a lying count ends early.
    if header_count > end.saturating_sub(start) / 2 {
        return Err(Fault::Malformed("it has fewer headers than it says"));
    }
    for _ in 0..header_count {
        header(source, end)?;
    }
    if source.position() != end {
        return Err(Fault::Malformed("its fields do not fill its length"));
    }
    Ok(RecordSpan {
        attributes,
        timestamp_delta,
        offset_delta,
        key,
        value,
        header_count,
        headers: start..end,
    })
}

/// One header: its key, which can not be null, and its value.
pub(super) fn header(
    source: &mut impl Source,
    end: usize,
) -> Result<(Range<usize>, Option<Range<usize>>), Fault> {
    let key = nullable_bytes(source, end)?.ok_or(Fault::Malformed("a header has no key"))?;
    Ok((key, nullable_bytes(source, end)?))
}

/// A length, `-1` for null, and as many bytes, which must end at `end` or before.
fn nullable_bytes(source: &mut impl Source, end: usize) -> Result<Option<Range<usize>>, Fault> {
    let length = varint(source)?;
    if length == -1 {
        return Ok(None);
    }
    let length =
        usize::try_from(length).map_err(|_| Fault::Malformed("a length in it is negative"))?;
    let start = source.position();
    if length > end.saturating_sub(start) {
        return Err(Fault::Malformed("a field is longer than the record"));
    }
    source.skip(length)?;
    Ok(Some(start..start + length))
}

fn varint(source: &mut impl Source) -> Result<i32, Fault> {
    let value = unzigzag(unsigned(source, VARINT_LEN_MAX)?);
    i32::try_from(value).map_err(|_| Fault::Malformed("a varint has too many bits"))
}

fn varlong(source: &mut impl Source) -> Result<i64, Fault> {
    unsigned(source, VARLONG_LEN_MAX).map(unzigzag)
}

fn unsigned(source: &mut impl Source, length_max: u32) -> Result<u64, Fault> {
    let mut value = 0u64;
    for position in 0..length_max {
        let byte = source.byte()?;
        let bits = u64::from(byte & 0x7f);
        let shifted = bits << (7 * position);
        if shifted >> (7 * position) != bits {
            return Err(Fault::Malformed("a varint has too many bits"));
        }
        value |= shifted;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Fault::Malformed("a varint is too long"))
}
