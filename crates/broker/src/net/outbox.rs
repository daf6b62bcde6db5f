//! Answers on their way to the client.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use highwater_platform::Stream;

use super::handler::ReplyFrame;

/// Slices that one vectored write takes.
const SLICES_PER_WRITE: usize = 64;

/// The bytes that a connection has still to write. Answers that are ready at the
/// same time leave in one write.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    slices: VecDeque<Bytes>,
    bytes: usize,
    /// Something was written that the stream may still hold back.
    unflushed: bool,
}

impl Outbox {
    pub(crate) fn push(&mut self, frame: ReplyFrame) {
        for slice in frame {
            if !slice.is_empty() {
                self.bytes += slice.len();
                self.slices.push_back(slice);
            }
        }
    }

    /// Bytes that the stream has not taken.
    pub(crate) fn len(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slices.is_empty() && !self.unflushed
    }

    /// Writes what the stream takes; ready once, with the number of bytes, when
    /// anything was written.
    pub(crate) fn poll_write(
        &mut self,
        stream: &mut dyn Stream,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut stream = Pin::new(stream);
        if self.slices.is_empty() {
            if self.unflushed {
                ready!(stream.as_mut().poll_flush(cx))?;
                self.unflushed = false;
            }
            return Poll::Pending;
        }
        let mut slices = [IoSlice::new(&[]); SLICES_PER_WRITE];
        let mut count = 0;
        for (slot, slice) in slices.iter_mut().zip(&self.slices) {
            *slot = IoSlice::new(slice);
            count += 1;
        }
        let written = ready!(stream.as_mut().poll_write_vectored(cx, &slices[..count]))?;
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.unflushed = true;
        self.advance(written);
        Poll::Ready(Ok(written))
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.bytes, "no more was written than there is");
        self.bytes -= count;
        while let Some(front) = self.slices.front_mut() {
            if count < front.len() {
                front.advance(count);
                return;
            }
            count -= front.len();
            self.slices.pop_front();
        }
    }
}
