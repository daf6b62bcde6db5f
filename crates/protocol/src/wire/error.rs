//! Why bytes could not be read, or a value could not be written.

use thiserror::Error;

/// Input that is not a valid message. The peer is at fault; the connection it
/// came from can not be trusted to be in step any more.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The input ends before the value does.
    #[error("the message ends early: {needed} bytes wanted, {remaining} left")]
    UnexpectedEnd {
        /// Bytes that the value still needs.
        needed: usize,
        /// Bytes that are left.
        remaining: usize,
    },
    /// A variable-length integer goes on past its type's width.
    #[error("a variable-length integer is too long")]
    VarintTooLong,
    /// A string's length is above the 32,767 bytes that the protocol allows.
    #[error("a string of {0} bytes is longer than the protocol allows")]
    StringTooLong(usize),
    /// A string is not UTF-8.
    #[error("a string is not UTF-8")]
    InvalidUtf8,
    /// Null, where this version does not allow it.
    #[error("null where a value is required")]
    UnexpectedNull,
    /// An array claims more elements than the rest of the message can hold.
    #[error("an array of {count} elements can not fit in {remaining} bytes")]
    CountTooLarge {
        /// The claimed number of elements.
        count: usize,
        /// Bytes that are left.
        remaining: usize,
    },
    /// The message is made of so many tiny elements that decoding it would take
    /// far more memory than its own size.
    #[error("decoding the message's arrays would take too much memory")]
    TooManyElements,
    /// A tagged field's content is shorter or longer than its announced size.
    #[error("tagged field {tag} does not end where its size says")]
    TaggedFieldSize {
        /// The field's tag.
        tag: u32,
    },
    /// The message has no such version.
    #[error("{message} has no version {version}")]
    UnsupportedVersion {
        /// The message's name.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// The request header names an API that Kafka does not have.
    #[error("unknown API key {0}")]
    UnknownApiKey(i16),
    /// A metadata record's frame is of a version that is not known.
    #[error("unknown metadata record frame version {0}")]
    UnknownFrameVersion(u32),
}

/// A value that can not be expressed in the wanted version. The caller is at
/// fault, never the peer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// A field that this version does not carry, and that must not be dropped
    /// silently, differs from its default.
    #[error("{field} can not be expressed in version {version}")]
    NonDefaultField {
        /// `Struct.field`.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A field is null in a version that does not allow it.
    #[error("{field} must not be null in version {version}")]
    UnexpectedNull {
        /// `Struct.field`.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A string, byte field or array is longer than its length prefix can say.
    #[error("a value of length {0} is longer than the protocol allows")]
    TooLong(usize),
    /// The message has no such version.
    #[error("{message} has no version {version}")]
    UnsupportedVersion {
        /// The message's name.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
}
