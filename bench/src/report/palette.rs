//! How each contender looks, in all charts alike: ours blue and strong, floors grey, every peer a colour of its own.

use crate::svg::Stroke;

pub fn is_ours(contender: &str) -> bool {
    contender.starts_with("connect")
}

pub fn stroke(contender: &str) -> Stroke {
    // No chart has both.
    let plain = contender.strip_suffix(" tls").unwrap_or(contender);
    let (color, width, dashes) = match plain {
        "connect" | "connect owned" => ("#0550ae", 3.0, ""),
        "connect batch" | "connect ref batch" => ("#218bff", 3.0, "7 3"),
        "connect deep" | "connect ref" => ("#0a3069", 3.0, "2 3"),
        "connect queue" | "connect borrowed" => ("#54aeff", 2.5, ""),
        "connect async-std" => ("#1b9aaa", 2.5, "7 3"),
        "connect plain send" => ("#1b9aaa", 2.5, ""),
        "floor" | "floor borrowed" | "raw" => ("#57606a", 1.5, ""),
        "floor 256k" => ("#8c959f", 1.5, "6 3"),
        "floor 1m" | "floor owned" => ("#24292f", 1.5, "2 3"),
        "floor async-std" => ("#afb8c1", 1.5, ""),
        "raw stream" => ("#24292f", 1.5, "9 3 2 3"),
        "ldc" | "length-delimited" => ("#cf222e", 1.5, ""),
        "mpsc + codec" => ("#bc4c00", 1.5, "6 3"),
        "mpsc + codec tuned" => ("#fb8f44", 1.5, ""),
        "ldc tuned" => ("#fa4549", 1.5, "6 3"),
        "asynchronous-codec" => ("#bf8700", 1.5, ""),
        "tungstenite" => ("#8250df", 1.5, ""),
        "libzmq" => ("#1a7f37", 1.5, ""),
        "zeromq" => ("#4ac26b", 1.5, "6 3"),
        "omq" => ("#bf3989", 1.5, ""),
        "omq io thread" => ("#e85aad", 1.5, "6 3"),
        _ => ("#bc4c00", 1.5, "3 2"),
    };
    Stroke {
        color,
        width,
        dashes,
    }
}

/// Bars of one contender: paler and paler.
pub fn shades() -> [&'static str; 4] {
    ["#0550ae", "#54aeff", "#b6e3ff", "#d0d7de"]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_of_one_chart_can_be_told_apart() {
        let charts: [&[&str]; 4] = [
            &[
                "floor",
                "floor 256k",
                "floor 1m",
                "raw stream",
                "connect",
                "connect batch",
                "connect deep",
                "connect queue",
                "connect async-std",
                "floor async-std",
                "ldc",
                "ldc tuned",
                "asynchronous-codec",
                "tungstenite",
                "libzmq",
                "zeromq",
                "omq",
                "omq io thread",
            ],
            &[
                "floor borrowed",
                "floor owned",
                "connect borrowed",
                "connect batch",
                "connect owned",
                "connect ref",
                "length-delimited",
                "asynchronous-codec",
            ],
            &[
                "floor",
                "mpsc + codec",
                "mpsc + codec tuned",
                "connect plain send",
                "connect queue",
                "libzmq",
                "zeromq",
            ],
            &["raw tls", "connect tls", "ldc tls"],
        ];
        for chart in charts {
            let looks = chart.iter().map(|name| {
                let stroke = stroke(name);
                (stroke.color, stroke.dashes)
            });
            let looks: std::collections::BTreeSet<_> = looks.collect();
            assert_eq!(looks.len(), chart.len());
        }
    }
}
