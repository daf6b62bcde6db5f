//! The facts that the metadata log consists of.

use bytes::Bytes;
use highwater_protocol::messages::metadata_records as kraft;
use highwater_protocol::messages::metadata_records::{decode_frame, encode_record};
use highwater_protocol::wire::{DecodeError, EncodeError, Reader};
use highwater_protocol::{Message, MetadataRecord as KraftRecord};

use crate::transaction_record::{
    AbortTransactionRecord, BeginTransactionRecord, EndTransactionRecord,
};

/// Declares the enum over the record types, so that each is named once.
macro_rules! metadata_records {
    ($($(#[$meta:meta])* $variant:ident($body:ty) = $version:literal,)*) => {
        /// One record of the metadata log, with KRaft's field sets and encoding.
        #[derive(Clone, Debug, PartialEq)]
        pub enum MetadataRecord {
            $($(#[$meta])* $variant($body),)*
        }

        impl MetadataRecord {
            /// Reads a record with its frame.
            ///
            /// # Errors
            /// When the bytes are not such a record, or one of a type or version
            /// that this version of Highwater does not know.
            pub fn decode(bytes: &Bytes) -> Result<Self, RecordError> {
                let mut reader = Reader::new(bytes.clone());
                let frame = decode_frame(&mut reader)?;
                $(
                    if frame.key == u32::from(<$body as KraftRecord>::RECORD_KEY.unsigned_abs()) {
                        if !<$body>::VERSIONS.contains(frame.version) {
                            return Err(RecordError::UnknownVersion {
                                record: <$body>::NAME,
                                version: frame.version,
                            });
                        }
                        return Ok(Self::$variant(<$body>::decode(&mut reader, frame.version)?));
                    }
                )*
                Err(RecordError::UnknownType(frame.key))
            }

            /// Writes the record with its frame, in the version of the metadata
            /// level that this version of Highwater works at.
            ///
            /// # Errors
            /// When a value does not fit its field, such as a text past 32 KiB.
            pub fn encode(&self) -> Result<Bytes, EncodeError> {
                match self {
                    $(Self::$variant(body) => encode_record(body, $version),)*
                }
            }

            /// The record's name in Kafka's schemas, for logs.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$body>::NAME,)*
                }
            }
        }

        $(
            impl From<$body> for MetadataRecord {
                fn from(body: $body) -> Self {
                    Self::$variant(body)
                }
            }
        )*
    };
}

metadata_records! {
    RegisterBroker(kraft::RegisterBrokerRecord) = 3,
    UnregisterBroker(kraft::UnregisterBrokerRecord) = 0,
    BrokerRegistrationChange(kraft::BrokerRegistrationChangeRecord) = 2,
    Topic(kraft::TopicRecord) = 0,
    RemoveTopic(kraft::RemoveTopicRecord) = 0,
    Partition(kraft::PartitionRecord) = 2,
    PartitionChange(kraft::PartitionChangeRecord) = 2,
    Config(kraft::ConfigRecord) = 0,
    FeatureLevel(kraft::FeatureLevelRecord) = 0,
    ProducerIds(kraft::ProducerIdsRecord) = 0,
    NoOp(kraft::NoOpRecord) = 0,
    /// What follows counts only once its end is in the log. KIP-868.
    BeginTransaction(BeginTransactionRecord) = 0,
    EndTransaction(EndTransactionRecord) = 0,
    AbortTransaction(AbortTransactionRecord) = 0,
}

/// Bytes in the metadata log that can not be understood.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RecordError {
    #[error("metadata record: {0}")]
    Decode(#[from] DecodeError),
    #[error("metadata record of unknown type {0}")]
    UnknownType(u32),
    #[error("{record} of unknown version {version}")]
    UnknownVersion { record: &'static str, version: i16 },
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_types::Uuid;

    #[test]
    fn records_round_trip_with_krafts_frame() {
        let record = MetadataRecord::from(kraft::TopicRecord {
            name: "foo".into(),
            topic_id: Uuid([7; 16]),
        });
        let bytes = record.encode().unwrap();
        assert_eq!(bytes[..7], [1, 2, 0, 4, b'f', b'o', b'o']);
        assert_eq!(MetadataRecord::decode(&bytes), Ok(record));
    }

    #[test]
    fn unknown_types_and_versions_are_named() {
        let of = |bytes: &'static [u8]| MetadataRecord::decode(&Bytes::from_static(bytes));
        assert_eq!(of(&[1, 99, 0]), Err(RecordError::UnknownType(99)));
        assert_eq!(
            of(&[1, 2, 9]),
            Err(RecordError::UnknownVersion {
                record: "TopicRecord",
                version: 9
            })
        );
        assert!(matches!(
            of(&[1, 2, 0, 4, b'f']),
            Err(RecordError::Decode(_))
        ));
    }

    #[test]
    fn transaction_records_have_krafts_bytes() {
        let begin = MetadataRecord::from(BeginTransactionRecord::default());
        assert_eq!(*begin.encode().unwrap(), [1, 23, 0, 0]);
        let end = MetadataRecord::from(EndTransactionRecord::default());
        assert_eq!(*end.encode().unwrap(), [1, 24, 0, 0]);
    }
}
