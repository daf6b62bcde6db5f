//! `Message`, and `Request` or `MetadataRecord`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::schema::{MessageAttributes, Schema};

/// The implementations for a message with a schema of its own; else nothing.
pub fn message_impls(schema: &Schema) -> TokenStream {
    let Some(message) = &schema.message else {
        return quote!();
    };
    let name = &schema.name;
    let text = name.to_string();
    let (min, max) = message.versions;
    let flexible = match message.flexible_from {
        Some(from) if from <= min => quote!(true),
        Some(from) => quote!(version >= #from),
        None => quote!(false),
    };
    let api_key = match &message.api {
        Some(api) => quote!(::core::option::Option::Some(
            ::highwater_protocol::api::ApiKey::#api
        )),
        None => quote!(::core::option::Option::None),
    };
    let kind = kind_impl(schema, message);
    let check = |error: TokenStream| {
        quote! {
            if !Self::VERSIONS.contains(version) {
                return ::core::result::Result::Err(
                    ::highwater_protocol::wire::#error::UnsupportedVersion {
                        message: Self::NAME,
                        version,
                    },
                );
            }
            let context = ::highwater_protocol::wire::Context { version, flexible: #flexible };
        }
    };
    let (check_decode, check_encode) = (check(quote!(DecodeError)), check(quote!(EncodeError)));
    quote! {
        #[automatically_derived]
        impl ::highwater_protocol::Message for #name {
            const API_KEY: ::core::option::Option<::highwater_protocol::api::ApiKey> = #api_key;
            const NAME: &'static str = #text;
            const VERSIONS: ::highwater_protocol::VersionRange =
                ::highwater_protocol::VersionRange { min: #min, max: #max };

            fn decode(
                reader: &mut ::highwater_protocol::wire::Reader,
                version: i16,
            ) -> ::core::result::Result<Self, ::highwater_protocol::wire::DecodeError> {
                #check_decode
                ::highwater_protocol::wire::Field::read(reader, context)
            }

            fn encode(
                &self,
                writer: &mut ::highwater_protocol::wire::Writer,
                version: i16,
            ) -> ::core::result::Result<(), ::highwater_protocol::wire::EncodeError> {
                #check_encode
                ::highwater_protocol::wire::Field::write(self, writer, context)
            }
        }

        #kind
    }
}

fn kind_impl(schema: &Schema, message: &MessageAttributes) -> TokenStream {
    let name = &schema.name;
    let request = message
        .api
        .as_ref()
        .zip(message.response.as_ref())
        .map(|(api, response)| {
            quote! {
                #[automatically_derived]
                impl ::highwater_protocol::Request for #name {
                    const KEY: ::highwater_protocol::api::ApiKey =
                        ::highwater_protocol::api::ApiKey::#api;
                    type Response = #response;
                }
            }
        });
    let record = message.record.as_ref().map(|record| {
        quote! {
            #[automatically_derived]
            impl ::highwater_protocol::MetadataRecord for #name {
                const RECORD_KEY: i16 = #record;
            }
        }
    });
    quote!(#request #record)
}
