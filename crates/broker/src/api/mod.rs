//! From a request's bytes to its handler: one file per Kafka API.
//!
//! A handler is `handle(ctx, request, rc) -> Result<Response, ApiError>`. Kafka's
//! error codes are part of the response; an [`ApiError`] means that there is none.

/// Why a request gets no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// The client wants none: Produce with `acks=0` that went well.
    NoResponse,
    /// The connection is closed, with this reason in the log.
    Close(String),
}
