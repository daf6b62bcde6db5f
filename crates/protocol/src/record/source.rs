//! The two places that records are read from.

use bytes::Bytes;

use super::BatchError;
use super::compression::Decompressor;
use super::parser::{Fault, Source};

/// How much of a decompressor's output is in memory at a time.
const WINDOW_LEN: usize = 16 * 1024;

/// Records in memory, owned and shared.
#[derive(Clone, Debug)]
pub(super) struct OwnedSource {
    pub bytes: Bytes,
    position: usize,
}

impl OwnedSource {
    pub fn new(bytes: Bytes) -> Self {
        Self { bytes, position: 0 }
    }
}

impl Source for OwnedSource {
    fn position(&self) -> usize {
        self.position
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = *self.bytes.get(self.position).ok_or(Fault::End)?;
        self.position += 1;
        Ok(byte)
    }

    fn skip(&mut self, count: usize) -> Result<(), Fault> {
        if count > self.bytes.len() - self.position {
            return Err(Fault::End);
        }
        self.position += count;
        Ok(())
    }

    fn at_end(&mut self) -> Result<bool, BatchError> {
        Ok(self.position == self.bytes.len())
    }
}

/// Records in memory, borrowed.
pub(super) struct BorrowedSource<'a> {
    rest: &'a [u8],
    length: usize,
}

impl<'a> BorrowedSource<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            length: bytes.len(),
        }
    }
}

impl Source for BorrowedSource<'_> {
    fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let (byte, rest) = self.rest.split_first().ok_or(Fault::End)?;
        self.rest = rest;
        Ok(*byte)
    }

    fn skip(&mut self, count: usize) -> Result<(), Fault> {
        self.rest = self.rest.get(count..).ok_or(Fault::End)?;
        Ok(())
    }

    fn at_end(&mut self) -> Result<bool, BatchError> {
        Ok(self.rest.is_empty())
    }
}

/// Records out of a decompressor, through a window of fixed size: however
/// much comes out, memory stays as it is.
pub(super) struct StreamSource<'a> {
    stream: Decompressor<'a>,
    window: Box<[u8]>,
    /// The part of the window that has not been taken.
    start: usize,
    end: usize,
    position: usize,
}

impl<'a> StreamSource<'a> {
    pub fn new(stream: Decompressor<'a>) -> Self {
        Self {
            stream,
            window: vec![0; WINDOW_LEN].into_boxed_slice(),
            start: 0,
            end: 0,
            position: 0,
        }
    }

    /// Reads on if the window is empty; `false` at the end.
    fn fill(&mut self) -> Result<bool, BatchError> {
        if self.start == self.end {
            self.start = 0;
            self.end = self.stream.read(&mut self.window)?;
        }
        Ok(self.start < self.end)
    }

    fn take(&mut self, count: usize) {
        self.start += count;
        self.position += count;
    }
}

impl Source for StreamSource<'_> {
    fn position(&self) -> usize {
        self.position
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        if !self.fill().map_err(Fault::Source)? {
            return Err(Fault::End);
        }
        let byte = *self.window.get(self.start).ok_or(Fault::End)?;
        self.take(1);
        Ok(byte)
    }

    fn skip(&mut self, mut count: usize) -> Result<(), Fault> {
        while count > 0 {
            if !self.fill().map_err(Fault::Source)? {
                return Err(Fault::End);
            }
            let step = count.min(self.end - self.start);
            self.take(step);
            count -= step;
        }
        Ok(())
    }

    fn at_end(&mut self) -> Result<bool, BatchError> {
        self.fill().map(|more| !more)
    }
}
