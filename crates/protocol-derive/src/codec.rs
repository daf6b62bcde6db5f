//! `Field` and `NullableField`: a struct's encoding in any version.

use proc_macro2::TokenStream;
use quote::quote;

use crate::defaults::{default_value, differs_from_default};
use crate::schema::{FieldSchema, Schema};
use crate::versions::Versions;

/// The implementations of `Field` and `NullableField`.
pub fn field_impls(schema: &Schema) -> TokenStream {
    let name = &schema.name;
    let size_min = size_min(schema);
    let read = read_body(schema);
    let write = write_body(schema);
    quote! {
        #[automatically_derived]
        impl ::highwater_protocol::wire::Field for #name {
            fn size_min(context: ::highwater_protocol::wire::Context) -> usize {
                #size_min
            }

            fn read(
                reader: &mut ::highwater_protocol::wire::Reader,
                context: ::highwater_protocol::wire::Context,
            ) -> ::core::result::Result<Self, ::highwater_protocol::wire::DecodeError> {
                #read
            }

            fn write(
                &self,
                writer: &mut ::highwater_protocol::wire::Writer,
                context: ::highwater_protocol::wire::Context,
            ) -> ::core::result::Result<(), ::highwater_protocol::wire::EncodeError> {
                #write
            }
        }

        #[automatically_derived]
        impl ::highwater_protocol::wire::NullableField for #name {
            fn nullable_size_min(_: ::highwater_protocol::wire::Context) -> usize {
                1
            }

            fn read_nullable(
                reader: &mut ::highwater_protocol::wire::Reader,
                context: ::highwater_protocol::wire::Context,
            ) -> ::core::result::Result<
                ::core::option::Option<Self>,
                ::highwater_protocol::wire::DecodeError,
            > {
                ::highwater_protocol::wire::read_nullable_struct(reader, context)
            }

            fn write_nullable(
                value: ::core::option::Option<&Self>,
                writer: &mut ::highwater_protocol::wire::Writer,
                context: ::highwater_protocol::wire::Context,
            ) -> ::core::result::Result<(), ::highwater_protocol::wire::EncodeError> {
                ::highwater_protocol::wire::write_nullable_struct(value, writer, context)
            }
        }
    }
}

/// The sum over the fields of the version, and the count of tagged fields.
fn size_min(schema: &Schema) -> TokenStream {
    let untagged = schema.fields.iter().filter(|field| field.tag.is_none());
    let sizes = untagged.map(|field| {
        let wire = quote!(::highwater_protocol::wire);
        let size = match (&field.optional, &field.ty) {
            (Some(ty), _) => quote!(<#ty as #wire::NullableField>::nullable_size_min(context)),
            (None, ty) => quote!(<#ty as #wire::Field>::size_min(context)),
        };
        match field.versions.test() {
            None => quote!(size += #size;),
            Some(test) => quote!(if #test { size += #size; }),
        }
    });
    quote! {
        #[allow(unused_variables)]
        let version = context.version;
        #[allow(unused_mut)]
        let mut size = usize::from(context.flexible);
        #(#sizes)*
        size
    }
}

fn read_body(schema: &Schema) -> TokenStream {
    let mut plain = Vec::new();
    let mut names = Vec::new();
    let mut tagged = Vec::new();
    for field in &schema.fields {
        let name = &field.name;
        names.push(name);
        let value = read_value(field);
        let default = default_value(field);
        if let Some(tag) = field.tag {
            plain.push(quote!(let mut #name = #default;));
            let guard = field.versions.test().map(|test| quote!(if #test));
            tagged.push(quote!(#tag #guard => #name = #value,));
        } else if let Some(test) = field.versions.test() {
            plain.push(quote!(let #name = if #test { #value } else { #default };));
        } else {
            plain.push(quote!(let #name = #value;));
        }
    }
    let tagged = if tagged.is_empty() {
        quote!(reader.get_tagged_fields(|_, _| ::core::result::Result::Ok(false))?;)
    } else {
        quote! {
            reader.get_tagged_fields(|reader, tag| {
                match tag {
                    #(#tagged)*
                    _ => return ::core::result::Result::Ok(false),
                }
                ::core::result::Result::Ok(true)
            })?;
        }
    };
    quote! {
        #[allow(unused_variables)]
        let version = context.version;
        #(#plain)*
        if context.flexible {
            #tagged
        }
        ::core::result::Result::Ok(Self { #(#names,)* })
    }
}

fn read_value(field: &FieldSchema) -> TokenStream {
    let Some(nullable) = field.nullable else {
        return quote!(::highwater_protocol::wire::Field::read(reader, context)?);
    };
    let null = quote!(::highwater_protocol::wire::NullableField::read_nullable(
        reader, context
    )?);
    match null_test(field, nullable) {
        None => null,
        Some(test) => quote! {
            if #test {
                #null
            } else {
                ::core::option::Option::Some(
                    ::highwater_protocol::wire::Field::read(reader, context)?,
                )
            }
        },
    }
}

fn write_body(schema: &Schema) -> TokenStream {
    let fields = schema.fields.iter().filter(|field| field.tag.is_none());
    let plain = fields.map(|field| write_if_present(schema, field, write_value(schema, field)));
    let mut tagged: Vec<_> = schema.fields.iter().filter(|f| f.tag.is_some()).collect();
    tagged.sort_by_key(|field| field.tag);
    let refusals = tagged.iter().map(|field| refusal(schema, field));
    let additions = tagged.iter().map(|field| {
        let tag = field.tag;
        let value = write_value(schema, field);
        let differs = differs_from_default(field);
        let add = quote!(if #differs { tagged.add(#tag, |writer| #value)?; });
        match field.versions.test() {
            None => add,
            Some(test) => quote!(if #test { #add }),
        }
    });
    quote! {
        #[allow(unused_variables)]
        let version = context.version;
        #(#plain)*
        #(#refusals)*
        if context.flexible {
            #[allow(unused_mut)]
            let mut tagged = ::highwater_protocol::wire::TaggedFields::default();
            #(#additions)*
            tagged.finish(writer);
        }
        ::core::result::Result::Ok(())
    }
}

fn write_if_present(schema: &Schema, field: &FieldSchema, value: TokenStream) -> TokenStream {
    let Some(test) = field.versions.test() else {
        return quote!(#value?;);
    };
    let refusal = refusal_unless_default(schema, field);
    quote!(if #test { #value?; } #refusal)
}

/// `else if differs { return error }`, or nothing for an ignorable field.
fn refusal_unless_default(schema: &Schema, field: &FieldSchema) -> TokenStream {
    if field.ignorable {
        return quote!();
    }
    let differs = differs_from_default(field);
    let label = label(schema, field);
    quote! {
        else if #differs {
            return ::core::result::Result::Err(
                ::highwater_protocol::wire::EncodeError::NonDefaultField {
                    field: #label,
                    version,
                },
            );
        }
    }
}

/// The same for a tagged field, which is written elsewhere.
fn refusal(schema: &Schema, field: &FieldSchema) -> TokenStream {
    match field.versions.test() {
        Some(test) if !field.ignorable => {
            let refusal = refusal_unless_default(schema, field);
            quote!(if #test {} #refusal)
        }
        _ => quote!(),
    }
}

fn write_value(schema: &Schema, field: &FieldSchema) -> TokenStream {
    let name = &field.name;
    let Some(nullable) = field.nullable else {
        return quote!(::highwater_protocol::wire::Field::write(&self.#name, writer, context));
    };
    let null = quote! {
        ::highwater_protocol::wire::NullableField::write_nullable(
            self.#name.as_ref(),
            writer,
            context,
        )
    };
    let Some(test) = null_test(field, nullable) else {
        return null;
    };
    let label = label(schema, field);
    quote! {
        if #test {
            #null
        } else {
            match &self.#name {
                ::core::option::Option::Some(value) => {
                    ::highwater_protocol::wire::Field::write(value, writer, context)
                }
                ::core::option::Option::None => ::core::result::Result::Err(
                    ::highwater_protocol::wire::EncodeError::UnexpectedNull {
                        field: #label,
                        version,
                    },
                ),
            }
        }
    }
}

/// A test that null is allowed, given that the field is there; none if always.
fn null_test(field: &FieldSchema, nullable: Versions) -> Option<TokenStream> {
    let ends_with_field = nullable.max.is_none() || nullable.max == field.versions.max;
    if nullable.min <= field.versions.min && ends_with_field {
        return None;
    }
    nullable.test()
}

fn label(schema: &Schema, field: &FieldSchema) -> String {
    format!("{}.{}", schema.name, field.name)
}
