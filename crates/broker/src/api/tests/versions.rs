use highwater_protocol::ApiKey;
use highwater_protocol::frame::decode_response;
use highwater_protocol::messages::api_versions::ApiVersionsRequest;

use crate::testing::{Client, Node};

fn request() -> ApiVersionsRequest {
    ApiVersionsRequest {
        client_software_name: "test".into(),
        client_software_version: "1.0".into(),
    }
}

#[tokio::test]
async fn what_is_served_is_told() {
    let node = Node::start().await;
    let mut client = node.client().await;
    for version in 0..=4 {
        let response = client.ask(version, &request()).await;
        assert_eq!(response.error_code, 0);
        let range = |key: ApiKey| {
            let keys = &response.api_keys;
            let found = keys.iter().find(|found| found.api_key == key.code());
            found.map(|found| (found.min_version, found.max_version))
        };
        // Version 0 of Produce is named for librdkafka, though it is not served.
        assert_eq!(range(ApiKey::Produce), Some((0, 13)));
        assert_eq!(range(ApiKey::Metadata), Some((0, 13)));
        assert_eq!(range(ApiKey::BrokerRegistration), None);
        if version >= 3 {
            let level = &response.finalized_features[0];
            assert_eq!(level.name, "metadata.version");
            assert_eq!(level.max_version_level, 30);
            assert!(response.finalized_features_epoch >= 0);
            assert_eq!(response.supported_features[0].name, "metadata.version");
        }
    }
}

/// Sends the header and body of version 3 under another version.
async fn ask_in_unknown_version(client: &mut Client, version: i16) {
    let mut bytes = vec![0, 0, 0, 0, 0, 18];
    bytes.extend_from_slice(&version.to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 77, 0, 1, b'c', 0, 2, b'n', 2, b'v', 0]);
    bytes[3] = bytes.len() as u8 - 4;
    client.send_bytes(&bytes).await;
}

#[tokio::test]
async fn an_unknown_version_is_answered_in_version_0() {
    let node = Node::start().await;
    let mut client = node.client().await;
    for version in [5, 99, i16::MAX] {
        ask_in_unknown_version(&mut client, version).await;
        let frame = client.receive_frame().await.expect("an answer");
        let (correlation_id, response) =
            decode_response::<ApiVersionsRequest>(frame, 0).expect("version 0");
        assert_eq!((correlation_id, response.error_code), (77, 35));
        assert_eq!(response.api_keys[0].max_version, 4);
    }
    // The same connection goes on.
    assert_eq!(client.ask(4, &request()).await.error_code, 0);
}

#[tokio::test]
async fn a_client_without_a_name_is_refused_politely() {
    let node = Node::start().await;
    let mut client = node.client().await;
    let response = client.ask(3, &ApiVersionsRequest::default()).await;
    assert_eq!(response.error_code, 42, "INVALID_REQUEST");
    assert_eq!(client.ask(3, &request()).await.error_code, 0);
}
