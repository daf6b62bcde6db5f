//! Request frames as they come from a socket: any header, then the body that
//! it announces.

use bytes::Bytes;
use highwater_protocol::api::{self, ApiKey};
use highwater_protocol::frame::RequestHeader;
use highwater_protocol::wire::{DecodeError, Reader};
use proptest::prelude::{ProptestConfig, any, prop, proptest};

mod support;

use support::{codec, corpus};

/// Reads a frame as a broker does. Returns what it was if it is well formed.
fn read_frame(frame: Bytes) -> Result<RequestHeader, DecodeError> {
    let mut reader = Reader::new(frame);
    let header = RequestHeader::decode(&mut reader)?;
    let served = api::served_versions(header.api_key);
    if served.is_some_and(|served| served.contains(header.api_version)) {
        let codec = codec(&format!("{:?}Request", header.api_key));
        let body = reader.get_slice(reader.remaining())?;
        (codec.decode)(body, header.api_version)?;
    }
    Ok(header)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn random_frames(frame in prop::collection::vec(any::<u8>(), 0..200)) {
        // Only that it returns.
        let _ = read_frame(Bytes::from(frame));
    }

    #[test]
    fn random_bodies(
        key in 0i16..93,
        version in -1i16..20,
        correlation_id in any::<i32>(),
        rest in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut frame = Vec::new();
        frame.extend(key.to_be_bytes());
        frame.extend(version.to_be_bytes());
        frame.extend(correlation_id.to_be_bytes());
        // No client id; no tagged fields if the version is flexible.
        frame.extend([0xff, 0xff]);
        let api_key = ApiKey::try_from(key).expect("a known key");
        if api_key.is_flexible(version) {
            frame.push(0);
        }
        let header_only = RequestHeader {
            api_key,
            api_version: version,
            correlation_id,
            client_id: None,
        };
        let mut reader = Reader::new(Bytes::from(frame.clone()));
        assert_eq!(RequestHeader::decode(&mut reader), Ok(header_only));
        frame.extend(rest);
        let _ = read_frame(Bytes::from(frame));
    }
}

#[test]
fn every_served_request_is_read_behind_its_header() {
    let entries = corpus(include_str!("corpus/messages.txt"));
    let mut read = 0;
    for served in api::all_served() {
        let name = format!("{:?}Request", served.key);
        for version in served.min..=served.max {
            let body = entries
                .iter()
                .find(|entry| entry.codec.name == name && entry.version == version)
                .unwrap_or_else(|| panic!("{name} version {version} is not in the corpus"));
            let header = RequestHeader {
                api_key: served.key,
                api_version: version,
                correlation_id: 1,
                client_id: Some("client".to_owned()),
            };
            let mut writer = highwater_protocol::wire::Writer::new();
            header.encode(&mut writer).expect("encodes");
            writer.put_slice(&body.bytes);
            assert_eq!(read_frame(writer.into_bytes()), Ok(header));
            read += 1;
        }
    }
    assert!(read > 80, "{read}");
}
