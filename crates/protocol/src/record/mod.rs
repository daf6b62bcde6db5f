//! Record batches, format 2 (KIP-98): the bytes that producers send, that logs
//! store as they came, and that consumers receive.
//!
//! The hot path looks at [`BatchHeader`] and the checksum only, and patches the
//! few header fields that belong to the broker in place ([`patch`]). Records
//! themselves are read where a topic or an old decision needs them, always
//! bounded by what is in the buffer and by a limit on decompressed bytes.
//! Batches of formats 0 and 1 are recognized, to be refused by name.
//!
//! | To | Use |
//! | --- | --- |
//! | find the batches of a buffer | [`BatchIter`], [`BatchSliceIter`] |
//! | check what a producer sent | [`verify_crc`], [`validate_records`] |
//! | place a batch in a log | [`patch`], [`rebuild`] for another codec |
//! | read records | [`RecordIter`], [`RawRecordIter`] without decoding headers |
//! | write records | [`BatchBuilder`], [`EndTransactionMarker`] |

mod batch_builder;
mod batch_iter;
mod compression;
mod control;
mod error;
mod header;
mod parser;
pub mod patch;
mod raw_record;
mod rebuild;
mod record_fields;
mod record_iter;
mod source;
#[cfg(test)]
mod tests;
mod validate;
mod varint;

pub use batch_builder::BatchBuilder;
pub use batch_iter::{BatchIter, BatchSliceIter};
pub use compression::Compression;
pub use control::{ControlRecordType, EndTransactionMarker};
pub use error::BatchError;
pub use header::{BatchHeader, TimestampType, add_sequence, attributes, verify_crc};
pub use raw_record::RawRecord;
pub use rebuild::rebuild;
pub use record_fields::{Header, Record};
pub use record_iter::{RawRecordIter, RecordIter};
pub use validate::{RecordView, RecordsSummary, ValidationLimits, validate_records, walk_records};
