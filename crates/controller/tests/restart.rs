//! A controller in a folder of its own, through the channel that brokers use.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use highwater_controller::Controller;
use highwater_protocol::ErrorCode;
use highwater_storage::{Disk, StdDisk};
use highwater_types::{NodeId, Offset, PartitionIndex};
use support::{Follower, TestNode, heartbeat, registration};

#[tokio::test]
async fn what_was_decided_is_there_after_a_restart() {
    let node = TestNode::new();
    let controller = node.start().await;
    let epoch = node.start_broker(&controller).await;
    assert!(epoch > 0);
    let created = node.create_topic(&controller, "a", 3).await;
    assert_eq!(created.topics[0].error_code, 0);
    let mut before = Follower::new(&controller, Offset::NONE).await;
    before.until(|image| image.topics().len() == 1).await;
    controller.shutdown().await.unwrap();

    let controller = node.start().await;
    let mut after = Follower::new(&controller, Offset::NONE).await;
    after.until(|image| image.topics().len() == 1).await;
    assert_eq!(after.image.topics(), before.image.topics());
    assert_eq!(after.image.cluster(), before.image.cluster());
    let again = node.create_topic(&controller, "a", 1).await;
    assert_eq!(
        ErrorCode::from_code(again.topics[0].error_code),
        ErrorCode::TopicAlreadyExists
    );
    controller.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_follower_that_comes_back_gets_the_rest() {
    let node = TestNode::new();
    let controller = node.start().await;
    node.start_broker(&controller).await;
    let mut follower = Follower::new(&controller, Offset::NONE).await;
    follower.until(|image| image.cluster().len() == 1).await;
    node.create_topic(&controller, "a", 2).await;
    let mut back = Follower::new(&controller, follower.image.last_offset()).await;
    back.image = follower.image.clone();
    back.until(|image| image.topics().len() == 1).await;
    assert_eq!(back.snapshots, 0);
    let topic = back.image.topics().get("a").unwrap();
    assert_eq!(
        topic.partition(PartitionIndex(1)).unwrap().leader,
        NodeId(1)
    );
}

#[tokio::test]
async fn a_new_quorum_of_one_is_quick() {
    let node = TestNode::new();
    let begin = Instant::now();
    let controller = node.start().await;
    let took = begin.elapsed();
    println!("empty directory to active controller: {took:?}");
    // Far from what it takes, and below an election timeout that somebody waited for.
    assert!(took < Duration::from_secs(2), "{took:?}");
    controller.shutdown().await.unwrap();
    let begin = Instant::now();
    let controller = node.start().await;
    println!("restart to active controller: {:?}", begin.elapsed());
    controller.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_torn_tail_is_cut_off() {
    let node = TestNode::new();
    let controller = node.start().await;
    node.start_broker(&controller).await;
    node.create_topic(&controller, "a", 1).await;
    controller.shutdown().await.unwrap();
    let dir = node.dir.path().join("__cluster_metadata-0");
    let log = StdDisk
        .list(&dir)
        .unwrap()
        .into_iter()
        .rfind(|entry| entry.name.ends_with(".log"))
        .unwrap();
    let path = dir.join(&log.name);
    let file = StdDisk
        .open(&path, highwater_storage::OpenMode::ReadWrite)
        .unwrap();
    // Half of a batch that never made it.
    file.write_all_at(&[0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 1], log.len)
        .unwrap();
    let controller = node.start().await;
    let mut follower = Follower::new(&controller, Offset::NONE).await;
    follower
        .until(|image| image.topics().get("a").is_some())
        .await;
    node.create_topic(&controller, "b", 1).await;
    follower
        .until(|image| image.topics().get("b").is_some())
        .await;
    controller.shutdown().await.unwrap();
}

#[test]
fn restarts_without_a_shutdown_lose_nothing() {
    let node = TestNode::new();
    for round in 0..5 {
        // Nothing is told to stop: the tasks end in the middle of what they do.
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let controller = node.start().await;
            if round == 0 {
                node.start_broker(&controller).await;
            }
            let name = format!("topic{round}");
            let created = node.create_topic(&controller, &name, 2).await;
            assert_eq!(created.topics[0].error_code, 0, "{name}: {created:?}");
            let mut follower = Follower::new(&controller, Offset::NONE).await;
            follower
                .until(|image| image.topics().len() == round + 1)
                .await;
        });
    }
}

#[tokio::test]
async fn checkpoints_take_the_place_of_the_log() {
    let node = TestNode::new();
    let controller = node.start().await;
    node.start_broker(&controller).await;
    node.create_topic(&controller, "a", 5).await;
    controller.checkpoint().await.unwrap();
    node.create_topic(&controller, "b", 5).await;
    let mut before = Follower::new(&controller, Offset::NONE).await;
    before.until(|image| image.topics().len() == 2).await;
    controller.shutdown().await.unwrap();
    let files = StdDisk
        .list(&node.dir.path().join("__cluster_metadata-0"))
        .unwrap();
    assert!(
        files
            .iter()
            .any(|entry| entry.name.ends_with(".checkpoint")),
        "{files:?}"
    );
    let controller = node.start().await;
    let mut after = Follower::new(&controller, Offset::NONE).await;
    after.until(|image| image.topics().len() == 2).await;
    assert_eq!(after.image.topics(), before.image.topics());
    controller.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_silent_broker_is_fenced_in_time() {
    let node = TestNode::new();
    let mut config = node.config();
    config.broker_session_timeout = Duration::from_millis(200);
    let controller = node.start_with(config).await;
    let epoch = node.start_broker(&controller).await;
    let mut follower = Follower::new(&controller, Offset::NONE).await;
    let fenced = |fenced: bool| {
        move |image: &highwater_metadata::MetadataImage| {
            image
                .cluster()
                .broker(NodeId(1))
                .is_some_and(|broker| broker.fenced == fenced)
        }
    };
    follower.until(fenced(false)).await;
    follower.until(fenced(true)).await;
    let beat = heartbeat(1, epoch, follower.image.last_offset());
    node.call(&controller, &beat, 1).await;
    follower.until(fenced(false)).await;
    controller.shutdown().await.unwrap();
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused() {
    let node = TestNode::new();
    let controller = node.start().await;
    for (api_key, api_version, body) in [
        (999, 0, vec![]),
        (3, 0, vec![]),
        (19, 99, vec![]),
        (19, 7, vec![0xff; 9]),
    ] {
        let request = highwater_rpc::ControllerRequest {
            api_key,
            api_version,
            body: body.into(),
            client: "test".into(),
        };
        let refused = controller.channel().call(request).await;
        assert!(
            matches!(refused, Err(highwater_rpc::ChannelError::InvalidRequest(_))),
            "{refused:?}"
        );
    }
    let response = node.call(&controller, &registration(1), 4).await;
    assert_eq!(response.error_code, 0);
    controller.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_vote_that_can_not_be_read_stops_the_start() {
    let node = TestNode::new();
    // Who does not know its vote could vote twice.
    let dir = node.dir.path().join("__cluster_metadata-0");
    StdDisk.create_dir_all(&dir).unwrap();
    let file = StdDisk
        .open(
            &dir.join("quorum-state"),
            highwater_storage::OpenMode::Create,
        )
        .unwrap();
    file.write_all_at(b"nonsense", 0).unwrap();
    let started = Controller::start(node.config(), Arc::new(StdDisk), node.platform.clone()).await;
    assert!(started.is_err());
}
