use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;
use crate::config::NetworkLimits;
use crate::net::admission::Admission;
use crate::net::connection::Connection;

struct Fixture {
    client: DuplexStream,
    handler: Arc<TestHandler>,
    admission: Arc<Admission>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

fn connect(limits: NetworkLimits) -> Fixture {
    let (client, server) = tokio::io::duplex(1 << 20);
    let handler = Arc::new(TestHandler::default());
    let admission = Admission::new(limits.queued_request_bytes_max);
    let (stop, stopped) = oneshot::channel();
    let peer = Peer {
        address: ([127, 0, 0, 1], 1).into(),
        listener: "TEST".into(),
    };
    let shared = Arc::new(Shared(handler.clone()));
    let limits = Arc::new(limits);
    let connection = Connection::new(Box::new(server), peer, shared, limits, admission.clone());
    let task = tokio::spawn(connection.run(stopped.map(|_| ())));
    Fixture {
        client,
        handler,
        admission,
        stop,
        task,
    }
}

#[tokio::test(start_paused = true)]
async fn answers_keep_the_order_of_requests() {
    let mut f = connect(NetworkLimits::default());
    let requests = [
        frame(LATER, 1),
        frame(NOW, 2),
        frame(LATER, 3),
        frame(NOW, 4),
    ];
    f.client.write_all(&requests.concat()).await.expect("room");
    settle().await;
    assert_eq!(f.handler.done(), 4, "waiting answers hold nobody up");
    f.handler.release(3);
    settle().await;
    let nothing = tokio::time::timeout(Duration::from_secs(1), read_answer(&mut f.client)).await;
    assert!(nothing.is_err());
    f.handler.release(1);
    for id in [1, 2, 3, 4] {
        assert_eq!(read_answer(&mut f.client).await, id);
    }
    settle().await;
    assert_eq!(f.admission.bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_starts_when_the_one_before_has_taken_effect() {
    let mut f = connect(NetworkLimits::default());
    let requests = [frame(SLOW, 1), frame(NOW, 2)];
    f.client.write_all(&requests.concat()).await.expect("room");
    settle().await;
    assert_eq!((f.handler.started(), f.handler.done()), (1, 0));
    f.handler.release(1);
    assert_eq!(read_answer(&mut f.client).await, 1);
    assert_eq!(read_answer(&mut f.client).await, 2);
}

#[tokio::test(start_paused = true)]
async fn garbage_closes_after_earlier_answers() {
    for garbage in [
        (-1i32).to_be_bytes().to_vec(),
        i32::MAX.to_be_bytes().to_vec(),
        vec![0; 4],
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        frame(WRONG, 9),
    ] {
        let mut f = connect(NetworkLimits::default());
        let requests = [frame(LATER, 1), garbage, frame(NOW, 2)];
        f.client.write_all(&requests.concat()).await.expect("room");
        settle().await;
        f.handler.release(1);
        assert_eq!(read_answer(&mut f.client).await, 1);
        assert!(at_end(&mut f.client).await);
        f.task.await.expect("no panic");
        assert_eq!(f.admission.bytes(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_leaving_client_sent_takes_effect() {
    let mut f = connect(NetworkLimits::default());
    let requests = [frame(SLOW, 1), frame(SILENT, 2)];
    f.client.write_all(&requests.concat()).await.expect("room");
    drop(f.client);
    settle().await;
    f.handler.release(1);
    f.task.await.expect("no panic");
    assert!(f.handler.done() >= 1);
}

#[tokio::test(start_paused = true)]
async fn silent_requests_of_a_leaving_client_take_effect() {
    let mut f = connect(NetworkLimits::default());
    let requests = [frame(SILENT, 1), frame(SILENT, 2), frame(SILENT, 3)];
    f.client.write_all(&requests.concat()).await.expect("room");
    drop(f.client);
    f.task.await.expect("no panic");
    assert_eq!(f.handler.done(), 3);
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_closed() {
    let mut f = connect(NetworkLimits::default());
    let start = Instant::now();
    tokio::time::sleep(Duration::from_secs(300)).await;
    f.client.write_all(&frame(NOW, 1)).await.expect("open");
    assert_eq!(read_answer(&mut f.client).await, 1);
    assert!(at_end(&mut f.client).await);
    assert_eq!(start.elapsed().as_secs(), 900);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_no_connection_is_idle() {
    for limit in [
        Duration::ZERO,
        Duration::MAX,
        Duration::from_millis(i64::MAX as u64),
    ] {
        let mut f = connect(NetworkLimits {
            connection_idle_max: limit,
            ..NetworkLimits::default()
        });
        tokio::time::sleep(Duration::from_hours(1000)).await;
        f.client.write_all(&frame(NOW, 1)).await.expect("open");
        assert_eq!(read_answer(&mut f.client).await, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_parked_request_is_not_idle() {
    let mut f = connect(NetworkLimits::default());
    f.client.write_all(&frame(LATER, 1)).await.expect("open");
    tokio::time::sleep(Duration::from_secs(3600)).await;
    f.handler.release(1);
    assert_eq!(read_answer(&mut f.client).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_does_not_arrive_gives_its_memory_back() {
    let mut f = connect(NetworkLimits::default());
    let length = 10 << 20;
    let partial = &sized_frame(NOW, 1, length)[..1000];
    f.client.write_all(partial).await.expect("open");
    settle().await;
    assert_eq!(f.admission.bytes(), 64 << 10, "not what it announces");
    let start = Instant::now();
    assert!(at_end(&mut f.client).await);
    assert_eq!(start.elapsed().as_secs(), 30 + 320);
    f.task.await.expect("no panic");
    assert_eq!(f.admission.bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_node_takes_no_further_frame() {
    let mut f = connect(NetworkLimits {
        queued_request_bytes_max: 1000,
        ..NetworkLimits::default()
    });
    let others = f.admission.try_admit(1000).expect("empty");
    f.client.write_all(&frame(NOW, 1)).await.expect("open");
    settle().await;
    assert_eq!(f.handler.started(), 0);
    drop(others);
    assert_eq!(read_answer(&mut f.client).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_large_frame_is_admitted_as_it_arrives() {
    let mut f = connect(NetworkLimits::default());
    let frame = sized_frame(NOW, 1, 3 << 20);
    for part in frame.chunks(100_000) {
        f.client.write_all(part).await.expect("open");
        settle().await;
        assert!(f.admission.bytes() <= frame.len());
    }
    assert_eq!(read_answer(&mut f.client).await, 1);
    settle().await;
    assert_eq!(f.admission.bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn on_a_full_node_one_frame_that_has_begun_is_finished() {
    let mut f = connect(NetworkLimits {
        queued_request_bytes_max: 70 << 10,
        ..NetworkLimits::default()
    });
    let frame = sized_frame(NOW, 1, 1 << 20);
    f.client.write_all(&frame[..1000]).await.expect("open");
    settle().await;
    let others = f.admission.try_admit(10 << 10).expect("under the limit");
    f.client.write_all(&frame[1000..]).await.expect("open");
    assert_eq!(read_answer(&mut f.client).await, 1);
    drop(others);
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_waits_for_others_is_not_late() {
    let mut f = connect(NetworkLimits {
        queued_request_bytes_max: 70 << 10,
        ..NetworkLimits::default()
    });
    let others = f.admission.try_admit(100 << 10).expect("empty");
    let over = f.admission.clone().extend(1, 1).await;
    let frame = sized_frame(NOW, 1, 1 << 20);
    let client = &mut f.client;
    client.write_all(&frame[..4]).await.expect("room");
    tokio::time::sleep(Duration::from_secs(500)).await;
    assert_eq!(f.handler.started(), 0);
    drop((others, over));
    client.write_all(&frame[4..]).await.expect("room");
    assert_eq!(read_answer(client).await, 1);
}

#[tokio::test(start_paused = true)]
async fn requests_in_flight_are_limited() {
    let mut f = connect(NetworkLimits {
        in_flight_requests_max: 2,
        ..NetworkLimits::default()
    });
    let requests = [frame(LATER, 1), frame(LATER, 2), frame(LATER, 3)];
    f.client.write_all(&requests.concat()).await.expect("room");
    settle().await;
    assert_eq!(f.handler.started(), 2);
    f.handler.release(1);
    assert_eq!(read_answer(&mut f.client).await, 1);
    settle().await;
    assert_eq!(f.handler.started(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_answers_is_not_served_further() {
    let mut f = connect(NetworkLimits {
        unsent_response_bytes_max: 2 << 20,
        ..NetworkLimits::default()
    });
    let requests: Vec<u8> = (0..50).flat_map(|id| frame(LARGE, id)).collect();
    f.client.write_all(&requests).await.expect("room");
    settle().await;
    let started = f.handler.started();
    assert!((2..=4).contains(&started), "{started}");
    for id in 0..50 {
        let mut answer = vec![0; 4 + (1 << 20)];
        f.client.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(answer[4], id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_started_requests_finish() {
    let mut f = connect(NetworkLimits::default());
    let requests = [frame(SLOW, 1), frame(NOW, 2)];
    f.client.write_all(&requests.concat()).await.expect("room");
    settle().await;
    f.stop.send(()).expect("running");
    settle().await;
    f.handler.release(1);
    assert_eq!(read_answer(&mut f.client).await, 1);
    assert!(at_end(&mut f.client).await);
    assert_eq!(f.handler.started(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_ever() {
    let mut f = connect(NetworkLimits::default());
    f.client.write_all(&frame(SLOW, 1)).await.expect("room");
    settle().await;
    let start = Instant::now();
    f.stop.send(()).expect("running");
    assert!(at_end(&mut f.client).await);
    assert_eq!(start.elapsed().as_secs(), 5);
}
