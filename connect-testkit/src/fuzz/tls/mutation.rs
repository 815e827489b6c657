//! What can happen to bytes on their way.

use crate::fuzz::choices::Choices;
use crate::tls::record_ranges;

/// Changes `bytes`, which begin with whole records, as the input says: a bit, a byte, a stretch or a record.
/// Positions wrap, so any number is one.
pub(super) fn mutate(bytes: &mut Vec<u8>, choices: &mut Choices<'_>) {
    for _ in 0..choices.byte() % 4 {
        let kind = choices.byte();
        let position = choices.number();
        let value = choices.byte();
        if !bytes.is_empty() {
            mutate_once(bytes, kind, position, value);
        }
    }
}

fn mutate_once(bytes: &mut Vec<u8>, kind: u8, position: usize, value: u8) {
    let at = position % bytes.len();
    let end = bytes.len().min(at + 1 + usize::from(value));
    let records = record_ranges(bytes);
    let record = records.get(position % records.len().max(1)).cloned();
    match (kind % 10, record) {
        (0, _) => bytes[at] ^= 1 << (value % 8),
        (1, _) => bytes[at] = value,
        (2, _) => bytes.insert(at, value),
        (3, _) => drop(bytes.drain(at..end)),
        (4, _) => {
            let stretch = bytes[at..end].to_vec();
            bytes.splice(at..at, stretch);
        }
        (5, _) => bytes.truncate(at),
        (6, Some(record)) => drop(bytes.drain(record)),
        (7, Some(record)) => {
            let again = bytes[record.clone()].to_vec();
            bytes.splice(record.end..record.end, again);
        }
        (8, Some(record)) => {
            let later = bytes.drain(record).collect::<Vec<u8>>();
            bytes.extend(later);
        }
        (9, Some(record)) => {
            let header = [value, 3, 3, 0, 0];
            bytes.splice(record.start..record.start, header);
        }
        _ => {}
    }
}
