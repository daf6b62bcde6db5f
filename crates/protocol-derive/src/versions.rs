//! Version ranges as Kafka's schemas write them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;

/// Versions from `min` on, up to `max` if there is an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    pub min: i16,
    pub max: Option<i16>,
}

impl Versions {
    /// Every version.
    pub const ALL: Self = Self { min: 0, max: None };

    /// Parses `"3"`, `"3-7"` or `"3+"`.
    pub fn parse(text: &LitStr) -> syn::Result<Self> {
        let value = text.value();
        let parsed = if let Some(min) = value.strip_suffix('+') {
            min.parse().ok().map(|min| Self { min, max: None })
        } else {
            let (min, max) = value.split_once('-').unwrap_or((&value, &value));
            match (min.parse(), max.parse()) {
                (Ok(min), Ok(max)) if min <= max => Some(Self {
                    min,
                    max: Some(max),
                }),
                _ => None,
            }
        };
        parsed.ok_or_else(|| syn::Error::new_spanned(text, "expected \"3\", \"3-7\" or \"3+\""))
    }

    /// An expression that tests the variable `version`; none if always true.
    pub fn test(self) -> Option<TokenStream> {
        let Self { min, max } = self;
        match (min, max) {
            (0, None) => None,
            (min, None) => Some(quote!(version >= #min)),
            (0, Some(max)) => Some(quote!(version <= #max)),
            (min, Some(max)) if min == max => Some(quote!(version == #min)),
            (min, Some(max)) => Some(quote!((#min..=#max).contains(&version))),
        }
    }
}
