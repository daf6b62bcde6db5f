//! What is left after the power went, between an append and its sync or elsewhere.

use bytes::Bytes;
use futures::FutureExt;
use openraft::EntryPayload;
use openraft::storage::{IOFlushed, RaftLogReader, RaftLogStorage};
use openraft::type_config::TypeConfigExt;
use tokio::sync::oneshot;

use super::super::log_store::LogStore;
use super::super::types::{EncodedRecord, Entry, LeaderId, TypeConfig, Vote, VoterId, log_id};
use super::Node;

fn record(term: i32, index: i64) -> Entry {
    let content = format!("record {index} of term {term}");
    Entry {
        log_id: log_id(term, index).unwrap(),
        payload: EntryPayload::Normal(EncodedRecord(Bytes::from(content))),
    }
}

/// Appends without waiting for the sync; the receiver says when it is done.
async fn append(
    store: &mut LogStore,
    entries: Vec<Entry>,
) -> oneshot::Receiver<Result<(), std::io::Error>> {
    let (flushed, result) = openraft_signal();
    store.append(entries, flushed).await.unwrap();
    result
}

type Signal = (
    IOFlushed<TypeConfig>,
    oneshot::Receiver<Result<(), std::io::Error>>,
);

fn openraft_signal() -> Signal {
    let (sender, receiver) = TypeConfig::oneshot();
    (IOFlushed::signal(sender), receiver)
}

async fn read(store: &mut LogStore) -> Vec<String> {
    let entries = store.try_get_log_entries(0..1000).await.unwrap();
    entries.iter().map(|entry| format!("{entry:?}")).collect()
}

fn shown(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| format!("{entry:?}")).collect()
}

#[tokio::test]
async fn what_was_flushed_survives_and_what_was_not_is_a_prefix() {
    for seed in 0..50 {
        let node = Node::new(seed);
        let mut store = node.log_store();
        let flushed: Vec<_> = (0..20).map(|index| record(1, index)).collect();
        let done = append(&mut store, flushed.clone()).await;
        assert!(done.now_or_never().unwrap().unwrap().is_ok());
        // From here on no sync is run.
        *node.jobs.kept.lock() = Some(Vec::new());
        let lost: Vec<_> = (20..40).map(|index| record(2, index)).collect();
        let mut waiting = Vec::new();
        for entry in &lost {
            waiting.push(append(&mut store, vec![entry.clone()]).await);
        }
        assert_eq!(read(&mut store).await.len(), 40, "readable before the sync");
        for done in &mut waiting {
            assert!(done.try_recv().is_err(), "not said to be flushed");
        }
        drop(store);
        node.disk.crash();
        *node.jobs.kept.lock() = None;
        let mut store = node.log_store();
        let left = read(&mut store).await;
        let all = shown(&[flushed, lost].concat());
        assert!(left.len() >= 20, "seed {seed}: {} entries left", left.len());
        assert_eq!(left, all[..left.len()], "seed {seed}");
        let state = store.get_log_state().await.unwrap();
        assert_eq!(state.last_log_id.unwrap().index + 1, left.len() as u64);
        // The log goes on where it ends, under a new leader.
        let next = record(3, left.len() as i64);
        let done = append(&mut store, vec![next.clone()]).await;
        assert!(done.now_or_never().unwrap().unwrap().is_ok());
        assert_eq!(read(&mut store).await.last(), shown(&[next]).last());
    }
}

#[tokio::test]
async fn a_vote_is_kept_and_comes_after_what_was_appended_before() {
    let node = Node::new(3);
    let mut store = node.log_store();
    let vote = Vote {
        leader_id: LeaderId {
            term: 7,
            voted_for: VoterId::from(2),
        },
        committed: false,
    };
    *node.jobs.kept.lock() = Some(Vec::new());
    let mut flushed = append(&mut store, vec![record(1, 0)]).await;
    let mut voter = store.clone();
    let saved = tokio::spawn(async move { voter.save_vote(&vote).await });
    tokio::task::yield_now().await;
    assert!(!saved.is_finished(), "the vote waits for the append");
    let jobs = node.jobs.kept.lock().take().unwrap();
    jobs.into_iter().for_each(|job| job());
    saved.await.unwrap().unwrap();
    assert!(flushed.try_recv().unwrap().is_ok());
    drop(store);
    node.disk.crash();
    assert_eq!(node.log_store().read_vote().await.unwrap(), Some(vote));
}

#[tokio::test]
async fn a_failed_sync_is_final() {
    let node = Node::new(4);
    let mut store = node.log_store();
    node.disk.set_syncs_fail(true);
    let done = append(&mut store, vec![record(1, 0)]).await;
    assert!(done.await.unwrap().is_err());
    node.disk.set_syncs_fail(false);
    let (flushed, _) = openraft_signal();
    assert!(store.append(vec![record(1, 1)], flushed).await.is_err());
    let vote = Vote::new(1, VoterId::from(1));
    assert!(store.save_vote(&vote).await.is_err());
}

#[tokio::test]
async fn a_purged_log_begins_where_it_was_purged() {
    for seed in 0..5 {
        let node = Node::new(seed);
        let mut store = node.log_store();
        for index in 0..200 {
            append(&mut store, vec![record(1, index)])
                .await
                .await
                .unwrap()
                .unwrap();
        }
        store.purge(log_id(1, 150).unwrap()).await.unwrap();
        drop(store);
        node.disk.crash();
        let mut store = node.log_store();
        let state = store.get_log_state().await.unwrap();
        assert_eq!(state.last_purged_log_id, Some(log_id(1, 150).unwrap()));
        assert_eq!(state.last_log_id, Some(log_id(1, 199).unwrap()));
        assert_eq!(read(&mut store).await.len(), 49);
        // A purge past the end, as after a leader's snapshot.
        store.purge(log_id(2, 500).unwrap()).await.unwrap();
        drop(store);
        node.disk.crash();
        let mut store = node.log_store();
        let state = store.get_log_state().await.unwrap();
        assert_eq!(state.last_log_id, Some(log_id(2, 500).unwrap()));
        append(&mut store, vec![record(2, 501)])
            .await
            .await
            .unwrap()
            .unwrap();
        assert_eq!(read(&mut store).await.len(), 1);
    }
}

#[tokio::test]
async fn a_cut_tail_stays_cut() {
    let node = Node::new(5);
    let mut store = node.log_store();
    for index in 0..20 {
        append(&mut store, vec![record(1, index)])
            .await
            .await
            .unwrap()
            .unwrap();
    }
    store
        .truncate_after(Some(log_id(1, 9).unwrap()))
        .await
        .unwrap();
    append(&mut store, vec![record(2, 10)])
        .await
        .await
        .unwrap()
        .unwrap();
    drop(store);
    node.disk.crash();
    let mut store = node.log_store();
    let entries = store.try_get_log_entries(0..1000).await.unwrap();
    assert_eq!(entries.len(), 11);
    assert_eq!(entries[10].log_id, log_id(2, 10).unwrap());
}
