//! Bytes that are not batches, or not any more: nothing panics, nothing is
//! believed, and the readers agree with each other.
//!
//! The fuzz test begins with the checked-in corpus and with batches of our
//! own, damages them in the ways that matter, and repairs the checksum, so
//! that the damage gets past it.

mod record_support;

use std::path::Path;

use bytes::Bytes;
use highwater_protocol::record::{
    BatchHeader, BatchIter, BatchSliceIter, Compression, RawRecordIter, RecordIter, TimestampType,
    ValidationLimits, patch, rebuild, validate_records, verify_crc, walk_records,
};
use proptest::collection::vec;
use proptest::prelude::*;
use record_support::any_batch;

const LIMIT: usize = 1 << 20;
const LIMITS: ValidationLimits = ValidationLimits {
    decompressed_bytes_max: LIMIT,
};

/// Runs everything over `bytes` and checks what must hold for any bytes.
fn exercise(bytes: &Bytes) {
    let mut iter = BatchIter::new(bytes.clone());
    let mut end = 0;
    for batch in iter.by_ref() {
        let Ok((header, batch)) = batch else { break };
        assert_eq!(header.size_in_bytes(), batch.len());
        end += batch.len();
        exercise_batch(&header, &batch);
    }
    assert_eq!(iter.position(), end);
    assert!(iter.next().is_none(), "an error ends the walk");
    let mut borrowed = BatchSliceIter::new(bytes);
    let count = borrowed.by_ref().count();
    assert_eq!(borrowed.position(), end);
    assert_eq!(count, BatchIter::new(bytes.clone()).count());
    let _ = verify_crc(bytes);
    exercise_patches(bytes);
}

fn exercise_batch(header: &BatchHeader, batch: &Bytes) {
    let summary = validate_records(batch, &LIMITS);
    let raw: Result<Vec<_>, _> = match RawRecordIter::new(batch, LIMIT) {
        Ok(iter) => iter.collect(),
        Err(error) => Err(error),
    };
    match (&summary, &raw) {
        (Ok(summary), Ok(raw)) => {
            assert_eq!(usize::try_from(summary.count), Ok(raw.len()));
            assert_eq!(summary.count, header.records_count);
            assert!(summary.decompressed_bytes <= LIMIT.max(batch.len()));
            let keyless = raw.iter().filter(|record| record.key.is_none()).count();
            assert_eq!(usize::try_from(summary.null_keys), Ok(keyless));
            let offsets = raw.windows(2).all(|pair| pair[0].offset < pair[1].offset);
            assert!(offsets, "offsets ascend");
            let range = header.base_offset..=header.last_offset();
            assert!(raw.iter().all(|record| range.contains(&record.offset)));
        }
        (Err(_), Err(_)) => {}
        (summary, raw) => panic!("the readers disagree: {summary:?}, {raw:?}"),
    }
    let mut seen = 0;
    let walked = walk_records(batch, &LIMITS, |_| seen += 1);
    assert_eq!(walked.is_ok(), summary.is_ok());
    assert!(seen <= header.records_count);
    if let Ok(records) = RecordIter::new(batch, LIMIT) {
        let _ = records.count();
    }
    if let Ok(rebuilt) = rebuild(batch, Compression::Lz4, None, LIMIT) {
        verify_crc(&rebuilt).unwrap();
        let again = validate_records(&rebuilt, &LIMITS);
        assert_eq!(again.is_ok(), summary.is_ok());
    }
}

fn exercise_patches(bytes: &Bytes) {
    let parsed = BatchHeader::parse_complete(bytes);
    let mut copy = bytes.to_vec();
    let results = [
        patch::set_base_offset(&mut copy, 5).is_ok(),
        patch::set_partition_leader_epoch(&mut copy, 6).is_ok(),
        patch::set_max_timestamp_and_type(&mut copy, TimestampType::LogAppendTime, 7).is_ok(),
        patch::update_crc(&mut copy).is_ok(),
    ];
    if parsed.is_ok() {
        assert_eq!(results, [true; 4]);
        verify_crc(&copy).unwrap();
        let header = BatchHeader::parse(&copy).unwrap();
        assert_eq!((header.base_offset, header.partition_leader_epoch), (5, 6));
        assert_eq!(header.max_timestamp, 7);
    } else if BatchHeader::parse(bytes).is_err() {
        assert_eq!((results, &copy[..]), ([false; 4], &bytes[..]));
    }
}

fn corpus() -> Vec<Bytes> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/record_batch");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "bin"))
        .collect();
    paths.sort();
    let files: Vec<Bytes> = paths
        .iter()
        .map(|path| std::fs::read(path).unwrap().into())
        .collect();
    assert!(files.len() >= 12, "the corpus is in its place");
    files
}

/// Gives damaged bytes a matching checksum where they still have a header.
fn repair(mut bytes: Vec<u8>) -> Bytes {
    let _ = patch::update_crc(&mut bytes);
    bytes.into()
}

/// One way to damage bytes; positions are taken modulo the length.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Truncate(usize),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    /// Writes an extreme number over a field of the header.
    Field(usize, i32),
    /// Makes the length field fit what is there.
    FixLength,
}

fn any_damage() -> impl Strategy<Value = Damage> {
    let fields = proptest::sample::select(vec![8usize, 21, 23, 27, 31, 35, 53, 57]);
    let numbers = proptest::sample::select(vec![i32::MIN, -1, 0, 1, 2, 1 << 20, i32::MAX]);
    prop_oneof![
        4 => (any::<usize>(), any::<u8>()).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        1 => any::<usize>().prop_map(Damage::Truncate),
        1 => (any::<usize>(), vec(any::<u8>(), 1..20)).prop_map(|(at, new)| Damage::Insert(at, new)),
        1 => (any::<usize>(), 1usize..20).prop_map(|(at, count)| Damage::Remove(at, count)),
        2 => (fields, numbers).prop_map(|(at, number)| Damage::Field(at, number)),
        2 => Just(Damage::FixLength),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let length = bytes.len();
    if length == 0 {
        return;
    }
    match damage {
        Damage::Flip(at, bits) => bytes[at % length] ^= bits,
        Damage::Truncate(at) => bytes.truncate(at % length),
        Damage::Insert(at, new) => {
            let at = at % length;
            bytes.splice(at..at, new.iter().copied());
        }
        Damage::Remove(at, count) => {
            let at = at % length;
            bytes.drain(at..length.min(at + count));
        }
        Damage::Field(at, number) => {
            if let Some(field) = bytes.get_mut(*at..at + 4) {
                field.copy_from_slice(&number.to_be_bytes());
            }
        }
        Damage::FixLength => {
            if let (Some(rest), Some(field)) = (length.checked_sub(12), bytes.get_mut(8..12)) {
                field.copy_from_slice(&i32::try_from(rest).unwrap().to_be_bytes());
            }
        }
    }
}

#[test]
fn the_corpus_is_read() {
    for bytes in corpus() {
        exercise(&bytes);
    }
}

#[test]
fn the_corpus_truncated_at_every_byte() {
    for bytes in corpus() {
        for length in 0..bytes.len() {
            let cut = bytes.slice(..length);
            assert!(BatchIter::new(cut.clone()).all(|batch| batch.is_err()));
            // The same with a length that fits, so that the cut is inside the records.
            let mut fitted = cut.to_vec();
            apply(&mut fitted, &Damage::FixLength);
            let fitted = repair(fitted);
            // Large files are cut often enough with every seventh byte.
            if length < 200 || length % 7 == 0 {
                exercise(&fitted);
            }
            if BatchHeader::parse_complete(&fitted).is_ok() {
                assert!(validate_records(&fitted, &LIMITS).is_err(), "{length}");
            }
        }
    }
}

#[test]
fn every_byte_of_small_files_with_every_flip() {
    for bytes in corpus().into_iter().filter(|bytes| bytes.len() < 150) {
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.to_vec();
                damaged[at] ^= 1 << bit;
                exercise(&repair(damaged));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes(bytes in vec(any::<u8>(), 0..300)) {
        exercise(&bytes.into());
    }

    #[test]
    fn random_records_behind_a_good_header(
        codec in 0i16..8,
        count in 0i32..10,
        records in vec(any::<u8>(), 0..300),
    ) {
        let header = BatchHeader {
            magic: 2,
            batch_length: 49 + i32::try_from(records.len()).unwrap(),
            attributes: codec,
            last_offset_delta: 9,
            records_count: count,
            ..BatchHeader::default()
        };
        let mut bytes = Vec::new();
        header.write(&mut bytes);
        bytes.extend(records);
        exercise(&repair(bytes));
    }

    #[test]
    fn damaged_corpus(file in any::<proptest::sample::Index>(), damage in vec(any_damage(), 1..5)) {
        let mut bytes = file.get(&corpus()).to_vec();
        for damage in &damage {
            apply(&mut bytes, damage);
        }
        exercise(&repair(bytes));
    }

    #[test]
    fn damaged_batches_of_our_own(spec in any_batch(), damage in vec(any_damage(), 1..5)) {
        let mut bytes = spec.build().to_vec();
        for damage in &damage {
            apply(&mut bytes, damage);
        }
        exercise(&repair(bytes));
    }

    #[test]
    fn damage_under_the_compression(spec in any_batch(), damage in vec(any_damage(), 1..4), to in record_support::any_codec()) {
        let plain = rebuild(&spec.build(), Compression::None, None, LIMIT).unwrap();
        let mut records = plain.slice(BatchHeader::LEN..).to_vec();
        for damage in &damage {
            apply(&mut records, damage);
        }
        let mut bytes = plain.slice(..BatchHeader::LEN).to_vec();
        bytes.extend(records);
        apply(&mut bytes, &Damage::FixLength);
        // A count beyond the bytes is refused before recompression already.
        if let Ok(compressed) = rebuild(&repair(bytes), to, None, LIMIT) {
            exercise(&compressed);
        }
    }
}
