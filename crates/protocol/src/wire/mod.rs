//! Kafka's primitive types on the wire: bounded reading, and writing that does
//! not copy large byte fields.

mod error;
mod field;
mod reader;
mod segments;
mod tagged;
mod writer;

pub use error::{DecodeError, EncodeError};
pub use field::{Context, Field, NullableField, read_nullable_struct, write_nullable_struct};
pub use reader::Reader;
pub use segments::Segments;
pub use tagged::TaggedFields;
pub use writer::Writer;

#[cfg(test)]
mod tests;
