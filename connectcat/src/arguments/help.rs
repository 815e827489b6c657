//! What `--help` says beside the options.

macro_rules! usage {
    () => {
        "\
connectcat [OPTIONS] ADDRESS             connect
       connectcat --listen [OPTIONS] ADDRESS    wait for a client
       connectcat bench [OPTIONS] ADDRESS       measure a service
       connectcat completions SHELL             for bash, zsh, fish, ...
       connectcat man [bench]                   a man page"
    };
}

pub(crate) const USAGE: &str = usage!();

/// Examples stand before everything else.
pub(super) const TEMPLATE: &str = concat!(
    "{about}\n\n{usage-heading} ",
    usage!(),
    "\n\n{before-help}{all-args}{after-help}"
);

pub(crate) const EXAMPLES: &str = "\
Examples:
  Talk to a service: each line that is typed is a message, each message that comes is a line
    connectcat 127.0.0.1:3456

  Ask, and see the answer: for scripts, which look at the exit code
    connectcat 127.0.0.1:3456 --send hello --replies 1 --timeout 5s

  See who is spoken to and what is in there
    connectcat 127.0.0.1:3456 --stdin none --output json

  Be a service that sends everything back, on a port that the system chooses
    connectcat --listen --keep --echo 127.0.0.1:0

  Send a file as one message for recipient 7, and ten pings, one each second
    connectcat unix:/run/service --to 7 --send-file order.pdf
    connectcat unix:/run/service --send ping --repeat 10 --interval 1s

  Over TLS, with a certificate of our own
    connectcat tls://queue.example:7000 --authority ca.pem --certificate me.pem --key me.key

  Record what comes, with its tags, and play it to another service
    connectcat one.example:3456 --stdin none --output json > recorded
    connectcat two.example:3456 --stdin json < recorded

  How fast is it?
    connectcat bench 127.0.0.1:3456 --window 100";

pub(super) const SHORT_END: &str = "`connectcat --help` has examples, and explains more.";

pub(crate) const END: &str = "\
Addresses:
  HOST:PORT, tcp://HOST:PORT   TCP. HOST is a name or an IP address, IPv6 in brackets: [::1]:3456
  tls://HOST:PORT              TLS 1.3. There is no authority that is trusted unless you name it
  unix:PATH, unix:///PATH      A Unix socket. --listen makes its file, and removes it at the end
                               unless another one has taken its place

How it ends:
  Both directions are independent. When all is sent, the peer is told so; it may go on talking
  until it ends its own direction, and what it says is shown. With --stdin none there is nothing
  to send, and it is told nothing. --replies, --count and --linger end earlier, and hold our
  direction open until then. At a terminal the peer's end is the end.

Standard output has the messages and nothing else; all the rest goes to standard error. However it
ends, by --timeout or a signal too, the message that is being written is written to its end. If
that takes more than 5 seconds then, or another signal comes, it is given up, and said.

Environment:
  SSLKEYLOGFILE  A file that the secrets of TLS connections are added to, for whoever captures and
                 has to read them: tshark -o tls.keylog_file:FILE. Nothing is written if it is not set

Exit codes:
  0    all was done
  1    the connection could not be made, or was lost; then it is said how much was not sent
  2    the command line is wrong
  3    --timeout has passed
  4    fewer messages came than --replies or --count asked for
  5    the peer does not speak Connect, or what bench gets back is not what it sent
  6    a file or standard input has no proper message in it, or cannot be read; or standard
       output cannot be written
  130  interrupted by Ctrl-C
  141  whoever read standard output has gone before the end
  143  terminated, as by kill";

#[cfg(test)]
mod tests {
    use super::END;

    #[test]
    fn the_documentation_of_the_crate_has_the_same_exit_codes() {
        let documentation = include_str!("../lib.rs").replace('`', "");
        let (_, codes) = END.split_once("Exit codes:\n").unwrap();
        for line in codes.replace("\n       ", " ").lines() {
            let (code, meaning) = line.trim().split_once("  ").unwrap();
            let row = format!("//! | {code} | {} |\n", meaning.trim());
            assert!(documentation.contains(&row), "{row}");
        }
    }
}
