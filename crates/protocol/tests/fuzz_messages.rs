//! Every decoder on damaged messages, from the corpus: no panic, and whatever
//! is read can be written, and read again as the same.

use bytes::Bytes;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

mod support;

use support::{Codec, corpus};

const MESSAGES: &str = include_str!("corpus/messages.txt");
const HOSTILE: &str = include_str!("corpus/hostile.txt");

/// One change to a message. Positions are taken modulo its length.
#[derive(Clone, Debug)]
enum Damage {
    Set(u16, u8),
    FlipBit(u16, u8),
    Insert(u16, Vec<u8>),
    Remove(u16, u8),
    Repeat(u16, u8),
    Truncate(u16),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let at = |position: u16| usize::from(position) % length.max(1);
        let range =
            |position, count: u8| at(position)..length.min(at(position) + usize::from(count));
        match self {
            Self::Insert(position, inserted) => {
                bytes.splice(at(*position)..at(*position), inserted.iter().copied());
            }
            _ if bytes.is_empty() => {}
            Self::Set(position, value) => bytes[at(*position)] = *value,
            Self::FlipBit(position, bit) => bytes[at(*position)] ^= 1 << (bit % 8),
            Self::Remove(position, count) => drop(bytes.drain(range(*position, *count))),
            Self::Repeat(position, count) => bytes.extend_from_within(range(*position, *count)),
            Self::Truncate(position) => bytes.truncate(at(*position)),
        }
    }
}

/// Values around the borders of lengths, counts and varints.
fn border() -> impl Strategy<Value = u8> {
    prop_oneof![
        prop::sample::select(&[0u8, 1, 2, 3, 0x7f, 0x80, 0x81, 0xfe, 0xff][..]),
        any::<u8>(),
    ]
}

fn damage() -> impl Strategy<Value = Damage> {
    let position = || any::<u16>();
    prop_oneof![
        (position(), border()).prop_map(|(at, value)| Damage::Set(at, value)),
        (position(), any::<u8>()).prop_map(|(at, bit)| Damage::FlipBit(at, bit)),
        (position(), prop::collection::vec(border(), 1..9))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (position(), 1u8..9).prop_map(|(at, count)| Damage::Remove(at, count)),
        (position(), 1u8..50).prop_map(|(at, count)| Damage::Repeat(at, count)),
        position().prop_map(Damage::Truncate),
    ]
}

/// The first encoding may differ from the input, which can hold unknown tagged
/// fields or longer varints than needed; from then on nothing may change.
fn stays_the_same(codec: &Codec, version: i16, bytes: Bytes) {
    if let Ok(first) = (codec.recode)(bytes, version) {
        let second = (codec.recode)(first.clone(), version);
        assert_eq!(second, Ok(first), "{} version {version}", codec.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn damaged_messages(
        choice in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 1..5),
    ) {
        thread_local! {
            static ENTRIES: Vec<support::Entry> =
                corpus(MESSAGES).into_iter().chain(corpus(HOSTILE)).collect();
        }
        ENTRIES.with(|entries| {
            let entry = choice.get(entries);
            let mut bytes = entry.bytes.to_vec();
            for damage in &damages {
                damage.apply(&mut bytes);
            }
            let bytes = Bytes::from(bytes);
            stays_the_same(&entry.codec, entry.version, bytes.clone());
            // The same bytes under another version of the same message.
            for version in entry.codec.versions.iter() {
                stays_the_same(&entry.codec, version, bytes.clone());
            }
        });
    }
}

#[test]
fn hostile_messages_are_refused() {
    for entry in corpus(HOSTILE) {
        let result = (entry.codec.decode)(entry.bytes, entry.version);
        let expected = format!("Err({}", entry.error);
        let label = format!("{} version {}", entry.codec.name, entry.version);
        let matches = format!("{result:?}").starts_with(&expected);
        assert!(matches, "{label}: {result:?}, not {expected}");
    }
}
