//! What it was measured on, for whoever reads the numbers later.

use std::fs;
use std::process::Command;

/// Packages whose versions matter to the numbers.
const PACKAGES: &[&str] = &[
    "async-std",
    "asynchronous-codec",
    "aws-lc-rs",
    "bytes",
    "omq-tokio",
    "ring",
    "rustls",
    "tokio",
    "tokio-rustls",
    "tokio-tungstenite",
    "tokio-util",
    "zeromq",
    "zmq",
];

/// The lock file that this was built with.
const LOCK: &str = include_str!("../Cargo.lock");

/// All but what a measurement changes itself: the results of the benchmarks before it.
const CODE: &[&str] = &[
    "--",
    ":(top)",
    ":(top,exclude)docs/performance",
    ":(top,exclude)PERFORMANCE.md",
];

/// Lines that name the processor, the system, the compiler and the packages; what cannot be found out is left out.
pub fn description() -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("{name}: {value}")));
    };
    line("processor", processor());
    line("memory", memory());
    line("system", system());
    line("compiler", output("rustc", &["--version"]));
    line("commit", commit());
    line("packages", Some(packages()));
    lines
}

fn processor() -> Option<String> {
    let about = fs::read_to_string("/proc/cpuinfo").ok()?;
    let model = field(&about, "model name", ':')?;
    let cores = std::thread::available_parallelism().ok()?;
    Some(format!("{model}, {cores} cores"))
}

fn memory() -> Option<String> {
    let about = fs::read_to_string("/proc/meminfo").ok()?;
    let total = field(&about, "MemTotal", ':')?;
    let kib: f64 = total.split(' ').next()?.parse().ok()?;
    Some(format!("{:.1} GiB", kib / (1024.0 * 1024.0)))
}

fn system() -> Option<String> {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    // The number alone: what follows it may name a host.
    let number = kernel.trim().split('-').next()?;
    let control = fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control").ok();
    let control = control.map_or(String::new(), |control| format!(", {}", control.trim()));
    Some(format!("Linux {number}{control}"))
}

fn commit() -> Option<String> {
    let directory = ["-C", env!("CARGO_MANIFEST_DIR")];
    let commit = output(
        "git",
        &[&directory[..], &["rev-parse", "--short", "HEAD"]].concat(),
    )?;
    let changes = output(
        "git",
        &[&directory[..], &["status", "--porcelain", "-uno"], CODE].concat(),
    )?;
    let changed = if changes.is_empty() { "" } else { ", changed" };
    Some(format!("{commit}{changed}"))
}

fn packages() -> String {
    let mut lines = LOCK.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some(name) = quoted(line, "name = ") else {
            continue;
        };
        let version = lines.next().and_then(|line| quoted(line, "version = "));
        if let (true, Some(version)) = (PACKAGES.contains(&name), version) {
            found.push(format!("{name} {version}"));
        }
    }
    found.join(", ")
}

fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.strip_prefix('"')?.strip_suffix('"')
}

/// The value of the first line that begins with `name`.
fn field(about: &str, name: &str, separator: char) -> Option<String> {
    let line = about.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(separator)?.1.trim().to_owned())
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_have_versions() {
        let packages = packages();
        assert!(packages.contains("tokio 1."), "{packages}");
        assert!(packages.contains("rustls 0."), "{packages}");
    }
}
