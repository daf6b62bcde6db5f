//! Bounded reading of Kafka's primitive types.

use bytes::Bytes;
use highwater_types::Uuid;

use super::error::DecodeError;

/// The longest string of the protocol, in bytes.
pub(super) const STRING_LENGTH_MAX: usize = i16::MAX as usize;

/// Memory that arrays may take on top of [`ELEMENT_MEMORY_FACTOR`] times the
/// input, in bytes: what a small message may take whatever its shape.
const ELEMENT_MEMORY_FLOOR: usize = 1 << 20;

/// Memory that arrays may take per byte of input. An empty string costs one
/// byte on the wire and 24 in memory, so without this limit a message of empty
/// strings would be a memory bomb. Messages that clients send stay below 8.
const ELEMENT_MEMORY_FACTOR: usize = 8;

/// Reads Kafka's primitive types from one message.
///
/// Every length and count is checked against what is left of the message
/// before anything is allocated. Byte fields are slices of the message's own
/// buffer, without a copy: they keep that buffer alive.
#[derive(Debug)]
pub struct Reader {
    data: Bytes,
    position: usize,
    /// Nothing is read at or past this: the end of the message, or of the
    /// tagged field that is being read.
    end: usize,
    /// Memory that arrays may still take, in bytes.
    element_memory: usize,
}

macro_rules! fixed_width {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        $(
            $(#[$doc])*
            #[inline]
            pub fn $name(&mut self) -> Result<$type, DecodeError> {
                Ok(<$type>::from_be_bytes(self.take_array()?))
            }
        )*
    };
}

impl Reader {
    /// Reads from the start of `data`, which is the whole message.
    #[must_use]
    pub fn new(data: Bytes) -> Self {
        let end = data.len();
        let element_memory = end
            .saturating_mul(ELEMENT_MEMORY_FACTOR)
            .saturating_add(ELEMENT_MEMORY_FLOOR);
        Self {
            data,
            position: 0,
            end,
            element_memory,
        }
    }

    /// Bytes that are left.
    #[inline]
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.end - self.position
    }

    fixed_width! {
        /// Reads an `int8`.
        get_i8: i8;
        /// Reads an `int16`.
        get_i16: i16;
        /// Reads an `int32`.
        get_i32: i32;
        /// Reads an `int64`.
        get_i64: i64;
        /// Reads a `uint8`.
        get_u8: u8;
        /// Reads a `uint16`.
        get_u16: u16;
        /// Reads a `uint32`.
        get_u32: u32;
        /// Reads a `float64`.
        get_f64: f64;
    }

    /// Reads a `bool`: any byte but 0 is true.
    #[inline]
    pub fn get_bool(&mut self) -> Result<bool, DecodeError> {
        Ok(self.get_u8()? != 0)
    }

    /// Reads a `uuid`.
    #[inline]
    pub fn get_uuid(&mut self) -> Result<Uuid, DecodeError> {
        Ok(Uuid(self.take_array()?))
    }

    /// Reads an unsigned variable-length integer of at most 32 bits.
    #[inline]
    pub fn get_uvarint(&mut self) -> Result<u32, DecodeError> {
        let value = self.get_leb128(5)?;
        u32::try_from(value).map_err(|_| DecodeError::VarintTooLong)
    }

    /// Reads a zigzag variable-length integer of at most 32 bits.
    #[inline]
    pub fn get_varint(&mut self) -> Result<i32, DecodeError> {
        let raw = self.get_uvarint()?;
        Ok((raw >> 1) as i32 ^ -((raw & 1) as i32))
    }

    /// Reads a zigzag variable-length integer of at most 64 bits.
    #[inline]
    pub fn get_varlong(&mut self) -> Result<i64, DecodeError> {
        let raw = self.get_leb128(10)?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    fn get_leb128(&mut self, bytes_max: u32) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for index in 0..bytes_max {
            let byte = self.get_u8()?;
            let bits = u64::from(byte & 0x7f);
            let shift = index * 7;
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::VarintTooLong)
    }

    /// Takes `length` bytes as a slice of the message's buffer, without a copy.
    #[inline]
    pub fn get_slice(&mut self, length: usize) -> Result<Bytes, DecodeError> {
        let start = self.advance(length)?;
        Ok(self.data.slice(start..self.position))
    }

    /// Reads a nullable string; `compact` is the form of flexible versions.
    pub fn get_nullable_string(&mut self, compact: bool) -> Result<Option<String>, DecodeError> {
        let length = if compact {
            self.get_compact_length()?
        } else {
            usize::try_from(self.get_i16()?).ok()
        };
        let Some(length) = length else {
            return Ok(None);
        };
        if length > STRING_LENGTH_MAX {
            return Err(DecodeError::StringTooLong(length));
        }
        let start = self.advance(length)?;
        let bytes = self.data.get(start..self.position).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => Err(DecodeError::InvalidUtf8),
        }
    }

    /// Reads a nullable byte field as a slice of the message's buffer;
    /// `compact` is the form of flexible versions.
    pub fn get_nullable_bytes(&mut self, compact: bool) -> Result<Option<Bytes>, DecodeError> {
        match self.get_nullable_length(compact)? {
            Some(length) => Ok(Some(self.get_slice(length)?)),
            None => Ok(None),
        }
    }

    /// Reads the count of a nullable array whose elements take at least
    /// `size_min` bytes on the wire and `memory` bytes once decoded. The count
    /// that is returned can be allocated safely.
    pub fn get_nullable_count(
        &mut self,
        compact: bool,
        size_min: usize,
        memory: usize,
    ) -> Result<Option<usize>, DecodeError> {
        let Some(count) = self.get_nullable_length(compact)? else {
            return Ok(None);
        };
        let remaining = self.remaining();
        if count > remaining / size_min.max(1) {
            return Err(DecodeError::CountTooLarge { count, remaining });
        }
        self.element_memory = count
            .checked_mul(memory)
            .and_then(|bytes| self.element_memory.checked_sub(bytes))
            .ok_or(DecodeError::TooManyElements)?;
        Ok(Some(count))
    }

    /// Reads the tagged fields at the end of a flexible struct. `field` reads
    /// the content of a tag that it knows and returns true; the content of any
    /// other tag is skipped.
    pub fn get_tagged_fields(
        &mut self,
        mut field: impl FnMut(&mut Self, u32) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError> {
        // No bound is needed on the count: each turn consumes two bytes or fails.
        for _ in 0..self.get_uvarint()? {
            let tag = self.get_uvarint()?;
            let size = self.get_uvarint()? as usize;
            let (needed, remaining) = (size, self.remaining());
            if needed > remaining {
                return Err(DecodeError::UnexpectedEnd { needed, remaining });
            }
            let outer_end = self.end;
            self.end = self.position + size;
            let known = field(self, tag)?;
            if known && self.position != self.end {
                return Err(DecodeError::TaggedFieldSize { tag });
            }
            self.position = self.end;
            self.end = outer_end;
        }
        Ok(())
    }

    /// A 32-bit length; null is −1 (any negative value, as Kafka reads it), or
    /// 0 in the compact form, which stores the length plus one.
    fn get_nullable_length(&mut self, compact: bool) -> Result<Option<usize>, DecodeError> {
        if compact {
            self.get_compact_length()
        } else {
            Ok(usize::try_from(self.get_i32()?).ok())
        }
    }

    #[inline]
    fn get_compact_length(&mut self) -> Result<Option<usize>, DecodeError> {
        Ok((self.get_uvarint()? as usize).checked_sub(1))
    }

    #[inline]
    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let remaining = self.remaining();
        let end = DecodeError::UnexpectedEnd {
            needed: N,
            remaining,
        };
        if N > remaining {
            return Err(end);
        }
        let rest = self.data.get(self.position..).ok_or(end)?;
        // The check above covers the message; a shorter tagged field as well.
        let array = rest.first_chunk::<N>().copied().unwrap_or([0; N]);
        self.position += N;
        Ok(array)
    }

    /// Moves past `length` bytes and returns where they start.
    #[inline]
    fn advance(&mut self, length: usize) -> Result<usize, DecodeError> {
        let remaining = self.remaining();
        if length > remaining {
            return Err(DecodeError::UnexpectedEnd {
                needed: length,
                remaining,
            });
        }
        let start = self.position;
        self.position += length;
        Ok(start)
    }
}
