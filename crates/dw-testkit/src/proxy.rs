//! A TCP proxy between a client and a server, which breaks connections when a test says so: at a byte, at a text, at once, or
//! for some time. It runs on a thread of its own, also for tests without a runtime, and ends with its owner.
//! Not here: the protocol of the server; what a connection says first (its greeting) and what it asks are bytes that are
//! compared, UTF-16 as TDS sends texts.

mod forward;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// How much of what a client says first is kept to tell connections apart.
const GREETING: usize = 4 * 1_024;
/// The longest text of a rule, in bytes of UTF-16.
const LONGEST_TEXT: usize = 512;
/// How long [`Proxy::down`] and [`Proxy::up`] wait for their effect.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client.
    ToServer,
    /// From the server.
    ToClient,
}

/// How a connection ends, for both of its sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// RST: what was sent and not read is lost.
    Reset,
    /// FIN: an end like that of an orderly process.
    Close,
}

/// What becomes of new connections while the server is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// Nothing listens.
    Refuse,
    /// They are accepted and reset.
    Reset,
}

/// Which connections a rule is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Only {
    /// Every one.
    All,
    /// Those whose greeting holds this text, such as the program name of a login.
    Saying(String),
    /// Those whose greeting does not.
    NotSaying(String),
}

/// When a rule comes true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// When so many bytes have gone this way, or either way, over all its connections since the rule was set.
    Bytes(Option<Direction>, u64),
    /// When a client sends a text for the n-th time, counted from 1 over all its connections.
    Text(String, u64),
}

/// What then happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// The connection is cut: right after the last byte that was counted, or right after the request with the text.
    Cut(Ending),
    /// The connection is cut, and what was about to be forwarded is not.
    CutBefore(Ending),
    /// The request is forwarded, the server's answer is awaited and kept back, and the connection is cut.
    CutAnswer(Ending),
    /// Other connections are cut, and this one goes on.
    CutOthers(Only, Ending),
    /// The connection is silent for a time, or for ever.
    Stall(Option<Duration>),
    /// These connections are cut, that of the request among them, and new ones meet this, until [`Proxy::up`].
    Down(Down, Only),
    /// Nothing: the rule is there to be counted.
    Note,
}

/// A fault that happens once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// To which connections.
    pub only: Only,
    /// When.
    pub when: When,
    /// What.
    pub then: Then,
}

/// What has gone through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that were accepted and reached the server.
    pub connections: u64,
    /// Connections that are open.
    pub open: usize,
    /// Connections that were turned away.
    pub refused: u64,
    /// Connections that a rule or a call has cut.
    pub cut: u64,
    /// Bytes from clients that were forwarded.
    pub to_server: u64,
    /// Bytes from the server that were forwarded.
    pub to_client: u64,
    /// Rules that came true.
    pub fired: u64,
}

/// The proxy.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Up,
    Down(Down),
    Ended,
}

#[derive(Debug)]
struct Shared {
    upstream: (String, u16),
    mode: watch::Sender<Mode>,
    stalled: watch::Sender<bool>,
    listening: AtomicBool,
    latency_micros: AtomicU64,
    connections: AtomicU64,
    open: AtomicUsize,
    refused: AtomicU64,
    cut: AtomicU64,
    to_server: AtomicU64,
    to_client: AtomicU64,
    fired: AtomicU64,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    rules: Vec<(Rule, u64)>,
    links: HashMap<u64, Link>,
}

/// What is known of an open connection.
#[derive(Debug)]
struct Link {
    greeting: Vec<u8>,
    /// The end of what the client has sent: a text may come in two pieces.
    tail: Vec<u8>,
    end: watch::Sender<Option<Ending>>,
}

/// What a rule says about a piece of traffic.
#[derive(Debug)]
enum Verdict {
    Pass,
    /// Forward so many bytes and cut.
    CutAt(usize, Ending),
    /// Forward, and cut at the answer.
    Mute(Ending),
    Stall(Option<Duration>),
}

impl Proxy {
    /// Starts a proxy on a free port of this machine. It connects to `upstream` for every client of its own.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn start(host: &str, port: u16) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a listener for tokio");
        let shared = Arc::new(Shared {
            upstream: (host.to_owned(), port),
            mode: watch::Sender::new(Mode::Up),
            stalled: watch::Sender::new(false),
            listening: AtomicBool::new(true),
            latency_micros: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            to_server: AtomicU64::new(0),
            to_client: AtomicU64::new(0),
            fired: AtomicU64::new(0),
            table: Mutex::default(),
        });
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            // What is still open ends with the runtime.
            runtime.block_on(forward::listen(served, listener, address));
        });
        Self { address, shared, thread: Some(thread) }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has gone through so far.
    pub fn counts(&self) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        let shared = &self.shared;
        Counts {
            connections: of(&shared.connections),
            open: shared.open.load(Ordering::SeqCst),
            refused: of(&shared.refused),
            cut: of(&shared.cut),
            to_server: of(&shared.to_server),
            to_client: of(&shared.to_client),
            fired: of(&shared.fired),
        }
    }

    /// Sets a rule. Rules are independent of each other; of several that come true at once the first wins.
    pub fn rule(&self, rule: Rule) {
        if let When::Text(text, _) = &rule.when {
            assert!(utf16(text).len() <= LONGEST_TEXT, "a text of a rule is too long");
        }
        self.shared.table().rules.push((rule, 0));
    }

    /// A rule that cuts a connection after so many bytes either way.
    pub fn cut_after(&self, bytes: u64, ending: Ending) {
        self.rule(Rule { only: Only::All, when: When::Bytes(None, bytes), then: Then::Cut(ending) });
    }

    /// Forgets the rules that have not come true, and ends stalls and latency.
    pub fn clear(&self) {
        self.shared.table().rules.clear();
        self.latency(Duration::ZERO);
        self.stall(false);
    }

    /// How many rules have not come true.
    pub fn waiting(&self) -> usize {
        self.shared.table().rules.len()
    }

    /// Each piece of traffic waits so long.
    pub fn latency(&self, each: Duration) {
        let micros = u64::try_from(each.as_micros()).unwrap_or(u64::MAX);
        self.shared.latency_micros.store(micros, Ordering::SeqCst);
    }

    /// Stops forwarding on all connections, or goes on. What clients send meanwhile is kept.
    pub fn stall(&self, stalled: bool) {
        self.shared.stalled.send_replace(stalled);
    }

    /// Cuts connections at once and returns how many.
    pub fn cut(&self, only: &Only, ending: Ending) -> usize {
        self.shared.end_links(only, ending)
    }

    /// The server is down: all connections are cut, and new ones meet `down`, until [`Proxy::up`]. It is so on return.
    pub fn down(&self, down: Down) {
        self.shared.go_down(down, &Only::All);
        let listening = down == Down::Reset;
        self.wait_until(|shared| {
            shared.listening.load(Ordering::SeqCst) == listening && shared.open.load(Ordering::SeqCst) == 0
        });
    }

    /// The server is up again. It is so on return.
    pub fn up(&self) {
        self.shared.mode.send_replace(Mode::Up);
        self.wait_until(|shared| shared.listening.load(Ordering::SeqCst));
    }

    fn wait_until(&self, done: impl Fn(&Shared) -> bool) {
        let began = Instant::now();
        while !done(&self.shared) {
            assert!(began.elapsed() < PATIENCE, "the proxy does not do what it was told: {:?}", self.counts());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.mode.send_replace(Mode::Ended);
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed, and the test fails by what it misses.
            let _panicked = thread.join();
        }
    }
}

/// A text as TDS sends it.
fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    let wanted = utf16(text);
    bytes.windows(wanted.len().max(1)).any(|window| window == wanted)
}

impl Only {
    fn is_for(&self, greeting: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Saying(text) => holds(greeting, text),
            Self::NotSaying(text) => !holds(greeting, text),
        }
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_links(&self, only: &Only, ending: Ending) -> usize {
        let table = self.table();
        let mut ended = 0;
        for link in table.links.values().filter(|link| only.is_for(&link.greeting)) {
            link.end.send_replace(Some(ending));
            ended += 1;
        }
        ended
    }

    fn go_down(&self, down: Down, only: &Only) {
        self.mode.send_replace(Mode::Down(down));
        self.end_links(only, Ending::Reset);
    }

    /// Notes a piece of traffic and says what is to become of it.
    fn judge(&self, id: u64, direction: Direction, piece: &[u8]) -> Verdict {
        let mut table = self.table();
        let Table { rules, links } = &mut *table;
        let Some(link) = links.get_mut(&id) else { return Verdict::Pass };
        let mut sent = Vec::new();
        let mut known = 0;
        if direction == Direction::ToServer {
            let room = GREETING.saturating_sub(link.greeting.len());
            link.greeting.extend_from_slice(&piece[..piece.len().min(room)]);
            known = link.tail.len();
            sent = [&link.tail, piece].concat();
            link.tail = sent[sent.len().saturating_sub(LONGEST_TEXT)..].to_vec();
        }
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let mut due = None;
        for (at, (rule, seen)) in rules.iter_mut().enumerate() {
            if !rule.only.is_for(&link.greeting) {
                continue;
            }
            let limit = match &rule.when {
                When::Bytes(way, limit) if way.is_none_or(|way| way == direction) => {
                    let here = limit.saturating_sub(*seen);
                    *seen += length;
                    (here <= length).then(|| usize::try_from(here).unwrap_or(piece.len()))
                }
                When::Text(text, wanted) if direction == Direction::ToServer => {
                    let before = *seen;
                    *seen += new_matches(&sent, known, &utf16(text));
                    (before < *wanted && *seen >= *wanted).then_some(piece.len())
                }
                _ => None,
            };
            if let (Some(limit), None) = (limit, due) {
                due = Some((at, limit));
            }
        }
        let Some((at, limit)) = due else { return Verdict::Pass };
        let (rule, _) = rules.remove(at);
        drop(table);
        self.fired.fetch_add(1, Ordering::SeqCst);
        self.carry_out(rule.then, limit)
    }

    fn carry_out(&self, then: Then, limit: usize) -> Verdict {
        match then {
            Then::Cut(ending) => Verdict::CutAt(limit, ending),
            Then::CutBefore(ending) => Verdict::CutAt(0, ending),
            Then::CutAnswer(ending) => Verdict::Mute(ending),
            Then::Stall(time) => Verdict::Stall(time),
            Then::CutOthers(only, ending) => {
                self.end_links(&only, ending);
                Verdict::Pass
            }
            Then::Note => Verdict::Pass,
            Then::Down(down, only) => {
                self.go_down(down, &only);
                Verdict::CutAt(0, Ending::Reset)
            }
        }
    }
}

/// How often `wanted` ends behind the first `known` bytes.
fn new_matches(sent: &[u8], known: usize, wanted: &[u8]) -> u64 {
    let ends = sent
        .windows(wanted.len().max(1))
        .enumerate()
        .filter(|(at, window)| *window == wanted && at + wanted.len() > known);
    u64::try_from(ends.count()).unwrap_or(u64::MAX)
}
