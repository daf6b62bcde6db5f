//! What every message can do.

use bytes::Bytes;

use crate::api::ApiKey;
use crate::wire::{DecodeError, EncodeError, Reader, Writer};

/// The versions of a message that this codec speaks, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// The oldest.
    pub min: i16,
    /// The newest.
    pub max: i16,
}

impl VersionRange {
    /// Whether `version` lies within.
    #[must_use]
    pub const fn contains(self, version: i16) -> bool {
        self.min <= version && version <= self.max
    }

    /// All versions, oldest first.
    pub fn iter(self) -> impl Iterator<Item = i16> {
        self.min..=self.max
    }
}

/// A request, a response or a record with a schema of its own. Implemented by
/// `#[derive(Message)]`.
///
/// A struct has the fields of all versions. Decoding gives a field that the
/// version lacks its default value; encoding leaves it out if it is marked
/// `ignorable`, and else refuses a value that is not the default.
pub trait Message: Default + Sized {
    /// The API this is a request or response of; none for a stored record.
    const API_KEY: Option<ApiKey>;
    /// The message's name, as Kafka's schemas have it.
    const NAME: &'static str;
    /// The versions that can be read and written.
    const VERSIONS: VersionRange;

    /// Reads one message. What follows it is left in the reader.
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError>;

    /// Writes the message. After an error the writer's content is undefined.
    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError>;

    /// The message alone in one piece, without any header.
    fn to_bytes(&self, version: i16) -> Result<Bytes, EncodeError> {
        let mut writer = Writer::new();
        self.encode(&mut writer, version)?;
        Ok(writer.into_bytes())
    }
}

/// A message that a client sends, and the message that answers it.
pub trait Request: Message {
    /// The API.
    const KEY: ApiKey;
    /// What answers it, in the same version.
    type Response: Message;
}

/// A record of the cluster's metadata log.
pub trait MetadataRecord: Message {
    /// The record type's number in its frame.
    const RECORD_KEY: i16;
}
