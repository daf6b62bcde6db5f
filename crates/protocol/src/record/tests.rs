//! The pieces together: what the builder writes, the readers read.

use bytes::Bytes;

use super::*;

const LIMIT: usize = 1 << 20;

fn headers() -> Vec<Header> {
    let header = |key: &str, value: Option<&'static str>| Header {
        key: key.into(),
        value: value.map(Bytes::from_static_str),
    };
    vec![
        header("a", Some("1")),
        header("a", None),
        header("", Some("")),
        header("\u{fc}", Some("2")),
    ]
}

/// Shortens the construction of expected values.
trait FromStaticStr {
    fn from_static_str(text: &'static str) -> Self;
}

impl FromStaticStr for Bytes {
    fn from_static_str(text: &'static str) -> Self {
        Self::from_static(text.as_bytes())
    }
}

fn filled(builder: BatchBuilder) -> BatchBuilder {
    let mut builder = builder;
    builder.append(1000, Some(b"k0"), Some(b"v0"), &[]).unwrap();
    builder.append(990, None, Some(b""), &headers()).unwrap();
    builder.append(1500, Some(b""), None, &[]).unwrap();
    builder
}

fn expected(base_offset: i64) -> Vec<Record> {
    let record =
        |delta, timestamp, key: Option<&'static str>, value: Option<&'static str>| Record {
            attributes: 0,
            timestamp,
            offset: base_offset + delta,
            key: key.map(Bytes::from_static_str),
            value: value.map(Bytes::from_static_str),
            headers: if delta == 1 { headers() } else { Vec::new() },
        };
    vec![
        record(0, 1000, Some("k0"), Some("v0")),
        record(1, 990, None, Some("")),
        record(2, 1500, Some(""), None),
    ]
}

fn read(batch: &Bytes) -> Result<Vec<Record>, BatchError> {
    RecordIter::new(batch, LIMIT)?.collect()
}

fn validate(batch: &[u8]) -> Result<RecordsSummary, BatchError> {
    validate_records(batch, &ValidationLimits::default())
}

#[test]
fn batches_round_trip_in_every_codec() {
    for codec in Compression::ALL {
        let builder = BatchBuilder::new()
            .base_offset(40)
            .partition_leader_epoch(3)
            .producer(7, 2, 99)
            .transactional()
            .compression(codec, None);
        let batch = filled(builder).build().unwrap();
        verify_crc(&batch).unwrap();
        let header = BatchHeader::parse_complete(&batch).unwrap();
        let wanted = BatchHeader {
            base_offset: 40,
            batch_length: i32::try_from(batch.len()).unwrap() - 12,
            partition_leader_epoch: 3,
            magic: 2,
            crc: header.crc,
            attributes: i16::from(codec.code()) | attributes::TRANSACTIONAL,
            last_offset_delta: 2,
            base_timestamp: 1000,
            max_timestamp: 1500,
            producer_id: 7,
            producer_epoch: 2,
            base_sequence: 99,
            records_count: 3,
        };
        assert_eq!(header, wanted);
        assert_eq!(read(&batch).unwrap(), expected(40), "{codec}");
        let summary = validate(&batch).unwrap();
        let wanted = RecordsSummary {
            header,
            count: 3,
            min_timestamp: 990,
            max_timestamp: 1500,
            offset_of_max_timestamp: 42,
            null_keys: 1,
            decompressed_bytes: summary.decompressed_bytes,
        };
        assert_eq!(summary, wanted);
    }
}

#[test]
fn uncompressed_records_are_slices_of_the_batch() {
    let batch = filled(BatchBuilder::new()).build().unwrap();
    let record = RawRecordIter::new(&batch, 0)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let range = batch.as_ptr_range();
    assert!(range.contains(&record.value.unwrap().as_ptr()));
}

#[test]
fn log_append_time_hides_the_records_times() {
    let batch = filled(BatchBuilder::new().log_append_time(5000))
        .build()
        .unwrap();
    assert!(
        read(&batch)
            .unwrap()
            .iter()
            .all(|record| record.timestamp == 5000)
    );

    let mut batch = filled(BatchBuilder::new()).build().unwrap().to_vec();
    patch::set_max_timestamp_and_type(&mut batch, TimestampType::LogAppendTime, 7000).unwrap();
    verify_crc(&batch).unwrap();
    let summary = validate(&batch).unwrap();
    assert_eq!((summary.min_timestamp, summary.max_timestamp), (7000, 7000));
    assert_eq!(summary.offset_of_max_timestamp, 0);
    assert!(
        read(&batch.into())
            .unwrap()
            .iter()
            .all(|record| record.timestamp == 7000)
    );
}

#[test]
fn rebuilding_changes_the_codec_alone() {
    let builder = BatchBuilder::new().base_offset(9).producer(1, 2, 3);
    let original = filled(builder).build().unwrap();
    for from in Compression::ALL {
        let source = rebuild(&original, from, None, LIMIT).unwrap();
        for to in Compression::ALL {
            let batch = rebuild(&source, to, Some(4), LIMIT).unwrap();
            verify_crc(&batch).unwrap();
            let header = BatchHeader::parse(&batch).unwrap();
            assert_eq!(header.compression(), Ok(to));
            assert_eq!(read(&batch).unwrap(), expected(9));
            assert_eq!(
                rebuild(&batch, Compression::None, None, LIMIT).unwrap(),
                original
            );
        }
    }
    let compressed = rebuild(&original, Compression::Zstd, None, LIMIT).unwrap();
    assert_eq!(
        rebuild(&compressed, Compression::Lz4, None, 10),
        Err(BatchError::OutputLimit { limit: 10 })
    );
}

#[test]
fn a_cleaner_keeps_range_producer_and_headers() {
    for codec in Compression::ALL {
        let builder = BatchBuilder::new()
            .base_offset(50)
            .producer(1, 2, 3)
            .compression(codec, None);
        let original = filled(builder).build().unwrap();
        let header = BatchHeader::parse(&original).unwrap();

        let mut kept = BatchBuilder::retaining(&header, None).unwrap();
        for record in RawRecordIter::new(&original, LIMIT)
            .unwrap()
            .skip(1)
            .take(1)
        {
            kept.append_raw(&record.unwrap()).unwrap();
        }
        let kept = kept.build().unwrap();
        let new = BatchHeader::parse(&kept).unwrap();
        assert_eq!((new.base_offset, new.last_offset()), (50, 52));
        assert_eq!((new.last_sequence(), new.records_count), (5, 1));
        assert_eq!(new.max_timestamp, 990);
        assert_eq!(new.compression(), Ok(codec));
        assert_eq!(read(&kept).unwrap(), expected(50)[1..2]);

        let horizon = BatchBuilder::retaining(&header, None)
            .unwrap()
            .delete_horizon(123_456);
        let mut horizon = horizon;
        for record in RawRecordIter::new(&original, LIMIT).unwrap() {
            horizon.append_raw(&record.unwrap()).unwrap();
        }
        let horizon = horizon.build().unwrap();
        let new = BatchHeader::parse(&horizon).unwrap();
        assert_eq!(new.delete_horizon_ms(), Some(123_456));
        assert_eq!(read(&horizon).unwrap(), expected(50));

        let empty = BatchBuilder::retaining(&header, None)
            .unwrap()
            .build()
            .unwrap();
        let new = BatchHeader::parse_complete(&empty).unwrap();
        assert_eq!(empty.len(), BatchHeader::LEN);
        assert_eq!(
            (new.next_offset(), new.last_sequence(), new.max_timestamp),
            (53, 5, 1500)
        );
        assert_eq!(read(&empty), Ok(Vec::new()));
    }
}

#[test]
fn the_builder_refuses_what_can_not_be_written() {
    assert!(BatchBuilder::new().build().is_err(), "no range of offsets");
    let mut builder = BatchBuilder::new();
    builder.append(i64::MIN, None, None, &[]).unwrap();
    let before = builder.uncompressed_size();
    assert!(builder.append(i64::MAX, None, None, &[]).is_err());
    let mut record = RawRecordIter::new(&filled(BatchBuilder::new()).build().unwrap(), LIMIT)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    record.timestamp = i64::MIN;
    for offset in [-1, 0, 1 << 31, i64::MAX] {
        record.offset = offset;
        assert!(builder.append_raw(&record).is_err(), "{offset}");
    }
    assert_eq!(
        (builder.uncompressed_size(), builder.records_count()),
        (before, 1)
    );
    record.offset = i64::from(i32::MAX);
    builder.append_raw(&record).unwrap();
}

/// A batch around hand-made record bytes.
fn batch_of(records: &[u8], count: i32, last_offset_delta: i32) -> Bytes {
    let header = BatchHeader {
        magic: 2,
        records_count: count,
        last_offset_delta,
        base_timestamp: 1,
        ..BatchHeader::default()
    };
    let mut batch = vec![0; BatchHeader::LEN];
    batch.extend_from_slice(records);
    batch_builder::seal(header, batch).unwrap()
}

#[test]
fn broken_records_are_named() {
    // length, attributes, timestamp delta, offset delta, key (null), value (1 byte), headers
    let good = [14, 0, 0, 0, 1, 2, b'x', 0];
    assert_eq!(validate(&batch_of(&good, 1, 0)).unwrap().count, 1);
    for (records, reason) in [
        (&[1, 0, 0, 0, 1, 2, b'x', 0][..], "its length is negative"),
        (
            &[16, 0, 0, 0, 1, 2, b'x', 0],
            "its fields do not fill its length",
        ),
        (
            &[14, 0, 0, 2, 1, 2, b'x', 0],
            "its offset is after the batch's last",
        ),
        (&[14, 0, 0, 1, 1, 2, b'x', 0], "its offset does not ascend"),
        (&[14, 0, 0, 0, 3, 2, b'x', 0], "a length in it is negative"),
        (
            &[14, 0, 0, 0, 1, 20, b'x', 0],
            "a field is longer than the record",
        ),
        (&[100, 0, 0, 0, 1, 20, b'x', 0], "the batch ends inside it"),
        (
            &[14, 0, 0, 0, 1, 2, b'x', 1],
            "its number of headers is negative",
        ),
        (
            &[14, 0, 0, 0, 1, 2, b'x', 2],
            "it has fewer headers than it says",
        ),
        (&[18, 0, 0, 0, 1, 2, b'x', 2, 1, 0], "a header has no key"),
        (
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0],
            "a varint is too long",
        ),
        (
            &[0xff, 0xff, 0xff, 0xff, 0x1f, 0, 0, 0],
            "a varint has too many bits",
        ),
    ] {
        let batch = batch_of(records, 1, 0);
        let wanted = BatchError::InvalidRecord { index: 0, reason };
        assert_eq!(validate(&batch), Err(wanted.clone()), "{records:?}");
        assert_eq!(read(&batch), Err(wanted.clone()), "{records:?}");
        let compressed = rebuild(&batch, Compression::Lz4, None, LIMIT).unwrap();
        assert_eq!(validate(&compressed), Err(wanted), "{records:?}");
    }
    let far = [
        32, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 1, 2, b'x', 0,
    ];
    let wanted = BatchError::InvalidRecord {
        index: 0,
        reason: "its timestamp is out of range",
    };
    assert_eq!(validate(&batch_of(&far, 1, 0)), Err(wanted));
}

#[test]
fn lying_counts_are_found_without_trusting_them() {
    let original = filled(BatchBuilder::new()).build().unwrap();
    for codec in Compression::ALL {
        for count in [0, 2, 4, 1000, i32::MAX] {
            let mut batch = rebuild(&original, codec, None, LIMIT).unwrap().to_vec();
            batch[57..61].copy_from_slice(&count.to_be_bytes());
            patch::update_crc(&mut batch).unwrap();
            let error = validate(&batch).unwrap_err();
            let expected = matches!(
                error,
                BatchError::InvalidRecordCount(_) | BatchError::RecordCountMismatch { .. }
            );
            assert!(expected, "{codec} {count}: {error}");
            let batch = Bytes::from(batch);
            assert!(read(&batch).is_err());
            if count >= 1000 {
                // More than the bytes can hold: known without a walk, which `rebuild` does not make.
                let refused = rebuild(&batch, Compression::None, None, LIMIT);
                assert_eq!(refused, Err(BatchError::InvalidRecordCount(count)));
            }
        }
    }
}

#[test]
fn header_keys_are_text_only_when_they_are_decoded() {
    // One header: a key of one byte that is not UTF-8, a value of one byte.
    let batch = batch_of(&[20, 0, 0, 0, 1, 1, 2, 2, 0xff, 2, b'v'], 1, 0);
    assert_eq!(validate(&batch).unwrap().count, 1);
    assert!(matches!(
        read(&batch),
        Err(BatchError::InvalidRecord { index: 0, .. })
    ));
    let raw: Vec<_> = RawRecordIter::new(&batch, 0)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(raw[0].headers, &[2, 0xff, 2, b'v'][..]);
}

#[test]
fn a_walk_shows_which_records_are_to_blame() {
    let batch = filled(BatchBuilder::new().compression(Compression::Gzip, None))
        .build()
        .unwrap();
    let mut keyless = Vec::new();
    let limits = ValidationLimits::default();
    walk_records(&batch, &limits, |record| {
        if record.key_len.is_none() {
            keyless.push((record.index, record.timestamp, record.value_len));
        }
    })
    .unwrap();
    assert_eq!(keyless, [(1, 990, Some(0))]);
}
