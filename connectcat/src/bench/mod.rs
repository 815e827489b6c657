//! How fast a service is.

mod load;
mod one_way;
mod progress;
mod report;
mod round_trip;
mod tally;

use std::io::{self, Write};

use tokio::time::timeout;

use crate::arguments::Bench;
use crate::conversation::FAREWELL;
use crate::diagnostics::{introduction, say, summary};
use crate::dial::dial;
use crate::failure::Failure;
use crate::stop::Stop;
use load::Load;
use report::Report;
use tally::Tally;

/// Measures, and writes the results: of all messages, or of those until it had to stop.
pub(crate) async fn bench(options: &Bench, stop: &Stop) -> Result<(), Failure> {
    let connecting = dial(&options.endpoint, &options.tls, options.common.config());
    let mut connection = stop.guard(connecting).await?;
    if options.common.verbose {
        say(introduction(&connection));
    }
    let load = Load::new(options.to, options.len);
    let tally = Tally::new(options.messages)?;
    let result = if options.one_way {
        stop.guard(one_way::send(&mut connection, load, &tally))
            .await
    } else {
        let trips = round_trip::trips(&mut connection, load, options.window, &tally);
        stop.guard(trips).await
    };
    tally.finish();
    if result.is_ok() {
        // Every message has been answered or taken: nothing can be lost any more.
        let _ = timeout(FAREWELL, connection.writer().close()).await;
    }
    if options.common.verbose || result.is_err() {
        say(summary(&connection, &result));
    }
    if tally.messages() > 0 {
        let report = Report::new(options, &tally);
        let text = if options.json {
            report.json()
        } else {
            report.table()
        };
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes());
        written
            .and_then(|()| stdout.flush())
            .map_err(Failure::of_output)?;
    }
    result
}
