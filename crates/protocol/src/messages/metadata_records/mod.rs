//! The records of the cluster's metadata log (`__cluster_metadata`), with
//! KRaft's schemas and framing, so that Kafka's tools can read them.

mod broker;
mod cluster;
mod controller;
mod partition;
mod topic;

pub use broker::{
    BrokerEndpoint, BrokerFeature, BrokerRegistrationChangeRecord, RegisterBrokerRecord,
    UnregisterBrokerRecord,
};
pub use cluster::{ConfigRecord, FeatureLevelRecord, NoOpRecord, ProducerIdsRecord};
pub use controller::{ControllerEndpoint, ControllerFeature, RegisterControllerRecord};
pub use partition::{ClearElrRecord, PartitionChangeRecord, PartitionRecord};
pub use topic::{RemoveTopicRecord, TopicRecord};

use bytes::Bytes;

use crate::message::MetadataRecord;
use crate::wire::{DecodeError, EncodeError, Reader, Writer};

/// The only frame version there is.
const FRAME_VERSION: u32 = 1;

/// What precedes a record's body in the value of a metadata log record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordFrame {
    /// The record's type: [`MetadataRecord::RECORD_KEY`].
    pub key: u32,
    /// The version of its body.
    pub version: i16,
}

/// A record with its frame, as the value of a metadata log record.
pub fn encode_record<R: MetadataRecord>(record: &R, version: i16) -> Result<Bytes, EncodeError> {
    let mut writer = Writer::new();
    writer.put_uvarint(FRAME_VERSION);
    writer.put_uvarint(R::RECORD_KEY.unsigned_abs().into());
    writer.put_uvarint(version.unsigned_abs().into());
    record.encode(&mut writer, version)?;
    Ok(writer.into_bytes())
}

/// Reads the frame from the value of a metadata log record, and leaves the
/// reader at the body: `R::decode(reader, frame.version)` for the `R` that has
/// the frame's key.
pub fn decode_frame(reader: &mut Reader) -> Result<RecordFrame, DecodeError> {
    match reader.get_uvarint()? {
        FRAME_VERSION => {}
        other => return Err(DecodeError::UnknownFrameVersion(other)),
    }
    let key = reader.get_uvarint()?;
    let version = reader.get_uvarint()?;
    // A version past the type's range is past every record's as well.
    let version = i16::try_from(version).unwrap_or(i16::MAX);
    Ok(RecordFrame { key, version })
}

#[cfg(test)]
mod tests {
    use highwater_types::Uuid;

    use super::*;
    use crate::Message;

    #[test]
    fn frame_and_body_are_krafts() {
        let record = TopicRecord {
            name: "foo".to_owned(),
            topic_id: Uuid([7; 16]),
        };
        let bytes = encode_record(&record, 0).expect("encodes");
        // Frame version 1, type 2, version 0, compact string, id, no tags.
        let mut expected = vec![1, 2, 0, 4, b'f', b'o', b'o'];
        expected.extend([7; 16]);
        expected.push(0);
        assert_eq!(*bytes, *expected);

        let mut reader = Reader::new(bytes);
        let frame = decode_frame(&mut reader).expect("decodes");
        assert_eq!(frame, RecordFrame { key: 2, version: 0 });
        assert_eq!(TopicRecord::decode(&mut reader, 0), Ok(record));
        assert_eq!(reader.remaining(), 0);
    }

    #[test]
    fn other_frames_are_refused() {
        let mut reader = Reader::new(Bytes::from_static(&[2, 2, 0]));
        let result = decode_frame(&mut reader);
        assert_eq!(result, Err(DecodeError::UnknownFrameVersion(2)));
    }

    #[test]
    fn an_unset_change_takes_two_bytes_of_tags() {
        let change = PartitionChangeRecord {
            partition_id: 1,
            leader: 3,
            ..PartitionChangeRecord::default()
        };
        let bytes = change.to_bytes(2).expect("encodes");
        let mut expected = vec![0, 0, 0, 1];
        expected.extend([0; 16]);
        // One tagged field: tag 1, four bytes.
        expected.extend([1, 1, 4, 0, 0, 0, 3]);
        assert_eq!(*bytes, *expected);
    }
}
