use std::sync::Arc;
use std::time::Duration;

use highwater_platform::TcpNetwork;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::*;
use crate::config::{ListenerConfig, NetworkLimits};
use crate::net::{BoundListener, SocketServer};

async fn serve(limits: NetworkLimits) -> (SocketServer, std::net::SocketAddr, Arc<TestHandler>) {
    let config = ListenerConfig {
        name: "TEST".into(),
        host: "127.0.0.1".into(),
        port: 0,
    };
    let bound = BoundListener::bind(&TcpNetwork, &config)
        .await
        .expect("a free port");
    let address = bound.address;
    let handler = Arc::new(TestHandler::default());
    let shared = Arc::new(Shared(handler.clone()));
    (
        SocketServer::start(vec![bound], limits, shared),
        address,
        handler,
    )
}

/// Asks once; whether there is an answer within a short time.
async fn is_served(stream: &mut TcpStream) -> bool {
    stream.write_all(&frame(NOW, 7)).await.is_ok() && {
        let answer = tokio::time::timeout(Duration::from_millis(200), async {
            let mut bytes = [0; 5];
            stream.read_exact(&mut bytes).await.is_ok()
        });
        answer.await.unwrap_or(false)
    }
}

#[tokio::test]
async fn serves_over_tcp_and_stops() {
    let (server, address, handler) = serve(NetworkLimits::default()).await;
    let mut client = TcpStream::connect(address).await.expect("listening");
    assert!(is_served(&mut client).await);
    // A large frame arrives in many reads.
    let large = sized_frame(NOW, 8, 5 << 20);
    client.write_all(&large).await.expect("open");
    assert_eq!(read_answer(&mut client).await, 8);
    client.write_all(&frame(LATER, 9)).await.expect("open");
    while handler.done() < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let stopping = tokio::spawn(server.shutdown());
    tokio::time::sleep(Duration::from_millis(20)).await;
    handler.release(9);
    assert_eq!(read_answer(&mut client).await, 9);
    assert!(at_end(&mut client).await);
    stopping.await.expect("no panic");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn connections_are_limited() {
    let (server, address, _) = serve(NetworkLimits {
        connections_max: 2,
        ..NetworkLimits::default()
    })
    .await;
    let mut first = TcpStream::connect(address).await.expect("listening");
    let mut second = TcpStream::connect(address).await.expect("listening");
    assert!(is_served(&mut first).await && is_served(&mut second).await);
    let mut third = TcpStream::connect(address).await.expect("in the queue");
    assert!(!is_served(&mut third).await);
    drop(first);
    assert_eq!(read_answer(&mut third).await, 7);
    server.shutdown().await;
}

#[tokio::test]
async fn connections_of_one_address_are_limited() {
    let (server, address, _) = serve(NetworkLimits {
        connections_per_ip_max: 1,
        ..NetworkLimits::default()
    })
    .await;
    let mut first = TcpStream::connect(address).await.expect("listening");
    assert!(is_served(&mut first).await);
    let mut second = TcpStream::connect(address).await.expect("in the queue");
    assert!(at_end(&mut second).await);
    assert!(is_served(&mut first).await);
    drop(first);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut third = TcpStream::connect(address).await.expect("listening");
    assert!(is_served(&mut third).await);
    server.shutdown().await;
}
