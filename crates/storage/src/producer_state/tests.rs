use super::*;

const CLIENT: AppendOrigin = AppendOrigin::Client;

fn batch(epoch: i16, sequence: i32, offset: i64, count: i32) -> BatchHeader {
    BatchHeader {
        base_offset: offset,
        magic: 2,
        last_offset_delta: count - 1,
        max_timestamp: 1000,
        producer_id: 7,
        producer_epoch: epoch,
        base_sequence: sequence,
        records_count: count,
        ..BatchHeader::default()
    }
}

fn transactional(header: BatchHeader) -> BatchHeader {
    let attributes = highwater_protocol::record::attributes::TRANSACTIONAL;
    BatchHeader {
        attributes,
        ..header
    }
}

fn control(offset: i64, producer_id: i64) -> BatchHeader {
    use highwater_protocol::record::attributes::{CONTROL, TRANSACTIONAL};
    BatchHeader {
        attributes: TRANSACTIONAL | CONTROL,
        producer_id,
        ..batch(0, -1, offset, 1)
    }
}

fn marker(committed: bool, coordinator_epoch: i32) -> Marker {
    Marker {
        committed,
        coordinator_epoch,
        timestamp: 2000,
    }
}

/// A state into which these batches went.
fn state(batches: &[BatchHeader]) -> ProducerState {
    let mut state = ProducerState::default();
    for header in batches {
        assert!(state.check(header, None, CLIENT).unwrap().is_none());
        state.on_appended(header, None);
    }
    state
}

#[test]
fn sequences_follow_each_other() {
    let state = state(&[batch(0, 0, 0, 10), batch(0, 10, 10, 5)]);
    assert!(state.check(&batch(0, 15, 15, 1), None, CLIENT).is_ok());
    for wrong in [14, 16, 0, 1000] {
        let refused = state.check(&batch(0, wrong, 15, 7), None, CLIENT);
        assert!(
            matches!(refused, Err(AppendError::OutOfOrderSequence(_))),
            "{wrong}"
        );
    }
}

#[test]
fn a_producer_that_is_not_known_may_begin_anywhere() {
    let state = ProducerState::default();
    assert!(state.check(&batch(3, 77, 0, 1), None, CLIENT).is_ok());
}

#[test]
fn the_last_five_batches_are_recognized_when_repeated() {
    let batches: Vec<_> = (0..7)
        .map(|n| batch(0, n * 2, i64::from(n) * 2, 2))
        .collect();
    let state = state(&batches);
    for (n, header) in batches.iter().enumerate() {
        let repeated = BatchHeader {
            base_offset: 14,
            ..*header
        };
        let result = state.check(&repeated, None, CLIENT);
        if n < 2 {
            assert!(matches!(result, Err(AppendError::OutOfOrderSequence(_))));
        } else {
            let original = result.unwrap().unwrap();
            assert_eq!(original.first_offset(), header.base_offset);
            assert_eq!(original.last_offset, header.last_offset());
        }
    }
    // The same first sequence with another length is not a repetition.
    assert!(state.check(&batch(0, 12, 14, 3), None, CLIENT).is_err());
}

#[test]
fn sequences_wrap_around() {
    let state = state(&[batch(0, i32::MAX - 1, 0, 4)]);
    // MAX-1, MAX, 0, 1: the next one is 2.
    assert!(state.check(&batch(0, 2, 4, 1), None, CLIENT).is_ok());
    let repeated = state.check(&batch(0, i32::MAX - 1, 4, 4), None, CLIENT);
    assert_eq!(repeated.unwrap().unwrap().first_offset(), 0);
    let exactly = super::tests::state(&[batch(0, i32::MAX - 1, 0, 2)]);
    assert!(exactly.check(&batch(0, 0, 2, 1), None, CLIENT).is_ok());
}

#[test]
fn a_new_epoch_begins_at_zero_and_fences_the_old() {
    let mut state = state(&[batch(1, 0, 0, 3)]);
    let skipped = state.check(&batch(2, 3, 3, 1), None, CLIENT);
    assert!(matches!(skipped, Err(AppendError::OutOfOrderSequence(_))));
    assert!(
        state
            .check(&batch(2, 0, 3, 1), None, CLIENT)
            .unwrap()
            .is_none()
    );
    state.on_appended(&batch(2, 0, 3, 1), None);
    let fenced = state.check(&batch(1, 3, 4, 1), None, CLIENT);
    assert!(matches!(fenced, Err(AppendError::InvalidProducerEpoch(_))));
    // A follower takes what its leader took.
    let follower = state.check(&batch(1, 3, 4, 1), None, AppendOrigin::Replication);
    assert!(follower.is_ok());
}

#[test]
fn transactions_hold_the_last_stable_offset_back() {
    let mut state = state(&[
        transactional(batch(0, 0, 10, 5)),
        BatchHeader {
            producer_id: 8,
            ..transactional(batch(0, 0, 15, 5))
        },
    ]);
    assert_eq!(state.first_unstable_offset(), Some(10));
    let completed = state
        .on_appended(&control(20, 7), Some(&marker(false, 0)))
        .unwrap();
    assert_eq!((completed.first_offset, completed.last_offset), (10, 20));
    assert!(completed.aborted);
    assert_eq!(completed.last_stable_offset, 15);
    // The marker is not committed yet.
    assert_eq!(state.first_unstable_offset(), Some(10));
    state.on_high_watermark(20);
    assert_eq!(state.first_unstable_offset(), Some(10));
    state.on_high_watermark(21);
    assert_eq!(state.first_unstable_offset(), Some(15));
    let completed = state
        .on_appended(&control(21, 8), Some(&marker(true, 0)))
        .unwrap();
    assert!(!completed.aborted);
    assert_eq!(completed.last_stable_offset, 22);
    state.on_high_watermark(22);
    assert_eq!(state.first_unstable_offset(), None);
    assert!(
        state
            .on_appended(&control(22, 8), Some(&marker(true, 0)))
            .is_none()
    );
}

#[test]
fn an_open_transaction_takes_only_its_own_batches() {
    let state = state(&[transactional(batch(0, 0, 0, 1))]);
    let outside = state.check(&batch(0, 1, 1, 1), None, CLIENT);
    assert!(matches!(outside, Err(AppendError::InvalidTxnState(_))));
}

#[test]
fn markers_of_old_coordinators_are_refused() {
    let mut state = ProducerState::default();
    state.on_appended(&control(0, 7), Some(&marker(true, 5)));
    let old = state.check(
        &control(1, 7),
        Some(&marker(true, 4)),
        AppendOrigin::Coordinator,
    );
    assert!(matches!(
        old,
        Err(AppendError::TransactionCoordinatorFenced(_))
    ));
    assert!(
        state
            .check(
                &control(1, 7),
                Some(&marker(true, 5)),
                AppendOrigin::Coordinator
            )
            .is_ok()
    );
    // The producer begins a transaction after a marker with sequence 0.
    assert!(
        state
            .check(&transactional(batch(0, 0, 1, 1)), None, CLIENT)
            .is_ok()
    );
}

#[test]
fn idle_producers_are_forgotten_unless_in_a_transaction() {
    let mut state = state(&[
        batch(0, 0, 0, 1),
        BatchHeader {
            producer_id: 8,
            ..transactional(batch(0, 0, 1, 1))
        },
    ]);
    state.expire(1099, 100);
    assert_eq!(state.producers().len(), 2);
    state.expire(1100, 100);
    assert_eq!(state.producers().keys().copied().collect::<Vec<_>>(), [8]);
}
