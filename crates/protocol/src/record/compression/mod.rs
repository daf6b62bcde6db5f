//! The codecs of a record batch, framed as Kafka's clients frame them.

mod decompressor;
mod lz4;
mod snappy;
mod zstd;

use std::fmt;
use std::io::Write;
use std::ops::RangeInclusive;

use bytes::Bytes;

use super::BatchError;
pub(super) use decompressor::Decompressor;

/// How the records of a batch are compressed; the numbers are those of the
/// lowest three attribute bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Compression {
    #[default]
    None = 0,
    Gzip = 1,
    /// With the framing of Java's snappy library (Xerial); raw blocks are read too.
    Snappy = 2,
    /// The frame format with independent blocks.
    Lz4 = 3,
    /// KIP-110.
    Zstd = 4,
}

impl Compression {
    /// Every codec, in the order of the codes.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// The code in the batch's attributes.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The codec of a code.
    ///
    /// # Errors
    /// [`BatchError::UnknownCompression`] for a code that is not assigned.
    pub const fn from_code(code: u8) -> Result<Self, BatchError> {
        match code {
            0 => Ok(Self::None),
            1 => Ok(Self::Gzip),
            2 => Ok(Self::Snappy),
            3 => Ok(Self::Lz4),
            4 => Ok(Self::Zstd),
            _ => Err(BatchError::UnknownCompression(code)),
        }
    }

    /// The name that `compression.type` uses, except that a topic's config
    /// says `uncompressed` for `none`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// The codec that `compression.type` names, `uncompressed` included;
    /// `None` for other words, `producer` among them.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "uncompressed" {
            return Some(Self::None);
        }
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }

    /// The levels that `compression.<codec>.level` may have; none for a codec without levels.
    /// Gzip also accepts `-1`, its default. KIP-390.
    #[must_use]
    pub const fn levels(self) -> Option<RangeInclusive<i32>> {
        match self {
            Self::None | Self::Snappy => None,
            Self::Gzip => Some(1..=9),
            Self::Lz4 => Some(1..=17),
            Self::Zstd => Some(-131_072..=22),
        }
    }

    /// Compresses `input` into a new buffer; see [`Compression::compress_into`].
    ///
    /// # Errors
    /// Those of [`Compression::compress_into`].
    pub fn compress(self, level: Option<i32>, input: &[u8]) -> Result<Vec<u8>, BatchError> {
        let mut out = Vec::new();
        self.compress_into(level, input, &mut out)?;
        Ok(out)
    }

    /// Appends `input`, compressed, to `out`. `None` is the codec's default
    /// level; other levels are brought into the codec's range.
    ///
    /// # Errors
    /// [`BatchError::Codec`] if the codec refuses. What was appended to `out` is then useless.
    pub fn compress_into(
        self,
        level: Option<i32>,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), BatchError> {
        match self {
            Self::None => {
                out.extend_from_slice(input);
                Ok(())
            }
            Self::Gzip => compress_gzip(level, input, out),
            Self::Snappy => snappy::compress(input, out),
            Self::Lz4 => lz4::compress(level, input, out),
            Self::Zstd => zstd::compress(level, input, out),
        }
    }

    /// Decompresses `input`. Nothing is allocated on the word of the input:
    /// the buffer grows with what really comes out, up to `limit` bytes.
    /// Without compression the result shares `input`, whatever the limit.
    ///
    /// # Errors
    /// [`BatchError::OutputLimit`] if more than `limit` bytes come out,
    /// [`BatchError::Codec`] if the input is damaged or ends early.
    pub fn decompress(self, input: &Bytes, limit: usize) -> Result<Bytes, BatchError> {
        if self == Self::None {
            return Ok(input.clone());
        }
        let mut source = Decompressor::new(self, input, limit)?;
        let mut out = Vec::new();
        let mut filled = 0;
        loop {
            if filled == out.len() {
                let grown = (filled * 2).max(input.len() * 2).max(1024);
                // One byte past the limit lets the decompressor report it.
                out.resize(grown.min(limit.saturating_add(1)), 0);
            }
            let read = source.read(out.get_mut(filled..).unwrap_or_default())?;
            if read == 0 {
                break;
            }
            filled += read;
        }
        out.truncate(filled);
        Ok(out.into())
    }

    fn error(self, reason: impl fmt::Display) -> BatchError {
        BatchError::Codec {
            codec: self,
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn compress_gzip(level: Option<i32>, input: &[u8], out: &mut Vec<u8>) -> Result<(), BatchError> {
    let level = match level {
        Some(level @ 1..) => flate2::Compression::new(level.unsigned_abs().min(9)),
        _ => flate2::Compression::default(),
    };
    let mut encoder = flate2::write::GzEncoder::new(out, level);
    encoder
        .write_all(input)
        .and_then(|()| encoder.finish().map(drop))
        .map_err(|error| Compression::Gzip.error(error))
}

#[cfg(test)]
mod tests;
