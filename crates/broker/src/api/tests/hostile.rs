use highwater_protocol::messages::metadata::MetadataRequest;

use crate::testing::{Client, Node};

/// A frame with a header of version 1 and this body.
fn frame(api_key: i16, api_version: i16, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&api_key.to_be_bytes());
    bytes.extend_from_slice(&api_version.to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 1, 0xff, 0xff]);
    bytes.extend_from_slice(body);
    let mut frame = (bytes.len() as u32).to_be_bytes().to_vec();
    frame.extend(bytes);
    frame
}

async fn is_closed(client: &mut Client) -> bool {
    client.receive_frame().await.is_none()
}

#[tokio::test]
async fn bad_input_closes_its_connection_and_no_other() {
    let node = Node::start().await;
    let mut other = node.client().await;
    other.ask(1, &MetadataRequest::default()).await;
    let array_of_two_billion = [0x7f, 0xff, 0xff, 0xff];
    for (what, bytes) in [
        ("a negative length", (-5i32).to_be_bytes().to_vec()),
        ("2 GiB", i32::MAX.to_be_bytes().to_vec()),
        (
            "another protocol",
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        ),
        ("an unknown key", frame(9999, 0, &[])),
        ("a negative key", frame(-1, 0, &[])),
        ("a removed key", frame(4, 0, &[])),
        ("a controller's key", frame(62, 0, &[])),
        ("an unserved version", frame(3, 99, &[])),
        ("a negative version", frame(3, -1, &[])),
        ("an old version of produce", frame(0, 0, &[])),
        ("no body", frame(3, 1, &[])),
        ("half an array", frame(3, 1, &[0, 0, 0, 1, 0, 9, b'x'])),
        ("a lying count", frame(3, 1, &array_of_two_billion)),
        (
            "a header that ends early",
            vec![0, 0, 0, 8, 0, 3, 0, 1, 0, 0, 0, 1],
        ),
        ("a client id that ends early", {
            let mut bytes = vec![0, 0, 0, 10, 0, 3, 0, 1, 0, 0, 0, 1];
            bytes.extend_from_slice(&[0x7f, 0xff]);
            bytes
        }),
    ] {
        let mut client = node.client().await;
        client.send_bytes(&bytes).await;
        assert!(is_closed(&mut client).await, "{what}");
        other.ask(1, &MetadataRequest::default()).await;
    }
}

#[tokio::test]
async fn answers_before_bad_input_still_come() {
    let node = Node::start().await;
    let mut client = node.client().await;
    for _ in 0..3 {
        client.send(1, &MetadataRequest::default()).await;
    }
    client.send_bytes(&frame(9999, 0, &[])).await;
    for id in 1..=3 {
        let (correlation_id, _) = client.receive::<MetadataRequest>(1).await;
        assert_eq!(correlation_id, id);
    }
    assert!(is_closed(&mut client).await);
}
