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

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn parse(text: &str) -> Option<Versions> {
        Versions::parse(&LitStr::new(text, Span::call_site())).ok()
    }

    fn test_of(text: &str) -> String {
        let test = parse(text).expect("parses").test();
        test.map(|test| test.to_string()).unwrap_or_default()
    }

    #[test]
    fn ranges_become_tests() {
        assert_eq!(test_of("0+"), "");
        assert_eq!(test_of("7+"), "version >= 7i16");
        assert_eq!(test_of("0-3"), "version <= 3i16");
        assert_eq!(test_of("5"), "version == 5i16");
        assert_eq!(test_of("5-7"), "(5i16 ..= 7i16) . contains (& version)");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "+", "a", "3-", "7-5", "1,2", "99999"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
