//! Raft entries as Kafka record batches: the index is the offset, the term the
//! leader epoch. One entry takes one offset. A metadata record is a plain record;
//! what Raft itself writes are control batches.

use std::io;

use bytes::{Bytes, BytesMut};
use highwater_protocol::record::{
    BatchBuilder, BatchError, BatchIter, ControlRecordType, RawRecordIter,
};
use highwater_types::{NodeId, TimestampMs};
use openraft::EntryPayload;
use openraft::entry::RaftEntry;

use super::control_record;
use super::types::{Entry, LogId, ProposedRecord, RaftNodeId, Voter};

/// Bytes of one batch before compression; more than any writer makes.
const BATCH_BYTES_MAX: usize = 64 << 20;

/// Metadata records of one term are put into one batch up to this many bytes.
const RECORDS_BYTES_PER_BATCH: usize = 1 << 20;

fn entry(log_id: LogId, payload: EntryPayload<ProposedRecord, RaftNodeId, Voter>) -> Entry {
    Entry::new(log_id, payload)
}

/// Writes consecutive entries as batches. `leader` is named in control records.
pub(super) fn encode(
    entries: impl IntoIterator<Item = Entry>,
    leader: NodeId,
    now: TimestampMs,
) -> io::Result<Bytes> {
    let mut bytes = BytesMut::new();
    let mut open: Option<(u64, BatchBuilder)> = None;
    for entry in entries {
        let log_id = entry.log_id();
        let term = log_id.committed_leader_id().term;
        let begin = || {
            BatchBuilder::new()
                .base_offset(log_id.index().cast_signed())
                .partition_leader_epoch(i32::try_from(term).unwrap_or(i32::MAX))
        };
        let fits = |(of_term, batch): &(u64, BatchBuilder)| {
            *of_term == term && batch.uncompressed_size() < RECORDS_BYTES_PER_BATCH
        };
        if !open.as_ref().is_some_and(fits) || !matches!(entry.payload, EntryPayload::Normal(_)) {
            finish(&mut bytes, open.take())?;
        }
        let (kind, value) = match &entry.payload {
            EntryPayload::Normal(record) => {
                let (_, batch) = open.get_or_insert_with(|| (term, begin()));
                batch
                    .append(now.get(), None, Some(&record.0), &[])
                    .map_err(io::Error::other)?;
                continue;
            }
            EntryPayload::Blank => (
                ControlRecordType::LeaderChange,
                control_record::encode_leader_change(leader),
            ),
            EntryPayload::Membership(membership) => (
                ControlRecordType::KRaftVoters,
                control_record::encode_membership(membership),
            ),
        };
        let value = value.map_err(io::Error::other)?;
        let mut batch = begin().control();
        batch
            .append(now.get(), Some(&kind.key()), Some(&value), &[])
            .map_err(io::Error::other)?;
        finish(&mut bytes, Some((term, batch)))?;
    }
    finish(&mut bytes, open)?;
    Ok(bytes.freeze())
}

fn finish(bytes: &mut BytesMut, batch: Option<(u64, BatchBuilder)>) -> io::Result<()> {
    if let Some((_, batch)) = batch {
        bytes.extend_from_slice(&batch.build().map_err(io::Error::other)?);
    }
    Ok(())
}

/// Reads the entries of whole batches.
pub(super) fn decode(batches: Bytes) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for batch in BatchIter::new(batches) {
        let (header, batch) = batch.map_err(invalid)?;
        let term = u64::try_from(header.partition_leader_epoch).map_err(io::Error::other)?;
        for record in RawRecordIter::new(&batch, BATCH_BYTES_MAX).map_err(invalid)? {
            let record = record.map_err(invalid)?;
            let index = record.offset.cast_unsigned();
            let value = record.value.unwrap_or_default();
            let payload = if header.is_control() {
                match ControlRecordType::from_key(record.key.as_deref()).map_err(invalid)? {
                    Some(ControlRecordType::KRaftVoters) => {
                        let membership = control_record::decode_membership(value);
                        EntryPayload::Membership(membership?)
                    }
                    // The beginning of a term, or a kind that we do not write.
                    _ => EntryPayload::Blank,
                }
            } else {
                EntryPayload::Normal(ProposedRecord(value))
            };
            entries.push(entry(log_id(term, index), payload));
        }
    }
    Ok(entries)
}

fn invalid(error: BatchError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

/// A position in the log.
pub(super) fn log_id(term: u64, index: u64) -> LogId {
    LogId::new(term.into(), index)
}

#[cfg(test)]
mod tests {
    use super::super::types::Membership;
    use super::*;

    fn record(term: u64, index: u64, text: &str) -> Entry {
        let record = ProposedRecord(Bytes::copy_from_slice(text.as_bytes()));
        entry(log_id(term, index), EntryPayload::Normal(record))
    }

    #[test]
    fn entries_round_trip_with_their_indexes_and_terms() {
        let membership = Membership::new(
            vec![[7].into()],
            std::collections::BTreeMap::from([(7, Voter::default())]),
        )
        .unwrap();
        let entries = vec![
            entry(log_id(0, 0), EntryPayload::Membership(membership)),
            entry(log_id(1, 1), EntryPayload::Blank),
            record(1, 2, "a"),
            record(1, 3, "b"),
            record(2, 4, "c"),
        ];
        let bytes = encode(entries.clone(), NodeId(1), TimestampMs(5)).unwrap();
        // Records of one term share a batch.
        assert_eq!(BatchIter::new(bytes.clone()).count(), 4);
        assert_eq!(decode(bytes).unwrap(), entries);
    }
}
