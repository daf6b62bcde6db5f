//! From a byte stream to request frames.

use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use highwater_platform::Stream;
use tokio::io::AsyncReadExt;

/// The length in front of every frame.
const LENGTH_BYTES: usize = 4;
/// The shortest request: API key, version and correlation id.
const FRAME_BYTES_MIN: usize = 8;
/// How much a connection reads at first, so that thousands of quiet ones cost little.
const READ_BYTES_MIN: usize = 8 * 1024;
/// How much a busy connection reads at once.
const READ_BYTES_MAX: usize = 256 * 1024;
/// Room made for a large frame beyond what has arrived, for a client that has not
/// sent such frames before.
const GROWTH_BYTES: usize = 256 * 1024;
/// Up to this size, room for a frame is made at once for a client that has sent
/// frames of its size before.
const TRUST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A connection's receive buffer. Frames are split off as slices, without a copy;
/// once they are dropped their memory is used again.
///
/// Invariant: memory is at most twice what has arrived, plus a constant. A length
/// alone makes nobody allocate.
#[derive(Debug)]
pub(crate) struct FrameBuffer {
    buffer: BytesMut,
    frame_bytes_max: usize,
    /// How much the next read asks for; follows what reads bring in.
    read_bytes: usize,
    /// The largest frame that came in whole, up to a limit.
    trusted_bytes: usize,
}

/// A length that no request has. The stream can not be in step any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("a frame of {0} bytes is too short for a request")]
    TooShort(i32),
    #[error("a frame of {length} bytes is longer than socket.request.max.bytes, {max}")]
    TooLong { length: i32, max: usize },
}

impl FrameBuffer {
    pub(crate) fn new(frame_bytes_max: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            frame_bytes_max,
            read_bytes: READ_BYTES_MIN,
            trusted_bytes: 0,
        }
    }

    /// The length of the frame at the front, if that much has arrived.
    pub(crate) fn front_length(&self) -> Result<Option<usize>, FrameError> {
        let Some(prefix) = self.buffer.first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = i32::from_be_bytes(*prefix);
        match usize::try_from(length) {
            Ok(bytes) if bytes > self.frame_bytes_max => Err(FrameError::TooLong {
                length,
                max: self.frame_bytes_max,
            }),
            Ok(bytes) if bytes >= FRAME_BYTES_MIN => Ok(Some(bytes)),
            Ok(_) | Err(_) => Err(FrameError::TooShort(length)),
        }
    }

    /// How much of the frame at the front, of `length` bytes, has arrived.
    pub(crate) fn arrived(&self, length: usize) -> usize {
        self.buffer.len().saturating_sub(LENGTH_BYTES).min(length)
    }

    /// Whether the frame at the front, of `length` bytes, has arrived.
    pub(crate) fn has_frame(&self, length: usize) -> bool {
        self.arrived(length) == length
    }

    /// Takes the frame at the front, without its length. It must have arrived.
    pub(crate) fn take_frame(&mut self, length: usize) -> Bytes {
        assert!(self.has_frame(length), "the frame has arrived");
        self.trusted_bytes = self.trusted_bytes.max(length).min(TRUST_BYTES_MAX);
        self.buffer.advance(LENGTH_BYTES);
        self.buffer.split_to(length).freeze()
    }

    /// Reads what is there, at most what there is room for. 0 is the stream's end.
    pub(crate) fn poll_fill(
        &mut self,
        stream: &mut dyn Stream,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.make_room();
        let room = self.buffer.capacity() - self.buffer.len();
        let read = pin!(stream.read_buf(&mut self.buffer)).poll(cx);
        if let Poll::Ready(Ok(count)) = read {
            if count == room {
                self.read_bytes = (self.read_bytes * 2).min(READ_BYTES_MAX);
            } else if count < self.read_bytes / 4 {
                self.read_bytes = (self.read_bytes - self.read_bytes / 8).max(READ_BYTES_MIN);
            }
        }
        read
    }

    /// Gives memory back, for a connection that has gone quiet.
    pub(crate) fn release(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
            self.read_bytes = READ_BYTES_MIN;
            self.trusted_bytes = 0;
        }
    }

    /// Bytes that have arrived and are not taken.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.buffer.len()
    }

    fn make_room(&mut self) {
        let room = self.buffer.capacity() - self.buffer.len();
        let (missing, least) = match self.front_length() {
            Ok(Some(length)) => {
                let missing = (LENGTH_BYTES + length).saturating_sub(self.buffer.len());
                (missing, missing.min(READ_BYTES_MIN))
            }
            Ok(None) | Err(_) => (0, READ_BYTES_MIN / 4),
        };
        // Moving what has arrived to a larger place costs a copy of it: only when
        // there is little room left for a read.
        if room >= least.max(1) {
            return;
        }
        let growth = self.buffer.len().max(GROWTH_BYTES).max(self.trusted_bytes);
        self.buffer
            .reserve(missing.min(growth).max(self.read_bytes));
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    async fn fill(buffer: &mut FrameBuffer, stream: &mut dyn Stream) -> usize {
        std::future::poll_fn(|cx| buffer.poll_fill(stream, cx))
            .await
            .expect("an in-memory stream does not fail")
    }

    #[tokio::test]
    async fn frames_come_out_as_they_went_in() {
        let (mut client, mut server) = tokio::io::duplex(1 << 20);
        let mut bytes = Vec::new();
        for length in [8usize, 9, 5000, 70_000] {
            bytes.extend_from_slice(&(length as u32).to_be_bytes());
            bytes.resize(bytes.len() + length, length as u8);
        }
        client.write_all(&bytes).await.expect("room");
        let mut buffer = FrameBuffer::new(100_000);
        for length in [8usize, 9, 5000, 70_000] {
            while !(buffer.front_length() == Ok(Some(length)) && buffer.has_frame(length)) {
                assert_ne!(fill(&mut buffer, &mut server).await, 0);
            }
            assert_eq!(buffer.take_frame(length), vec![length as u8; length]);
        }
        assert_eq!(buffer.len(), 0);
    }

    #[tokio::test]
    async fn impossible_lengths_are_refused() {
        for (length, error) in [
            (-1, FrameError::TooShort(-1)),
            (i32::MIN, FrameError::TooShort(i32::MIN)),
            (0, FrameError::TooShort(0)),
            (7, FrameError::TooShort(7)),
            (
                i32::MAX,
                FrameError::TooLong {
                    length: i32::MAX,
                    max: 1000,
                },
            ),
        ] {
            let (mut client, mut server) = tokio::io::duplex(64);
            client
                .write_all(&i32::to_be_bytes(length))
                .await
                .expect("room");
            let mut buffer = FrameBuffer::new(1000);
            fill(&mut buffer, &mut server).await;
            assert_eq!(buffer.front_length(), Err(error));
        }
    }

    #[tokio::test]
    async fn a_length_alone_allocates_little() {
        let (mut client, mut server) = tokio::io::duplex(1 << 20);
        let length = 90 * 1024 * 1024;
        client
            .write_all(&i32::to_be_bytes(length))
            .await
            .expect("room");
        let mut buffer = FrameBuffer::new(100 * 1024 * 1024);
        fill(&mut buffer, &mut server).await;
        assert_eq!(buffer.front_length(), Ok(Some(length as usize)));
        let mut arrived = LENGTH_BYTES;
        for _ in 0..20 {
            client.write_all(&[0; 100_000]).await.expect("room");
            let mut rest = 100_000;
            while rest > 0 {
                rest -= fill(&mut buffer, &mut server).await;
            }
            arrived += 100_000;
            assert!(buffer.capacity() <= 2 * arrived + GROWTH_BYTES);
        }
    }
}
