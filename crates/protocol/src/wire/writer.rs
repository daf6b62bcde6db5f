//! Writing of Kafka's primitive types.

use bytes::{BufMut, Bytes, BytesMut};
use highwater_types::Uuid;

use super::error::EncodeError;
use super::reader::STRING_LENGTH_MAX;
use super::segments::Segments;

/// Byte fields from this size on are passed along as shared slices; a smaller
/// one costs less to copy than to carry as a segment of its own.
const SHARED_LENGTH_MIN: usize = 1024;

/// Writes Kafka's primitive types into one message.
///
/// All small values go into one growing buffer. Large byte fields are not
/// copied: the writer notes where in that buffer they belong, and
/// [`Writer::into_segments`] lays buffer slices and shared slices in a row.
#[derive(Debug, Default)]
pub struct Writer {
    owned: BytesMut,
    shared: Vec<SharedSlice>,
    shared_length: usize,
}

/// A byte field that is not in the writer's own buffer.
#[derive(Debug)]
struct SharedSlice {
    /// How much of the writer's own buffer precedes it.
    after: usize,
    bytes: Bytes,
}

macro_rules! fixed_width {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        $(
            $(#[$doc])*
            #[inline]
            pub fn $name(&mut self, value: $type) {
                self.owned.put_slice(&value.to_be_bytes());
            }
        )*
    };
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty writer with room for `capacity` bytes besides shared slices.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            owned: BytesMut::with_capacity(capacity),
            ..Self::default()
        }
    }

    /// Bytes written so far, shared slices included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owned.len() + self.shared_length
    }

    /// Whether nothing has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fixed_width! {
        /// Writes an `int8`.
        put_i8: i8;
        /// Writes an `int16`.
        put_i16: i16;
        /// Writes an `int32`.
        put_i32: i32;
        /// Writes an `int64`.
        put_i64: i64;
        /// Writes a `uint8`.
        put_u8: u8;
        /// Writes a `uint16`.
        put_u16: u16;
        /// Writes a `uint32`.
        put_u32: u32;
        /// Writes a `float64`.
        put_f64: f64;
    }

    /// Writes a `bool`.
    #[inline]
    pub fn put_bool(&mut self, value: bool) {
        self.put_u8(u8::from(value));
    }

    /// Writes a `uuid`.
    #[inline]
    pub fn put_uuid(&mut self, value: Uuid) {
        self.owned.put_slice(&value.0);
    }

    /// Writes an unsigned variable-length integer of 32 bits.
    #[inline]
    pub fn put_uvarint(&mut self, value: u32) {
        self.put_leb128(u64::from(value));
    }

    /// Writes a zigzag variable-length integer of 32 bits.
    #[inline]
    pub fn put_varint(&mut self, value: i32) {
        self.put_uvarint(((value << 1) ^ (value >> 31)) as u32);
    }

    /// Writes a zigzag variable-length integer of 64 bits.
    #[inline]
    pub fn put_varlong(&mut self, value: i64) {
        self.put_leb128(((value << 1) ^ (value >> 63)) as u64);
    }

    fn put_leb128(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.owned.put_u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.owned.put_u8(value as u8);
    }

    /// Copies raw bytes, without a length.
    #[inline]
    pub fn put_slice(&mut self, bytes: &[u8]) {
        self.owned.put_slice(bytes);
    }

    /// Writes raw bytes, without a length. Large ones are not copied but become
    /// segments of their own.
    pub fn put_bytes_shared(&mut self, bytes: Bytes) {
        if bytes.len() < SHARED_LENGTH_MIN {
            self.owned.put_slice(&bytes);
            return;
        }
        self.shared_length += bytes.len();
        self.shared.push(SharedSlice {
            after: self.owned.len(),
            bytes,
        });
    }

    /// Writes a nullable string; `compact` is the form of flexible versions.
    pub fn put_nullable_string(
        &mut self,
        value: Option<&str>,
        compact: bool,
    ) -> Result<(), EncodeError> {
        let length = value.map(str::len);
        if let Some(length) = length.filter(|&length| length > STRING_LENGTH_MAX) {
            return Err(EncodeError::TooLong(length));
        }
        match length {
            _ if compact => self.put_nullable_length(length, true)?,
            // The check above makes the cast exact.
            Some(length) => self.put_i16(length as i16),
            None => self.put_i16(-1),
        }
        self.put_slice(value.unwrap_or_default().as_bytes());
        Ok(())
    }

    /// Writes a nullable byte field with its length; large ones become segments
    /// of their own. `compact` is the form of flexible versions.
    pub fn put_nullable_bytes(
        &mut self,
        value: Option<&Bytes>,
        compact: bool,
    ) -> Result<(), EncodeError> {
        self.put_nullable_length(value.map(Bytes::len), compact)?;
        if let Some(bytes) = value {
            self.put_bytes_shared(bytes.clone());
        }
        Ok(())
    }

    /// Writes a 32-bit length or count: −1 is null; the compact form stores the
    /// length plus one, and 0 for null.
    pub fn put_nullable_length(
        &mut self,
        length: Option<usize>,
        compact: bool,
    ) -> Result<(), EncodeError> {
        let value = match length {
            Some(length) => i32::try_from(length).map_err(|_| EncodeError::TooLong(length))?,
            None => -1,
        };
        if compact {
            self.put_uvarint((i64::from(value) + 1) as u32);
        } else {
            self.put_i32(value);
        }
        Ok(())
    }

    /// Everything in one piece. Copies shared slices, if there are any.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.into_segments().into_bytes()
    }

    /// Everything as a row of slices, shared ones not copied.
    #[must_use]
    pub fn into_segments(self) -> Segments {
        let owned = self.owned.freeze();
        let mut segments = Segments::default();
        let mut position = 0;
        for SharedSlice { after, bytes } in self.shared {
            segments.push(owned.slice(position..after));
            segments.push(bytes);
            position = after;
        }
        segments.push(owned.slice(position..));
        segments
    }

    /// Like [`Writer::into_segments`], preceded by the total length as an
    /// `int32`, for a writer that began with [`Writer::for_frame`].
    pub(crate) fn into_frame(mut self) -> Result<Segments, EncodeError> {
        let length = self.len() - FRAME_LENGTH_SIZE;
        let prefix = i32::try_from(length).map_err(|_| EncodeError::TooLong(length))?;
        if let Some(slot) = self.owned.first_chunk_mut::<FRAME_LENGTH_SIZE>() {
            *slot = prefix.to_be_bytes();
        }
        Ok(self.into_segments())
    }

    /// A writer that keeps room for the frame's length at its start.
    pub(crate) fn for_frame() -> Self {
        let mut writer = Self::with_capacity(FRAME_CAPACITY);
        writer.put_i32(0);
        writer
    }
}

/// Size of the length that precedes every request and response.
const FRAME_LENGTH_SIZE: usize = 4;

/// What a frame's buffer starts with: enough for most responses.
const FRAME_CAPACITY: usize = 256;
