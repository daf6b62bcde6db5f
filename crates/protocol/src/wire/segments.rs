//! An encoded message as a row of byte slices.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

/// An encoded message in pieces, so that record bytes go from the log to the
/// socket without a copy. Reads as one [`Buf`]; its `chunks_vectored` fills a
/// vectored write.
#[derive(Clone, Debug, Default)]
pub struct Segments {
    /// None of them is empty.
    parts: VecDeque<Bytes>,
    length: usize,
}

impl Segments {
    /// Appends a piece; an empty one is dropped.
    pub fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.length += bytes.len();
            self.parts.push_back(bytes);
        }
    }

    /// Bytes that are left, over all pieces.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The pieces that are left, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Bytes> {
        self.parts.iter()
    }

    /// Everything in one piece; copies if there are several.
    #[must_use]
    pub fn into_bytes(mut self) -> Bytes {
        if self.parts.len() <= 1 {
            return self.parts.pop_front().unwrap_or_default();
        }
        let mut whole = BytesMut::with_capacity(self.length);
        for part in &self.parts {
            whole.extend_from_slice(part);
        }
        whole.freeze()
    }
}

impl IntoIterator for Segments {
    type Item = Bytes;
    type IntoIter = std::collections::vec_deque::IntoIter<Bytes>;

    fn into_iter(self) -> Self::IntoIter {
        self.parts.into_iter()
    }
}

impl Buf for Segments {
    fn remaining(&self) -> usize {
        self.length
    }

    fn chunk(&self) -> &[u8] {
        self.parts.front().map_or(&[], |part| part.as_ref())
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        for (slot, part) in slices.iter_mut().zip(&self.parts) {
            *slot = IoSlice::new(part);
            filled += 1;
        }
        filled
    }

    /// # Panics
    ///
    /// When `count` is more than what is left, as [`Buf`] demands.
    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.length, "advanced past the end");
        self.length -= count;
        while let Some(part) = self.parts.front_mut() {
            if count < part.len() {
                part.advance(count);
                return;
            }
            count -= part.len();
            self.parts.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_one_buffer() {
        let mut segments = Segments::default();
        for part in ["ab", "", "cde", "f"] {
            segments.push(Bytes::from_static(part.as_bytes()));
        }
        assert_eq!(segments.len(), 6);
        assert_eq!(segments.iter().count(), 3);
        assert_eq!(segments.clone().into_bytes(), "abcdef");
        let mut slices = [IoSlice::new(&[]); 2];
        assert_eq!(segments.chunks_vectored(&mut slices), 2);
        assert_eq!(&*slices[1], b"cde");
        segments.advance(3);
        assert_eq!(segments.chunk(), b"de");
        segments.advance(2);
        assert_eq!(segments.chunk(), b"f");
        segments.advance(1);
        assert!(segments.is_empty() && segments.chunk().is_empty());
    }
}
