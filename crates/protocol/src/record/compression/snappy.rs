//! Snappy, in the framing of Java's library (Xerial), which Kafka uses: a
//! header, then blocks with their compressed length in front of them. Clients
//! built on C's library send one raw block without any framing.

use std::io::{self, Read};

use bytes::Buf;

use super::{BatchError, Compression};

/// What a framed stream begins with, followed by two version numbers.
const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const HEADER_LEN: usize = 16;
/// The version we write, and the oldest reader that it is for.
const VERSION: i32 = 1;
/// Java's reader would accept more; this is what Java's writer uses.
const BLOCK_LEN: usize = 32 * 1024;
/// No snappy element makes more than 64 bytes of 3, so that a block which
/// claims more than this many times its length lies.
const EXPANSION_MAX: usize = 22;

pub(super) fn compress(input: &[u8], out: &mut Vec<u8>) -> Result<(), BatchError> {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.extend_from_slice(&VERSION.to_be_bytes());
    let mut encoder = snap::raw::Encoder::new();
    let mut block = vec![0; snap::raw::max_compress_len(BLOCK_LEN)];
    for chunk in input.chunks(BLOCK_LEN) {
        let length = encoder
            .compress(chunk, &mut block)
            .map_err(|error| Compression::Snappy.error(error))?;
        let compressed = block.get(..length).unwrap_or_default();
        // Lossless: a block has some 38 KiB at most.
        out.extend_from_slice(&(length as u32).to_be_bytes());
        out.extend_from_slice(compressed);
    }
    Ok(())
}

/// Decompresses both forms, holding one block at a time.
pub(super) struct SnappyReader<'a> {
    rest: &'a [u8],
    framed: bool,
    block: Vec<u8>,
    position: usize,
}

impl<'a> SnappyReader<'a> {
    pub(super) fn new(input: &'a [u8]) -> io::Result<Self> {
        if input.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let framed = input.starts_with(&MAGIC);
        let mut reader = Self {
            rest: input,
            framed,
            block: Vec::new(),
            position: 0,
        };
        if framed {
            reader.skip_header()?;
        }
        Ok(reader)
    }

    fn skip_header(&mut self) -> io::Result<()> {
        let header = take(&mut self.rest, HEADER_LEN)?;
        let compatible = header.get(12..).unwrap_or_default().get_i32();
        if compatible > VERSION {
            return Err(invalid("the framing is of a newer version"));
        }
        Ok(())
    }

    /// Decompresses the next block; `false` at the end.
    fn next_block(&mut self) -> io::Result<bool> {
        // Java's writer can be appended to, which puts further headers between blocks.
        while self.framed && self.rest.starts_with(&MAGIC) {
            self.skip_header()?;
        }
        if self.rest.is_empty() {
            return Ok(false);
        }
        let compressed = if self.framed {
            let length = take(&mut self.rest, 4)?.get_u32();
            let length = usize::try_from(length).map_err(|_| invalid("a block is too long"))?;
            take(&mut self.rest, length)?
        } else {
            std::mem::take(&mut self.rest)
        };
        let length = snap::raw::decompress_len(compressed).map_err(io::Error::other)?;
        if length > compressed.len().saturating_mul(EXPANSION_MAX) {
            return Err(invalid("a block claims more than it can hold"));
        }
        self.block.resize(length, 0);
        self.position = 0;
        snap::raw::Decoder::new()
            .decompress(compressed, &mut self.block)
            .map_err(io::Error::other)?;
        Ok(true)
    }
}

impl Read for SnappyReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.position == self.block.len() {
            if !self.next_block()? {
                return Ok(0);
            }
        }
        let mut ready = self.block.get(self.position..).unwrap_or_default();
        let read = ready.read(out)?;
        self.position += read;
        Ok(read)
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> io::Result<&'a [u8]> {
    let (front, back) = rest
        .split_at_checked(length)
        .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    *rest = back;
    Ok(front)
}

fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
