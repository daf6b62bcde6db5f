//! Servers and clients on real sockets: who is served, and who is refused how.

mod common;

use std::time::Duration;

use common::{Warnings, connect_as, identity, start};
use highwater_rpc::client::ConnectError;
use highwater_rpc::server::ServerOptions;
use highwater_rpc::{identify, is_other_cluster};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;
use tonic::service::Routes;

fn options(id: i32) -> ServerOptions {
    ServerOptions::new("REPLICATION", identity("ours", id))
}

#[tokio::test]
async fn a_node_tells_who_it_is() {
    let server = start(Routes::default(), options(1)).await;
    let connection = connect_as(identity("ours", 2), server.address)
        .await
        .unwrap();
    assert_eq!(identify(connection).await.unwrap(), identity("ours", 1));
}

#[tokio::test]
async fn a_closed_port_refuses() {
    let server = start(Routes::default(), options(1)).await;
    server.stop.send(()).unwrap();
    server.task.await.unwrap();
    let refused = connect_as(identity("ours", 2), server.address).await;
    assert!(matches!(refused, Err(ConnectError::Refused)), "{refused:?}");
}

#[tokio::test]
async fn a_connection_does_not_come_back_by_itself() {
    let server = start(Routes::default(), options(1)).await;
    let connection = connect_as(identity("ours", 2), server.address)
        .await
        .unwrap();
    identify(connection.clone()).await.unwrap();
    server.task.abort();
    assert!(server.task.await.unwrap_err().is_cancelled());
    let listener = tokio::net::TcpListener::bind(server.address).await.unwrap();
    for _ in 0..3 {
        identify(connection.clone()).await.unwrap_err();
    }
    let nobody = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(nobody.is_err(), "it has connected again");
}

#[tokio::test]
async fn another_cluster_is_refused_with_one_line() {
    let warnings = Warnings::collect();
    let server = start(Routes::default(), options(1)).await;
    let connection = connect_as(identity("theirs", 2), server.address)
        .await
        .unwrap();
    for _ in 0..3 {
        let refused = identify(connection.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(is_other_cluster(&refused), "{refused}");
    }
    let lines = warnings.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("node 2 of cluster theirs called node 1 of cluster ours"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn other_protocols_are_refused_with_one_line() {
    let kafka = b"\x00\x00\x00\x10\x00\x12\x00\x03\x00\x00\x00\x01\x00\x04kcat";
    for (first, name) in [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".as_slice(), "HTTP/1"),
        (kafka.as_slice(), "Kafka's protocol"),
        (b"\x16\x03\x01\x00\xa5\x01".as_slice(), "TLS"),
        (b"\xff\xfe\xfd garbage".as_slice(), "an unknown protocol"),
        // Almost right.
        (
            b"PRI * HTTP/2.0\r\n\r\nXX".as_slice(),
            "an unknown protocol",
        ),
    ] {
        let warnings = Warnings::collect();
        let server = start(Routes::default(), options(1)).await;
        for _ in 0..3 {
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            stream.write_all(first).await.unwrap();
            let mut answer = Vec::new();
            // An end or a reset, but no answer and no waiting.
            let _ = stream.read_to_end(&mut answer).await;
            assert_eq!(answer, b"");
        }
        let lines = warnings.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].contains(&format!("the peer speaks {name},")),
            "{lines:?}"
        );
        let connection = connect_as(identity("ours", 2), server.address)
            .await
            .unwrap();
        identify(connection).await.unwrap();
    }
}

#[tokio::test]
async fn garbage_after_a_right_beginning_ends_the_connection() {
    let server = start(Routes::default(), options(1)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    stream.write_all(&[0xff; 64]).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer));
    let _ = read.await.expect("the connection ends");
    let connection = connect_as(identity("ours", 2), server.address)
        .await
        .unwrap();
    identify(connection).await.unwrap();
}

#[tokio::test]
async fn who_only_looks_or_says_nothing_is_let_go() {
    let warnings = Warnings::collect();
    let server = start(Routes::default(), options(1)).await;
    drop(TcpStream::connect(server.address).await.unwrap());
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), silent.read_to_end(&mut answer));
    ended.await.expect("it is let go").unwrap();
    let lines = warnings.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("the peer says nothing"), "{lines:?}");
}

#[tokio::test]
async fn there_is_a_limit_of_connections() {
    let warnings = Warnings::collect();
    let options = ServerOptions {
        connections_max: 2,
        ..options(1)
    };
    let server = start(Routes::default(), options).await;
    let first = connect_as(identity("ours", 2), server.address)
        .await
        .unwrap();
    identify(first.clone()).await.unwrap();
    let second = connect_as(identity("ours", 2), server.address)
        .await
        .unwrap();
    identify(second.clone()).await.unwrap();
    let third = connect_as(identity("ours", 2), server.address).await;
    let refused = match third {
        Ok(third) => identify(third).await.is_err(),
        Err(_) => true,
    };
    assert!(refused);
    assert_eq!(warnings.lines().len(), 1, "{:?}", warnings.lines());
    drop(first);
    // Its place is free once the server has seen the end.
    let mut tries = 0;
    loop {
        let again = connect_as(identity("ours", 2), server.address).await;
        if let Ok(again) = again
            && identify(again).await.is_ok()
        {
            break;
        }
        tries += 1;
        assert!(tries < 100, "the place is not given back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
