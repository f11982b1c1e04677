//! Everything an officer is told stands here in Chinese and in English, side by side.
//!
//! A sentence is a variant of an enum that `phrases!` makes, with both texts written at the variant: one
//! without a translation does not compile.

/// The language of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// 中文.
    Zh,
}

impl Lang {
    /// Both.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Zh];
}

/// Something that can be said in either language.
pub trait Say {
    /// The words.
    fn say(&self, lang: Lang) -> String;
}

impl Say for String {
    fn say(&self, _: Lang) -> String {
        self.clone()
    }
}

impl Say for &'static str {
    fn say(&self, _: Lang) -> String {
        (*self).to_owned()
    }
}

impl Say for usize {
    fn say(&self, _: Lang) -> String {
        self.to_string()
    }
}

impl Say for u64 {
    fn say(&self, _: Lang) -> String {
        self.to_string()
    }
}

impl Say for i32 {
    fn say(&self, _: Lang) -> String {
        self.to_string()
    }
}

/// A sentence as it is written down: its name and its two texts with their places.
#[cfg(test)]
pub type Written = (&'static str, &'static str, &'static str);

/// Makes an enum of sentences: `Name { field: Type } => "English {field}", "中文 {field}";`.
macro_rules! phrases {
    ($(#[$meta:meta])* $name:ident { $(
        $variant:ident $({ $($field:ident: $ty:ty),* $(,)? })? => $en:literal, $zh:literal;
    )* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $(
                #[doc = concat!("```text\n", $en, "\n", $zh, "\n```")]
                $variant $({ $(
                    #[doc = concat!("`", stringify!($field), "` of the sentence.")]
                    $field: $ty,
                )* })?,
            )*
        }

        #[cfg(test)]
        impl $name {
            /// Every sentence as it is written, for a test that looks at all of them.
            pub const WRITTEN: &'static [$crate::rules::language::say::Written] =
                &[$((stringify!($variant), $en, $zh)),*];
        }

        impl $crate::rules::language::say::Say for $name {
            fn say(&self, lang: $crate::rules::language::say::Lang) -> String {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        $($(let $field = $crate::rules::language::say::Say::say($field, lang);)*)?
                        match lang {
                            $crate::rules::language::say::Lang::En => format!($en),
                            $crate::rules::language::say::Lang::Zh => format!($zh),
                        }
                    })*
                }
            }
        }
    };
}
pub(crate) use phrases;

/// What a test holds every list of sentences to.
#[cfg(test)]
pub(crate) mod held {
    use std::collections::BTreeSet;

    use super::Written;

    /// The names between braces; `{{` is a brace of the text.
    fn places(text: &str) -> BTreeSet<String> {
        let plain = text.replace("{{", "").replace("}}", "");
        let names = plain.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        names.map(|(name, _)| name.to_owned()).collect()
    }

    /// Both texts name the same things, and the Chinese one has words of its own wherever the English one has any.
    pub(crate) fn translated(written: &[Written]) {
        let chinese_words = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let bare = |text: &str| {
            text.split(['{', '}'])
                .step_by(2)
                .all(|words| !words.chars().any(char::is_alphabetic))
        };
        for (name, english, chinese) in written {
            assert_eq!(places(english), places(chinese), "{name}");
            assert!(
                bare(english) || chinese_words(chinese),
                "{name}: no Chinese in {chinese:?}"
            );
            assert!(bare(english) || english != chinese, "{name}: not translated");
        }
    }
}
