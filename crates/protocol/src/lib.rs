//! Kafka's wire format: framing, API versions, messages and record batches.

#![forbid(unsafe_code)]

pub mod record;
