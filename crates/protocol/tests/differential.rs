//! Our codec against an independent one, in both directions, over every message
//! and version that both speak.

use std::fmt::Debug;

use bytes::{Bytes, BytesMut};
use highwater_protocol::Message;
use highwater_protocol::samples::{Sample, sample};
use highwater_protocol::wire::Reader;
use kafka_protocol::messages as theirs;
use kafka_protocol::protocol as their_protocol;
use proptest::prelude::{ProptestConfig, any, proptest};

#[macro_use]
mod support;

/// A message of the independent codec.
trait Their:
    their_protocol::Encodable + their_protocol::Decodable + their_protocol::Message + Default + Debug
{
}

impl<T> Their for T where
    T: their_protocol::Encodable
        + their_protocol::Decodable
        + their_protocol::Message
        + Default
        + Debug
{
}

/// Both codecs must take and give the same bytes for a generated value.
fn same_bytes<Ours, Other>(seed: u64)
where
    Ours: Message + Sample + PartialEq + Debug,
    Other: Their,
{
    let both =
        Other::VERSIONS.min.max(Ours::VERSIONS.min)..=Other::VERSIONS.max.min(Ours::VERSIONS.max);
    assert!(!both.is_empty(), "{}: no common version", Ours::NAME);
    for version in both {
        let label = format!("{} version {version}", Ours::NAME);
        let value: Ours = sample(seed, version);
        let ours = value.to_bytes(version).expect(&label);

        let mut input = ours.clone();
        let other = Other::decode(&mut input, version).expect(&label);
        assert!(input.is_empty(), "{label}: they left bytes over");
        // They keep tagged fields that they do not know, and would give them back.
        let text = format!("{other:?}");
        let unknown = text.replace("unknown_tagged_fields: {}", "");
        assert!(
            !unknown.contains("unknown_tagged_fields"),
            "{label}: {text}"
        );
        let theirs = their_bytes(&other, version, &label);
        assert_eq!(ours, theirs, "{label}: {value:?}");

        let mut reader = Reader::new(theirs);
        assert_eq!(Ours::decode(&mut reader, version), Ok(value), "{label}");
        assert_eq!(reader.remaining(), 0, "{label}: we left bytes over");
    }
}

/// Both codecs must have the same default values.
fn same_defaults<Ours: Message, Other: Their>() {
    let both =
        Other::VERSIONS.min.max(Ours::VERSIONS.min)..=Other::VERSIONS.max.min(Ours::VERSIONS.max);
    for version in both {
        let label = format!("{} version {version}", Ours::NAME);
        let ours = Ours::default().to_bytes(version).expect(&label);
        assert_eq!(
            ours,
            their_bytes(&Other::default(), version, &label),
            "{label}"
        );
    }
}

fn their_bytes<Other: Their>(value: &Other, version: i16, label: &str) -> Bytes {
    let mut bytes = BytesMut::new();
    value.encode(&mut bytes, version).expect(label);
    bytes.freeze()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn generated_values(seed in any::<u64>()) {
        macro_rules! check {
            ($name:ident) => {
                same_bytes::<highwater_protocol::messages::$name, theirs::$name>(seed)
            };
        }
        for_every_message!(check);
    }
}

#[test]
fn defaults() {
    macro_rules! check {
        ($name:ident) => {
            same_defaults::<highwater_protocol::messages::$name, theirs::$name>()
        };
    }
    for_every_message!(check);
}
