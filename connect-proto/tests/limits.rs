//! What a peer must not send, and how little it costs when it does.

use connect_proto::{Config, DecodeError, Decoded, Decoder, MAX_DATA_LEN};
use connect_testkit::{datagrams, naive};

fn header(size: u32, version: u16) -> [u8; 8] {
    let mut header = [0; 8];
    header[..4].copy_from_slice(&size.to_be_bytes());
    header[4..6].copy_from_slice(&version.to_be_bytes());
    header
}

/// Feeds `bytes` one by one; the error, and after how many bytes it came.
fn first_error(bytes: &[u8], config: &Config) -> Option<(DecodeError, usize)> {
    let mut decoder = Decoder::new(config);
    for (position, byte) in bytes.iter().enumerate() {
        decoder.extend_from_slice(&[*byte]);
        if let Err(error) = decoder.next_datagram() {
            assert_eq!(decoder.allocated(), 0, "memory was kept after an error");
            assert_eq!(decoder.next_datagram_ref(), Err(error));
            return Some((error, position + 1));
        }
    }
    None
}

#[test]
fn a_size_below_five_is_an_error_as_soon_as_it_is_read() {
    for size in 0..=4 {
        assert_eq!(
            first_error(&header(size, 1), &Config::new()),
            Some((DecodeError::SizeTooSmall { size }, 4))
        );
    }
    assert_eq!(first_error(&header(5, 1), &Config::new()), None);
}

#[test]
fn a_size_above_the_limit_is_an_error_as_soon_as_it_is_read() {
    for limit in [1, 2, 1000, MAX_DATA_LEN - 1, MAX_DATA_LEN] {
        let config = Config::new().with_max_receive_len(limit);
        let (limit, largest) = (limit as u32, limit as u32 + 4);
        assert_eq!(first_error(&header(largest, 1), &config), None);
        for size in [largest + 1, 0x7FFF_FFFF, 0x8000_0000, u32::MAX] {
            let (len, max) = (size - 4, limit);
            assert_eq!(
                first_error(&header(size, 1), &config),
                Some((DecodeError::DataTooLarge { len, max }, 4))
            );
        }
    }
}

#[test]
fn another_version_is_an_error_as_soon_as_it_is_read() {
    for version in (0..=u16::MAX).filter(|version| *version != 1) {
        assert_eq!(
            first_error(&header(9, version), &Config::new()),
            Some((DecodeError::UnsupportedVersion { version }, 6))
        );
    }
}

#[test]
fn a_datagram_of_exactly_the_limit_comes_through() {
    for limit in [1, 2, 511, 512, 65_536] {
        let config = Config::new().with_max_receive_len(limit);
        let sent = datagrams::of_lengths(&[limit, 1, limit]);
        let mut decoder = Decoder::new(&config);
        decoder.extend_from_slice(&naive::encode(&sent));
        for datagram in sent {
            assert_eq!(decoder.next_datagram(), Ok(Decoded::Datagram(datagram)));
        }
        assert_eq!(decoder.next_datagram(), Ok(Decoded::NeedInput));
    }
}

#[test]
fn datagrams_before_a_broken_header_are_delivered() {
    let sent = datagrams::of_lengths(&[3, 5000]);
    let mut stream = naive::encode(&sent);
    stream.extend_from_slice(&header(u32::MAX, 1));
    let mut decoder = Decoder::new(&Config::new());
    decoder.extend_from_slice(&stream);
    for datagram in sent {
        assert_eq!(decoder.next_datagram(), Ok(Decoded::Datagram(datagram)));
    }
    let error = decoder.next_datagram().expect_err("a broken header");
    assert!(matches!(error, DecodeError::DataTooLarge { .. }));
}

/// Eight bytes are cheap to send, so they must be cheap to receive, whatever they announce.
#[test]
fn a_header_alone_makes_nobody_hold_what_it_announces() {
    let block = 64 * 1024;
    let config = Config::new().with_read_block_len(block);
    for (size, is_valid) in [(MAX_DATA_LEN as u32 + 4, true), (u32::MAX, false)] {
        for with_space in [false, true] {
            let mut decoder = Decoder::new(&config);
            if with_space {
                decoder.spare()[..8].copy_from_slice(&header(size, 1));
                decoder.commit(8);
            } else {
                decoder.extend_from_slice(&header(size, 1));
            }
            assert_eq!(decoder.next_datagram().is_ok(), is_valid);
            assert!(decoder.spare().len() <= block);
            assert!(decoder.allocated() <= block);
            assert!(decoder.take_spare().len() <= block);
        }
    }
}

/// Whoever announces much and sends slowly makes this side hold what was sent, twice at the most.
#[test]
fn memory_follows_what_has_arrived() {
    let config = Config::new().with_read_block_len(16 * 1024);
    let mut decoder = Decoder::new(&config);
    let block = decoder.read_block_len();
    decoder.extend_from_slice(&header(MAX_DATA_LEN as u32 + 4, 1));
    let mut received = 8;
    while received < 3 << 20 {
        assert_eq!(decoder.next_datagram_ref(), Ok(Decoded::NeedInput));
        let len = decoder.spare().len().min(1000);
        decoder.commit(len);
        received += len;
        assert_eq!(decoder.buffered(), received);
        assert!(decoder.allocated() <= block.max(2 * received));
    }
}
