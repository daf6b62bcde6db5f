//! Any codec as a stream with a limit on what comes out.

use std::io::{self, Read};

use super::lz4::Lz4Reader;
use super::snappy::SnappyReader;
use super::zstd::ZstdReader;
use super::{BatchError, Compression};

/// Decompresses step by step, so that memory does not follow what the input
/// claims or holds. Lives for one batch; contexts of codecs that are expensive
/// to set up are reused behind it.
pub(in crate::record) struct Decompressor<'a> {
    codec: Compression,
    stream: Stream<'a>,
    remaining: usize,
    limit: usize,
}

enum Stream<'a> {
    Plain(&'a [u8]),
    Gzip(Box<flate2::bufread::MultiGzDecoder<&'a [u8]>>),
    Snappy(SnappyReader<'a>),
    Lz4(Lz4Reader<'a>),
    Zstd(ZstdReader<'a>),
}

impl<'a> Decompressor<'a> {
    /// Begins with `input`, of which at most `limit` bytes may come out.
    pub fn new(codec: Compression, input: &'a [u8], limit: usize) -> Result<Self, BatchError> {
        let stream = match codec {
            Compression::None => Ok(Stream::Plain(input)),
            Compression::Gzip => {
                let decoder = flate2::bufread::MultiGzDecoder::new(input);
                Ok(Stream::Gzip(Box::new(decoder)))
            }
            Compression::Snappy => SnappyReader::new(input).map(Stream::Snappy),
            Compression::Lz4 => Lz4Reader::new(input).map(Stream::Lz4),
            Compression::Zstd => ZstdReader::new(input).map(Stream::Zstd),
        };
        Ok(Self {
            codec,
            stream: stream.map_err(|error| codec.error(error))?,
            remaining: limit,
            limit,
        })
    }

    /// Fills the front of `out`; 0 is the end, which is complete and checked
    /// as far as the codec can.
    ///
    /// # Errors
    /// [`BatchError::OutputLimit`] once there is more than the limit, and
    /// [`BatchError::Codec`] for damaged input.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, BatchError> {
        // At the limit one more byte is asked for, to tell the end from the limit.
        let wanted = out.len().min(self.remaining.saturating_add(1));
        let out = out.get_mut(..wanted).unwrap_or_default();
        let read = loop {
            match self.stream.read(out) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(|error| self.codec.error(error))?,
            }
        };
        if read > self.remaining {
            return Err(BatchError::OutputLimit { limit: self.limit });
        }
        self.remaining -= read;
        Ok(read)
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(out),
            Self::Gzip(decoder) => decoder.read(out),
            Self::Snappy(reader) => reader.read(out),
            Self::Lz4(reader) => reader.read(out),
            Self::Zstd(reader) => reader.read(out),
        }
    }
}
