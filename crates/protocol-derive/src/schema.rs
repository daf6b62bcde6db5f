//! The attributes of a struct and its fields, read and checked.

use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Expr, Fields, GenericArgument, Ident, LitInt, LitStr, PathArguments};
use syn::{Path, Type};

use crate::versions::Versions;

/// A struct to write codecs for.
pub struct Schema {
    pub name: Ident,
    /// Set for a message with a schema of its own.
    pub message: Option<MessageAttributes>,
    pub fields: Vec<FieldSchema>,
}

/// What `#[message(…)]` says.
pub struct MessageAttributes {
    pub api: Option<Ident>,
    pub response: Option<Path>,
    pub record: Option<LitInt>,
    pub versions: (i16, i16),
    pub flexible_from: Option<i16>,
}

/// A field and what `#[field(…)]` says about it.
pub struct FieldSchema {
    pub name: Ident,
    pub ty: Type,
    /// The content's type if `ty` is an `Option`.
    pub optional: Option<Type>,
    pub versions: Versions,
    pub nullable: Option<Versions>,
    pub tag: Option<u32>,
    pub default: FieldDefault,
    pub ignorable: bool,
}

/// A field's default value.
pub enum FieldDefault {
    /// Zero, empty or false; for an `Option`, `Some` of that.
    Plain,
    Null,
    Value(Expr),
}

impl Schema {
    pub fn from_input(input: &DeriveInput) -> syn::Result<Self> {
        let Data::Struct(data) = &input.data else {
            return Err(syn::Error::new(input.span(), "a message is a struct"));
        };
        let mut fields = Vec::new();
        match &data.fields {
            Fields::Named(named) => {
                for field in &named.named {
                    fields.push(FieldSchema::from_field(field)?);
                }
            }
            Fields::Unit => {}
            Fields::Unnamed(_) => {
                return Err(syn::Error::new(input.span(), "fields need names"));
            }
        }
        let mut message = None;
        for attribute in &input.attrs {
            if attribute.path().is_ident("message") {
                message = Some(MessageAttributes::parse(attribute)?);
            }
        }
        Ok(Self {
            name: input.ident.clone(),
            message,
            fields,
        })
    }
}

impl MessageAttributes {
    fn parse(attribute: &syn::Attribute) -> syn::Result<Self> {
        let (mut api, mut response, mut record) = (None, None, None);
        let (mut versions, mut flexible) = (None, None);
        attribute.parse_nested_meta(|meta| {
            let value = meta.value()?;
            if meta.path.is_ident("api") {
                api = Some(value.parse()?);
            } else if meta.path.is_ident("response") {
                response = Some(value.parse()?);
            } else if meta.path.is_ident("record") {
                record = Some(value.parse()?);
            } else if meta.path.is_ident("versions") {
                versions = Some(Versions::parse(&value.parse::<LitStr>()?)?);
            } else if meta.path.is_ident("flexible") {
                flexible = Some(Versions::parse(&value.parse::<LitStr>()?)?.min);
            } else {
                return Err(meta.error("unknown attribute"));
            }
            Ok(())
        })?;
        let Some(Versions {
            min,
            max: Some(max),
        }) = versions
        else {
            let text = "`versions` with an end is required";
            return Err(syn::Error::new_spanned(attribute, text));
        };
        if (api.is_some() && record.is_some()) || (response.is_some() && api.is_none()) {
            let text = "`api`, perhaps with `response`, and `record` exclude each other";
            return Err(syn::Error::new_spanned(attribute, text));
        }
        Ok(Self {
            api,
            response,
            record,
            versions: (min, max),
            flexible_from: flexible,
        })
    }
}

impl FieldSchema {
    fn from_field(field: &syn::Field) -> syn::Result<Self> {
        let name = field
            .ident
            .clone()
            .ok_or_else(|| syn::Error::new(field.span(), "fields need names"))?;
        let mut schema = Self {
            name,
            ty: field.ty.clone(),
            optional: option_content(&field.ty),
            versions: Versions::ALL,
            nullable: None,
            tag: None,
            default: FieldDefault::Plain,
            ignorable: false,
        };
        for attribute in &field.attrs {
            if attribute.path().is_ident("field") {
                schema.parse(attribute)?;
            }
        }
        schema.check(field)?;
        Ok(schema)
    }

    fn parse(&mut self, attribute: &syn::Attribute) -> syn::Result<()> {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("ignorable") {
                self.ignorable = true;
                return Ok(());
            }
            let value = meta.value()?;
            if meta.path.is_ident("versions") {
                self.versions = Versions::parse(&value.parse()?)?;
            } else if meta.path.is_ident("nullable") {
                self.nullable = Some(Versions::parse(&value.parse()?)?);
            } else if meta.path.is_ident("tag") {
                self.tag = Some(value.parse::<LitInt>()?.base10_parse()?);
            } else if meta.path.is_ident("default") {
                self.default = match value.parse()? {
                    Expr::Path(path) if path.path.is_ident("null") => FieldDefault::Null,
                    value => FieldDefault::Value(value),
                };
            } else {
                return Err(meta.error("unknown attribute"));
            }
            Ok(())
        })
    }

    fn check(&self, field: &syn::Field) -> syn::Result<()> {
        if self.nullable.is_some() != self.optional.is_some() {
            let text = "`nullable` and `Option` go together";
            return Err(syn::Error::new(field.span(), text));
        }
        if matches!(self.default, FieldDefault::Null) && self.optional.is_none() {
            let text = "only an `Option` can be null";
            return Err(syn::Error::new(field.span(), text));
        }
        Ok(())
    }
}

/// `T` of `Option<T>`.
fn option_content(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(content) if last.ident == "Option" => Some(content.clone()),
        _ => None,
    }
}
