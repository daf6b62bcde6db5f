//! Control records: what brokers and quorums tell each other through a log.

use bytes::{Buf, Bytes};

use super::{BatchBuilder, BatchError, RawRecord};

/// What a control record says, from its key. KIP-98, KIP-595, KIP-630, KIP-853.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum ControlRecordType {
    /// A producer's transaction ended and its records do not count.
    Abort = 0,
    /// A producer's transaction ended and its records count.
    Commit = 1,
    /// A KRaft leader begins its epoch.
    LeaderChange = 2,
    /// The first record of a KRaft snapshot.
    SnapshotHeader = 3,
    /// The last record of a KRaft snapshot.
    SnapshotFooter = 4,
    /// The quorum's feature level.
    KRaftVersion = 5,
    /// The quorum's voters.
    KRaftVoters = 6,
}

impl ControlRecordType {
    const ALL: [Self; 7] = [
        Self::Abort,
        Self::Commit,
        Self::LeaderChange,
        Self::SnapshotHeader,
        Self::SnapshotFooter,
        Self::KRaftVersion,
        Self::KRaftVoters,
    ];
    /// The version of the key that is written; keys of later versions begin alike.
    const KEY_VERSION: i16 = 0;

    /// The number in the key.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The type of a number; `None` for one that is not assigned yet, which readers skip.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The key of a control record of this type.
    #[must_use]
    pub fn key(self) -> [u8; 4] {
        let [version_high, version_low] = Self::KEY_VERSION.to_be_bytes();
        let [code_high, code_low] = self.code().to_be_bytes();
        [version_high, version_low, code_high, code_low]
    }

    /// Reads the key of a control record; `Ok(None)` for a type that is not assigned yet.
    ///
    /// # Errors
    /// [`BatchError::InvalidControlRecord`] if there is no key, or it is too short or of a negative version.
    pub fn from_key(key: Option<&[u8]>) -> Result<Option<Self>, BatchError> {
        let mut key = key.ok_or(BatchError::InvalidControlRecord("there is no key"))?;
        let (Ok(version), Ok(code)) = (key.try_get_i16(), key.try_get_i16()) else {
            return Err(BatchError::InvalidControlRecord("the key is too short"));
        };
        if version < 0 {
            return Err(BatchError::InvalidControlRecord(
                "the key's version is negative",
            ));
        }
        Ok(Self::from_code(code))
    }
}

/// The record that ends a producer's transaction in one partition. KIP-98.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndTransactionMarker {
    /// Whether the transaction's records count.
    pub committed: bool,
    /// Epoch of the transaction coordinator that wrote the marker; a later
    /// marker with a smaller one is from a zombie.
    pub coordinator_epoch: i32,
}

impl EndTransactionMarker {
    /// The version of the value that is written; later versions begin alike.
    const VALUE_VERSION: i16 = 0;

    #[must_use]
    pub const fn record_type(self) -> ControlRecordType {
        if self.committed {
            ControlRecordType::Commit
        } else {
            ControlRecordType::Abort
        }
    }

    /// The value of the control record.
    #[must_use]
    pub fn value(self) -> [u8; 6] {
        let mut value = [0; 6];
        let (version, epoch) = value.split_at_mut(2);
        version.copy_from_slice(&Self::VALUE_VERSION.to_be_bytes());
        epoch.copy_from_slice(&self.coordinator_epoch.to_be_bytes());
        value
    }

    /// Reads a record of a control batch; `Ok(None)` if it is another kind of control record.
    ///
    /// # Errors
    /// [`BatchError::InvalidControlRecord`] if key or value can not be read.
    pub fn parse(record: &RawRecord) -> Result<Option<Self>, BatchError> {
        let committed = match ControlRecordType::from_key(record.key.as_deref())? {
            Some(ControlRecordType::Commit) => true,
            Some(ControlRecordType::Abort) => false,
            _ => return Ok(None),
        };
        let mut value = record
            .value
            .as_deref()
            .ok_or(BatchError::InvalidControlRecord("there is no value"))?;
        let (Ok(version), Ok(coordinator_epoch)) = (value.try_get_i16(), value.try_get_i32())
        else {
            return Err(BatchError::InvalidControlRecord("the value is too short"));
        };
        if version < 0 {
            return Err(BatchError::InvalidControlRecord(
                "the value's version is negative",
            ));
        }
        Ok(Some(Self {
            committed,
            coordinator_epoch,
        }))
    }

    /// A control batch with this marker alone, at offset 0 with no leader
    /// epoch, for the log to place. `timestamp` is in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// None in practice; those of [`BatchBuilder::build`].
    pub fn to_batch(
        self,
        timestamp: i64,
        producer_id: i64,
        producer_epoch: i16,
    ) -> Result<Bytes, BatchError> {
        // Markers have no sequence: they are not the producer's own.
        let mut builder = BatchBuilder::new()
            .producer(producer_id, producer_epoch, -1)
            .transactional()
            .control();
        let key = self.record_type().key();
        builder.append(timestamp, Some(&key), Some(&self.value()), &[])?;
        builder.build()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BatchHeader, RawRecordIter};
    use super::*;

    #[test]
    fn markers_round_trip() {
        for committed in [false, true] {
            let marker = EndTransactionMarker {
                committed,
                coordinator_epoch: 77,
            };
            let batch = marker.to_batch(1234, 9, 3).unwrap();
            let header = BatchHeader::parse_complete(&batch).unwrap();
            assert!(header.is_control() && header.is_transactional());
            assert_eq!((header.producer_id, header.producer_epoch), (9, 3));
            assert_eq!(header.last_sequence(), -1);
            let records: Vec<_> = RawRecordIter::new(&batch, 0).unwrap().collect();
            let [Ok(record)] = &records[..] else {
                panic!("{records:?}");
            };
            assert_eq!(EndTransactionMarker::parse(record), Ok(Some(marker)));
            assert_eq!(
                record.key.as_deref(),
                Some(&[0, 0, 0, u8::from(committed)][..])
            );
            assert_eq!(record.value.as_deref(), Some(&[0, 0, 0, 0, 0, 77][..]));
        }
    }

    #[test]
    fn keys_are_read_with_care() {
        for kind in ControlRecordType::ALL {
            assert_eq!(
                ControlRecordType::from_key(Some(&kind.key())),
                Ok(Some(kind))
            );
        }
        assert_eq!(
            ControlRecordType::from_key(Some(&[0, 9, 0, 1, 5])),
            Ok(Some(ControlRecordType::Commit))
        );
        assert_eq!(ControlRecordType::from_key(Some(&[0, 0, 0, 99])), Ok(None));
        for bad in [
            None,
            Some(&[][..]),
            Some(&[0, 0, 0]),
            Some(&[0xff, 0, 0, 1]),
        ] {
            assert!(ControlRecordType::from_key(bad).is_err(), "{bad:?}");
        }
    }
}
