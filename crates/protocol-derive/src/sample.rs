//! `Sample`: generated values for tests.

use proc_macro2::TokenStream;
use quote::quote;

use crate::defaults::default_value;
use crate::schema::{FieldSchema, Schema};

/// The implementation, compiled only with the `samples` feature.
pub fn sample_impl(schema: &Schema) -> TokenStream {
    let name = &schema.name;
    let fields = schema.fields.iter().map(|field| {
        let name = &field.name;
        let default = default_value(field);
        let mut value = present_value(field);
        if field.tag.is_some() {
            value = quote!(if source.once_in(2) { #default } else { #value });
        }
        match field.versions.test() {
            None => quote!(#name: #value),
            Some(test) => quote!(#name: if #test { #value } else { #default }),
        }
    });
    quote! {
        #[cfg(feature = "samples")]
        #[automatically_derived]
        impl ::highwater_protocol::samples::Sample for #name {
            #[allow(unused_variables)]
            fn sample(
                source: &mut ::highwater_protocol::samples::SampleSource,
                context: ::highwater_protocol::wire::Context,
            ) -> Self {
                let version = context.version;
                Self { #(#fields,)* }
            }
        }
    }
}

fn present_value(field: &FieldSchema) -> TokenStream {
    let value = quote!(::highwater_protocol::samples::Sample::sample(
        source, context
    ));
    let Some(nullable) = field.nullable else {
        return value;
    };
    let test = nullable.test().unwrap_or_else(|| quote!(true));
    quote! {
        if #test && source.once_in(4) {
            ::core::option::Option::None
        } else {
            ::core::option::Option::Some(#value)
        }
    }
}
