//! The closed lists of words that the documents of a sample use.

/// Makes an enum whose variants have one word each.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word in documents.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            /// The value of a word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)* _ => None }
            }
        }

        impl $crate::reader::FromJson for $name {
            fn from_json(value: &$crate::canonical::Json) -> Option<Self> {
                $name::from_word(value.as_text()?)
            }
        }
    };
}

pub(super) use words;

words! {
    /// What a party is to the audit.
    Role {
        /// Who audits: asks for samples.
        Auditor = "auditor",
        /// Who runs the service.
        Operator = "operator",
        /// Anybody else who adds a value, such as a superior authority.
        Third = "third",
    }
}

words! {
    /// Why a party's value is missing.
    Why {
        /// It said so.
        Refused = "refused",
        /// Its time passed.
        Silent = "silent",
    }
}
