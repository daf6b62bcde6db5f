//! The record batch against an independent codec, in both directions.

mod record_support;

use bytes::{Bytes, BytesMut};
use highwater_protocol::record::{
    BatchHeader, Compression, Record, RecordIter, TimestampType, ValidationLimits, rebuild,
    validate_records, verify_crc,
};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records as other;
use proptest::prelude::*;
use record_support::{BatchSpec, any_batch};

const LIMIT: usize = 1 << 24;

fn other_codec(codec: Compression) -> other::Compression {
    match codec {
        Compression::None => other::Compression::None,
        Compression::Gzip => other::Compression::Gzip,
        Compression::Snappy => other::Compression::Snappy,
        Compression::Lz4 => other::Compression::Lz4,
        Compression::Zstd => other::Compression::Zstd,
    }
}

/// The records of a batch as the other codec represents them.
fn to_other(spec: &BatchSpec, records: &[Record]) -> Vec<other::Record> {
    let record = |record: &Record| other::Record {
        transactional: spec.transactional,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: spec.leader_epoch,
        producer_id: spec.producer_id,
        producer_epoch: spec.producer_epoch,
        timestamp_type: other::TimestampType::Creation,
        offset: record.offset,
        // It takes sequences from offsets, and so can not leave them out.
        sequence: spec
            .base_sequence
            .wrapping_add((record.offset - spec.base_offset) as i32),
        timestamp: record.timestamp,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record
            .headers
            .iter()
            .map(|header| {
                let key = StrBytes::from_string(header.key.clone());
                (key, header.value.clone())
            })
            .collect::<IndexMap<_, _>>(),
    };
    records.iter().map(record).collect()
}

proptest! {
    #[test]
    fn the_other_codec_reads_what_we_write(spec in any_batch()) {
        let mut batch = spec.build();
        let decoded = other::RecordBatchDecoder::decode(&mut batch).unwrap();
        prop_assert_eq!(decoded.compression, other_codec(spec.codec));
        prop_assert_eq!(decoded.records, to_other(&spec, &spec.records()));
        prop_assert!(batch.is_empty());
    }

    #[test]
    fn we_read_what_the_other_codec_writes(spec in any_batch()) {
        let mut batch = BytesMut::new();
        let options = other::RecordEncodeOptions { version: 2, compression: other_codec(spec.codec) };
        let records = to_other(&spec, &spec.records());
        other::RecordBatchEncoder::encode(&mut batch, &records, &options).unwrap();
        let batch = batch.freeze();
        verify_crc(&batch).unwrap();
        let header = BatchHeader::parse_complete(&batch).unwrap();
        prop_assert_eq!(header.size_in_bytes(), batch.len());
        prop_assert_eq!(header.compression(), Ok(spec.codec));
        prop_assert_eq!(header.base_offset, spec.base_offset);
        prop_assert_eq!(header.partition_leader_epoch, spec.leader_epoch);
        prop_assert_eq!(header.is_transactional(), spec.transactional);
        prop_assert_eq!(header.producer_id, spec.producer_id);
        prop_assert_eq!(header.producer_epoch, spec.producer_epoch);
        prop_assert_eq!(header.timestamp_type(), TimestampType::CreateTime);
        let read: Result<Vec<_>, _> = RecordIter::new(&batch, LIMIT).unwrap().collect();
        prop_assert_eq!(read, Ok(spec.records()));
    }

    #[test]
    fn we_read_what_we_write(spec in any_batch(), to in record_support::any_codec()) {
        let batch = spec.build();
        for batch in [batch.clone(), rebuild(&batch, to, None, LIMIT).unwrap()] {
            verify_crc(&batch).unwrap();
            let read: Result<Vec<_>, _> = RecordIter::new(&batch, LIMIT).unwrap().collect();
            let records = spec.records();
            let summary = validate_records(&batch, &ValidationLimits::default()).unwrap();
            let max = records.iter().map(|record| record.timestamp).max();
            prop_assert_eq!(Some(summary.max_timestamp), max);
            prop_assert_eq!(summary.header.max_timestamp, summary.max_timestamp);
            prop_assert_eq!(usize::try_from(summary.count), Ok(records.len()));
            prop_assert_eq!(read, Ok(records));
        }
    }
}

#[test]
fn many_blocks_in_every_codec() {
    // Above the block sizes of lz4 (64 KiB) and snappy (32 KiB), compressible and not.
    let mut noise = 1u32;
    let value: Vec<u8> = (0..300_000)
        .map(|i| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if i < 150_000 {
                (noise >> 24) as u8
            } else {
                b'a'
            }
        })
        .collect();
    for codec in Compression::ALL {
        let spec = BatchSpec::with_values(codec, vec![Bytes::from(value.clone()); 3]);
        let mut batch = spec.build();
        let decoded = other::RecordBatchDecoder::decode(&mut batch).unwrap();
        assert_eq!(decoded.records, to_other(&spec, &spec.records()), "{codec}");
    }
}
