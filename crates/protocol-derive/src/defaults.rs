//! `Default` with Kafka's default values.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, ExprLit, Lit};

use crate::schema::{FieldDefault, FieldSchema, Schema};

/// The `Default` implementation.
pub fn default_impl(schema: &Schema) -> TokenStream {
    let name = &schema.name;
    let fields = schema.fields.iter().map(|field| {
        let name = &field.name;
        let value = default_value(field);
        quote!(#name: #value)
    });
    quote! {
        impl ::core::default::Default for #name {
            fn default() -> Self {
                Self { #(#fields,)* }
            }
        }
    }
}

/// An expression for the field's default.
pub fn default_value(field: &FieldSchema) -> TokenStream {
    let content = field.optional.as_ref().unwrap_or(&field.ty);
    let value = match &field.default {
        FieldDefault::Null => return quote!(::core::option::Option::None),
        FieldDefault::Plain => quote!(<#content as ::core::default::Default>::default()),
        FieldDefault::Value(value) if is_text(value) => quote!(#value.to_owned()),
        FieldDefault::Value(value) => quote!(#value),
    };
    match field.optional {
        Some(_) => quote!(::core::option::Option::Some(#value)),
        None => value,
    }
}

/// A test that the field of `self` differs from its default. Compares without
/// building the default where there is a cheaper way.
pub fn differs_from_default(field: &FieldSchema) -> TokenStream {
    let name = &field.name;
    match (&field.default, &field.optional) {
        (FieldDefault::Null, _) => quote!(self.#name.is_some()),
        (FieldDefault::Value(value), None) => quote!(self.#name != #value),
        _ => {
            let value = default_value(field);
            quote!(self.#name != #value)
        }
    }
}

fn is_text(value: &Expr) -> bool {
    matches!(
        value,
        Expr::Lit(ExprLit {
            lit: Lit::Str(_),
            ..
        })
    )
}
