//! The virtual driver: the whole network in one process, on one thread or several.

use crate::envelope::Envelope;
use crate::network::{Network, NodeIndex};
use crate::node::Node;
use crate::pace::Pace;
use crate::party::{Party, party_links};
use crate::promise::Promise;
use crate::trace::TraceBook;
use crate::violations::Violations;
use secnet_model::SimTime;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// How many events a thread handles before it looks at its mail and hands on its own.
const BATCH_EVENTS: usize = 4_096;
/// How long a thread without work sleeps at most: a bound on a lost wake-up, which `unpark` rules out already.
const PARK: Duration = Duration::from_millis(5);
/// How often a thread without work looks again before it sleeps.
const SPINS: usize = 200;

/// What goes in: the nodes of a network, in its order, and how to run them.
pub struct VirtualDriver<N: Node> {
    /// Its nodes and links.
    pub network: Arc<Network>,
    /// In the order of the network's.
    pub nodes: Vec<N>,
    /// By node: the thread it runs on.
    pub thread_of: Vec<usize>,
    /// When emulated time stops at the latest.
    pub end: SimTime,
    /// How fast emulated time may go.
    pub pace: Pace,
    /// Spans of sampled items to keep at most.
    pub spans_max: usize,
}

/// What comes out.
pub struct Finished<N: Node> {
    /// In the order of the network.
    pub nodes: Vec<N>,
    /// Envelopes under way at the end.
    pub undelivered: Vec<Envelope<N::Message>>,
    /// The broken contracts met.
    pub violations: Violations,
    /// How many events were handled.
    pub events: u64,
    /// Emulated time of the last event.
    pub last_event: SimTime,
    /// `false` when the run was stopped before its end.
    pub reached_end: bool,
    /// The worst lag behind the wall clock, under a paced run.
    pub lag_max: Duration,
    /// What the nodes told of sampled items.
    pub traces: TraceBook,
}

/// How a run that goes on can be watched and stopped from another thread.
#[derive(Debug, Default)]
pub struct Watch {
    stop: AtomicBool,
    threads: OnceLock<Vec<ThreadWatch>>,
}

#[derive(Debug, Default)]
struct ThreadWatch {
    now: AtomicU64,
    events: AtomicU64,
}

impl Watch {
    /// Ends the run where it is; what is under way is accounted for as in flight.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Emulated time every thread has reached, and events handled so far.
    pub fn progress(&self) -> (SimTime, u64) {
        let Some(threads) = self.threads.get() else {
            return (SimTime::ZERO, 0);
        };
        let now = threads
            .iter()
            .map(|t| t.now.load(Ordering::Relaxed))
            .min()
            .unwrap_or(0);
        (
            SimTime(now),
            threads.iter().map(|t| t.events.load(Ordering::Relaxed)).sum(),
        )
    }
}

/// What one thread leaves for another: envelopes in order, and the promise that follows them.
struct Mailbox<M> {
    news: AtomicBool,
    mail: Mutex<(Vec<Envelope<M>>, Option<Promise>)>,
}

impl<M> Default for Mailbox<M> {
    fn default() -> Self {
        Mailbox {
            news: AtomicBool::new(false),
            mail: Mutex::new((Vec::new(), None)),
        }
    }
}

impl<M> Mailbox<M> {
    fn post(&self, envelopes: &mut Vec<Envelope<M>>, promise: Promise) {
        let mut mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        mail.0.append(envelopes);
        mail.1 = Some(promise);
        self.news.store(true, Ordering::Release);
    }

    /// Swaps the waiting envelopes into `envelopes`, which must be empty.
    fn collect(&self, envelopes: &mut Vec<Envelope<M>>) -> Option<Promise> {
        if !self.news.load(Ordering::Acquire) {
            return None;
        }
        let mut mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        self.news.store(false, Ordering::Relaxed);
        std::mem::swap(&mut mail.0, envelopes);
        mail.1.take()
    }
}

/// A thread's end of the pair of mailboxes it shares with a neighbour.
struct Exchange<M> {
    neighbour: usize,
    inbox: Arc<Mailbox<M>>,
    outbox: Arc<Mailbox<M>>,
    arriving: Vec<Envelope<M>>,
    leaving: Vec<Envelope<M>>,
}

impl<N: Node> VirtualDriver<N>
where
    N::Message: Copy + Send,
{
    /// Runs it to its end, or until `watch` stops it.
    pub fn run(self, watch: &Watch) -> Finished<N> {
        self.go_on(Vec::new(), watch)
    }

    /// Goes on from where a run to an earlier end left the nodes, with the envelopes then under way.
    pub fn go_on(self, under_way: Vec<Envelope<N::Message>>, watch: &Watch) -> Finished<N> {
        let parties = self.thread_of.iter().map(|thread| thread + 1).max().unwrap_or(1);
        let _ = watch
            .threads
            .set((0..parties).map(|_| ThreadWatch::default()).collect());
        let mut exchanges = exchanges(&self.network, &self.thread_of, parties);
        let left_over: Vec<Arc<Mailbox<N::Message>>> = exchanges
            .iter()
            .flatten()
            .map(|exchange| Arc::clone(&exchange.inbox))
            .collect();

        let mut members: Vec<Vec<(NodeIndex, N)>> = (0..parties).map(|_| Vec::new()).collect();
        for (index, node) in self.nodes.into_iter().enumerate() {
            members[self.thread_of[index]].push((NodeIndex(index as u16), node));
        }
        let start = Instant::now();
        let sleepers: Vec<OnceLock<Thread>> = (0..parties).map(|_| OnceLock::new()).collect();
        let shared = Shared {
            watch,
            sleepers: &sleepers,
            pace: self.pace,
            start,
        };
        let mut workers = Vec::new();
        for (me, nodes) in members.into_iter().enumerate() {
            let party = Party::new(Arc::clone(&self.network), &self.thread_of, me, nodes, self.end);
            workers.push(Worker {
                me,
                party,
                exchanges: std::mem::take(&mut exchanges[me]),
                lag_max: Duration::ZERO,
                traces: TraceBook::new(self.spans_max),
            });
        }
        for envelope in under_way {
            if let Some(node) = self.network.directory.node(envelope.to) {
                workers[self.thread_of[node.index()]].party.take_back(envelope);
            }
        }
        let workers = run_workers(workers, &shared);
        collect(workers, &left_over)
    }
}

/// What all threads share.
struct Shared<'a> {
    watch: &'a Watch,
    sleepers: &'a [OnceLock<Thread>],
    pace: Pace,
    start: Instant,
}

struct Worker<N: Node> {
    me: usize,
    party: Party<N>,
    exchanges: Vec<Exchange<N::Message>>,
    lag_max: Duration,
    traces: TraceBook,
}

/// Runs the first worker on this thread and the others on threads of their own; a panic in any is passed on.
fn run_workers<N: Node>(workers: Vec<Worker<N>>, shared: &Shared<'_>) -> Vec<Worker<N>>
where
    N::Message: Copy + Send,
{
    std::thread::scope(|scope| {
        let mut workers = workers.into_iter();
        let first = workers.next();
        let work = |worker: Worker<N>| StopOnPanic(shared.watch).guard(|| worker.work(shared));
        let others: Vec<_> = workers.map(|worker| scope.spawn(move || work(worker))).collect();
        let mut done: Vec<Worker<N>> = first.map(work).into_iter().collect();
        for other in others {
            match other.join() {
                Ok(worker) => done.push(worker),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}

/// Stops the other threads when one of them panics, so that the panic is seen and not waited for.
struct StopOnPanic<'a>(&'a Watch);

impl StopOnPanic<'_> {
    fn guard<T>(self, work: impl FnOnce() -> T) -> T {
        let result = work();
        std::mem::forget(self);
        result
    }
}

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl<N: Node> Worker<N>
where
    N::Message: Copy + Send,
{
    fn work(mut self, shared: &Shared<'_>) -> Worker<N> {
        let _ = shared.sleepers[self.me].set(std::thread::current());
        let mut idle = 0;
        while !shared.watch.stop.load(Ordering::Relaxed) {
            let news = self.take_mail();
            let until = shared.pace.limit(shared.start.elapsed());
            let exchanges = &mut self.exchanges;
            let handled = self.party.run(until, BATCH_EVENTS, |link, envelope| {
                exchanges[link].leaving.push(envelope)
            });
            if handled > 0 {
                self.lag_max = self
                    .lag_max
                    .max(shared.pace.lag(shared.start.elapsed(), self.party.now()));
            }
            self.traces.keep(self.party.take_spans());
            let finished = self.party.is_finished();
            self.leave_mail(shared, finished);
            self.show(shared, finished);
            if finished {
                break;
            }
            idle = if handled > 0 || news { 0 } else { idle + 1 };
            if idle > 0 {
                self.wait(shared, idle);
            }
        }
        self
    }

    fn take_mail(&mut self) -> bool {
        let mut news = false;
        for (link, exchange) in self.exchanges.iter_mut().enumerate() {
            let promise = exchange.inbox.collect(&mut exchange.arriving);
            for envelope in exchange.arriving.drain(..) {
                self.party.deliver(link, envelope);
            }
            if let Some(promise) = promise {
                self.party.hear(link, &promise);
                news = true;
            }
        }
        news
    }

    fn leave_mail(&mut self, shared: &Shared<'_>, finished: bool) {
        for (link, exchange) in self.exchanges.iter_mut().enumerate() {
            // A neighbour that outlives this thread can ask it nothing more: the last promise is always left.
            let promise = if exchange.leaving.is_empty() && !finished {
                self.party.due_promise(link)
            } else {
                Some(self.party.make_promise(link))
            };
            let Some(promise) = promise else { continue };
            exchange.outbox.post(&mut exchange.leaving, promise);
            if let Some(sleeper) = shared.sleepers[exchange.neighbour].get() {
                sleeper.unpark();
            }
        }
    }

    fn show(&self, shared: &Shared<'_>, finished: bool) {
        let Some(watch) = shared
            .watch
            .threads
            .get()
            .and_then(|threads| threads.get(self.me))
        else {
            return;
        };
        let now = if finished {
            SimTime::NEVER
        } else {
            self.party.now()
        };
        watch.now.store(now.0, Ordering::Relaxed);
        watch.events.store(self.party.handled(), Ordering::Relaxed);
    }

    fn wait(&mut self, shared: &Shared<'_>, idle: usize) {
        let next = self.party.next_own();
        if let Pace::WallTimes(_) = shared.pace
            && next < self.party.horizon()
        {
            let sleep = shared.pace.wall(next).saturating_sub(shared.start.elapsed());
            std::thread::park_timeout(sleep.min(Duration::from_millis(50)));
        } else if idle < SPINS {
            std::hint::spin_loop();
        } else {
            std::thread::park_timeout(PARK);
        }
    }
}

/// By party: its exchanges, in the order of its links.
fn exchanges<M>(network: &Network, party_of: &[usize], parties: usize) -> Vec<Vec<Exchange<M>>> {
    let mut made: BTreeMap<(usize, usize), Arc<Mailbox<M>>> = BTreeMap::new();
    let mut mailbox = |from: usize, to: usize| Arc::clone(made.entry((from, to)).or_default());
    let mut all = Vec::new();
    for me in 0..parties {
        let links = party_links(network, party_of, me).into_iter();
        all.push(
            links
                .map(|link| Exchange {
                    neighbour: link.neighbour,
                    inbox: mailbox(link.neighbour, me),
                    outbox: mailbox(me, link.neighbour),
                    arriving: Vec::new(),
                    leaving: Vec::new(),
                })
                .collect(),
        );
    }
    all
}

fn collect<N: Node>(workers: Vec<Worker<N>>, mailboxes: &[Arc<Mailbox<N::Message>>]) -> Finished<N>
where
    N::Message: Copy,
{
    let mut finished = Finished {
        nodes: Vec::new(),
        undelivered: Vec::new(),
        violations: Violations::default(),
        events: 0,
        last_event: SimTime::ZERO,
        reached_end: true,
        lag_max: Duration::ZERO,
        traces: TraceBook::default(),
    };
    let mut nodes = Vec::new();
    for mut worker in workers {
        finished.reached_end &= worker.party.is_finished();
        finished.violations.add(&worker.party.violations());
        finished.events += worker.party.handled();
        finished.last_event = finished.last_event.max(worker.party.now());
        finished.lag_max = finished.lag_max.max(worker.lag_max);
        finished.traces.append(worker.traces);
        finished.undelivered.extend(worker.party.undelivered().copied());
        for exchange in worker.exchanges {
            finished.undelivered.extend(exchange.leaving);
            finished.undelivered.extend(exchange.arriving);
        }
        nodes.extend(worker.party.into_nodes());
    }
    for mailbox in mailboxes {
        let mut left = Vec::new();
        mailbox.collect(&mut left);
        finished.undelivered.append(&mut left);
    }
    nodes.sort_by_key(|(index, _)| *index);
    finished.nodes = nodes.into_iter().map(|(_, node)| node).collect();
    finished
}
