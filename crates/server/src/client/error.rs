//! Why something could not be done.

use highwater_protocol::ErrorCode;
use highwater_protocol::wire::{DecodeError, EncodeError};

/// What went wrong, in words for people.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no bootstrap server was named")]
    NoAddress,
    #[error(
        "can not connect to {address}: {reason}. Is a node running there? \
         `highwater dev` starts one, --bootstrap-server names another address"
    )]
    Connect { address: String, reason: String },
    #[error("the connection to {address} was lost: {reason}")]
    Lost { address: String, reason: String },
    #[error("{address} did not answer within {seconds} s")]
    TimedOut { address: String, seconds: u64 },
    #[error("the broker does not serve {api} in a version that this client knows")]
    UnsupportedVersion { api: &'static str },
    #[error("node {0} is not in the cluster")]
    UnknownNode(i32),
    #[error("the answer of {address} can not be read: {source}")]
    Decode {
        address: String,
        source: DecodeError,
    },
    #[error("the request can not be written: {0}")]
    Encode(#[from] EncodeError),
    #[error("the records can not be written: {0}")]
    Batch(#[from] highwater_protocol::record::BatchError),
    /// The broker answered with an error.
    #[error("{subject}: {message} ({})", .code.name())]
    Refused {
        subject: String,
        code: ErrorCode,
        message: String,
    },
}

impl ClientError {
    /// The broker's error about `subject`, with its own words if it sent some.
    pub fn refused(subject: &str, code: i16, message: Option<String>) -> Self {
        let code = ErrorCode::from_code(code);
        let message = message.filter(|message| !message.is_empty());
        Self::Refused {
            subject: subject.to_owned(),
            code,
            message: message.unwrap_or_else(|| code.message().to_owned()),
        }
    }

    /// `Ok` for the code 0.
    pub fn check(subject: &str, code: i16, message: Option<String>) -> Result<(), Self> {
        if code == ErrorCode::None.code() {
            Ok(())
        } else {
            Err(Self::refused(subject, code, message))
        }
    }

    /// The broker's error code, if it answered with one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether another broker, or the same one later, may do better.
    pub fn is_about_the_connection(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Lost { .. } | Self::TimedOut { .. } | Self::UnknownNode(_)
        )
    }

    /// Whether trying again may help.
    pub fn is_retriable(&self) -> bool {
        self.is_about_the_connection() || self.code().is_some_and(ErrorCode::is_retriable)
    }
}
