//! Shared by the tests of this folder, each of which uses a part of it.

#![allow(dead_code)]

use bytes::Bytes;
use highwater_protocol::samples::{Sample, sample};
use highwater_protocol::wire::{DecodeError, Reader};
use highwater_protocol::{Message, VersionRange};

/// Calls `$call!(FooRequest)` and `$call!(FooResponse)` for every API.
macro_rules! for_every_message {
    ($call:ident) => {
        $call!(AddRaftVoterRequest);
        $call!(AddRaftVoterResponse);
        $call!(AllocateProducerIdsRequest);
        $call!(AllocateProducerIdsResponse);
        $call!(AlterConfigsRequest);
        $call!(AlterConfigsResponse);
        $call!(AlterPartitionReassignmentsRequest);
        $call!(AlterPartitionReassignmentsResponse);
        $call!(AlterPartitionRequest);
        $call!(AlterPartitionResponse);
        $call!(ApiVersionsRequest);
        $call!(ApiVersionsResponse);
        $call!(AssignReplicasToDirsRequest);
        $call!(AssignReplicasToDirsResponse);
        $call!(BrokerHeartbeatRequest);
        $call!(BrokerHeartbeatResponse);
        $call!(BrokerRegistrationRequest);
        $call!(BrokerRegistrationResponse);
        $call!(ControllerRegistrationRequest);
        $call!(ControllerRegistrationResponse);
        $call!(CreatePartitionsRequest);
        $call!(CreatePartitionsResponse);
        $call!(CreateTopicsRequest);
        $call!(CreateTopicsResponse);
        $call!(DeleteRecordsRequest);
        $call!(DeleteRecordsResponse);
        $call!(DeleteTopicsRequest);
        $call!(DeleteTopicsResponse);
        $call!(DescribeClusterRequest);
        $call!(DescribeClusterResponse);
        $call!(DescribeConfigsRequest);
        $call!(DescribeConfigsResponse);
        $call!(DescribeLogDirsRequest);
        $call!(DescribeLogDirsResponse);
        $call!(DescribeQuorumRequest);
        $call!(DescribeQuorumResponse);
        $call!(DescribeTopicPartitionsRequest);
        $call!(DescribeTopicPartitionsResponse);
        $call!(ElectLeadersRequest);
        $call!(ElectLeadersResponse);
        $call!(FetchRequest);
        $call!(FetchResponse);
        $call!(FindCoordinatorRequest);
        $call!(FindCoordinatorResponse);
        $call!(IncrementalAlterConfigsRequest);
        $call!(IncrementalAlterConfigsResponse);
        $call!(InitProducerIdRequest);
        $call!(InitProducerIdResponse);
        $call!(ListConfigResourcesRequest);
        $call!(ListConfigResourcesResponse);
        $call!(ListOffsetsRequest);
        $call!(ListOffsetsResponse);
        $call!(ListPartitionReassignmentsRequest);
        $call!(ListPartitionReassignmentsResponse);
        $call!(MetadataRequest);
        $call!(MetadataResponse);
        $call!(OffsetForLeaderEpochRequest);
        $call!(OffsetForLeaderEpochResponse);
        $call!(ProduceRequest);
        $call!(ProduceResponse);
        $call!(RemoveRaftVoterRequest);
        $call!(RemoveRaftVoterResponse);
        $call!(UnregisterBrokerRequest);
        $call!(UnregisterBrokerResponse);
        $call!(UpdateFeaturesRequest);
        $call!(UpdateFeaturesResponse);
        $call!(UpdateRaftVoterRequest);
        $call!(UpdateRaftVoterResponse);
    };
}

/// A message's codec without its type.
#[derive(Clone, Copy)]
pub struct Codec {
    pub name: &'static str,
    pub versions: VersionRange,
    /// Decodes, and tells how many bytes are left over.
    pub decode: fn(Bytes, i16) -> Result<usize, DecodeError>,
    /// Decodes and encodes again.
    pub recode: fn(Bytes, i16) -> Result<Bytes, DecodeError>,
    /// An encoded generated value.
    pub sample: fn(u64, i16) -> Bytes,
    /// The encoded default value.
    pub default: fn(i16) -> Bytes,
}

impl Codec {
    fn of<M: Message + Sample>() -> Self {
        Self {
            name: M::NAME,
            versions: M::VERSIONS,
            decode: |bytes, version| {
                let mut reader = Reader::new(bytes);
                M::decode(&mut reader, version).map(|_| reader.remaining())
            },
            recode: |bytes, version| {
                let message = M::decode(&mut Reader::new(bytes), version)?;
                Ok(message
                    .to_bytes(version)
                    .expect("what was read can be written"))
            },
            sample: |seed, version| {
                let message: M = sample(seed, version);
                message.to_bytes(version).expect("a sample encodes")
            },
            default: |version| M::default().to_bytes(version).expect("a default encodes"),
        }
    }
}

/// The codecs of all messages and metadata records.
pub fn codecs() -> Vec<Codec> {
    use highwater_protocol::messages::{metadata_records as records, quorum_records};
    let mut codecs = vec![
        Codec::of::<records::BrokerRegistrationChangeRecord>(),
        Codec::of::<records::ClearElrRecord>(),
        Codec::of::<records::ConfigRecord>(),
        Codec::of::<records::FeatureLevelRecord>(),
        Codec::of::<records::NoOpRecord>(),
        Codec::of::<records::PartitionChangeRecord>(),
        Codec::of::<records::PartitionRecord>(),
        Codec::of::<records::ProducerIdsRecord>(),
        Codec::of::<records::RegisterBrokerRecord>(),
        Codec::of::<records::RegisterControllerRecord>(),
        Codec::of::<records::RemoveTopicRecord>(),
        Codec::of::<records::TopicRecord>(),
        Codec::of::<records::UnregisterBrokerRecord>(),
        Codec::of::<quorum_records::KRaftVersionRecord>(),
        Codec::of::<quorum_records::VotersRecord>(),
    ];
    macro_rules! add {
        ($name:ident) => {
            codecs.push(Codec::of::<highwater_protocol::messages::$name>())
        };
    }
    for_every_message!(add);
    codecs
}

/// The codec of this name.
pub fn codec(name: &str) -> Codec {
    let found = codecs().into_iter().find(|codec| codec.name == name);
    found.unwrap_or_else(|| panic!("no message {name}"))
}

/// An encoded message of the corpus.
pub struct Entry {
    pub codec: Codec,
    pub version: i16,
    pub bytes: Bytes,
    /// The error that decoding must end with; empty if it must succeed.
    pub error: &'static str,
}

/// Reads a corpus file: lines of message name, version, hexadecimal bytes and,
/// if it must be refused, the error.
pub fn corpus(text: &'static str) -> Vec<Entry> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let entries = lines.map(|line| {
        let mut words = line.split(' ');
        let mut word = || words.next().expect("three words");
        Entry {
            codec: codec(word()),
            version: word().parse().expect("a version"),
            bytes: from_hex(word()),
            error: words.next().unwrap_or_default(),
        }
    });
    entries.collect()
}

fn from_hex(text: &str) -> Bytes {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).expect("hexadecimal")
    };
    digits.map(byte).collect()
}
