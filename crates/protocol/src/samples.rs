//! Generated values for tests: every field that a version has, filled from a
//! seed. Only with the `samples` feature.

use bytes::Bytes;
use highwater_types::Uuid;

use crate::message::Message;
use crate::wire::Context;

/// A source of values: the same seed gives the same values.
#[derive(Clone, Debug)]
pub struct SampleSource {
    state: u64,
}

/// A type of which values can be generated.
pub trait Sample: Sized {
    /// A value that can be encoded in this version.
    fn sample(source: &mut SampleSource, context: Context) -> Self;
}

/// A message that can be encoded in `version`.
#[must_use]
pub fn sample<M: Message + Sample>(seed: u64, version: i16) -> M {
    // Only messages look at `version`; the rest of the context is for codecs.
    let context = Context {
        version,
        flexible: false,
    };
    M::sample(&mut SampleSource::new(seed), context)
}

impl SampleSource {
    /// A source for this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits (SplitMix64).
    pub fn next_bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next_bits() % bound
    }

    /// True once in `bound` times.
    pub fn once_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    /// A length, mostly small, at times around where a compact length takes a
    /// second byte or a byte field is shared.
    fn length(&mut self) -> usize {
        let length = match self.below(24) {
            0 => 0,
            1 => 125 + self.below(4),
            2 => 1022 + self.below(4),
            _ => self.below(10),
        };
        length as usize
    }
}

macro_rules! integer_samples {
    ($($type:ty)*) => {
        $(
            impl Sample for $type {
                fn sample(source: &mut SampleSource, _: Context) -> Self {
                    match source.below(8) {
                        0 => Self::MIN,
                        1 => Self::MAX,
                        2 => 0,
                        // All bits, cut to the type's width.
                        _ => source.next_bits() as Self,
                    }
                }
            }
        )*
    };
}

integer_samples! { i8 i16 i32 i64 u16 u32 }

impl Sample for bool {
    fn sample(source: &mut SampleSource, _: Context) -> Self {
        source.once_in(2)
    }
}

impl Sample for f64 {
    fn sample(source: &mut SampleSource, _: Context) -> Self {
        source.next_bits() as i32 as Self / 16.0
    }
}

impl Sample for Uuid {
    fn sample(source: &mut SampleSource, _: Context) -> Self {
        let (high, low) = (source.next_bits(), source.next_bits());
        Self((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
    }
}

impl Sample for String {
    fn sample(source: &mut SampleSource, _: Context) -> Self {
        let letters = ['a', 'Z', '0', '-', '.', '\u{e9}', '\u{6c34}'];
        (0..source.length())
            .map(|_| letters[source.below(7) as usize])
            .collect()
    }
}

impl Sample for Bytes {
    fn sample(source: &mut SampleSource, _: Context) -> Self {
        let length = source.length();
        let fill = source.next_bits() as u8;
        Self::from(vec![fill; length])
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(source: &mut SampleSource, context: Context) -> Self {
        (0..source.below(3))
            .map(|_| T::sample(source, context))
            .collect()
    }
}
