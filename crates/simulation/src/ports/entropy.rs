//! Seeded random numbers.

use std::ops::Range;

use highwater_platform::Entropy;
use parking_lot::Mutex;

/// A SplitMix64 generator: small, and the same on every machine.
pub struct SimEntropy {
    state: Mutex<u64>,
}

impl SimEntropy {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            state: Mutex::new(seed),
        }
    }

    /// A number in `range`, which must not be empty.
    pub fn in_range(&self, range: Range<u64>) -> u64 {
        assert!(range.start < range.end, "an empty range has no numbers");
        range.start + self.next_u64() % (range.end - range.start)
    }

    /// True once in `times` calls, on average.
    pub fn one_in(&self, times: u64) -> bool {
        self.in_range(0..times) == 0
    }
}

impl Entropy for SimEntropy {
    fn next_u64(&self) -> u64 {
        let mut state = self.state.lock();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
