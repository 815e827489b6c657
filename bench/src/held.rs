//! What a process holds, as its system and its allocator see it.

use std::fmt;
use std::fs;
use std::time::Duration;

use crate::Failure;

/// Until every task of a process waits again, and has given back what it had.
pub const SETTLING: Duration = Duration::from_millis(100);

/// Bytes of memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// Allocated by Rust code and not freed.
    pub heap: usize,
    /// Resident, including what C code allocated, and what the allocator keeps.
    pub resident: usize,
}

impl Held {
    /// Of this process, whose allocator says that `heap` bytes are allocated.
    pub fn now(heap: usize) -> Result<Self, Failure> {
        let status = fs::read_to_string("/proc/self/status")?;
        let resident = resident(&status).ok_or("no VmRSS in /proc/self/status")?;
        Ok(Self { heap, resident })
    }

    /// As a child answers it.
    pub fn from_words(words: &[usize]) -> Result<Self, Failure> {
        match *words {
            [heap, resident] => Ok(Self { heap, resident }),
            _ => Err(format!("{words:?} is not what a process holds").into()),
        }
    }

    /// Bytes of heap and of resident memory that each of `count` connections added; less than nothing when
    /// memory was given back meanwhile.
    pub fn each_since(self, before: Self, count: usize) -> [f64; 2] {
        let each = |after: usize, before: usize| (after as f64 - before as f64) / count as f64;
        [
            each(self.heap, before.heap),
            each(self.resident, before.resident),
        ]
    }
}

impl fmt::Display for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.heap, self.resident)
    }
}

/// From a line such as `VmRSS:     1234 kB`.
fn resident(status: &str) -> Option<usize> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Lets this process have `connections` sockets, beside what else it has open.
pub fn allow_sockets(connections: usize) -> Result<(), Failure> {
    const BESIDE: u64 = 64;
    let needed = connections as u64 + BESIDE;
    let allowed = rlimit::increase_nofile_limit(needed)?;
    if allowed < needed {
        return Err(format!("{needed} descriptors are needed, {allowed} are allowed").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_holds_something() {
        let held = Held::now(7).unwrap();
        assert_eq!(held.heap, 7);
        assert!(held.resident > 100_000, "{held}");
    }

    #[test]
    fn what_is_said_is_understood_and_divided() {
        let before = Held {
            heap: 100,
            resident: 8192,
        };
        let words: Result<Vec<usize>, _> = "300 4096".split(' ').map(str::parse).collect();
        let after = Held::from_words(&words.unwrap()).unwrap();
        assert_eq!(after.to_string(), "300 4096");
        assert_eq!(after.each_since(before, 2), [100.0, -2048.0]);
    }
}
