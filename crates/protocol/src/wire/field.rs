//! How Rust types map to the protocol's field types.

use bytes::Bytes;
use highwater_types::Uuid;

use super::error::{DecodeError, EncodeError};
use super::reader::Reader;
use super::writer::Writer;

/// What a field's encoding depends on, besides its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The message's version.
    pub version: i16,
    /// Whether that version is flexible (KIP-482): compact lengths, and tagged
    /// fields at the end of every struct.
    pub flexible: bool,
}

/// A type that can be a field of a message.
pub trait Field: Sized {
    /// The least number of bytes that a value takes on the wire. Bounds how
    /// many elements an array can have.
    fn size_min(context: Context) -> usize;

    /// Reads a value.
    fn read(reader: &mut Reader, context: Context) -> Result<Self, DecodeError>;

    /// Writes the value.
    fn write(&self, writer: &mut Writer, context: Context) -> Result<(), EncodeError>;
}

/// A field type that has an encoding of null.
pub trait NullableField: Field {
    /// The least number of bytes that a value or null takes on the wire.
    fn nullable_size_min(context: Context) -> usize {
        Self::size_min(context)
    }

    /// Reads a value or null.
    fn read_nullable(reader: &mut Reader, context: Context) -> Result<Option<Self>, DecodeError>;

    /// Writes a value or null.
    fn write_nullable(
        value: Option<&Self>,
        writer: &mut Writer,
        context: Context,
    ) -> Result<(), EncodeError>;
}

macro_rules! plain_fields {
    ($($type:ty: $size:literal, $get:ident, $put:ident;)*) => {
        $(
            impl Field for $type {
                #[inline]
                fn size_min(_: Context) -> usize {
                    $size
                }

                #[inline]
                fn read(reader: &mut Reader, _: Context) -> Result<Self, DecodeError> {
                    reader.$get()
                }

                #[inline]
                fn write(&self, writer: &mut Writer, _: Context) -> Result<(), EncodeError> {
                    writer.$put(*self);
                    Ok(())
                }
            }
        )*
    };
}

plain_fields! {
    bool: 1, get_bool, put_bool;
    i8: 1, get_i8, put_i8;
    i16: 2, get_i16, put_i16;
    i32: 4, get_i32, put_i32;
    i64: 8, get_i64, put_i64;
    u16: 2, get_u16, put_u16;
    u32: 4, get_u32, put_u32;
    f64: 8, get_f64, put_f64;
    Uuid: 16, get_uuid, put_uuid;
}

impl Field for String {
    fn size_min(context: Context) -> usize {
        if context.flexible { 1 } else { 2 }
    }

    fn read(reader: &mut Reader, context: Context) -> Result<Self, DecodeError> {
        Self::read_nullable(reader, context)?.ok_or(DecodeError::UnexpectedNull)
    }

    fn write(&self, writer: &mut Writer, context: Context) -> Result<(), EncodeError> {
        Self::write_nullable(Some(self), writer, context)
    }
}

impl NullableField for String {
    fn read_nullable(reader: &mut Reader, context: Context) -> Result<Option<Self>, DecodeError> {
        reader.get_nullable_string(context.flexible)
    }

    fn write_nullable(
        value: Option<&Self>,
        writer: &mut Writer,
        context: Context,
    ) -> Result<(), EncodeError> {
        writer.put_nullable_string(value.map(Self::as_str), context.flexible)
    }
}

impl Field for Bytes {
    fn size_min(context: Context) -> usize {
        if context.flexible { 1 } else { 4 }
    }

    fn read(reader: &mut Reader, context: Context) -> Result<Self, DecodeError> {
        Self::read_nullable(reader, context)?.ok_or(DecodeError::UnexpectedNull)
    }

    fn write(&self, writer: &mut Writer, context: Context) -> Result<(), EncodeError> {
        Self::write_nullable(Some(self), writer, context)
    }
}

impl NullableField for Bytes {
    fn read_nullable(reader: &mut Reader, context: Context) -> Result<Option<Self>, DecodeError> {
        reader.get_nullable_bytes(context.flexible)
    }

    fn write_nullable(
        value: Option<&Self>,
        writer: &mut Writer,
        context: Context,
    ) -> Result<(), EncodeError> {
        writer.put_nullable_bytes(value, context.flexible)
    }
}

impl<T: Field> Field for Vec<T> {
    fn size_min(context: Context) -> usize {
        if context.flexible { 1 } else { 4 }
    }

    fn read(reader: &mut Reader, context: Context) -> Result<Self, DecodeError> {
        Self::read_nullable(reader, context)?.ok_or(DecodeError::UnexpectedNull)
    }

    fn write(&self, writer: &mut Writer, context: Context) -> Result<(), EncodeError> {
        Self::write_nullable(Some(self), writer, context)
    }
}

impl<T: Field> NullableField for Vec<T> {
    fn read_nullable(reader: &mut Reader, context: Context) -> Result<Option<Self>, DecodeError> {
        let (size_min, memory) = (T::size_min(context), size_of::<T>());
        let Some(count) = reader.get_nullable_count(context.flexible, size_min, memory)? else {
            return Ok(None);
        };
        let mut elements = Self::with_capacity(count);
        for _ in 0..count {
            elements.push(T::read(reader, context)?);
        }
        Ok(Some(elements))
    }

    fn write_nullable(
        value: Option<&Self>,
        writer: &mut Writer,
        context: Context,
    ) -> Result<(), EncodeError> {
        writer.put_nullable_length(value.map(Self::len), context.flexible)?;
        for element in value.into_iter().flatten() {
            element.write(writer, context)?;
        }
        Ok(())
    }
}

/// Reads a struct after the byte that tells whether it is null.
pub fn read_nullable_struct<T: Field>(
    reader: &mut Reader,
    context: Context,
) -> Result<Option<T>, DecodeError> {
    if reader.get_i8()? < 0 {
        return Ok(None);
    }
    T::read(reader, context).map(Some)
}

/// Writes a struct after the byte that tells whether it is null.
pub fn write_nullable_struct<T: Field>(
    value: Option<&T>,
    writer: &mut Writer,
    context: Context,
) -> Result<(), EncodeError> {
    match value {
        Some(value) => {
            writer.put_i8(1);
            value.write(writer, context)
        }
        None => {
            writer.put_i8(-1);
            Ok(())
        }
    }
}
