//! Snapshots of the metadata as KRaft names and builds them: `<end offset>-<epoch>.checkpoint`,
//! record batches between a header and a footer. KIP-630.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use highwater_protocol::Message;
use highwater_protocol::record::{BatchBuilder, BatchIter, ControlRecordType, RawRecordIter};
use highwater_storage::Disk;
use highwater_types::TimestampMs;

use super::control_record;
use super::entry_codec::log_id;
use super::state_file::{read_all, write_atomically};
use super::types::{LogId, Membership, Snapshot, SnapshotMeta, StoredMembership};

const SUFFIX: &str = ".checkpoint";
const BATCH_BYTES_MAX: usize = 1 << 20;
/// Bytes of one batch of a snapshot that is read, more than any writer makes.
const READ_BATCH_BYTES_MAX: usize = 64 << 20;

#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 3, versions = "0", flexible = "0+")]
struct SnapshotHeaderRecord {
    version: i16,
    last_contained_log_timestamp: i64,
    /// Where the membership stands in the log; epoch and offset, none as -1.
    #[field(tag = 10_000, default = -1)]
    membership_epoch: i64,
    #[field(tag = 10_001, default = -1)]
    membership_offset: i64,
}

#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 4, versions = "0", flexible = "0+")]
struct SnapshotFooterRecord {
    version: i16,
}

/// The snapshots in one folder; only the newest is kept.
#[derive(Clone)]
pub(crate) struct SnapshotStore {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
}

/// A snapshot's content.
#[derive(Debug)]
pub(super) struct SnapshotContent {
    pub(super) meta: SnapshotMeta,
    /// Encoded metadata records.
    pub(super) records: Vec<Bytes>,
}

impl SnapshotStore {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf) -> Self {
        Self { disk, dir }
    }

    /// The newest snapshot, if there is one. One that is damaged is an error: the
    /// records it replaced are gone from the log.
    pub(super) fn newest(&self) -> io::Result<Option<Snapshot>> {
        let Some((_, name)) = self.names()?.pop() else {
            return Ok(None);
        };
        let bytes: Bytes = read_all(&*self.disk, &self.dir.join(&name))?.into();
        let content = decode(&name, bytes.clone())?;
        Ok(Some(Snapshot {
            meta: content.meta,
            snapshot: bytes,
        }))
    }

    /// Writes a snapshot and removes the older ones.
    pub(super) fn save(&self, last: LogId, bytes: &[u8]) -> io::Result<()> {
        let name = file_name(last);
        write_atomically(&*self.disk, &self.dir, &name, bytes)?;
        for (_, other) in self.names()? {
            if other < name {
                self.disk.remove_file(&self.dir.join(other))?;
            }
        }
        Ok(())
    }

    /// The files, oldest first.
    fn names(&self) -> io::Result<Vec<(LogId, String)>> {
        let entries = self.disk.list(&self.dir)?.into_iter();
        Ok(entries
            .filter_map(|entry| Some((parse_file_name(&entry.name)?, entry.name)))
            .collect())
    }
}

/// Kafka names a snapshot by the first offset that it does not hold.
fn file_name(last: LogId) -> String {
    let end = last.index() + 1;
    format!("{end:020}-{:010}{SUFFIX}", last.committed_leader_id().term)
}

fn parse_file_name(name: &str) -> Option<LogId> {
    let (end, epoch) = name.strip_suffix(SUFFIX)?.split_once('-')?;
    let (end, epoch): (u64, u64) = (end.parse().ok()?, epoch.parse().ok()?);
    Some(log_id(epoch, end.checked_sub(1)?))
}

/// Builds a snapshot's bytes.
pub(super) fn encode(
    meta: &SnapshotMeta,
    records: &[Bytes],
    now: TimestampMs,
) -> io::Result<Bytes> {
    let mut bytes = BytesMut::new();
    let mut next_offset = 0;
    let control =
        |bytes: &mut BytesMut, next_offset: &mut i64, kind: ControlRecordType, value: Bytes| {
            let mut batch = BatchBuilder::new().base_offset(*next_offset).control();
            *next_offset += 1;
            batch
                .append(now.get(), Some(&kind.key()), Some(&value), &[])
                .map_err(io::Error::other)?;
            bytes.extend_from_slice(&batch.build().map_err(io::Error::other)?);
            io::Result::Ok(())
        };
    let membership_at = meta.last_membership.log_id();
    let header = SnapshotHeaderRecord {
        version: 0,
        last_contained_log_timestamp: now.get(),
        membership_epoch: membership_at
            .map_or(-1, |id| id.committed_leader_id().term.cast_signed()),
        membership_offset: membership_at.map_or(-1, |id| id.index().cast_signed()),
    };
    let header = header.to_bytes(0).map_err(io::Error::other)?;
    control(
        &mut bytes,
        &mut next_offset,
        ControlRecordType::SnapshotHeader,
        header,
    )?;
    let voters = control_record::encode_membership(meta.last_membership.membership());
    let voters = voters.map_err(io::Error::other)?;
    control(
        &mut bytes,
        &mut next_offset,
        ControlRecordType::KRaftVoters,
        voters,
    )?;
    let mut rest = records;
    while !rest.is_empty() {
        let mut batch = BatchBuilder::new().base_offset(next_offset);
        while let Some((record, others)) = rest.split_first()
            && batch.uncompressed_size() < BATCH_BYTES_MAX
        {
            batch
                .append(now.get(), None, Some(record), &[])
                .map_err(io::Error::other)?;
            rest = others;
        }
        next_offset += i64::from(batch.records_count());
        bytes.extend_from_slice(&batch.build().map_err(io::Error::other)?);
    }
    let footer = SnapshotFooterRecord { version: 0 }.to_bytes(0);
    let footer = footer.map_err(io::Error::other)?;
    control(
        &mut bytes,
        &mut next_offset,
        ControlRecordType::SnapshotFooter,
        footer,
    )?;
    Ok(bytes.freeze())
}

/// Reads a snapshot; its name says which entries it holds.
pub(super) fn decode(name: &str, bytes: Bytes) -> io::Result<SnapshotContent> {
    let damaged = |what: String| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("snapshot {name}: {what}"),
        )
    };
    let last = parse_file_name(name).ok_or_else(|| damaged("not a snapshot's name".into()))?;
    let mut records = Vec::new();
    let mut membership = Membership::default();
    let mut membership_at = None;
    let mut complete = false;
    for batch in BatchIter::new(bytes) {
        let (header, batch) = batch.map_err(|error| damaged(error.to_string()))?;
        highwater_protocol::record::verify_crc(&batch)
            .map_err(|error| damaged(error.to_string()))?;
        let raw = RawRecordIter::new(&batch, READ_BATCH_BYTES_MAX);
        for record in raw.map_err(|error| damaged(error.to_string()))? {
            let record = record.map_err(|error| damaged(error.to_string()))?;
            let value = record.value.unwrap_or_default();
            if !header.is_control() {
                records.push(value);
                continue;
            }
            let kind = ControlRecordType::from_key(record.key.as_deref());
            match kind.map_err(|error| damaged(error.to_string()))? {
                Some(ControlRecordType::SnapshotHeader) => membership_at = read_header(value)?,
                Some(ControlRecordType::KRaftVoters) => {
                    membership = control_record::decode_membership(value)?;
                }
                Some(ControlRecordType::SnapshotFooter) => complete = true,
                _ => {}
            }
        }
    }
    if !complete {
        return Err(damaged("it has no end".into()));
    }
    Ok(SnapshotContent {
        meta: SnapshotMeta {
            last_log_id: Some(last),
            last_membership: StoredMembership::new(membership_at, membership),
        },
        records,
    })
}

fn read_header(value: Bytes) -> io::Result<Option<LogId>> {
    let mut reader = highwater_protocol::wire::Reader::new(value);
    let header = SnapshotHeaderRecord::decode(&mut reader, 0).map_err(io::Error::other)?;
    let epoch = u64::try_from(header.membership_epoch);
    let offset = u64::try_from(header.membership_offset);
    Ok(epoch
        .ok()
        .zip(offset.ok())
        .map(|(epoch, offset)| log_id(epoch, offset)))
}

/// The name that a snapshot of these entries has on disk, also on the wire.
pub(super) fn name(last: LogId) -> String {
    file_name(last)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use highwater_storage::testing::SimulatedDisk;

    use super::super::types::Voter;
    use super::*;

    fn meta(last: LogId) -> SnapshotMeta {
        let nodes = BTreeMap::from([(7, Voter::default())]);
        let membership = Membership::new(vec![[7].into()], nodes).unwrap();
        SnapshotMeta {
            last_log_id: Some(last),
            last_membership: StoredMembership::new(Some(log_id(1, 3)), membership),
        }
    }

    #[test]
    fn a_snapshot_round_trips_and_replaces_the_older_one() {
        let disk = SimulatedDisk::new(0);
        disk.create_dir_all(Path::new("/m")).unwrap();
        let store = SnapshotStore::new(Arc::new(disk), "/m".into());
        assert!(store.newest().unwrap().is_none());
        let records: Vec<Bytes> = (0..100_000)
            .map(|i| Bytes::from(format!("record {i}")))
            .collect();
        for last in [log_id(2, 9), log_id(3, 99)] {
            let bytes = encode(&meta(last), &records, TimestampMs(1)).unwrap();
            store.save(last, &bytes).unwrap();
        }
        assert_eq!(store.names().unwrap().len(), 1);
        let newest = store.newest().unwrap().unwrap();
        assert_eq!(newest.meta, meta(log_id(3, 99)));
        let content = decode(&name(log_id(3, 99)), newest.snapshot).unwrap();
        assert_eq!(content.records, records);
    }

    #[test]
    fn a_cut_or_changed_snapshot_is_refused() {
        let last = log_id(2, 9);
        let bytes = encode(&meta(last), &["r".into()], TimestampMs(1)).unwrap();
        for cut in 0..bytes.len() {
            assert!(decode(&name(last), bytes.slice(..cut)).is_err(), "{cut}");
        }
        let mut changed = bytes.to_vec();
        *changed.last_mut().unwrap() ^= 1;
        assert!(decode(&name(last), changed.into()).is_err());
    }
}
