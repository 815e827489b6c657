//! Serving clients: one, or all that come.

use std::sync::Arc;

use connect_tokio::Connection;
use tokio::task::JoinSet;

use crate::arguments::Talk;
use crate::diagnostics::{complain, introduction, say};
use crate::endpoint::Endpoint;
use crate::failure::Failure;
use crate::listen::Listener;
use crate::stop::Stop;
use crate::talker::Talker;

/// Listens, says where, and talks to one client, or with `--keep` to all.
pub(crate) async fn serve(
    endpoint: &Endpoint,
    options: &Talk,
    talker: Arc<Talker>,
    stop: &Stop,
) -> Result<(), Failure> {
    let binding = Listener::bind(endpoint, &options.tls, options.common.config());
    let mut listener = stop.guard(binding).await?;
    say(format_args!("listening on {}", listener.endpoint()));
    if options.listening.keep {
        return serve_all(listener, options.listening.max_clients, talker, stop).await;
    }
    let connection = stop.guard(first(&mut listener)).await?;
    drop(listener);
    say(introduction(&connection));
    talker.talk(connection, stop).await
}

/// The first client that gets as far as a connection.
async fn first(listener: &mut Listener) -> Result<Connection, Failure> {
    loop {
        match listener.accept().await {
            Ok(connection) => return Ok(connection),
            Err(error) => complain(error),
        }
    }
}

/// Serves up to `most` clients at once. The next one is let in when one of them has gone: until then the system keeps it waiting.
async fn serve_all(
    mut listener: Listener,
    most: usize,
    talker: Arc<Talker>,
    stop: &Stop,
) -> Result<(), Failure> {
    let mut clients = JoinSet::new();
    let result = stop
        .guard(async {
            loop {
                tokio::select! {
                    accepted = listener.accept(), if clients.len() < most => match accepted {
                        Ok(connection) => {
                            say(introduction(&connection));
                            let client = serve_one(Arc::clone(&talker), connection, stop.clone());
                            clients.spawn(client);
                            if clients.len() == most {
                                say(format_args!("as many clients as --max-clients allows: {most}"));
                            }
                        }
                        // One could not be accepted or was refused; the others go on.
                        Err(error) => complain(error),
                    },
                    // Nobody can be shown anything any more.
                    Some(ended) = clients.join_next() => if let Ok(Err(failure)) = ended {
                        return Err(failure);
                    },
                }
            }
        })
        .await;
    drop(listener);
    if !matches!(result, Err(Failure::Stopped(_) | Failure::TimedOut { .. })) {
        clients.abort_all();
    }
    // Those that have to stop, too, say what they had accepted in vain.
    while clients.join_next().await.is_some() {}
    result
}

/// One that misbehaves ends alone. The failure is one that concerns all.
async fn serve_one(talker: Arc<Talker>, connection: Connection, stop: Stop) -> Result<(), Failure> {
    let peer = connection.peer_addr().clone();
    match talker.talk(connection, &stop).await {
        Err(failure @ (Failure::Output(_) | Failure::OutputClosed)) => Err(failure),
        Err(Failure::Stopped(_) | Failure::TimedOut { .. }) | Ok(()) => Ok(()),
        Err(failure) => {
            complain(format_args!("{peer}: {failure}"));
            Ok(())
        }
    }
}
