//! What a terminal would act on instead of showing it, and what is shown in its place.

use std::fmt::Write;
use std::io;

/// Whether a terminal acts on it: controls (U+0000 to U+001F, U+007F to U+009F), and what lets text appear in another
/// order than it has (U+202A to U+202E, U+2066 to U+2069).
fn acts(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text without anything that a terminal would act on, but for line ends and tabs.
pub(crate) fn harmless_text(data: &[u8]) -> String {
    let mut text = String::with_capacity(data.len());
    for chunk in data.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' | '\t' => text.push(character),
                character => push(&mut text, character),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// A line without anything that a terminal would act on. What it quotes can begin no other line.
pub(crate) fn harmless_line(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for character in line.chars() {
        push(&mut text, character);
    }
    text
}

fn push(text: &mut String, character: char) {
    let _ = match character {
        character if !acts(character) => text.write_char(character),
        character if character.is_control() => write!(text, "\\x{:02x}", u32::from(character)),
        character => write!(text, "\\u{{{:x}}}", u32::from(character)),
    };
}

/// JSON in one line, in whose strings whatever a terminal would act on is escaped. JSON demands that up to U+001F only.
pub(crate) struct HarmlessJson;

impl serde_json::ser::Formatter for HarmlessJson {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for part in fragment.split_inclusive(acts) {
            match (part.strip_suffix(acts), part.chars().next_back()) {
                (Some(plain), Some(character)) => {
                    // None of them takes a second code unit.
                    write!(writer, "{plain}\\u{:04x}", u32::from(character))?;
                }
                _ => writer.write_all(part.as_bytes())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use connect_testkit::check_property;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde::Serialize;

    use super::*;

    /// As a list, since the code has ranges: ECMA-48, and the explicit directions of Unicode's Annex 9.
    fn is_harmless(text: &str, allowed: &str) -> bool {
        let direction = [
            '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}',
            '\u{2068}', '\u{2069}',
        ];
        text.chars().all(|character| {
            let code = u32::from(character);
            let acts = code < 0x20 || (0x7f..0xa0).contains(&code);
            allowed.contains(character) || !(acts || direction.contains(&character))
        })
    }

    /// Text in which nearly everything is at an edge of what is escaped.
    pub(crate) fn text_at_the_edges() -> impl Strategy<Value = String> {
        let edges = "\0\t\n\u{1b}\u{1f} ~\u{7f}\u{80}\u{9b}\u{9f}\u{a0}\"\\x\u{2029}\u{202a}\u{202c}\u{202e}\u{202f}\
                     \u{2065}\u{2066}\u{2069}\u{206a}\u{fc}\u{1f600}";
        let character = select(edges.chars().collect::<Vec<_>>());
        vec(character, 1..25).prop_map(|characters| characters.into_iter().collect())
    }

    fn any_data() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            vec(any::<u8>(), 0..100),
            text_at_the_edges().prop_map(String::into_bytes)
        ]
    }

    #[test]
    fn a_terminal_gets_nothing_that_controls_it() {
        check_property("text on a terminal", 1000, &any_data(), |data| {
            let text = harmless_text(&data);
            assert!(is_harmless(&text, "\n\t"), "{text:?}");
            let line = harmless_line(&String::from_utf8_lossy(&data));
            assert!(is_harmless(&line, ""), "{line:?}");
            data.len() as u64
        });
        assert_eq!(
            harmless_text("tab\tf\u{fc}r \u{1b}[2J\u{9b}\u{202e}".as_bytes()),
            "tab\tf\u{fc}r \\x1b[2J\\x9b\\u{202e}"
        );
        assert_eq!(harmless_text(b"\xff\r\n"), "\\xff\\x0d\n");
        assert_eq!(harmless_line("a\n\u{1b}\tb"), "a\\x0a\\x1b\\x09b");
    }

    #[test]
    fn json_says_the_same_and_has_nothing_that_controls_a_terminal() {
        check_property("harmless JSON", 1000, &text_at_the_edges(), |text| {
            let mut json = Vec::new();
            let mut serializer = serde_json::Serializer::with_formatter(&mut json, HarmlessJson);
            text.serialize(&mut serializer).unwrap();
            let json = String::from_utf8(json).unwrap();
            assert!(is_harmless(&json, ""), "{json:?}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            text.len() as u64
        });
    }
}
