//! The file of vectors, as `interop/vectors/README.md` describes it. What is missing, unknown or said twice is an
//! error.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use connect_testkit::naive;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vectors {
    #[serde(rename = "format")]
    _format: String,
    pub(crate) frames: Vec<Frame>,
    pub(crate) unsendable: Vec<Unsendable>,
    chunkings: BTreeMap<String, Vec<Chunking>>,
    pub(crate) streams: Vec<Stream>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Frame {
    pub(crate) name: String,
    pub(crate) recipient: u16,
    pub(crate) data: Pieces,
    pub(crate) header: Piece,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unsendable {
    pub(crate) name: String,
    pub(crate) data: Pieces,
    pub(crate) verdict: Verdict,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stream {
    pub(crate) name: String,
    pub(crate) limit: usize,
    pub(crate) stream: Pieces,
    pub(crate) messages: Vec<Message>,
    pub(crate) verdict: Verdict,
    pub(crate) decided_after: Option<usize>,
    chunkings: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    pub(crate) recipient: u16,
    pub(crate) data: Pieces,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Verdict {
    CleanEnd {},
    SizeTooSmall { size: u32 },
    DataTooLarge { length: u64, limit: u64 },
    UnsupportedVersion { version: u16 },
    Truncated { missing: u64 },
    EmptyData {},
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Chunking {
    Lengths(Vec<usize>),
    InTwoEverywhere,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Pieces(Vec<Piece>);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Piece {
    Hexadecimal(String),
    Repeated(Repeated),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repeated {
    byte: String,
    count: usize,
}

impl Vectors {
    pub(crate) fn load() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop/vectors/wire-1.json");
        let text = std::fs::read_to_string(&path).expect("the file of vectors");
        let vectors: Self = serde_json::from_str(&text).expect("vectors");
        let mut names = HashSet::new();
        let frames = vectors.frames.iter().map(|frame| &frame.name);
        let unsendable = vectors.unsendable.iter().map(|message| &message.name);
        let streams = vectors.streams.iter().map(|stream| &stream.name);
        for (kind, name) in frames
            .map(|name| ("frame", name))
            .chain(unsendable.map(|name| ("unsendable", name)))
            .chain(streams.map(|name| ("stream", name)))
        {
            assert!(names.insert((kind, name)), "{kind} {name}: twice");
        }
        vectors
    }

    /// The lengths of the pieces, of every way to cut this stream of `total` bytes.
    pub(crate) fn cuts(&self, stream: &Stream, total: usize) -> Vec<Vec<usize>> {
        let Some(chunkings) = self.chunkings.get(&stream.chunkings) else {
            panic!("{}: no chunkings {:?}", stream.name, stream.chunkings);
        };
        let mut all = Vec::new();
        for chunking in chunkings {
            match chunking {
                Chunking::Lengths(lengths) => all.push(repeated(lengths, total)),
                Chunking::InTwoEverywhere => {
                    all.extend((1..total).map(|first| vec![first, total - first]));
                }
            }
        }
        assert!(!all.is_empty(), "{}: is never read", stream.name);
        all
    }
}

/// These lengths over and over, up to the end; without any, one piece.
fn repeated(lengths: &[usize], total: usize) -> Vec<usize> {
    assert!(lengths.iter().all(|length| *length > 0), "a length of 0");
    let mut lengths = lengths.iter().cycle();
    let mut cuts = Vec::new();
    let mut left = total;
    while left > 0 {
        let length = lengths.next().copied().unwrap_or(total).min(left);
        cuts.push(length);
        left -= length;
    }
    cuts
}

impl Message {
    pub(crate) fn expanded(&self) -> naive::Message {
        naive::Message {
            recipient: self.recipient,
            data: self.data.bytes(),
        }
    }
}

impl Pieces {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let pieces: Vec<Vec<u8>> = self.0.iter().map(Piece::bytes).collect();
        pieces.concat()
    }
}

impl Piece {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Hexadecimal(digits) => from_hexadecimal(digits),
            Self::Repeated(Repeated { byte, count }) => match from_hexadecimal(byte)[..] {
                [byte] => vec![byte; *count],
                _ => panic!("{byte:?} is not one byte"),
            },
        }
    }
}

fn from_hexadecimal(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .chars()
        .filter(|digit| *digit != ' ')
        .map(|digit| digit.to_digit(16).expect("hexadecimal digits and spaces") as u8)
        .collect();
    assert!(digits.len() % 2 == 0, "half a byte");
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}
