//! Batches that stand one after the other.

use bytes::Bytes;

use super::{BatchError, BatchHeader};

/// Walks a buffer of batches without copying, checking each header.
/// Checksums are not looked at: see [`super::verify_crc`].
///
/// The first error ends the walk. [`BatchError::Truncated`] is what the last
/// batch of a fetched chunk gives; whether it is harmless the caller knows.
#[derive(Clone, Debug)]
pub struct BatchIter {
    bytes: Bytes,
    position: usize,
    failed: bool,
}

impl BatchIter {
    #[must_use]
    pub fn new(bytes: Bytes) -> Self {
        Self {
            bytes,
            position: 0,
            failed: false,
        }
    }

    /// Bytes of the complete batches so far: where the next one begins.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }
}

impl Iterator for BatchIter {
    type Item = Result<(BatchHeader, Bytes), BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        let header = next_header(&self.bytes, self.position, &mut self.failed)?;
        Some(header.map(|header| {
            let start = self.position;
            self.position += header.size_in_bytes();
            (header, self.bytes.slice(start..self.position))
        }))
    }
}

/// [`BatchIter`] over borrowed bytes.
#[derive(Clone, Debug)]
pub struct BatchSliceIter<'a> {
    bytes: &'a [u8],
    position: usize,
    failed: bool,
}

impl<'a> BatchSliceIter<'a> {
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            position: 0,
            failed: false,
        }
    }

    /// Bytes of the complete batches so far: where the next one begins.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }
}

impl<'a> Iterator for BatchSliceIter<'a> {
    type Item = Result<(BatchHeader, &'a [u8]), BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        let header = next_header(self.bytes, self.position, &mut self.failed)?;
        Some(header.map(|header| {
            let start = self.position;
            self.position += header.size_in_bytes();
            let batch = self.bytes.get(start..self.position).unwrap_or_default();
            (header, batch)
        }))
    }
}

/// The header of the complete batch at `position`; nothing at the end or after a failure.
fn next_header(
    bytes: &[u8],
    position: usize,
    failed: &mut bool,
) -> Option<Result<BatchHeader, BatchError>> {
    let rest = bytes.get(position..).unwrap_or_default();
    if *failed || rest.is_empty() {
        return None;
    }
    let header = BatchHeader::parse_complete(rest);
    *failed = header.is_err();
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches() -> Vec<u8> {
        let mut out = Vec::new();
        for (base_offset, records) in [(0, "abc"), (7, ""), (9, "defgh")] {
            let header = BatchHeader {
                base_offset,
                batch_length: 49 + i32::try_from(records.len()).unwrap(),
                magic: 2,
                ..BatchHeader::default()
            };
            header.write(&mut out);
            out.extend_from_slice(records.as_bytes());
        }
        out
    }

    #[test]
    fn batches_come_as_slices_of_the_buffer() {
        let bytes = Bytes::from(batches());
        let mut iter = BatchIter::new(bytes.clone());
        let sizes: Vec<_> = iter
            .by_ref()
            .map(|batch| batch.map(|(header, slice)| (header.base_offset, slice.len())))
            .collect();
        assert_eq!(sizes, [Ok((0, 64)), Ok((7, 61)), Ok((9, 66))]);
        assert_eq!(iter.position(), bytes.len());
        let borrowed: Vec<_> = BatchSliceIter::new(&bytes)
            .map(|b| b.unwrap().1.to_vec())
            .collect();
        let owned: Vec<_> = BatchIter::new(bytes)
            .map(|b| b.unwrap().1.to_vec())
            .collect();
        assert_eq!(borrowed, owned);
    }

    #[test]
    fn a_torn_tail_is_one_error_at_the_end() {
        let bytes = batches();
        for length in 126..bytes.len() {
            let mut iter = BatchSliceIter::new(&bytes[..length]);
            let results: Vec<_> = iter.by_ref().collect();
            let torn = usize::from(length > 125);
            assert_eq!(results.len(), 2 + torn);
            assert!(matches!(results[2], Err(BatchError::Truncated { .. })));
            assert_eq!(iter.position(), 125);
        }
    }
}
