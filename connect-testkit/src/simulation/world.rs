//! Two sides, the network between them, and who goes next.

use std::rc::Rc;

use connect_proto::router::{RouteConfig, Routes};

use super::conversation::{Conversation, Party};
use super::flow::Record;
use super::ledger::{Books, Failure, Ledger};
use super::pipe::{Pipe, PipeReader, PipeWriter};
use super::reader::Reader;
use super::receiving::{deliver, most_queued, receive_by_route, receive_directly};
use super::sending::{Application, check_queue};
use super::stack::Stack;
use super::tasks::{Spawner, Tasks};
use super::totals::Totals;
use super::witness::{Who, Witness};
use super::writer::Writer;
use crate::random::SplitMix64;

/// After so many steps in which nothing moved, nothing ever will.
const PATIENCE: u64 = 20_000;

/// What became of both directions.
pub(crate) struct Outcome {
    pub(crate) up: Direction,
    pub(crate) down: Direction,
    pub(crate) totals: Totals,
}

/// What became of one direction, as the network and as the applications know it.
pub(crate) struct Direction {
    pub(crate) record: Record,
    pub(crate) books: Books,
}

/// Runs a conversation to its end.
pub(crate) fn run(plan: &Conversation, client: Stack, server: Stack) -> Outcome {
    let witness = Rc::new(Witness::default());
    let mut random = SplitMix64::new(plan.seed);
    let mut pipe = |who, way: super::conversation::Way| {
        let seed = random.next();
        Pipe::new(who, way.conditions, way.cut, seed, Rc::clone(&witness))
    };
    let (up_reader, up_writer, up) = pipe(Who::Up, plan.up);
    let (down_reader, down_writer, down) = pipe(Who::Down, plan.down);
    let up_ledger = Ledger::new(Who::Up, plan.client.senders.len(), &witness);
    let down_ledger = Ledger::new(Who::Down, plan.server.senders.len(), &witness);
    let mut tasks = Tasks::new(Rc::clone(&witness));
    let side = |who, party: &Party, peer: &Party, outgoing: &Rc<_>, incoming: &Rc<_>| Side {
        who,
        party: party.clone(),
        longest_data: peer.longest_data(),
        outgoing: Rc::clone(outgoing),
        incoming: Rc::clone(incoming),
        seed: plan.seed ^ u64::from(who == Who::Client) << 40,
        spawner: tasks.spawner(),
    };
    let ledgers = (&up_ledger, &down_ledger);
    let (client_plan, server_plan) = (&plan.client, &plan.server);
    let client_side = side(Who::Client, client_plan, server_plan, ledgers.0, ledgers.1);
    let server_side = side(Who::Server, server_plan, client_plan, ledgers.1, ledgers.0);
    client_side.begin(client, down_reader, up_writer);
    server_side.begin(server, up_reader, down_writer);
    schedule(plan, &mut tasks, &[&up, &down], &witness, &mut random);
    let totals = witness.totals();
    drop(tasks);
    let direction = |pipe: Pipe, ledger: Rc<Ledger>| Direction {
        record: pipe.into_record(),
        books: ledger.write(std::mem::take),
    };
    Outcome {
        up: direction(up, up_ledger),
        down: direction(down, down_ledger),
        totals,
    }
}

/// Lets one go after the other, whoever can, until all are done.
fn schedule(
    plan: &Conversation,
    tasks: &mut Tasks,
    pipes: &[&Pipe; 2],
    witness: &Witness,
    random: &mut SplitMix64,
) {
    let mut woken = Vec::new();
    while !tasks.is_empty() {
        tasks.woken(&mut woken);
        let moving = pipes.map(Pipe::can_move);
        let network_can = moving != [false, false];
        if network_can && (woken.is_empty() || random.below(8) < plan.network_turns) {
            let first = usize::from(!moving[0]);
            let which = if moving == [true, true] {
                random.below(2)
            } else {
                first
            };
            pipes[which].advance();
        } else if woken.is_empty() {
            panic!("nobody can go on; who waits: {tasks}");
        } else {
            tasks.poll(woken[random.below(woken.len())]);
        }
        pipes[0].cut_with(pipes[1]);
        pipes[1].cut_with(pipes[0]);
        witness.next_step();
        let idle = witness.idle_steps();
        assert!(
            idle < PATIENCE,
            "{idle} steps for nothing; who runs: {tasks}"
        );
    }
}

/// One side of the conversation.
struct Side {
    who: Who,
    party: Party,
    /// The longest data that the peer sends.
    longest_data: usize,
    outgoing: Rc<Ledger>,
    incoming: Rc<Ledger>,
    seed: u64,
    spawner: Spawner,
}

impl Side {
    fn begin(self, stack: Stack, read: PipeReader, write: PipeWriter) {
        let (longest_frame, mark) = (
            self.party.longest_frame(),
            self.party.config.high_water_mark(),
        );
        let accepts = if self.party.sends_by_queue {
            mark.max(longest_frame)
        } else {
            mark.saturating_sub(1) + longest_frame
        };
        let Stack {
            inbound,
            outbound,
            tls,
        } = stack;
        let is_plain = tls.is_none();
        let peers_longest = connect_proto::HEADER_LEN + self.longest_data;
        let mut reader = Reader::new(read, inbound, peers_longest, !is_plain);
        let mut writer = Writer::new(write, outbound, self.party.pieces, is_plain, accepts);
        let spawner = self.spawner.clone();
        let who = self.who;
        spawner.spawn(who, "connection", async move {
            if let Some(tls) = &tls {
                let established = tls.establish(&mut reader, &mut writer).await;
                if let Err(error) = established {
                    self.outgoing
                        .write(|books| books.no_connection = Some(error));
                    return;
                }
            }
            let refresh_keys = tls.map(|tls| tls.refresh_keys);
            self.receive(reader);
            self.send(writer, refresh_keys);
        });
    }

    fn send(&self, mut writer: Writer, refresh_keys: Option<Rc<dyn Fn()>>) {
        let mut applications = self.applications(writer.plain_pipe(), refresh_keys);
        if !self.party.sends_by_queue {
            let application = applications.next().expect("one sender");
            assert!(applications.next().is_none(), "one sender");
            let sending = application.send_directly(writer);
            return self.spawner.spawn(self.who, "sender", sending);
        }
        let (sender, mut drain) = writer.queue();
        let mut senders = Vec::new();
        for application in applications {
            let handle = Rc::new(sender.clone());
            senders.push(Rc::downgrade(&handle));
            let sending = application.send_by_queue(handle);
            self.spawner.spawn(self.who, "sender", sending);
        }
        let most = self
            .party
            .config
            .high_water_mark()
            .max(self.party.longest_frame());
        let ledger = Rc::clone(&self.outgoing);
        let check = move || check_queue(&senders, most);
        self.spawner.spawn(self.who, "driver", async move {
            let result = writer.drain(&mut drain, &check).await;
            let again = writer.drain(&mut drain, &check).await;
            let result = result.as_ref().copied().map_err(Failure::from);
            let again = again.as_ref().copied().map_err(Failure::from);
            assert_eq!(result, again, "asked again");
            ledger.write(|books| books.sending = Some(result));
        });
    }

    fn applications(
        &self,
        plain_pipe: Option<Pipe>,
        refresh_keys: Option<Rc<dyn Fn()>>,
    ) -> impl Iterator<Item = Application> {
        let senders = self.party.senders.iter().enumerate();
        senders.map(move |(lane, lengths)| Application {
            ledger: Rc::clone(&self.outgoing),
            lane: lane as u16,
            lengths: lengths.clone(),
            random: SplitMix64::new(self.seed ^ (lane as u64) << 50),
            is_simple: self.party.is_simple,
            plain_pipe: plain_pipe.clone(),
            refresh_keys: refresh_keys.clone(),
        })
    }

    fn receive(&self, reader: Reader) {
        let (who, dawdles) = (self.who, self.party.dawdles);
        let ledger = || Rc::clone(&self.incoming);
        let random = SplitMix64::new(!self.seed);
        let Some(capacity) = self.party.route_capacity else {
            let receiving = receive_directly(reader, ledger(), random, dawdles);
            return self.spawner.spawn(who, "receiver", receiving);
        };
        let config = RouteConfig::new().with_capacity(capacity);
        let most = most_queued(config, self.longest_data);
        let mut routes = Routes::new();
        let receivers = [
            routes.add(0, config),
            routes.add(1..=2, config),
            routes.add_rest(config),
        ];
        for receiver in receivers {
            let receiver = receiver.expect("no overlap");
            let random = random.clone();
            let receiving = receive_by_route(receiver, ledger(), random, dawdles, most);
            self.spawner.spawn(who, "receiver", receiving);
        }
        let delivering = deliver(reader, routes.into_delivery(), ledger());
        self.spawner.spawn(who, "router", delivering);
    }
}
