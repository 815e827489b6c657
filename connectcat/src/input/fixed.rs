//! Messages of the command line.

use std::str::FromStr;

use connect_tokio::ConnectDatagram;

/// How often the messages of the command line are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    Times(u64),
    Forever,
}

impl FromStr for Repeat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match (text, text.parse()) {
            ("forever", _) => Ok(Self::Forever),
            (_, Ok(times @ 1..)) => Ok(Self::Times(times)),
            _ => Err("expected a number of times from 1 on, or `forever`"),
        }
    }
}

/// The messages of the command line, as often as they are to be sent. Each has its data once, however often that is.
#[derive(Clone)]
pub(crate) struct Fixed {
    datagrams: Vec<ConnectDatagram>,
    position: usize,
    repeat: Repeat,
}

impl Fixed {
    pub(crate) const fn new(datagrams: Vec<ConnectDatagram>, repeat: Repeat) -> Self {
        Self {
            datagrams,
            position: 0,
            repeat,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    fn is_done(&self) -> bool {
        self.is_empty() || self.repeat == Repeat::Times(0)
    }
}

impl Iterator for Fixed {
    type Item = ConnectDatagram;

    fn next(&mut self) -> Option<ConnectDatagram> {
        if self.is_done() {
            return None;
        }
        let datagram = self.datagrams.get(self.position).cloned();
        self.position += 1;
        if self.position == self.datagrams.len() {
            self.position = 0;
            if let Repeat::Times(times) = &mut self.repeat {
                *times -= 1;
            }
        }
        datagram
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(repeat: &str) -> Fixed {
        let datagrams = ["a", "b"].map(|text| ConnectDatagram::new(1, text).unwrap());
        Fixed::new(datagrams.to_vec(), repeat.parse().unwrap())
    }

    fn text(messages: impl Iterator<Item = ConnectDatagram>) -> String {
        let data = messages.flat_map(|datagram| datagram.data().to_vec());
        String::from_utf8(data.collect()).unwrap()
    }

    #[test]
    fn all_of_them_are_repeated_in_order() {
        assert_eq!(text(messages("1")), "ab");
        assert_eq!(text(messages("3")), "ababab");
        assert_eq!(text(messages("forever").take(5)), "ababa");
    }

    #[test]
    fn no_message_is_done_at_once() {
        assert_eq!(Fixed::new(Vec::new(), Repeat::Forever).next(), None);
    }

    #[test]
    fn what_is_no_number_of_times_is_refused() {
        for text in ["0", "-1", "1.5", "", "ever", "18446744073709551616"] {
            assert!(text.parse::<Repeat>().is_err(), "{text}");
        }
    }
}
