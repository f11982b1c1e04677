//! Writes HTML that is well-formed XML as well, and escapes everything that is not a tag of ours.

/// A page under way.
#[derive(Default)]
pub struct Html(String);

/// An attribute and its value.
pub type Attribute<'a> = (&'a str, &'a str);

impl Html {
    /// Puts text that is markup itself: constants of this program, never anything read.
    pub fn constant(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Opens an element, fills it, closes it.
    pub fn element(&mut self, tag: &str, attributes: &[Attribute<'_>], inside: impl FnOnce(&mut Html)) {
        self.begin(tag, attributes);
        self.0.push('>');
        inside(self);
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
        if is_block(tag) {
            self.0.push('\n');
        }
    }

    /// An element that holds text.
    pub fn put(&mut self, tag: &str, attributes: &[Attribute<'_>], text: &str) {
        self.element(tag, attributes, |html| html.text(text));
    }

    /// An element without content.
    pub fn empty(&mut self, tag: &str, attributes: &[Attribute<'_>]) {
        self.begin(tag, attributes);
        self.0.push_str("/>");
    }

    fn begin(&mut self, tag: &str, attributes: &[Attribute<'_>]) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
    }

    /// Text, whatever it holds.
    pub fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(character),
                // XML has no other control characters, and marks of direction would let a text pose as its neighbour.
                _ if character.is_control() || is_direction(character) || is_no_character(character) => {
                    self.0.push('\u{fffd}');
                }
                _ => self.0.push(character),
            }
        }
    }

    /// A table with a head; `numeric` columns stand to the right.
    pub fn table(&mut self, caption: &str, head: &[&str], numeric: &[usize], rows: &[Vec<String>]) {
        let class = |at: usize| if numeric.contains(&at) { "number" } else { "words" };
        self.element("div", &[("class", "scroll")], |html| {
            html.element("table", &[], |html| {
                html.put("caption", &[], caption);
                html.element("thead", &[], |html| {
                    html.element("tr", &[], |html| {
                        for (at, name) in head.iter().enumerate() {
                            html.put("th", &[("scope", "col"), ("class", class(at))], name);
                        }
                    });
                });
                html.element("tbody", &[], |html| {
                    for row in rows {
                        html.element("tr", &[], |html| {
                            for (at, cell) in row.iter().enumerate() {
                                match at {
                                    0 => html.put("th", &[("scope", "row"), ("class", class(at))], cell),
                                    _ => html.put("td", &[("class", class(at))], cell),
                                }
                            }
                        });
                    }
                });
            });
        });
    }

    /// Names and values.
    pub fn pairs(&mut self, pairs: &[(&str, String)]) {
        self.element("dl", &[], |html| {
            for (name, value) in pairs {
                html.element("div", &[], |html| {
                    html.put("dt", &[], name);
                    html.put("dd", &[], value);
                });
            }
        });
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.0
    }
}

fn is_block(tag: &str) -> bool {
    !matches!(
        tag,
        "a" | "b" | "code" | "dt" | "dd" | "span" | "td" | "th" | "text" | "title"
    )
}

/// Marks that reorder what stands after them.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Code points that XML leaves out.
fn is_no_character(character: char) -> bool {
    matches!(character, '\u{fffe}' | '\u{ffff}')
}
