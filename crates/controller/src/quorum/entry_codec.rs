//! Entries of the quorum's log as record batches.
//!
//! Each entry is one record at its own offset. Neighbouring metadata records of one
//! leader share a batch; a leader's first, empty entry and each membership are
//! control batches with KRaft's control records.

use std::io;

use bytes::{Bytes, BytesMut};
use highwater_protocol::Message;
use highwater_protocol::record::{
    BatchBuilder, BatchError, BatchIter, ControlRecordType, RecordIter,
};
use highwater_protocol::wire::Reader;
use highwater_types::TimestampMs;
use openraft::EntryPayload;

use super::control_records::{LeaderChangeMessage, LeaderChangeVoter, VotersRecord, encoded};
use super::types::{EncodedRecord, Entry, VoterId, epoch_of, invalid_data, log_id, offset_of};

/// A batch is closed when it has this many bytes.
const BATCH_BYTES: usize = 512 * 1024;
/// No batch of ours is larger once decompressed.
const DECOMPRESSED_BYTES_MAX: usize = 64 << 20;

/// Makes batches of entries with ascending indexes. `leader` is named in the records
/// with which leaders begin.
pub(crate) fn encode(
    entries: &[Entry],
    leader: Option<VoterId>,
    now: TimestampMs,
) -> io::Result<Bytes> {
    let mut batches = BytesMut::new();
    let mut open: Option<(u64, BatchBuilder)> = None;
    let mut previous = None;
    for entry in entries {
        let (term, index) = (entry.log_id.leader_id.term, entry.log_id.index);
        if let Some(previous) = previous.replace(index)
            && index != previous + 1
        {
            return Err(invalid_data(format!("entry {index} after {previous}")));
        }
        let EntryPayload::Normal(record) = &entry.payload else {
            close(&mut open, &mut batches)?;
            batches.extend_from_slice(&control_batch(entry, leader, now)?);
            continue;
        };
        let continues = open.as_ref().is_some_and(|(of_term, builder)| {
            *of_term == term && builder.uncompressed_size() < BATCH_BYTES
        });
        if !continues {
            close(&mut open, &mut batches)?;
        }
        let (_, builder) = open.get_or_insert_with(|| (term, builder_at(term, index)));
        builder
            .append(now.get(), None, Some(&record.0), &[])
            .map_err(batch_error)?;
    }
    close(&mut open, &mut batches)?;
    Ok(batches.freeze())
}

/// Reads the entries of whole batches, those from `from` to before `end`.
pub(crate) fn decode(
    batches: Bytes,
    from: u64,
    end: u64,
    entries: &mut Vec<Entry>,
) -> io::Result<()> {
    for batch in BatchIter::new(batches) {
        let (header, batch) = batch.map_err(batch_error)?;
        for record in RecordIter::new(&batch, DECOMPRESSED_BYTES_MAX).map_err(batch_error)? {
            let record = record.map_err(batch_error)?;
            let log_id = log_id(header.partition_leader_epoch, record.offset)?;
            if log_id.index < from || log_id.index >= end {
                continue;
            }
            let payload = if header.is_control() {
                control_payload(record.key.as_deref(), record.value)?
            } else {
                EntryPayload::Normal(EncodedRecord(record.value.unwrap_or_default()))
            };
            entries.push(Entry { log_id, payload });
        }
    }
    Ok(())
}

fn builder_at(term: u64, index: u64) -> BatchBuilder {
    BatchBuilder::new()
        .base_offset(offset_of(index).get())
        .partition_leader_epoch(epoch_of(term).get())
}

fn close(open: &mut Option<(u64, BatchBuilder)>, batches: &mut BytesMut) -> io::Result<()> {
    if let Some((_, builder)) = open.take() {
        batches.extend_from_slice(&builder.build().map_err(batch_error)?);
    }
    Ok(())
}

fn control_batch(entry: &Entry, leader: Option<VoterId>, now: TimestampMs) -> io::Result<Bytes> {
    let (kind, value) = match &entry.payload {
        EntryPayload::Membership(membership) => (
            ControlRecordType::KRaftVoters,
            encoded(&VotersRecord::of(membership, None)?, 0)?,
        ),
        _ => (ControlRecordType::LeaderChange, leader_change(leader)?),
    };
    let mut builder = builder_at(entry.log_id.leader_id.term, entry.log_id.index).control();
    builder
        .append(now.get(), Some(&kind.key()), Some(&value), &[])
        .map_err(batch_error)?;
    builder.build().map_err(batch_error)
}

fn leader_change(leader: Option<VoterId>) -> io::Result<Bytes> {
    let leader_id = leader.map_or(-1, |leader| leader.node.get());
    let voter = LeaderChangeVoter {
        voter_id: leader_id,
        ..LeaderChangeVoter::default()
    };
    // Kafka's readers take the record for version 0, whatever it says. The voters are in
    // the log themselves; here is the one that is known to have voted.
    let message = LeaderChangeMessage {
        version: 0,
        leader_id,
        voters: vec![voter.clone()],
        granting_voters: vec![voter],
    };
    encoded(&message, 0)
}

fn control_payload(
    key: Option<&[u8]>,
    value: Option<Bytes>,
) -> io::Result<<Entry as PayloadOf>::Payload> {
    match ControlRecordType::from_key(key).map_err(batch_error)? {
        Some(ControlRecordType::KRaftVoters) => {
            let mut reader = Reader::new(value.unwrap_or_default());
            let record = VotersRecord::decode(&mut reader, 0)
                .map_err(|error| invalid_data(format!("a voters record: {error}")))?;
            let stored = record.membership()?;
            Ok(EntryPayload::Membership(stored.membership().clone()))
        }
        _ => Ok(EntryPayload::Blank),
    }
}

/// Names the payload's type by the entry's.
trait PayloadOf {
    type Payload;
}

impl PayloadOf for Entry {
    type Payload = EntryPayload<EncodedRecord, VoterId, super::types::VoterNode>;
}

fn batch_error(error: BatchError) -> io::Error {
    invalid_data(format!("the metadata log: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quorum::types::Membership;
    use std::collections::BTreeSet;

    fn entry(term: i32, index: i64, payload: <Entry as PayloadOf>::Payload) -> Entry {
        Entry {
            log_id: log_id(term, index).unwrap(),
            payload,
        }
    }

    fn record(bytes: &'static [u8]) -> <Entry as PayloadOf>::Payload {
        EntryPayload::Normal(EncodedRecord(Bytes::from_static(bytes)))
    }

    fn some_entries() -> Vec<Entry> {
        let voters = vec![BTreeSet::from([VoterId::from(1)])];
        let membership = Membership::new_with_defaults(voters, []);
        vec![
            entry(0, 0, EntryPayload::Membership(membership)),
            entry(1, 1, EntryPayload::Blank),
            entry(1, 2, record(b"a")),
            entry(1, 3, record(b"bb")),
            entry(2, 4, EntryPayload::Blank),
            entry(2, 5, record(b"c")),
        ]
    }

    #[test]
    fn entries_round_trip() {
        let bytes = encode(&some_entries(), Some(VoterId::from(1)), TimestampMs(5)).unwrap();
        let batches = BatchIter::new(bytes.clone()).count();
        assert_eq!(batches, 5, "records of one leader share a batch");
        let mut read = Vec::new();
        decode(bytes.clone(), 0, 100, &mut read).unwrap();
        assert_eq!(format!("{read:?}"), format!("{:?}", some_entries()));
        read.clear();
        decode(bytes, 3, 5, &mut read).unwrap();
        assert_eq!(
            read.iter().map(|e| e.log_id.index).collect::<Vec<_>>(),
            [3, 4]
        );
    }

    #[test]
    fn a_hole_is_refused() {
        let entries = [entry(1, 1, record(b"a")), entry(1, 3, record(b"b"))];
        assert!(encode(&entries, None, TimestampMs(5)).is_err());
    }
}
