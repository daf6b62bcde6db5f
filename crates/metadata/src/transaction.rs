//! Puts the records of a metadata transaction together. KIP-868.

use crate::MetadataRecord;

/// Turns the records of the log, one by one, into changes that count as a whole.
///
/// A record outside a transaction is a change of its own. Records inside one
/// count when its end arrives, and never if it is aborted. Nor do they count when
/// a record arrives that was appended by a later leader than the begin: the leader
/// that began is gone, and nobody else can end what it began.
#[derive(Debug, Default)]
pub struct TransactionBuffer {
    open: Option<OpenTransaction>,
}

#[derive(Debug)]
struct OpenTransaction {
    /// Of the leader that began it.
    term: u64,
    records: Vec<MetadataRecord>,
}

impl TransactionBuffer {
    /// Whether a transaction has begun and not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes the next record of the log and returns the records that count now;
    /// empty while a transaction is open.
    pub fn on_record(&mut self, term: u64, record: MetadataRecord) -> Vec<MetadataRecord> {
        self.on_term(term);
        match record {
            MetadataRecord::BeginTransaction(_) => {
                // Of the same term: its leader is one writer and ends what it begins.
                assert!(self.open.is_none(), "a transaction in a transaction");
                self.open = Some(OpenTransaction {
                    term,
                    records: Vec::new(),
                });
                Vec::new()
            }
            MetadataRecord::EndTransaction(_) => self
                .open
                .take()
                .map(|open| open.records)
                .unwrap_or_default(),
            MetadataRecord::AbortTransaction(_) => {
                self.open = None;
                Vec::new()
            }
            record => match &mut self.open {
                Some(open) => {
                    open.records.push(record);
                    Vec::new()
                }
                None => vec![record],
            },
        }
    }

    /// Takes note that the log goes on under a leader of this term; returns
    /// whether that ended a transaction.
    pub fn on_term(&mut self, term: u64) -> bool {
        let stale = self.open.as_ref().is_some_and(|open| open.term != term);
        if stale {
            self.open = None;
        }
        stale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AbortTransactionRecord, BeginTransactionRecord, EndTransactionRecord};
    use highwater_protocol::messages::metadata_records::NoOpRecord;

    fn begin() -> MetadataRecord {
        BeginTransactionRecord::default().into()
    }

    fn end() -> MetadataRecord {
        EndTransactionRecord::default().into()
    }

    fn noop() -> MetadataRecord {
        NoOpRecord::default().into()
    }

    #[test]
    fn a_record_alone_counts_at_once() {
        let mut buffer = TransactionBuffer::default();
        assert_eq!(buffer.on_record(1, noop()).len(), 1);
    }

    #[test]
    fn a_transaction_counts_at_its_end() {
        let mut buffer = TransactionBuffer::default();
        assert!(buffer.on_record(1, begin()).is_empty());
        assert!(buffer.on_record(1, noop()).is_empty());
        assert!(buffer.is_open());
        assert_eq!(buffer.on_record(1, end()).len(), 1);
        assert!(!buffer.is_open());
    }

    #[test]
    fn an_aborted_transaction_never_counts() {
        let mut buffer = TransactionBuffer::default();
        buffer.on_record(1, begin());
        buffer.on_record(1, noop());
        let abort = AbortTransactionRecord::default().into();
        assert!(buffer.on_record(1, abort).is_empty());
        assert_eq!(buffer.on_record(1, noop()).len(), 1);
    }

    #[test]
    fn a_new_leader_ends_what_the_old_one_left_open() {
        let mut buffer = TransactionBuffer::default();
        buffer.on_record(1, begin());
        buffer.on_record(1, noop());
        assert!(buffer.on_term(2));
        assert_eq!(buffer.on_record(2, noop()).len(), 1);
        assert!(buffer.on_record(2, end()).is_empty());
    }
}
