//! The report of what the benchmarks record, from a moment of each: it knows every group and contender by its name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MARKER: &str = "<!-- table ";

/// A document with nothing but the tables of the real one, and what the benchmarks record beside it.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let folder: PathBuf = [env!("CARGO_TARGET_TMPDIR"), "report"].iter().collect();
        // It may be there since the last time.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("docs/performance")).unwrap();
        let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../PERFORMANCE.md");
        let document = fs::read_to_string(document).unwrap();
        let tables = document.lines().filter(|line| line.starts_with(MARKER));
        let tables: String = tables
            .map(|line| format!("{line}\n<!-- end -->\n"))
            .collect();
        fs::write(folder.join("PERFORMANCE.md"), tables).unwrap();
        Self(folder)
    }

    fn run(&self, binary: &str, arguments: &str) {
        let mut command = Command::new(binary);
        command.args(arguments.split_whitespace());
        let output = command.current_dir(&self.0).output().unwrap();
        assert!(output.status.success(), "{arguments}: {output:?}");
    }

    /// The table with this name.
    fn table(&self, name: &str) -> String {
        let document = fs::read_to_string(self.0.join("PERFORMANCE.md")).unwrap();
        let marker = format!("{MARKER}{name} -->");
        let (_, behind) = document.split_once(&marker).expect(name);
        let (table, _) = behind.split_once("<!-- end -->").expect(name);
        table.to_owned()
    }

    fn names(&self) -> Vec<String> {
        let document = fs::read_to_string(self.0.join("PERFORMANCE.md")).unwrap();
        let names = document
            .lines()
            .filter_map(|line| line.strip_prefix(MARKER));
        names
            .map(|name| name.trim_end_matches(" -->").to_owned())
            .collect()
    }

    fn has_plot(&self, name: &str) -> bool {
        let path = format!("docs/performance/{name}.svg");
        self.0.join(path).exists()
    }
}

#[test]
fn all_that_is_recorded_is_reported() {
    let place = Place::new();
    let throughput = env!("CARGO_BIN_EXE_throughput");
    let record = |binary, arguments: &str, name: &str| {
        let save = format!("--save docs/performance/{name}.tsv");
        place.run(binary, &format!("{arguments} {save}"));
    };
    record(throughput, "--rounds 1 --millis 100 64", "throughput");
    let trips = "--round-trip --rounds 1 --millis 50 --transport tcp 64";
    record(throughput, trips, "round-trip");
    record(throughput, trips, "round-trip-one-cpu");
    // One that is measured decides whether the others could be.
    let queue = "--only floor --only queue 1 64";
    record(env!("CARGO_BIN_EXE_queue-throughput"), queue, "queue");
    let memory = "--rounds 1 --connections 10";
    record(env!("CARGO_BIN_EXE_memory"), memory, "memory");
    let scale = "--rounds 1 --seconds 0.05 --connections 1 --connections 10";
    record(env!("CARGO_BIN_EXE_scale"), scale, "scale");
    place.run(env!("CARGO_BIN_EXE_report"), "");

    let absent: &[&str] = &[
        // A benchmark of another kind, which a test cannot start.
        "codec",
        "round-trip unix",
        "round-trip tls",
    ];
    for name in place.names() {
        let expected = absent.iter().any(|absent| name.starts_with(absent));
        let table = place.table(&name);
        assert_eq!(table.contains("Not measured"), expected, "{name}: {table}");
    }
    let targets = place.table("targets");
    for row in targets.lines().filter(|row| row.contains("not measured")) {
        assert!(
            row.starts_with("| decode") || row.starts_with("| encode"),
            "{row}"
        );
    }
    for (table, floor) in [
        ("memory plain", "raw"),
        ("memory tls client", "raw tls"),
        ("scale tls 64 B", "raw tls"),
    ] {
        let ratios = format!("as a ratio to `{floor}`");
        assert!(place.table(table).contains(&ratios), "{table}");
    }
    for plot in ["memory-tls-server-resident", "scale-tls-64-b-p99"] {
        assert!(place.has_plot(plot), "{plot}");
    }
    // Nothing was left half done.
    place.run(env!("CARGO_BIN_EXE_report"), "--check");
}
