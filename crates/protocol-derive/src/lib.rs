//! `#[derive(Message)]`: bounded codecs and Kafka's defaults for plain structs.
//!
//! On the struct, for a message with a schema of its own:
//!
//! ```text
//! #[message(api = Fetch, response = FetchResponse, versions = "4-18", flexible = "12+")]
//! #[message(record = 3, versions = "0-2", flexible = "0+")]
//! ```
//!
//! `api` names the variant of `ApiKey`; `response` makes it a request; `record`
//! makes it a metadata record; with neither it is a record of another log;
//! without `flexible` no version is flexible. A
//! struct without the attribute is part of another message.
//!
//! On a field, everything optional:
//!
//! ```text
//! #[field(versions = "7-12", nullable = "10+", tag = 0, default = -1, ignorable)]
//! ```
//!
//! - `versions`: those that have the field; all of them if absent.
//! - `nullable`: those in which null is allowed; the type must be an `Option`.
//! - `tag`: a tagged field (KIP-482), written only if it is not the default.
//! - `default`: the default where it is not zero, empty or false; `null` for an
//!   `Option`, whose default is otherwise `Some` of its content's default.
//! - `ignorable`: may be dropped in versions that do not have it.
//!
//! The generated code is `Default`, `Field`, `NullableField` and, with the
//! struct attribute, `Message` and `Request` or `MetadataRecord` of
//! `highwater_protocol`; with its `samples` feature `Sample` as well.

#![forbid(unsafe_code)]

mod codec;
mod defaults;
mod message;
mod sample;
mod schema;
mod versions;

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_macro_input};

use schema::Schema;

/// See the crate's documentation.
#[proc_macro_derive(Message, attributes(message, field))]
pub fn derive_message(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    match Schema::from_input(&input) {
        Ok(schema) => {
            let default = defaults::default_impl(&schema);
            let codec = codec::field_impls(&schema);
            let message = message::message_impls(&schema);
            let sample = sample::sample_impl(&schema);
            quote!(#default #codec #message #sample).into()
        }
        Err(error) => error.into_compile_error().into(),
    }
}
