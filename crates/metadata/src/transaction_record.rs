//! Records that make several records one change. KIP-868.

use highwater_protocol::Message;

/// Opens a transaction of metadata records.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 23, versions = "0", flexible = "0+")]
pub struct BeginTransactionRecord {
    /// What it is about, for people.
    #[field(nullable = "0+", tag = 0, default = null)]
    pub name: Option<String>,
}

/// Everything since the transaction's begin counts from here on.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 24, versions = "0", flexible = "0+")]
pub struct EndTransactionRecord {}

/// Nothing since the transaction's begin ever counts.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 25, versions = "0", flexible = "0+")]
pub struct AbortTransactionRecord {
    /// Why, for people.
    #[field(nullable = "0+", tag = 0, default = null)]
    pub reason: Option<String>,
}
