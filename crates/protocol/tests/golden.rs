//! Bytes that Kafka's own classes read and write (`corpus/messages.txt`) must
//! come out of our codec as they went in.

mod support;

use support::{codecs, corpus};

const CORPUS: &str = include_str!("corpus/messages.txt");

#[test]
fn our_bytes_are_kafkas() {
    for entry in corpus(CORPUS) {
        let label = format!("{} version {}", entry.codec.name, entry.version);
        let left = (entry.codec.decode)(entry.bytes.clone(), entry.version);
        assert_eq!(left, Ok(0), "{label}");
        let again = (entry.codec.recode)(entry.bytes.clone(), entry.version);
        assert_eq!(again, Ok(entry.bytes), "{label}");
    }
}

#[test]
fn every_message_and_version_is_there() {
    let entries = corpus(CORPUS);
    for codec in codecs() {
        for version in codec.versions.iter() {
            let default = (codec.default)(version);
            let mut found = entries
                .iter()
                .filter(|entry| entry.codec.name == codec.name && entry.version == version);
            let label = format!("{} version {version}", codec.name);
            assert!(found.any(|entry| entry.bytes == default), "{label}");
        }
    }
}
