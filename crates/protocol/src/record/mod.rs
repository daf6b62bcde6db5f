//! Record batches, format 2 (KIP-98): the bytes that producers send, that logs
//! store as they came, and that consumers receive.
//!
//! The hot path looks at [`BatchHeader`] and the checksum only, and patches the
//! few header fields that belong to the broker in place ([`patch`]). Records
//! themselves are read where a topic or an old decision needs them, always
//! bounded by what is in the buffer and by a limit on decompressed bytes.
//! Batches of formats 0 and 1 are recognized, to be refused by name.

mod batch_iter;
mod compression;
mod error;
mod header;
pub mod patch;

pub use batch_iter::{BatchIter, BatchSliceIter};
pub use compression::Compression;
pub use error::BatchError;
pub use header::{BatchHeader, TimestampType, add_sequence, attributes, verify_crc};
