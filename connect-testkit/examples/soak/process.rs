//! What this process holds: memory, descriptors, time of the CPU.

use std::fs;
use std::time::Duration;

use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// A snapshot. `None` where the system has no `/proc`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    pub(crate) resident: Option<u64>,
    pub(crate) most_resident: Option<u64>,
    /// Bytes allocated and not freed.
    pub(crate) heap: u64,
    pub(crate) descriptors: Option<u64>,
    pub(crate) cpu: Option<Duration>,
}

impl Process {
    pub(crate) fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            resident: kilobytes(&status, "VmRSS:"),
            most_resident: kilobytes(&status, "VmHWM:"),
            heap: HEAP.current_usage() as u64,
            descriptors: descriptors(),
            cpu: cpu(),
        }
    }
}

/// Lets this process open `count` files and sockets.
pub(crate) fn allow_descriptors(count: u64) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let allowed = rlimit::increase_nofile_limit(count)?;
        if allowed < count {
            let message = format!("{count} descriptors are needed, {allowed} are allowed");
            return Err(std::io::Error::other(message));
        }
    }
    #[cfg(not(unix))]
    let _ = count;
    Ok(())
}

/// A line such as `VmRSS:     1234 kB`, in bytes.
fn kilobytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(number * 1024)
}

fn descriptors() -> Option<u64> {
    let entries = fs::read_dir("/proc/self/fd").ok()?;
    // One of them is that of the folder.
    Some(entries.count() as u64 - 1)
}

/// User and system time: the 14th and 15th field, in ticks of 10 ms.
fn cpu() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name that may have spaces in it.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|field| field.parse().unwrap_or(0)).sum();
    Some(Duration::from_millis(10 * ticks))
}
