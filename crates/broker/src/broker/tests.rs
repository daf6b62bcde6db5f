//! A broker's registration, from its start to its end.

use std::sync::Arc;
use std::time::Duration;

use highwater_platform::Platform;
use highwater_protocol::messages::describe_log_dirs::DescribeLogDirsRequest;
use highwater_protocol::messages::metadata::MetadataRequest;
use highwater_storage::StdDisk;
use highwater_types::{ClusterId, NodeId};
use tempfile::TempDir;

use super::*;
use crate::testing::{Client, LocalController, Node, cluster_id, config};

const OWN: NodeId = NodeId(1);
const SOON: Duration = Duration::from_secs(10);

async fn start(dir: &TempDir, controller: &Arc<LocalController>) -> Broker {
    let platform = Platform::real(1).expect("threads");
    let disk = Arc::new(StdDisk);
    let broker = Broker::start(config(dir.path()), disk, platform, controller.clone());
    broker.await.expect("starts")
}

#[tokio::test]
async fn waits_for_an_active_controller() {
    let controller = LocalController::new(&cluster_id());
    controller.set_away(true);
    let dir = TempDir::new().expect("a folder");
    let broker = start(&dir, &controller).await;
    let early = tokio::time::timeout(Duration::from_millis(100), broker.ready()).await;
    assert!(early.is_err(), "not ready without a cluster");
    controller.set_away(false);
    let ready = tokio::time::timeout(SOON, broker.ready()).await;
    ready.expect("in time").expect("ready");
    assert!(controller.serving_epoch(OWN).is_some());
    broker.shutdown().await.expect("in order");
    assert_eq!(controller.serving_epoch(OWN), None, "it signed off");
}

#[tokio::test]
async fn the_first_answer_knows_the_broker_itself() {
    let controller = LocalController::new(&cluster_id());
    controller.set_slow(true);
    let dir = TempDir::new().expect("a folder");
    let broker = start(&dir, &controller).await;
    let (_, address) = broker.bound_addresses()[0];
    // Connected before the broker is registered, and answered once it may serve.
    let mut client = Client::connect(address).await;
    let answer = client.ask(9, &MetadataRequest::default()).await;
    let brokers: Vec<i32> = answer.brokers.iter().map(|broker| broker.node_id).collect();
    assert_eq!(brokers, [OWN.get()]);
    broker.shutdown().await.expect("in order");
}

#[tokio::test]
async fn the_size_of_the_volume_is_told() {
    let node = Node::start().await;
    let mut client = node.client().await;
    let all = DescribeLogDirsRequest { topics: None };
    let dirs = client.ask(4, &all).await.results;
    assert!(dirs[0].total_bytes >= dirs[0].usable_bytes && dirs[0].usable_bytes > 0);
    assert_eq!(client.ask(3, &all).await.results[0].total_bytes, -1);
}

#[tokio::test]
async fn another_cluster_does_not_take_it() {
    let controller = LocalController::new(&ClusterId("another".into()));
    let dir = TempDir::new().expect("a folder");
    let broker = start(&dir, &controller).await;
    let ready = tokio::time::timeout(SOON, broker.ready()).await;
    let error = ready.expect("in time").expect_err("refused");
    assert!(error.to_string().contains("another cluster"), "{error}");
    let failed = tokio::time::timeout(SOON, broker.failed()).await;
    assert_eq!(failed.expect("in time").to_string(), error.to_string());
    broker.shutdown().await.expect("in order");
}

#[tokio::test]
async fn registers_again_when_forgotten() {
    let quick = |config: &mut BrokerConfig| config.heartbeat.interval = Duration::from_millis(5);
    let node = Node::start_with(quick).await;
    let before = node.controller.serving_epoch(OWN).expect("registered");
    node.controller.forget(OWN);
    let again = async {
        loop {
            if let Some(epoch) = node.controller.serving_epoch(OWN) {
                return epoch;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let after = tokio::time::timeout(SOON, again).await.expect("in time");
    assert!(after > before);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let node = Node::start().await;
    let dir = TempDir::new().expect("a folder");
    let mut config = config(dir.path());
    config.listeners[0].port = node.address().port();
    let platform = Platform::real(1).expect("threads");
    let started = Broker::start(config, Arc::new(StdDisk), platform, node.controller.clone());
    let Err(error) = started.await else {
        panic!("the port is taken");
    };
    let address = node.address().to_string();
    assert!(error.to_string().contains(&address), "{error}");
}
