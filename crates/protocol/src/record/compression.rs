//! The codecs of a record batch.

use std::fmt;

use super::BatchError;

/// How the records of a batch are compressed; the numbers are those of the
/// lowest three attribute bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Compression {
    #[default]
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    /// KIP-110.
    Zstd = 4,
}

impl Compression {
    /// Every codec, in the order of the codes.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// The code in the batch's attributes.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The codec of a code.
    ///
    /// # Errors
    /// [`BatchError::UnknownCompression`] for a code that is not assigned.
    pub const fn from_code(code: u8) -> Result<Self, BatchError> {
        match code {
            0 => Ok(Self::None),
            1 => Ok(Self::Gzip),
            2 => Ok(Self::Snappy),
            3 => Ok(Self::Lz4),
            4 => Ok(Self::Zstd),
            _ => Err(BatchError::UnknownCompression(code)),
        }
    }

    /// The name that `compression.type` uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// The codec that `compression.type` names; `None` for other words, `producer` among them.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_round_trip() {
        for codec in Compression::ALL {
            assert_eq!(Compression::from_code(codec.code()), Ok(codec));
            assert_eq!(Compression::from_name(codec.name()), Some(codec));
        }
        assert_eq!(
            Compression::from_code(5),
            Err(BatchError::UnknownCompression(5))
        );
        assert_eq!(Compression::from_name("producer"), None);
    }
}
