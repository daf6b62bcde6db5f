//! LZ4's frame format, restricted as Java's client needs it: independent
//! blocks of 64 KiB, no content checksum.

use std::io::{self, Read, Write};

use lz4::{BlockMode, BlockSize, ContentChecksum, EncoderBuilder, liblz4::BlockChecksum};

use super::{BatchError, Compression};

const MAGIC: [u8; 4] = 0x184d_2204_u32.to_le_bytes();
/// The frame's flags: version 1 in the upper two bits, then "blocks are independent".
const VERSION_MASK: u8 = 0b1100_0000;
const VERSION: u8 = 0b0100_0000;
const INDEPENDENT: u8 = 0b0010_0000;
/// Kafka's default level stands for the fast compressor, every other one for
/// the thorough one. KIP-390.
const LEVEL_DEFAULT: i32 = 9;

pub(super) fn compress(
    level: Option<i32>,
    input: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), BatchError> {
    let level = match level {
        None | Some(LEVEL_DEFAULT) => 0,
        Some(level) => level.clamp(1, 17).unsigned_abs(),
    };
    let encoder = EncoderBuilder::new()
        .block_size(BlockSize::Max64KB)
        .block_mode(BlockMode::Independent)
        .block_checksum(BlockChecksum::NoBlockChecksum)
        .checksum(ContentChecksum::NoChecksum)
        .auto_flush(true)
        .level(level)
        .build(out);
    encoder
        .and_then(|mut encoder| {
            encoder.write_all(input)?;
            encoder.finish().1
        })
        .map_err(|error| Compression::Lz4.error(error))
}

/// Decompresses one frame and insists on its end.
///
/// Frames whose blocks depend on each other are refused, as Kafka refuses
/// them: Java's consumer could not read the batch back.
pub(super) struct Lz4Reader<'a> {
    /// Taken when the end has been reached and checked.
    decoder: Option<lz4::Decoder<&'a [u8]>>,
}

impl<'a> Lz4Reader<'a> {
    pub(super) fn new(input: &'a [u8]) -> io::Result<Self> {
        let flags = match input.strip_prefix(&MAGIC) {
            Some([flags, ..]) => *flags,
            _ => return Err(invalid("there is no frame")),
        };
        if flags & VERSION_MASK != VERSION {
            return Err(invalid("the frame is of an unknown version"));
        }
        if flags & INDEPENDENT == 0 {
            return Err(invalid("the blocks depend on each other"));
        }
        Ok(Self {
            decoder: Some(lz4::Decoder::new(input)?),
        })
    }
}

impl Read for Lz4Reader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(0);
        };
        let read = decoder.read(out)?;
        if read > 0 || out.is_empty() {
            return Ok(read);
        }
        if let Some((rest, complete)) = self.decoder.take().map(lz4::Decoder::finish) {
            complete.map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
            if !rest.is_empty() {
                return Err(invalid("bytes follow the frame"));
            }
        }
        Ok(0)
    }
}

fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
