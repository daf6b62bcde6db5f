//! Random record batches, shared by the tests of the record module.

#![allow(dead_code, reason = "not every test file uses all of it")]

use bytes::Bytes;
use highwater_protocol::record::{BatchBuilder, Compression, Header, Record};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

/// Everything that decides about a batch.
#[derive(Clone, Debug)]
pub struct BatchSpec {
    pub codec: Compression,
    pub level: Option<i32>,
    pub base_offset: i64,
    pub leader_epoch: i32,
    pub transactional: bool,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub base_sequence: i32,
    pub parts: Vec<RecordParts>,
}

/// What a producer says of one record.
#[derive(Clone, Debug)]
pub struct RecordParts {
    pub timestamp: i64,
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    pub headers: Vec<Header>,
}

impl BatchSpec {
    /// A plain batch with these values and no keys.
    pub fn with_values(codec: Compression, values: Vec<Bytes>) -> Self {
        let part = |value| RecordParts {
            timestamp: 1_700_000_000_000,
            key: None,
            value: Some(value),
            headers: Vec::new(),
        };
        Self {
            codec,
            level: None,
            base_offset: 0,
            leader_epoch: 0,
            transactional: false,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            parts: values.into_iter().map(part).collect(),
        }
    }

    /// The batch's bytes.
    pub fn build(&self) -> Bytes {
        let mut builder = BatchBuilder::new()
            .base_offset(self.base_offset)
            .partition_leader_epoch(self.leader_epoch)
            .producer(self.producer_id, self.producer_epoch, self.base_sequence)
            .compression(self.codec, self.level);
        if self.transactional {
            builder = builder.transactional();
        }
        for part in &self.parts {
            let (key, value) = (part.key.as_deref(), part.value.as_deref());
            builder
                .append(part.timestamp, key, value, &part.headers)
                .unwrap();
        }
        builder.build().unwrap()
    }

    /// The records that a reader must find.
    pub fn records(&self) -> Vec<Record> {
        let record = |(part, offset): (&RecordParts, i64)| Record {
            attributes: 0,
            timestamp: part.timestamp,
            offset,
            key: part.key.clone(),
            value: part.value.clone(),
            headers: part.headers.clone(),
        };
        self.parts
            .iter()
            .zip(self.base_offset..)
            .map(record)
            .collect()
    }
}

pub fn any_codec() -> impl Strategy<Value = Compression> {
    proptest::sample::select(Compression::ALL.to_vec())
}

fn any_bytes() -> impl Strategy<Value = Option<Bytes>> {
    // Runs of equal bytes, so that codecs have something to do.
    let run = (any::<u8>(), 0usize..200).prop_map(|(byte, length)| vec![byte; length]);
    option::of(vec(run, 0..5).prop_map(|runs| runs.concat().into()))
}

fn any_record() -> impl Strategy<Value = RecordParts> {
    let timestamp = prop_oneof![0i64..5000, 0..i64::MAX, Just(1_700_000_000_000)];
    // The other codec keeps headers in a map, so keys do not repeat here.
    let headers = btree_map("[a-z\u{e4}\u{1f30a}]{0,4}", any_bytes(), 0..4);
    (timestamp, any_bytes(), any_bytes(), headers).prop_map(|(timestamp, key, value, headers)| {
        RecordParts {
            timestamp,
            key,
            value,
            headers: headers
                .into_iter()
                .map(|(key, value)| Header { key, value })
                .collect(),
        }
    })
}

/// Any batch that a producer may write.
pub fn any_batch() -> impl Strategy<Value = BatchSpec> {
    let producer = (0..i64::MAX, 0..i16::MAX, 0..i32::MAX - 100);
    (
        any_codec(),
        option::of(-3i32..25),
        prop_oneof![Just(0), 0..i64::MAX / 2],
        -1..i32::MAX,
        any::<bool>(),
        producer,
        vec(any_record(), 1..12),
    )
        .prop_map(
            |(codec, level, base_offset, leader_epoch, transactional, producer, parts)| BatchSpec {
                codec,
                level,
                base_offset,
                leader_epoch,
                transactional,
                producer_id: producer.0,
                producer_epoch: producer.1,
                base_sequence: producer.2,
                parts,
            },
        )
}
