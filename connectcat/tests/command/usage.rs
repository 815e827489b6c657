//! Command lines: wrong ones, help, and completion.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::tool::run;

/// Each is refused with what was given and what is expected, before anything happens.
#[test]
fn a_wrong_argument_is_named_with_what_is_expected() {
    const WRONG: &[(&str, &[&str])] = &[
        ("localhost", &["'localhost'", "no port; expected HOST:PORT"]),
        (
            "http://a:1",
            &[
                "'http://a:1'",
                "tcp://HOST:PORT, tls://HOST:PORT or unix:PATH",
            ],
        ),
        ("a:99999", &["\"99999\"", "a number from 0 to 65535"]),
        ("::1:80", &["'::1:80'", "[::1]:3456"]),
        ("unix:", &["'unix:'", "expected unix:PATH"]),
        ("a:0", &["tcp://a:0", "port 0", "--listen"]),
        ("a:1 --to 65536", &["'65536'", "--to", "from 0 to 65535"]),
        ("a:1 --to -1", &["-1"]),
        (
            "a:1 --only 9..=1",
            &["'9..=1'", "--only", "a range such as 1..=9"],
        ),
        ("a:1 --timeout 5", &["'5'", "--timeout", "500ms, 5s or 2m"]),
        (
            "a:1 --linger soon",
            &["'soon'", "--linger", "500ms, 5s or 2m"],
        ),
        (
            "a:1 -s x --interval 1",
            &["'1'", "--interval", "500ms, 5s or 2m"],
        ),
        ("a:1 -s x --rate 0", &["'0'", "--rate", "from 0.001"]),
        (
            "a:1 -s x --rate 1 --interval 1s",
            &["--rate", "--interval", "cannot be used"],
        ),
        ("a:1 -s x --repeat 0", &["'0'", "--repeat", "`forever`"]),
        ("a:1 --repeat 2", &["--repeat", "--send-file"]),
        ("a:1 --send=", &["nothing to send", "at least one byte"]),
        (
            "a:1 --send-hex 0g",
            &["'0g'", "--send-hex", "hexadecimal digits"],
        ),
        (
            "a:1 --stdin files",
            &["'files'", "--stdin", "lines, whole, framed, json, none"],
        ),
        (
            "a:1 --output xml",
            &["'xml'", "--output", "text, hex, json, raw, framed, none"],
        ),
        (
            "a:1 --output raw --show-tags",
            &["--show-tags", "--output text"],
        ),
        (
            "a:1 --max-len 100000001",
            &["'100000001'", "--max-len", "from 1 to 100000000"],
        ),
        ("a:1 --replies 0", &["'0'", "--replies", "from 1 to"]),
        (
            "a:1 --replies 1 --count 1",
            &["--replies", "--count", "cannot be used"],
        ),
        ("a:1 --keep", &["--listen"]),
        ("--listen a:1 --max-clients 5", &["--keep"]),
        (
            "--listen a:1 --keep --max-clients 0",
            &["'0'", "--max-clients", "from 1 to 1000000"],
        ),
        (
            "--listen a:1 --keep --count 1",
            &["--keep", "--count", "cannot be used"],
        ),
        (
            "--listen a:1 --echo --send x",
            &["--echo", "--send", "cannot be used"],
        ),
        (
            "--listen a:1 --echo --stdin lines",
            &["--echo", "--stdin", "cannot be used"],
        ),
        ("a:1 --authority x", &["--authority", "tcp://a:1"]),
        ("tls://a:1", &["tls://a:1", "--authority FILE"]),
        ("tls://a:1 --authority x --certificate y", &["--key"]),
        (
            "--listen tls://a:1",
            &["tls://a:1", "--certificate FILE and --key FILE"],
        ),
        (
            "--listen tls://a:1 --certificate x --key x --authority x",
            &["--authority", "not for --listen"],
        ),
        (
            "tls://a:1 --authority x --certificate x --key x --client-authority x",
            &["--client-authority", "--listen"],
        ),
        ("a:1 --frobnicate", &["'--frobnicate'"]),
        ("a:1 b:2", &["'b:2'"]),
        ("--verbose", &["ADDRESS"]),
        ("bench", &["ADDRESS"]),
        ("bench a:0", &["tcp://a:0", "port 0"]),
        (
            "bench a:1 --len 0",
            &["'0'", "--len", "from 1 to 100000000"],
        ),
        ("bench a:1 --len 9 --max-len 8", &["--len 9", "--max-len 8"]),
        (
            "bench a:1 --window 0",
            &["'0'", "--window", "from 1 to 1000000"],
        ),
        (
            "bench a:1 --one-way --window 2",
            &["--one-way", "--window", "cannot be used"],
        ),
        ("bench tls://a:1", &["tls://a:1", "--authority FILE"]),
        ("completions cobol", &["'cobol'", "bash", "fish", "zsh"]),
        ("man woman", &["'woman'", "bench"]),
    ];
    for (line, named) in WRONG {
        let refused = run(line.split_whitespace(), b"");
        for named in *named {
            refused.failure(2, named);
        }
        assert_eq!(refused.stdout, b"", "{line}");
    }
}

#[test]
fn help_teaches() {
    let help = run(["--help"], b"").text();
    for taught in [
        "Examples:",
        "Addresses:",
        "Exit codes:",
        "--send hello --replies 1",
    ] {
        assert!(help.contains(taught), "{taught}");
    }
    // Before the options, and without a line that is wider than what it is made for.
    assert!(help.find("Examples:") < help.find("--listen\n"));
    let widest = help.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?}");
    assert!(run(["-h"], b"").text().len() < help.len());
    assert!(run(["--version"], b"").text().starts_with("connectcat "));
}

/// Without any argument, it is wrong and says what would be right.
#[test]
fn nothing_at_all_is_answered_with_help() {
    run([""; 0], b"").failure(2, "Usage: connectcat");
}

/// Whatever option the help knows, and all that it says about exit codes.
#[test]
fn man_pages_lack_nothing_that_the_help_has() {
    for (help, page) in [
        (&["--help"][..], &["man"][..]),
        (&["bench", "--help"], &["man", "bench"]),
    ] {
        let help = run(help, b"").text();
        let page = run(page, b"")
            .text()
            .replace("\\-", "-")
            .replace("\\fB", "");
        assert!(page.contains("\n.TH "), "{page}");
        let is_option = |word: &&str| word.starts_with("--") && word.len() > 2;
        let of_option = |character: char| character.is_ascii_lowercase() || character == '-';
        for word in help.split_whitespace().filter(is_option) {
            let option = word.split(|character| !of_option(character)).next();
            assert!(page.contains(option.unwrap()), "{word}");
        }
    }
    let page = run(["man"], b"").text();
    for code in [0, 1, 2, 3, 4, 5, 6, 130, 141, 143] {
        let term = format!(".TP\n\\fB{code}\\fR\n");
        assert!(page.contains(&term), "{code}: {page}");
    }
}

#[test]
fn every_shell_gets_a_script_that_it_understands() {
    for (shell, check) in [
        ("bash", &["bash", "-n"][..]),
        ("zsh", &["zsh", "-n"]),
        ("fish", &["fish", "--no-execute"]),
    ] {
        let script = run(["completions", shell], b"").success();
        let text = String::from_utf8_lossy(&script);
        for known in [
            "send-file",
            "replies",
            "completions",
            "framed",
            "server-name",
        ] {
            assert!(text.contains(known), "{shell}: {known}");
        }
        let Ok(mut checking) = Command::new(check[0])
            .args(&check[1..])
            .stdin(Stdio::piped())
            .spawn()
        else {
            println!("{shell} is not installed: its script was not read");
            continue;
        };
        checking.stdin.take().unwrap().write_all(&script).unwrap();
        assert!(checking.wait().unwrap().success(), "{shell}");
    }
}

/// Bash offers what stands in the script, in its place.
#[test]
fn bash_completes_options_and_values() {
    let script = run(["completions", "bash"], b"").text();
    for (line, offered) in [
        ("--rep", "--replies"),
        ("-o he", "hex"),
        ("compl", "completions"),
    ] {
        let words = line.split(' ').map(|word| format!("{word:?}"));
        let words = words.collect::<Vec<_>>().join(" ");
        let last = line.split(' ').count();
        let ask = format!(
            "{script}\nCOMP_WORDS=(connectcat {words}); COMP_CWORD={last}\n\
             cur=${{COMP_WORDS[COMP_CWORD]}}; prev=${{COMP_WORDS[COMP_CWORD-1]}}\n\
             _connectcat connectcat \"$cur\" \"$prev\"; echo \"${{COMPREPLY[*]}}\""
        );
        let Ok(answer) = Command::new("bash").args(["-c", &ask]).output() else {
            println!("bash is not installed");
            return;
        };
        let answer = String::from_utf8(answer.stdout).unwrap();
        assert!(
            answer.split_whitespace().any(|word| word == offered),
            "{line}: {answer}"
        );
    }
}
