//! A checkpoint: the whole state as records, in the format of KRaft's snapshots.
//!
//! A batch with the header record, a batch with the quorum's level and voters, batches
//! of metadata records, a batch with the footer record. Offsets count from 0 within the
//! file. KIP-630.

use std::io;

use bytes::{Bytes, BytesMut};
use highwater_metadata::{MetadataImage, MetadataRecord};
use highwater_protocol::Message;
use highwater_protocol::record::{
    BatchBuilder, BatchError, BatchIter, ControlRecordType, RecordIter, verify_crc,
};
use highwater_protocol::wire::Reader;
use highwater_types::TimestampMs;

use super::control_records::{
    KRAFT_VERSION, KraftVersionRecord, SnapshotFooterRecord, SnapshotHeaderRecord, VotersRecord,
    encoded,
};
use super::types::{LogId, StoredMembership, epoch_of, invalid_data, offset_of};

/// A batch is closed when it has this many bytes.
const BATCH_BYTES: usize = 512 * 1024;
const DECOMPRESSED_BYTES_MAX: usize = 64 << 20;

/// The state after one entry of the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Checkpoint {
    pub last: Option<LogId>,
    pub membership: StoredMembership,
    pub image: MetadataImage,
}

impl Checkpoint {
    /// The checkpoint as a file's content.
    pub(crate) fn encode(&self, now: TimestampMs) -> io::Result<Bytes> {
        let epoch = self
            .last
            .map_or(0, |last| epoch_of(last.leader_id.term).get());
        let mut writer = BatchWriter {
            epoch,
            now: now.get(),
            next_offset: 0,
            batches: BytesMut::new(),
        };
        let header = SnapshotHeaderRecord {
            version: 0,
            last_contained_log_timestamp: now.get(),
        };
        writer.control(&[(ControlRecordType::SnapshotHeader, encoded(&header, 0)?)])?;
        let level = KraftVersionRecord {
            version: 0,
            kraft_version: KRAFT_VERSION,
        };
        let set_at = self.membership.log_id().as_ref();
        let voters = VotersRecord::of(self.membership.membership(), set_at)?;
        writer.control(&[
            (ControlRecordType::KRaftVersion, encoded(&level, 0)?),
            (ControlRecordType::KRaftVoters, encoded(&voters, 0)?),
        ])?;
        writer.records(&self.image.to_records())?;
        let footer = SnapshotFooterRecord { version: 0 };
        writer.control(&[(ControlRecordType::SnapshotFooter, encoded(&footer, 0)?)])?;
        Ok(writer.batches.freeze())
    }

    /// Reads a file's content; `last` is what the file's name says.
    ///
    /// # Errors
    /// When the content is damaged or was not written to its end.
    pub(crate) fn decode(content: Bytes, last: Option<LogId>) -> io::Result<Self> {
        let mut checkpoint = Self {
            last,
            ..Self::default()
        };
        let mut ended = false;
        for batch in BatchIter::new(content) {
            let (header, batch) = batch.map_err(batch_error)?;
            verify_crc(&batch).map_err(batch_error)?;
            for record in RecordIter::new(&batch, DECOMPRESSED_BYTES_MAX).map_err(batch_error)? {
                let record = record.map_err(batch_error)?;
                let value = record.value.unwrap_or_default();
                if !header.is_control() {
                    let record = MetadataRecord::decode(&value).map_err(invalid)?;
                    checkpoint.image.replay(&record).map_err(invalid)?;
                    continue;
                }
                match ControlRecordType::from_key(record.key.as_deref()).map_err(batch_error)? {
                    Some(ControlRecordType::KRaftVoters) => {
                        let record =
                            VotersRecord::decode(&mut Reader::new(value), 0).map_err(invalid)?;
                        checkpoint.membership = record.membership()?;
                    }
                    Some(ControlRecordType::SnapshotFooter) => ended = true,
                    _ => {}
                }
            }
        }
        if !ended {
            return Err(invalid_data("a checkpoint without an end"));
        }
        if let Some(last) = last {
            checkpoint.image.set_last_offset(offset_of(last.index));
        }
        Ok(checkpoint)
    }
}

struct BatchWriter {
    epoch: i32,
    now: i64,
    next_offset: i64,
    batches: BytesMut,
}

impl BatchWriter {
    fn builder(&self) -> BatchBuilder {
        BatchBuilder::new()
            .base_offset(self.next_offset)
            .partition_leader_epoch(self.epoch)
    }

    fn close(&mut self, builder: BatchBuilder) -> io::Result<()> {
        self.next_offset += i64::from(builder.records_count());
        let batch = builder.build().map_err(batch_error)?;
        self.batches.extend_from_slice(&batch);
        Ok(())
    }

    fn control(&mut self, records: &[(ControlRecordType, Bytes)]) -> io::Result<()> {
        let mut builder = self.builder().control();
        for (kind, value) in records {
            builder
                .append(self.now, Some(&kind.key()), Some(value), &[])
                .map_err(batch_error)?;
        }
        self.close(builder)
    }

    fn records(&mut self, records: &[MetadataRecord]) -> io::Result<()> {
        let mut builder = self.builder();
        for record in records {
            if builder.uncompressed_size() >= BATCH_BYTES {
                self.close(builder)?;
                builder = self.builder();
            }
            let value = record.encode().map_err(invalid)?;
            builder
                .append(self.now, None, Some(&value), &[])
                .map_err(batch_error)?;
        }
        if builder.is_empty() {
            return Ok(());
        }
        self.close(builder)
    }
}

fn batch_error(error: BatchError) -> io::Error {
    invalid(error)
}

fn invalid(error: impl std::fmt::Display) -> io::Error {
    invalid_data(format!("a checkpoint: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quorum::types::{Membership, VoterId, log_id};
    use highwater_protocol::messages::metadata_records::FeatureLevelRecord;
    use std::collections::BTreeSet;

    fn checkpoint() -> Checkpoint {
        let voters = vec![BTreeSet::from([VoterId::from(1)])];
        let membership = Membership::new_with_defaults(voters, []);
        let mut checkpoint = Checkpoint {
            last: Some(log_id(2, 9).unwrap()),
            membership: StoredMembership::new(Some(log_id(1, 3).unwrap()), membership),
            image: MetadataImage::empty(),
        };
        let level = FeatureLevelRecord {
            name: "metadata.version".into(),
            feature_level: 30,
        };
        checkpoint.image.replay(&level.into()).unwrap();
        checkpoint.image.set_last_offset(offset_of(9));
        checkpoint
    }

    #[test]
    fn a_checkpoint_round_trips() {
        let content = checkpoint().encode(TimestampMs(5)).unwrap();
        let again = Checkpoint::decode(content, checkpoint().last).unwrap();
        assert_eq!(again, checkpoint());
    }

    #[test]
    fn damage_anywhere_is_noticed() {
        let content = checkpoint().encode(TimestampMs(5)).unwrap();
        for at in 0..content.len() {
            let cut = Checkpoint::decode(content.slice(..at), checkpoint().last);
            assert!(cut.is_err(), "cut at {at}");
            let mut flipped = content.to_vec();
            flipped[at] ^= 0x10;
            // Base offset and leader epoch are not covered by the checksum, and not read.
            if let Ok(read) = Checkpoint::decode(flipped.into(), checkpoint().last) {
                assert_eq!(read, checkpoint(), "flipped at {at}");
            }
        }
    }
}
