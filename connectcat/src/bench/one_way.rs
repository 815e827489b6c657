//! Messages that only go there.

use connect_tokio::Connection;

use crate::bench::{Load, Tally};
use crate::failure::Failure;

/// Sends all messages and closes, then waits for the service to close, too: by then it has taken them all.
pub(super) async fn send(
    connection: &mut Connection,
    mut load: Load,
    tally: &Tally,
) -> Result<(), Failure> {
    let (reader, writer) = connection.halves();
    let sending = async {
        for position in 0..tally.expected() {
            writer.feed_ref(load.message(position)).await?;
            tally.count();
        }
        writer.close().await?;
        Ok::<(), Failure>(())
    };
    // What it says meanwhile must not hold it up.
    let receiving = async {
        while let Some(batch) = reader.next_batch().await? {
            batch.for_each(drop);
        }
        Ok::<(), Failure>(())
    };
    tokio::try_join!(sending, receiving)?;
    Ok(())
}
