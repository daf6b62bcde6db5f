//! Transactions that their leader did not end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use highwater_metadata::{
    BeginTransactionRecord, EndTransactionRecord, MetadataImage, MetadataRecord,
};
use highwater_platform::Platform;
use highwater_protocol::messages::metadata_records::{FeatureLevelRecord, ProducerIdsRecord};
use highwater_rpc::MetadataUpdate;
use highwater_types::{ClusterId, DirectoryId, NodeId, Offset};
use openraft::EntryPayload;
use openraft::storage::{IOFlushed, RaftLogStorage, RaftSnapshotBuilder, RaftStateMachine};

use super::super::types::{
    EncodedRecord, Entry, LeaderId, Membership, TypeConfig, Vote, VoterId, log_id,
};
use super::Node;
use crate::{Controller, ControllerConfig};

fn record(term: i32, index: i64, record: impl Into<MetadataRecord>) -> Entry {
    Entry {
        log_id: log_id(term, index).unwrap(),
        payload: EntryPayload::Normal(EncodedRecord(record.into().encode().unwrap())),
    }
}

fn blank(term: i32, index: i64) -> Entry {
    Entry {
        log_id: log_id(term, index).unwrap(),
        payload: EntryPayload::Blank,
    }
}

fn producer_ids(next_producer_id: i64) -> ProducerIdsRecord {
    ProducerIdsRecord {
        next_producer_id,
        ..ProducerIdsRecord::default()
    }
}

fn voter() -> VoterId {
    VoterId {
        node: NodeId(1),
        directory: DirectoryId::default(),
    }
}

/// A log whose leader went down within a transaction.
fn entries() -> Vec<Entry> {
    let membership = Membership::new_with_defaults(vec![[voter()].into()], []);
    let level = FeatureLevelRecord {
        name: "metadata.version".into(),
        feature_level: 30,
    };
    vec![
        Entry {
            log_id: log_id(0, 0).unwrap(),
            payload: EntryPayload::Membership(membership),
        },
        blank(1, 1),
        record(1, 2, level),
        record(1, 3, BeginTransactionRecord::default()),
        record(1, 4, producer_ids(1000)),
        record(1, 5, EndTransactionRecord::default()),
        record(1, 6, BeginTransactionRecord::default()),
        record(1, 7, producer_ids(2000)),
    ]
}

async fn apply(state_machine: &mut super::StateMachine, entries: Vec<Entry>) {
    let entries = entries.into_iter().map(|entry| Ok((entry, None)));
    state_machine
        .apply(futures::stream::iter(entries))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_transaction_counts_when_it_ends_or_never() {
    let node = Node::new(1);
    let mut store = node.log_store();
    store
        .append(entries(), IOFlushed::<TypeConfig>::noop())
        .await
        .unwrap();
    let mut state_machine = node.state_machine();
    apply(&mut state_machine, entries()).await;
    let next_id = |image: MetadataImage| image.producer_ids().next().get();
    assert_eq!(next_id(state_machine.image()), 1000);
    assert!(state_machine.has_open_transaction());
    // A checkpoint ends before it.
    let snapshot = state_machine.build_snapshot().await.unwrap();
    assert_eq!(snapshot.meta.last_log_id, Some(log_id(1, 5).unwrap()));
    apply(&mut state_machine, vec![blank(2, 8)]).await;
    assert!(
        state_machine.has_open_transaction(),
        "until the log says so"
    );
    assert_eq!(next_id(state_machine.image()), 1000);
    // A node that starts with the checkpoint sees the same.
    let mut again = node.state_machine();
    apply(&mut again, entries()[6..].to_vec()).await;
    apply(&mut again, vec![blank(2, 8)]).await;
    assert_eq!(again.image(), state_machine.image());
}

#[tokio::test]
async fn the_next_controller_aborts_what_was_left_open() {
    let node = Node::new(2);
    let mut store = node.log_store();
    let vote = Vote {
        leader_id: LeaderId {
            term: 1,
            voted_for: voter(),
        },
        committed: true,
    };
    store.save_vote(&vote).await.unwrap();
    store
        .append(entries(), IOFlushed::<TypeConfig>::noop())
        .await
        .unwrap();
    store.close().await.unwrap();
    let config = ControllerConfig::single(
        NodeId(1),
        ClusterId("test".into()),
        DirectoryId::default(),
        PathBuf::from("/data"),
    );
    let platform = Platform::real(1).unwrap();
    let disk = Arc::new(node.disk.clone());
    for _ in 0..2 {
        let controller = Controller::start(config.clone(), disk.clone(), platform.clone())
            .await
            .unwrap();
        let mut updates = controller.channel().subscribe(Offset::NONE).await.unwrap();
        let Some(MetadataUpdate::Snapshot { records, .. }) = updates.next().await else {
            panic!("a subscriber that has seen nothing gets the whole state");
        };
        let mut image = MetadataImage::empty();
        for record in &records {
            image
                .replay(&MetadataRecord::decode(record).unwrap())
                .unwrap();
        }
        assert_eq!(image.producer_ids().next().get(), 1000);
        controller.shutdown().await.unwrap();
    }
    let mut store = node.log_store();
    let entries = openraft::storage::RaftLogReader::try_get_log_entries(&mut store, 8..100)
        .await
        .unwrap();
    let aborts = entries.iter().filter(|entry| match &entry.payload {
        EntryPayload::Normal(EncodedRecord(bytes)) => matches!(
            MetadataRecord::decode(bytes),
            Ok(MetadataRecord::AbortTransaction(_))
        ),
        _ => false,
    });
    assert_eq!(aborts.count(), 1, "once is enough: {entries:?}");
}

#[tokio::test]
async fn a_disk_that_fails_ends_the_controller() {
    let node = Node::new(3);
    let config = ControllerConfig::single(
        NodeId(1),
        ClusterId("test".into()),
        DirectoryId::default(),
        PathBuf::from("/data"),
    );
    let platform = Platform::real(1).unwrap();
    let controller = Controller::start(config, Arc::new(node.disk.clone()), platform)
        .await
        .unwrap();
    node.disk.set_syncs_fail(true);
    let request = highwater_protocol::messages::BrokerRegistrationRequest {
        broker_id: 1,
        cluster_id: "test".into(),
        features: vec![highwater_protocol::messages::broker_registration::Feature {
            name: "metadata.version".into(),
            min_supported_version: 1,
            max_supported_version: 30,
        }],
        log_dirs: vec![highwater_types::Uuid([8; 16])],
        ..Default::default()
    };
    let request = highwater_rpc::ControllerRequest {
        api_key: 62,
        api_version: 4,
        body: highwater_protocol::Message::to_bytes(&request, 4).unwrap(),
        client: "test".into(),
    };
    let answer = controller.channel().call(request.clone()).await;
    assert!(
        answer.is_err(),
        "not durable, so not acknowledged: {answer:?}"
    );
    let reason = tokio::time::timeout(Duration::from_secs(10), controller.failed()).await;
    assert!(reason.is_ok());
    assert!(controller.channel().call(request).await.is_err());
}
