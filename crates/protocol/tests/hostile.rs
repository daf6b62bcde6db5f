//! Hostile input: an error, never a panic, and never much more memory than the
//! input's own size. Memory is counted by this test's own allocator.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bytes::Bytes;
use proptest::prelude::{ProptestConfig, any, prop, proptest};

mod support;

use support::{Codec, codecs};

/// Memory that decoding may take per byte of input: an empty string is 24 bytes
/// in memory and one on the wire.
const MEMORY_FACTOR: usize = 32;

/// Memory that decoding may take whatever the input.
const MEMORY_FLOOR: usize = 1024;

struct CountingAllocator;

thread_local! {
    /// Bytes that this thread has ever asked for.
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator unchanged; the
// counter neither allocates nor has a destructor.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.with(|count| count.set(count.get().saturating_add(layout.size())));
        // SAFETY: the caller's contract is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Decodes, checks the memory that it took, and tells whether it succeeded.
fn decodes_within_bounds(codec: &Codec, version: i16, input: &[u8]) -> bool {
    let bytes = Bytes::copy_from_slice(input);
    let before = ALLOCATED.with(Cell::get);
    let result = (codec.decode)(bytes, version);
    let taken = ALLOCATED.with(Cell::get) - before;
    let allowed = input.len() * MEMORY_FACTOR + MEMORY_FLOOR;
    assert!(
        taken <= allowed,
        "{} version {version}: {taken} bytes of memory for {} bytes of input: {input:02x?}",
        codec.name,
        input.len(),
    );
    result.is_ok()
}

/// Calls `test` with every codec and version and a few encoded values.
fn for_samples(mut test: impl FnMut(&Codec, i16, &[u8])) {
    for codec in codecs() {
        for version in codec.versions.iter() {
            for seed in 0..4 {
                let bytes = (codec.sample)(seed, version);
                // Long values only repeat what short ones show.
                test(&codec, version, &bytes[..bytes.len().min(2000)]);
            }
        }
    }
}

#[test]
fn the_allocator_counts() {
    let before = ALLOCATED.with(Cell::get);
    drop(vec![0u8; 5000]);
    assert!(ALLOCATED.with(Cell::get) - before >= 5000);
}

#[test]
fn every_truncation_is_refused() {
    for codec in codecs() {
        for version in codec.versions.iter() {
            for seed in 0..3 {
                let bytes = (codec.sample)(seed, version);
                for length in 0..bytes.len().min(3000) {
                    let whole = decodes_within_bounds(&codec, version, &bytes[..length]);
                    let label = format!("{} version {version}, {length} bytes", codec.name);
                    assert!(!whole, "{label} of {}", bytes.len());
                }
            }
        }
    }
}

#[test]
fn huge_counts_take_no_memory() {
    // 2^31-1, and as a compact length 2^31-2 and 2^32-1.
    let fixed = [0x7f, 0xff, 0xff, 0xff];
    let compact = [0xff, 0xff, 0xff, 0xff, 0x07];
    let longest = [0xff, 0xff, 0xff, 0xff, 0x0f];
    for_samples(|codec, version, bytes| {
        for position in 0..bytes.len() {
            for lie in [&fixed[..], &compact, &longest] {
                let mut input = bytes.to_vec();
                let end = input.len().min(position + lie.len());
                input[position..end].copy_from_slice(&lie[..end - position]);
                decodes_within_bounds(codec, version, &input);
                // And as the last thing of a tiny message.
                input.truncate(end);
                decodes_within_bounds(codec, version, &input);
            }
        }
    });
}

#[test]
fn a_count_that_just_fits_takes_little_memory() {
    // A count of all bytes that follow, for elements that are all zeros.
    for codec in codecs() {
        for version in codec.versions.iter() {
            for zeros in [0u16, 1, 2, 5, 10, 30] {
                for filler in [0u8, 1, 2] {
                    let mut input = vec![0; usize::from(zeros)];
                    input.extend([0x00, 0x00, 0x01, 0x2c]);
                    input.resize(input.len() + 300, filler);
                    decodes_within_bounds(&codec, version, &input);
                    let compact = usize::from(zeros)..usize::from(zeros) + 4;
                    input.splice(compact, [0xac, 0x02]);
                    decodes_within_bounds(&codec, version, &input);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_bytes(
        input in prop::collection::vec(any::<u8>(), 0..300),
        choice in any::<prop::sample::Index>(),
    ) {
        let all = codecs();
        let codec = choice.get(&all);
        for version in codec.versions.iter() {
            decodes_within_bounds(codec, version, &input);
        }
    }

    /// Few values, so that lengths are often plausible.
    #[test]
    fn random_small_bytes(
        input in prop::collection::vec(0u8..6, 0..300),
        choice in any::<prop::sample::Index>(),
    ) {
        let all = codecs();
        let codec = choice.get(&all);
        for version in codec.versions.iter() {
            decodes_within_bounds(codec, version, &input);
        }
    }
}
