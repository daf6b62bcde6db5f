//! What a leader refuses, what it changes, and with which error.

mod common;

use bytes::{Bytes, BytesMut};
use common::*;
use highwater_protocol::record::{
    BatchBuilder, BatchHeader, BatchIter, Compression, RecordIter, TimestampType, patch,
};
use highwater_storage::{
    AppendError, AppendInfo, CleanupPolicy, CompressionType, Log, LogConfig, MessageTimestampType,
};
use highwater_types::{LeaderEpoch, Offset, TimestampMs};

struct Fixture {
    log: Log,
    _dir: tempfile::TempDir,
}

fn log(config: LogConfig) -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let log = open(&dir.path().join("t-0"), &config, true);
    Fixture { log, _dir: dir }
}

impl Fixture {
    fn append(&mut self, batch: Bytes) -> Result<AppendInfo, AppendError> {
        self.log.append_as_leader(batch, LeaderEpoch(7), NOW)
    }

    fn refuses(&mut self, batch: Bytes, what: impl Fn(&AppendError) -> bool) {
        let error = self.append(batch).unwrap_err();
        assert!(what(&error), "{error:?}");
        assert_eq!(self.log.log_end_offset(), Offset(0));
        assert!(self.log.poisoned().is_none());
    }

    /// The only batch in the log.
    fn stored(&self) -> (BatchHeader, Bytes) {
        let reader = self.log.reader();
        let read = reader.read(Offset(0), 1 << 22, reader.offsets().log_end, true);
        let mut batches = BatchIter::new(read.unwrap().into_bytes());
        let batch = batches.next().unwrap().unwrap();
        assert!(batches.next().is_none());
        batch
    }
}

fn changed(batch: &Bytes, change: impl FnOnce(&mut BytesMut)) -> Bytes {
    let mut bytes = BytesMut::from(&batch[..]);
    change(&mut bytes);
    bytes.freeze()
}

/// With a checksum that fits again.
fn resealed(batch: &Bytes, change: impl FnOnce(&mut BytesMut)) -> Bytes {
    changed(batch, |bytes| {
        change(bytes);
        patch::update_crc(bytes).unwrap();
    })
}

fn invalid_record(error: &AppendError) -> bool {
    matches!(error, AppendError::InvalidRecord { .. })
}

fn corrupt(error: &AppendError) -> bool {
    matches!(error, AppendError::CorruptMessage(_))
}

#[test]
fn damaged_batches_are_refused() {
    let mut log = log(LogConfig::default());
    let good = batch("v", 3);
    log.refuses(changed(&good, |b| b[70] ^= 1), corrupt);
    log.refuses(good.slice(..good.len() - 1), corrupt);
    log.refuses(good.slice(..20), corrupt);
    log.refuses(changed(&good, |b| b.extend_from_slice(b"rest")), corrupt);
    log.refuses(changed(&good, |b| b[16] = 3), corrupt);
    log.refuses(changed(&good, |b| b[8..12].fill(0xff)), corrupt);
    log.refuses(Bytes::new(), invalid_record);
    log.append(good).unwrap();
}

#[test]
fn old_formats_are_refused_by_name() {
    let mut log = log(LogConfig::default());
    for magic in [0, 1] {
        let old = changed(&batch("v", 3), |b| b[16] = magic);
        log.refuses(old, invalid_record);
    }
}

#[test]
fn headers_that_lie_are_refused() {
    let mut log = log(LogConfig::default());
    let good = batch("v", 3);
    let count = |b: &mut BytesMut, n: i32| b[57..61].copy_from_slice(&n.to_be_bytes());
    let delta = |b: &mut BytesMut, n: i32| b[23..27].copy_from_slice(&n.to_be_bytes());
    log.refuses(resealed(&good, |b| count(b, 2)), invalid_record);
    log.refuses(resealed(&good, |b| delta(b, 9)), invalid_record);
    for n in [2, 4] {
        // Count and range agree, but the records are others.
        let lie = resealed(&good, |b| {
            count(b, n);
            delta(b, n - 1);
        });
        log.refuses(lie, invalid_record);
    }
    let huge = changed(&good, |b| count(b, i32::MAX));
    log.refuses(huge, |e| corrupt(e) || invalid_record(e));
    log.refuses(resealed(&good, |b| b[7] = 1), invalid_record);
    let twice = changed(&good, |b| b.extend_from_slice(&good));
    log.refuses(twice, invalid_record);
    let control = BatchBuilder::new().control();
    let mut control = control.producer(1, 0, 0);
    fill(&mut control, "c", 1, NOW.0);
    log.refuses(control.build().unwrap(), invalid_record);
    log.refuses(idempotent(5, 0, -1, 1), invalid_record);
}

#[test]
fn compressed_records_are_looked_at_too() {
    let mut log = log(LogConfig::default());
    for codec in Compression::ALL.into_iter().skip(1) {
        let mut builder = BatchBuilder::new().compression(codec, None);
        fill(&mut builder, "v", 3, NOW.0);
        let good = builder.build().unwrap();
        let lie = resealed(&good, |b| {
            b[57..61].copy_from_slice(&4i32.to_be_bytes());
            b[23..27].copy_from_slice(&3i32.to_be_bytes());
        });
        log.refuses(lie, invalid_record);
        let garbage = resealed(&good, |b| b[61..].fill(0xa5));
        log.refuses(garbage, |e| invalid_record(e) || corrupt(e));
    }
    let unknown = resealed(&batch("v", 1), |b| b[22] |= 7);
    log.refuses(unknown, |e| {
        matches!(e, AppendError::UnsupportedCompressionType(_))
    });
}

#[test]
fn large_batches_are_refused() {
    let mut log = log(LogConfig {
        max_message_bytes: 1000,
        ..LogConfig::default()
    });
    let value = "x".repeat(1000);
    log.refuses(batch(&value, 1), |e| {
        matches!(e, AppendError::RecordTooLarge { limit: 1000, .. })
    });
    let mut log = self::log(LogConfig {
        segment_bytes: 1000,
        ..LogConfig::default()
    });
    log.refuses(batch(&value, 1), |e| {
        matches!(e, AppendError::RecordBatchTooLarge { limit: 1000, .. })
    });
}

#[test]
fn compacted_topics_want_keys() {
    let mut log = log(LogConfig {
        cleanup_policy: CleanupPolicy::COMPACT,
        ..LogConfig::default()
    });
    let mut builder = BatchBuilder::new();
    fill(&mut builder, "v", 2, NOW.0);
    builder.append(NOW.0, None, Some(b"x"), &[]).unwrap();
    let error = log.append(builder.build().unwrap()).unwrap_err();
    let AppendError::InvalidRecord { records, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].batch_index, 2);
    log.append(batch("v", 2)).unwrap();
}

#[test]
fn times_out_of_bounds_are_refused() {
    let mut log = log(LogConfig {
        message_timestamp_before_max_ms: 1000,
        message_timestamp_after_max_ms: 500,
        ..LogConfig::default()
    });
    let bad_time = |e: &AppendError| matches!(e, AppendError::InvalidTimestamp { records, .. } if records.len() == 2);
    log.refuses(batch_at("v", 2, NOW.0 - 1001), bad_time);
    log.refuses(batch_at("v", 2, NOW.0 + 501), bad_time);
    log.append(batch_at("v", 2, NOW.0 - 1000)).unwrap();
    log.append(batch_at("v", 2, NOW.0 + 500)).unwrap();
    log.append(batch_at("v", 2, -1)).unwrap();
}

#[test]
fn offsets_epoch_and_true_maximum_are_stamped() {
    let mut fixture = log(LogConfig::default());
    let info = fixture.append(batch("v", 3)).unwrap();
    assert_eq!(
        (info.first_offset, info.last_offset),
        (Offset(0), Offset(2))
    );
    assert_eq!((info.records, info.log_append_time), (3, TimestampMs::NONE));
    let header = fixture.stored().0;
    assert_eq!(header.partition_leader_epoch, 7);

    let mut fixture = log(LogConfig::default());
    let lie = resealed(&batch("v", 3), |b| {
        b[35..43].copy_from_slice(&(NOW.0 + 99_999_999).to_be_bytes());
    });
    fixture.append(lie).unwrap();
    assert_eq!(fixture.stored().0.max_timestamp, NOW.0);
}

#[test]
fn log_append_time_replaces_the_producers() {
    let config = LogConfig {
        message_timestamp_type: MessageTimestampType::LogAppendTime,
        ..LogConfig::default()
    };
    let mut fixture = log(config);
    let info = fixture.append(batch_at("v", 2, 5)).unwrap();
    assert_eq!(info.log_append_time, NOW);
    let (header, bytes) = fixture.stored();
    assert_eq!(header.timestamp_type(), TimestampType::LogAppendTime);
    assert_eq!(header.max_timestamp, NOW.0);
    highwater_protocol::record::verify_crc(&bytes).unwrap();
    let repeated = idempotent(5, 0, 0, 2);
    fixture.append(repeated.clone()).unwrap();
    let later = TimestampMs(NOW.0 + 10);
    let again = fixture
        .log
        .append_as_leader(repeated, EPOCH, later)
        .unwrap();
    assert!(again.duplicate);
    assert_eq!(
        (again.first_offset, again.log_append_time),
        (Offset(2), NOW)
    );
}

#[test]
fn the_topics_codec_is_applied() {
    let targets = [
        (CompressionType::Uncompressed, Compression::None),
        (CompressionType::Gzip { level: -1 }, Compression::Gzip),
        (CompressionType::Snappy, Compression::Snappy),
        (CompressionType::Lz4 { level: 9 }, Compression::Lz4),
        (CompressionType::Zstd { level: 3 }, Compression::Zstd),
    ];
    for (setting, codec) in targets {
        for source in Compression::ALL {
            let mut fixture = log(LogConfig {
                compression: setting,
                ..LogConfig::default()
            });
            let mut builder = BatchBuilder::new()
                .compression(source, None)
                .producer(9, 1, 33);
            fill(&mut builder, "v", 10, NOW.0);
            fixture.append(builder.build().unwrap()).unwrap();
            let (header, bytes) = fixture.stored();
            assert_eq!(header.compression().unwrap(), codec);
            assert_eq!(
                (
                    header.producer_id,
                    header.producer_epoch,
                    header.base_sequence
                ),
                (9, 1, 33)
            );
            let values: Vec<_> = RecordIter::new(&bytes, 1 << 20)
                .unwrap()
                .map(|r| r.unwrap().value.unwrap())
                .collect();
            let expected: Vec<_> = (0..10).map(|i| Bytes::from(format!("v-{i}"))).collect();
            assert_eq!(values, expected);
        }
    }
}

#[test]
fn batches_are_stored_as_they_came_otherwise() {
    for codec in Compression::ALL {
        let mut fixture = log(LogConfig::default());
        let mut builder = BatchBuilder::new().compression(codec, None);
        fill(&mut builder, "v", 10, NOW.0);
        let sent = builder.build().unwrap();
        fixture.append(sent.clone()).unwrap();
        let (_, stored) = fixture.stored();
        assert_eq!(stored[16..], sent[16..]);
    }
}

#[test]
fn a_shared_buffer_is_not_changed_under_others() {
    let mut fixture = log(LogConfig::default());
    fixture.append(batch("v", 5)).unwrap();
    let sent = batch("w", 1);
    let before = sent.to_vec();
    fixture.append(sent.clone()).unwrap();
    assert_eq!(sent, before);
}

#[test]
fn sequences_epochs_and_repetitions() {
    let mut fixture = log(LogConfig::default());
    for n in 0..6 {
        fixture.append(idempotent(5, 0, n * 2, 2)).unwrap();
    }
    for n in 1..6 {
        let again = fixture.append(idempotent(5, 0, n * 2, 2)).unwrap();
        assert!(again.duplicate);
        assert_eq!(again.first_offset, Offset(i64::from(n) * 2));
        assert_eq!(again.last_offset, Offset(i64::from(n) * 2 + 1));
    }
    let gap = fixture.append(idempotent(5, 0, 13, 1)).unwrap_err();
    assert!(matches!(gap, AppendError::OutOfOrderSequence(_)));
    fixture.append(idempotent(5, 1, 0, 1)).unwrap();
    let old = fixture.append(idempotent(5, 0, 12, 1)).unwrap_err();
    assert!(matches!(old, AppendError::InvalidProducerEpoch(_)));
    assert_eq!(fixture.log.log_end_offset(), Offset(13));
}
