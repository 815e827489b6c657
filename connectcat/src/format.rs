//! How messages are shown.

use clap::ValueEnum;
use connect_tokio::DatagramRef;
use data_encoding::HEXLOWER;
use serde::Serialize;

use crate::json::JsonMessage;
use crate::terminal::{HarmlessJson, harmless_text};

/// What is written for each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The data and a line end. On a terminal, what could control it is shown as \x1b
    Text,
    /// A line of hexadecimal digits
    Hex,
    /// A line of JSON: peer, recipient, length and `text`, or `base64` if it is not UTF-8
    Json,
    /// The data alone, with nothing between two messages. A terminal would act on it: for files and pipes
    Raw,
    /// The data behind its length: 4 bytes, big-endian. For files and pipes as well
    Framed,
    /// Nothing
    None,
}

/// How messages are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Formatter {
    pub(crate) format: Format,
    /// Whether lines of text and of digits begin with the recipient tag.
    pub(crate) shows_tag: bool,
    /// Whether a terminal would act on what a peer has sent.
    pub(crate) is_terminal: bool,
}

impl Formatter {
    /// Appends what is shown of a message.
    pub(crate) fn append(self, peer: &str, datagram: DatagramRef<'_>, out: &mut Vec<u8>) {
        let data = datagram.data();
        if self.shows_tag && matches!(self.format, Format::Text | Format::Hex) {
            out.extend_from_slice(datagram.recipient().to_string().as_bytes());
            out.push(b'\t');
        }
        match self.format {
            Format::Text if self.is_terminal => {
                out.extend_from_slice(harmless_text(data).as_bytes());
                out.push(b'\n');
            }
            Format::Text => {
                out.extend_from_slice(data);
                out.push(b'\n');
            }
            Format::Hex => {
                out.extend_from_slice(HEXLOWER.encode(data).as_bytes());
                out.push(b'\n');
            }
            Format::Json => {
                let message = JsonMessage::new(peer, datagram.recipient(), data);
                // Neither strings nor numbers nor a vector can fail.
                let _ = message.serialize(&mut serde_json::Serializer::with_formatter(
                    &mut *out,
                    HarmlessJson,
                ));
                out.push(b'\n');
            }
            Format::Raw => out.extend_from_slice(data),
            Format::Framed => {
                // A message is shorter than 4 GiB by far.
                let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
                out.extend_from_slice(&length.to_be_bytes());
                out.extend_from_slice(data);
            }
            Format::None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use connect_testkit::check_property;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::input::{Framing, MessageReader};
    use crate::terminal::tests::text_at_the_edges;

    fn formatter(format: Format) -> Formatter {
        Formatter {
            format,
            shows_tag: false,
            is_terminal: false,
        }
    }

    fn shown(formatter: Formatter, messages: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let mut out = Vec::new();
        for (recipient, data) in messages {
            formatter.append("peer", DatagramRef::new(*recipient, data), &mut out);
        }
        out
    }

    fn read(framing: Framing, stream: &[u8], cut: usize) -> Vec<(u16, Vec<u8>)> {
        let (begin, rest) = stream.split_at(cut);
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(async {
            let mut reader = MessageReader::new(begin.chain(rest), framing, 7, 100);
            let mut messages = Vec::new();
            while let Some(datagram) = reader.next().await.unwrap() {
                messages.push((datagram.recipient(), datagram.data().to_vec()));
            }
            messages
        })
    }

    /// With something in them, and with every kind of data that formats tell apart.
    fn messages(
        data: impl Strategy<Value = Vec<u8>>,
    ) -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
        vec((any::<u16>(), data), 0..8)
    }

    fn any_data() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            vec(any::<u8>(), 1..100),
            "\\PC{1,20}".prop_map(String::into_bytes),
            text_at_the_edges().prop_map(String::into_bytes)
        ]
    }

    fn with_tag_7(messages: &[(u16, Vec<u8>)]) -> Vec<(u16, Vec<u8>)> {
        messages.iter().map(|(_, data)| (7, data.clone())).collect()
    }

    #[test]
    fn json_that_was_shown_can_be_sent_with_its_tags() {
        let cases = (messages(any_data()), any::<prop::sample::Index>());
        check_property("json lines", 500, &cases, |(messages, cut)| {
            let stream = shown(formatter(Format::Json), &messages);
            let cut = cut.index(stream.len() + 1);
            assert_eq!(read(Framing::Json, &stream, cut), messages);
            stream.len() as u64
        });
    }

    #[test]
    fn framed_messages_that_were_shown_can_be_sent() {
        let cases = (messages(any_data()), any::<prop::sample::Index>());
        check_property("framed messages", 500, &cases, |(messages, cut)| {
            let stream = shown(formatter(Format::Framed), &messages);
            let cut = cut.index(stream.len() + 1);
            assert_eq!(read(Framing::Framed, &stream, cut), with_tag_7(&messages));
            stream.len() as u64
        });
    }

    #[test]
    fn lines_that_were_shown_can_be_sent() {
        let line =
            "[^\r\n]{1,100}".prop_map(|line| line.as_bytes()[..line.len().min(100)].to_vec());
        let cases = (messages(line), any::<prop::sample::Index>());
        check_property("lines of text", 500, &cases, |(messages, cut)| {
            let stream = shown(formatter(Format::Text), &messages);
            let cut = cut.index(stream.len() + 1);
            assert_eq!(read(Framing::Lines, &stream, cut), with_tag_7(&messages));
            stream.len() as u64
        });
    }

    #[test]
    fn each_format_looks_like_this() {
        let messages = [(7, b"caf\xc3\xa9".to_vec()), (8, b"\0\xff\"".to_vec())];
        for (format, expected) in [
            (Format::Text, &b"caf\xc3\xa9\n\0\xff\"\n"[..]),
            (Format::Hex, b"636166c3a9\n00ff22\n"),
            (Format::Raw, b"caf\xc3\xa9\0\xff\""),
            (Format::Framed, b"\0\0\0\x05caf\xc3\xa9\0\0\0\x03\0\xff\""),
            (Format::None, b""),
            (
                Format::Json,
                b"{\"peer\":\"peer\",\"recipient\":7,\"length\":5,\"text\":\"caf\xc3\xa9\"}\n\
                  {\"peer\":\"peer\",\"recipient\":8,\"length\":3,\"base64\":\"AP8i\"}\n",
            ),
        ] {
            let out = shown(formatter(format), &messages);
            assert_eq!(
                out,
                expected,
                "{format:?}: {}",
                String::from_utf8_lossy(&out)
            );
        }
    }

    /// Also into a file or a pipe, which somebody may look at in a terminal.
    #[test]
    fn json_escapes_what_a_terminal_would_act_on() {
        let mut out = Vec::new();
        let data = "\u{9b}2J\u{7f}\u{202e}".as_bytes();
        let message = DatagramRef::new(7, data);
        formatter(Format::Json).append("unix:\u{1b}\u{9b}", message, &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"peer\":\"unix:\\u001b\\u009b\",\"recipient\":7,\"length\":8,\"text\":\"\\u009b2J\\u007f\\u202e\"}\n"
        );
    }

    #[test]
    fn lines_can_begin_with_the_tag() {
        for (format, expected) in [(Format::Text, "7\thi\n"), (Format::Hex, "7\t6869\n")] {
            let formatter = Formatter {
                shows_tag: true,
                ..formatter(format)
            };
            assert_eq!(
                shown(formatter, &[(7, b"hi".to_vec())]),
                expected.as_bytes()
            );
        }
    }
}
