//! 128-bit identifiers, written as Kafka writes them.

use std::fmt;
use std::str::FromStr;

/// A 128-bit identifier. Displayed as 22 characters of URL-safe base64 without
/// padding, as in Kafka's `Uuid`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

/// The text is not 22 characters of URL-safe base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseUuidError;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const TEXT_LENGTH: usize = 22;

impl Uuid {
    /// All zeros: "no id" on the wire.
    pub const ZERO: Self = Self([0; 16]);

    /// Makes a random (version 4) id from 128 random bits. Ids that Kafka
    /// reserves (the first 100), and ids whose text would begin with `-`, which
    /// command lines take for an option, are turned into others.
    #[must_use]
    pub fn from_random_bits(bits: u128) -> Self {
        let mut bytes = bits.to_be_bytes();
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        if bytes[0] >> 2 == 62 {
            bytes[0] &= 0x7f;
        }
        Self(bytes)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u128::from_be_bytes(self.0);
        let mut text = [0u8; TEXT_LENGTH];
        // 128 bits are 21 digits of 6 bits and one of 2, which base64 pads on the right.
        text[TEXT_LENGTH - 1] = ALPHABET[((rest & 0b11) << 4) as usize];
        rest >>= 2;
        for slot in text[..TEXT_LENGTH - 1].iter_mut().rev() {
            *slot = ALPHABET[(rest & 0x3f) as usize];
            rest >>= 6;
        }
        text.iter()
            .try_for_each(|&c| fmt::Write::write_char(f, c as char))
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Uuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Kafka's tools accept the padded form as well.
        let digits = text.strip_suffix("==").unwrap_or(text).as_bytes();
        if digits.len() != TEXT_LENGTH {
            return Err(ParseUuidError);
        }
        let mut value = 0u128;
        for (index, digit) in digits.iter().enumerate() {
            let six = ALPHABET
                .iter()
                .position(|c| c == digit)
                .ok_or(ParseUuidError)? as u128;
            value = if index == TEXT_LENGTH - 1 {
                (value << 2) | (six >> 4)
            } else {
                (value << 6) | six
            };
        }
        Ok(Self(value.to_be_bytes()))
    }
}

impl fmt::Display for ParseUuidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected 22 characters of URL-safe base64")
    }
}

impl std::error::Error for ParseUuidError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kafkas() {
        assert_eq!(Uuid::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        // Kafka's own METADATA_TOPIC_ID.
        let one = Uuid(1u128.to_be_bytes());
        assert_eq!(one.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
        assert_eq!("AAAAAAAAAAAAAAAAAAAAAQ".parse(), Ok(one));
    }

    #[test]
    fn text_round_trips() {
        for bits in [
            0u128,
            1,
            u128::MAX,
            0x0123_4567_89ab_cdef_0123_4567_89ab_cdef,
        ] {
            let id = Uuid(bits.to_be_bytes());
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn bad_text_is_refused() {
        for text in ["", "A", "AAAAAAAAAAAAAAAAAAAAA!", "AAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(text.parse::<Uuid>(), Err(ParseUuidError), "{text}");
        }
    }

    #[test]
    fn random_ids_do_not_look_like_options() {
        let id = Uuid::from_random_bits(u128::from_be_bytes([0xf8; 16]));
        assert!(!id.to_string().starts_with('-'));
    }
}
