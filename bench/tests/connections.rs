//! The benchmarks with many connections, with few of them: every contender takes part, and what is recorded is there
//! and possible.

use std::path::PathBuf;
use std::process::Command;

use connect_bench::results::Results;

/// What a binary of this package records for these arguments.
fn recorded(binary: &str, name: &str, arguments: &[&str]) -> Results {
    let path: PathBuf = [env!("CARGO_TARGET_TMPDIR"), name].iter().collect();
    let output = Command::new(binary)
        .args(arguments)
        .arg("--save")
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let results = Results::load(&path).unwrap();
    let about = results.about.join("\n");
    assert!(!about.contains(path.to_str().unwrap()), "{about}");
    results
}

fn fails(binary: &str, arguments: &[&str]) {
    let output = Command::new(binary).args(arguments).output().unwrap();
    assert!(!output.status.success(), "{output:?}");
}

const MEMORY: &str = env!("CARGO_BIN_EXE_memory");
const SCALE: &str = env!("CARGO_BIN_EXE_scale");

#[test]
fn memory_of_everybody_is_recorded() {
    const CONNECTIONS: u64 = 20;
    let arguments = ["--connections", "20", "--rounds", "1"];
    let results = recorded(MEMORY, "memory", &arguments);
    assert_eq!(results.groups(), ["plain", "tls server", "tls client"]);
    for group in results.groups() {
        for contender in results.contenders(group) {
            for measure in ["waiting B", "after 64 KiB B", "after 1 MiB B"] {
                let heap = results.median(group, contender, CONNECTIONS, measure);
                let heap = heap.unwrap();
                assert!(heap > 0.0, "{group} {contender} {measure}: {heap}");
                let measure = format!("resident {measure}");
                let resident = results.median(group, contender, CONNECTIONS, &measure);
                assert!(resident.is_some());
            }
        }
    }
    // A buffer is seen where there is one.
    let waiting = |contender| results.median("plain", contender, CONNECTIONS, "waiting B");
    assert!(waiting("raw") < waiting("connect"));
    assert!(waiting("connect").unwrap() + 8192.0 < waiting("ldc").unwrap());
}

#[test]
fn scale_of_everybody_is_recorded() {
    let arguments = ["--connections", "1", "--connections", "70", "--rounds", "1"];
    let sizes = ["--seconds", "0.05", "--size", "64", "--size", "100000"];
    let results = recorded(SCALE, "scale", &[&arguments[..], &sizes].concat());
    let groups = ["plain 64 B", "plain 100000 B", "tls 64 B", "tls 100000 B"];
    assert_eq!(results.groups(), groups);
    for group in groups {
        assert_eq!(results.xs(group), [1, 70]);
        assert_eq!(results.contenders(group).len(), 3);
        for contender in results.contenders(group) {
            for connections in [1, 70] {
                let value = |measure| {
                    let value = results.median(group, contender, connections, measure);
                    value.unwrap()
                };
                let times = ["p50 us", "p99 us", "p99.9 us"].map(value);
                assert!(0.0 < times[0] && times.is_sorted(), "{times:?}");
                assert!(value("messages/s") > 1.0);
                assert!(value("heap B") > 0.0);
                value("resident B");
            }
        }
    }
}

#[test]
fn what_cannot_be_measured_is_refused() {
    for arguments in [
        &["--rounds", "0"][..],
        &["--connections", "0"],
        &["--connections"],
        &["connections"],
    ] {
        fails(MEMORY, arguments);
        fails(SCALE, arguments);
    }
    fails(SCALE, &["--size", "7"]);
    fails(SCALE, &["--seconds", "-1"]);
    // A child with a part that there is not.
    fails(MEMORY, &["--child", "plain", "nobody", "server"]);
}
