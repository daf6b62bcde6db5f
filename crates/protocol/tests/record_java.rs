//! Batches that Java's client wrote: read to the last field, and written equal to the byte.

use bytes::Bytes;
use highwater_protocol::record::{
    BatchBuilder, BatchError, BatchHeader, BatchIter, Compression, ControlRecordType,
    EndTransactionMarker, Header, RawRecordIter, Record, RecordIter, TimestampType,
    ValidationLimits, patch, validate_records, verify_crc,
};

const LIMIT: usize = 1 << 20;

macro_rules! corpus {
    ($name:literal) => {
        Bytes::from_static(include_bytes!(concat!("corpus/record_batch/", $name)))
    };
}

fn text(text: &'static str) -> Option<Bytes> {
    Some(Bytes::from_static(text.as_bytes()))
}

fn records(with_big_value: bool) -> Vec<Record> {
    let record = |offset, timestamp, key, value| Record {
        offset,
        timestamp,
        key,
        value,
        ..Record::default()
    };
    let header = |key: &str, value| Header {
        key: key.into(),
        value,
    };
    let mut records = vec![
        record(100, 1_700_000_000_000, text("key"), text("value")),
        record(101, 1_699_999_999_000, None, text("no key")),
        record(102, 1_700_000_000_500, text("tombstone"), None),
        record(103, 1_700_000_000_100, text(""), text("")),
    ];
    records[3].headers = vec![
        header("h", text("1")),
        header("h", None),
        header("", text("")),
        header("\u{fc}", text("2")),
    ];
    if with_big_value {
        let big: Vec<u8> = (0..150_000u32).map(|i| (i / 1000) as u8).collect();
        records.push(record(
            104,
            1_700_000_000_200,
            text("big"),
            Some(big.into()),
        ));
    }
    records
}

fn builder() -> BatchBuilder {
    BatchBuilder::new()
        .base_offset(100)
        .partition_leader_epoch(9)
        .producer(4000, 5, 17)
        .transactional()
}

#[test]
fn every_codec_of_java_is_read() {
    for (batch, codec) in [
        (corpus!("java-none.bin"), Compression::None),
        (corpus!("java-gzip.bin"), Compression::Gzip),
        (corpus!("java-snappy.bin"), Compression::Snappy),
        (corpus!("java-lz4.bin"), Compression::Lz4),
        (corpus!("java-lz4-level-17.bin"), Compression::Lz4),
        (corpus!("java-zstd.bin"), Compression::Zstd),
    ] {
        verify_crc(&batch).unwrap();
        let expected = records(codec != Compression::None);
        let iter = RecordIter::new(&batch, LIMIT).unwrap();
        let header = *iter.header();
        assert_eq!(header.compression(), Ok(codec));
        assert_eq!(header.base_offset, 100);
        assert_eq!(header.next_offset(), 100 + expected.len() as i64);
        assert_eq!(header.partition_leader_epoch, 9);
        assert_eq!((header.producer_id, header.producer_epoch), (4000, 5));
        assert_eq!(header.base_sequence, 17);
        assert_eq!(header.last_sequence(), 16 + header.records_count);
        assert!(header.is_transactional() && !header.is_control());
        assert_eq!(header.timestamp_type(), TimestampType::CreateTime);
        let read: Vec<_> = iter.map(Result::unwrap).collect();
        assert_eq!(read, expected, "{codec}");

        let summary = validate_records(&batch, &ValidationLimits::default()).unwrap();
        assert_eq!(summary.count, header.records_count);
        assert_eq!(summary.max_timestamp, header.max_timestamp);
        assert_eq!(summary.min_timestamp, 1_699_999_999_000);
        assert_eq!(summary.offset_of_max_timestamp, 102);
        assert_eq!(summary.null_keys, 1);
    }
}

#[test]
fn an_uncompressed_batch_is_written_equal_to_the_byte() {
    let mut builder = builder();
    for record in records(false) {
        builder
            .append(
                record.timestamp,
                record.key.as_deref(),
                record.value.as_deref(),
                &record.headers,
            )
            .unwrap();
    }
    assert_eq!(builder.build().unwrap(), corpus!("java-none.bin"));
}

#[test]
fn markers_are_written_equal_to_the_byte() {
    for (batch, committed, offset, timestamp, coordinator_epoch) in [
        (corpus!("java-commit.bin"), true, 7, 1_700_000_000_000, 12),
        (corpus!("java-abort.bin"), false, 8, 1_700_000_000_001, 13),
    ] {
        let marker = EndTransactionMarker {
            committed,
            coordinator_epoch,
        };
        let mut written = marker.to_batch(timestamp, 4000, 5).unwrap().to_vec();
        patch::set_base_offset(&mut written, offset).unwrap();
        patch::set_partition_leader_epoch(&mut written, 3).unwrap();
        assert_eq!(written, batch);
        let record = RawRecordIter::new(&batch, LIMIT).unwrap().next().unwrap();
        assert_eq!(
            EndTransactionMarker::parse(&record.unwrap()),
            Ok(Some(marker))
        );
    }
}

#[test]
fn other_control_records_are_told_apart() {
    let batch = corpus!("java-leader-change.bin");
    verify_crc(&batch).unwrap();
    let mut iter = RawRecordIter::new(&batch, LIMIT).unwrap();
    assert!(iter.header().is_control());
    let record = iter.next().unwrap().unwrap();
    assert_eq!(
        ControlRecordType::from_key(record.key.as_deref()),
        Ok(Some(ControlRecordType::LeaderChange))
    );
    assert_eq!(EndTransactionMarker::parse(&record), Ok(None));
}

#[test]
fn the_brokers_time_is_every_records_time() {
    let batch = corpus!("java-log-append-time.bin");
    let iter = RecordIter::new(&batch, LIMIT).unwrap();
    assert_eq!(iter.header().timestamp_type(), TimestampType::LogAppendTime);
    let times: Vec<_> = iter.map(|record| record.unwrap().timestamp).collect();
    assert_eq!(times, [1_700_000_001_234; 2]);

    let mut builder = BatchBuilder::new()
        .base_offset(3)
        .partition_leader_epoch(0)
        .log_append_time(1_700_000_001_234);
    builder.append(5, Some(b"a"), Some(b"1"), &[]).unwrap();
    builder.append(6, Some(b"b"), Some(b"2"), &[]).unwrap();
    assert_eq!(builder.build().unwrap(), batch);
}

#[test]
fn old_formats_are_refused_by_name() {
    for (batch, magic) in [
        (corpus!("java-format-0.bin"), 0),
        (corpus!("java-format-1.bin"), 1),
    ] {
        let error = BatchError::UnsupportedMagic(magic);
        assert_eq!(BatchHeader::parse(&batch), Err(error.clone()));
        let walked: Vec<_> = BatchIter::new(batch).collect();
        assert_eq!(walked, [Err(error)]);
    }
}
