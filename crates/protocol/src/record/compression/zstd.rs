//! Zstandard, with contexts that each thread keeps: setting one up costs more
//! than compressing a small batch.

use std::cell::Cell;
use std::io::{self, Read};

use zstd::zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd::zstd_safe::{
    CCtx, CParameter, DCtx, ErrorCode, InBuffer, OutBuffer, ResetDirective, compress_bound,
    get_error_name,
};

use super::{BatchError, Compression};

/// A context that has grown beyond this many bytes (by a large window or a
/// high level) is given back to the allocator instead of being kept.
const KEPT_CONTEXT_LEN_MAX: usize = 4 * 1024 * 1024;
const LEVEL_DEFAULT: i32 = 3;

thread_local! {
    static COMPRESSION: Cell<Option<CCtx<'static>>> = const { Cell::new(None) };
    static DECOMPRESSION: Cell<Option<DCtx<'static>>> = const { Cell::new(None) };
}

pub(super) fn compress(
    level: Option<i32>,
    input: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), BatchError> {
    let fail = |code| Compression::Zstd.error(get_error_name(code));
    let mut context = COMPRESSION
        .take()
        .or_else(CCtx::try_create)
        .ok_or_else(|| Compression::Zstd.error("out of memory"))?;
    context
        .reset(ResetDirective::SessionAndParameters)
        .map_err(fail)?;
    let level = level.unwrap_or(LEVEL_DEFAULT).clamp(-131_072, 22);
    context
        .set_parameter(CParameter::CompressionLevel(level))
        .map_err(fail)?;
    // The size in the frame lets readers allocate once.
    context
        .set_pledged_src_size(Some(input.len() as u64))
        .map_err(fail)?;
    let start = out.len();
    out.reserve(compress_bound(input.len()));
    let mut output = OutBuffer::around_pos(out, start);
    let mut source = InBuffer::around(input);
    let left = context
        .compress_stream2(&mut output, &mut source, ZSTD_EndDirective::ZSTD_e_end)
        .map_err(fail)?;
    if left != 0 {
        return Err(Compression::Zstd.error("the output does not fit its bound"));
    }
    if context.sizeof() <= KEPT_CONTEXT_LEN_MAX {
        COMPRESSION.set(Some(context));
    }
    Ok(())
}

/// Decompresses one frame or several in a row.
pub(super) struct ZstdReader<'a> {
    rest: &'a [u8],
    /// `None` only while it is dropped.
    context: Option<DCtx<'static>>,
    /// Whether a frame has begun and not ended.
    in_frame: bool,
}

impl<'a> ZstdReader<'a> {
    pub(super) fn new(input: &'a [u8]) -> io::Result<Self> {
        let mut context = DECOMPRESSION
            .take()
            .or_else(DCtx::try_create)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        context.reset(ResetDirective::SessionOnly).map_err(fail)?;
        Ok(Self {
            rest: input,
            context: Some(context),
            in_frame: true,
        })
    }
}

impl Read for ZstdReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(context) = &mut self.context else {
            return Ok(0);
        };
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if self.rest.is_empty() && !self.in_frame {
                return Ok(0);
            }
            let at_end = self.rest.is_empty();
            let mut source = InBuffer::around(self.rest);
            let mut output = OutBuffer::around(&mut *out);
            let hint = context
                .decompress_stream(&mut output, &mut source)
                .map_err(fail)?;
            self.in_frame = hint != 0;
            let (read, consumed) = (output.pos(), source.pos());
            self.rest = self.rest.get(consumed..).unwrap_or_default();
            if read > 0 {
                return Ok(read);
            }
            if at_end && self.in_frame {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

impl Drop for ZstdReader<'_> {
    fn drop(&mut self) {
        if let Some(context) = self.context.take()
            && context.sizeof() <= KEPT_CONTEXT_LEN_MAX
        {
            DECOMPRESSION.set(Some(context));
        }
    }
}

fn fail(code: ErrorCode) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, get_error_name(code))
}
