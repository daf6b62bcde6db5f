//! Going through the batches of a file.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use highwater_protocol::record::{BatchError, BatchHeader};

use crate::disk::File;
use crate::sparse_index::read_full;

/// Bytes read at once while only headers are looked at.
const HEADER_WINDOW_BYTES: usize = 4096;
/// Bytes read at once while whole batches are looked at.
const BATCH_WINDOW_BYTES: usize = 256 << 10;

/// Why a walk can not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WalkError {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What is there is not a batch, or not all of one.
    #[error("at byte {position}: {error}")]
    Batch { position: u64, error: BatchError },
}

/// Walks batches from a position up to an end, which is the file's length or less.
pub(crate) struct BatchWalk {
    file: Arc<dyn File>,
    position: u64,
    end: u64,
    window: Bytes,
    window_at: u64,
    window_bytes: usize,
}

impl BatchWalk {
    /// Looks at headers only.
    pub(crate) fn headers(file: Arc<dyn File>, position: u64, end: u64) -> Self {
        Self::new(file, position, end, HEADER_WINDOW_BYTES)
    }

    /// Reads whole batches.
    pub(crate) fn batches(file: Arc<dyn File>, position: u64, end: u64) -> Self {
        Self::new(file, position, end, BATCH_WINDOW_BYTES)
    }

    fn new(file: Arc<dyn File>, position: u64, end: u64, window_bytes: usize) -> Self {
        Self {
            file,
            position,
            end,
            window: Bytes::new(),
            window_at: 0,
            window_bytes,
        }
    }

    /// The next batch's position and header; `None` at the end.
    pub(crate) fn next_header(&mut self) -> Result<Option<(u64, BatchHeader)>, WalkError> {
        let Some(header) = self.peek()? else {
            return Ok(None);
        };
        let position = self.position;
        self.position += header.size_in_bytes() as u64;
        Ok(Some((position, header)))
    }

    /// The next batch with its bytes; `None` at the end.
    pub(crate) fn next_batch(&mut self) -> Result<Option<(u64, BatchHeader, Bytes)>, WalkError> {
        let Some(header) = self.peek()? else {
            return Ok(None);
        };
        let size = header.size_in_bytes();
        self.fill(size)?;
        let at = self.offset_in_window();
        let bytes = self.window.slice(at..at + size);
        let position = self.position;
        self.position += size as u64;
        Ok(Some((position, header, bytes)))
    }

    fn peek(&mut self) -> Result<Option<BatchHeader>, WalkError> {
        let left = self.end.saturating_sub(self.position);
        if left == 0 {
            return Ok(None);
        }
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        self.fill(left.min(BatchHeader::LEN))?;
        let at = self.offset_in_window();
        let header = BatchHeader::parse(self.window.get(at..).unwrap_or_default());
        let header = header.map_err(|error| self.bad(error))?;
        if header.size_in_bytes() > left {
            return Err(self.bad(BatchError::Truncated {
                needed: header.size_in_bytes(),
                available: left,
            }));
        }
        Ok(Some(header))
    }

    /// Sees to it that `needed` bytes from the position on are in the window.
    /// The caller has made sure that they are before the end.
    fn fill(&mut self, needed: usize) -> Result<(), WalkError> {
        let covered = self.position >= self.window_at
            && self.window_at + self.window.len() as u64 >= self.position + needed as u64;
        if covered {
            return Ok(());
        }
        let left = usize::try_from(self.end - self.position).unwrap_or(usize::MAX);
        let mut window = BytesMut::zeroed(needed.max(self.window_bytes).min(left));
        let read = read_full(&*self.file, &mut window, self.position)?;
        window.truncate(read);
        self.window = window.freeze();
        self.window_at = self.position;
        if read < needed {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(())
    }

    fn offset_in_window(&self) -> usize {
        // The window begins at or before the position, and is small.
        usize::try_from(self.position - self.window_at).unwrap_or(usize::MAX)
    }

    fn bad(&self, error: BatchError) -> WalkError {
        WalkError::Batch {
            position: self.position,
            error,
        }
    }
}
