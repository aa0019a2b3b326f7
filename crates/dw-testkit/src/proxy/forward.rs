//! How the proxy takes connections and forwards their bytes. Not here: which faults there are (see [`super`]).

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{Direction, Down, Ending, Link, Mode, PATIENCE, Shared, Verdict};

/// How much is read at a time, and so the most that a direction of a connection holds.
const CHUNK: usize = 16 * 1_024;
/// More connections than a test needs.
const MOST_CONNECTIONS: usize = 256;

/// Why forwarding ended before both sides had ended.
#[derive(Debug, Clone, Copy)]
enum End {
    /// By a rule or a call.
    Cut(Ending),
    /// By one of the sides.
    Broken,
}

/// Takes connections until the owner ends.
pub(super) async fn listen(shared: Arc<Shared>, listener: std::net::TcpListener, address: std::net::SocketAddr) {
    let mut mode = shared.mode.subscribe();
    let mut listener = TcpListener::from_std(listener).ok();
    let mut next = 0;
    loop {
        let now = *mode.borrow_and_update();
        if now == Mode::Ended {
            return;
        }
        if now == Mode::Down(Down::Refuse) {
            listener = None;
        } else if listener.is_none() {
            // The port may not be free again at once.
            listener = TcpListener::bind(address).await.ok();
        }
        shared.listening.store(listener.is_some(), Ordering::SeqCst);
        let Some(open) = &listener else {
            let pause = if now == Mode::Down(Down::Refuse) { PATIENCE } else { Duration::from_millis(5) };
            // Both are a reason to look again.
            let _passed = tokio::time::timeout(pause, mode.changed()).await;
            continue;
        };
        tokio::select! {
            _ = mode.changed() => {}
            client = open.accept() => if let Ok((client, _)) = client {
                next += 1;
                let _served = tokio::spawn(serve(Arc::clone(&shared), client, next));
            }
        }
    }
}

/// A connection from its beginning to its end.
async fn serve(shared: Arc<Shared>, client: TcpStream, id: u64) {
    let turned_away = |client: &TcpStream| {
        shared.refused.fetch_add(1, Ordering::SeqCst);
        let _gone = client.set_zero_linger();
    };
    if *shared.mode.borrow() != Mode::Up || shared.open.load(Ordering::SeqCst) >= MOST_CONNECTIONS {
        return turned_away(&client);
    }
    let (host, port) = (shared.upstream.0.as_str(), shared.upstream.1);
    let Ok(server) = TcpStream::connect((host, port)).await else { return turned_away(&client) };
    let end = watch::Sender::new(None);
    let mut told = end.subscribe();
    {
        let mut table = shared.table();
        table.links.insert(id, Link { greeting: Vec::new(), tail: Vec::new(), end });
        shared.open.fetch_add(1, Ordering::SeqCst);
    }
    shared.connections.fetch_add(1, Ordering::SeqCst);
    if *shared.mode.borrow() == Mode::Up {
        forward(&shared, client, server, id, &mut told).await;
    } else {
        // It went down while this connected.
        reset(&client, &server);
    }
    shared.table().links.remove(&id);
    shared.open.fetch_sub(1, Ordering::SeqCst);
}

/// Forwards both ways until both sides have ended, or a rule or a call ends it.
async fn forward(
    shared: &Shared,
    mut client: TcpStream,
    mut server: TcpStream,
    id: u64,
    told: &mut watch::Receiver<Option<Ending>>,
) {
    let (_, _) = (client.set_nodelay(true), server.set_nodelay(true));
    let mute = Mutex::new(None);
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let there = pump(shared, id, Direction::ToServer, from_client, to_server, &mute);
        let back = pump(shared, id, Direction::ToClient, from_server, to_client, &mute);
        let both = async {
            // The first that is cut ends both; a direction that merely ended lets the other one end too.
            tokio::try_join!(there, back).err()
        };
        tokio::select! {
            end = both => end,
            changed = told.wait_for(Option::is_some) => changed.ok().and_then(|ending| *ending).map(End::Cut),
        }
    };
    if matches!(end, Some(End::Cut(_))) {
        // Before either side can see it.
        shared.cut.fetch_add(1, Ordering::SeqCst);
    }
    match end {
        // A reset on one side is a reset on the other.
        Some(End::Broken | End::Cut(Ending::Reset)) => reset(&client, &server),
        Some(End::Cut(Ending::Close)) => {
            let _gone = (client.shutdown().await, server.shutdown().await);
            let drained = async { tokio::join!(drain(&mut client), drain(&mut server)) };
            // With unread bytes the end would be a reset.
            let _late = tokio::time::timeout(Duration::from_millis(50), drained).await;
        }
        None => {}
    }
}

fn reset(client: &TcpStream, server: &TcpStream) {
    let _gone = (client.set_zero_linger(), server.set_zero_linger());
}

async fn drain(stream: &mut TcpStream) {
    let mut rest = [0; 1_024];
    while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
}

async fn pump(
    shared: &Shared,
    id: u64,
    direction: Direction,
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mute: &Mutex<Option<Ending>>,
) -> Result<(), End> {
    let mut buffer = vec![0; CHUNK];
    let mut stalled = shared.stalled.subscribe();
    let counter = if direction == Direction::ToServer { &shared.to_server } else { &shared.to_client };
    loop {
        let read = match from.read(&mut buffer).await {
            Err(_) => return Err(End::Broken),
            Ok(0) => {
                let _gone = to.shutdown().await;
                return Ok(());
            }
            Ok(read) => read,
        };
        let silence = *mute.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Direction::ToClient, Some(ending)) = (direction, silence) {
            return Err(End::Cut(ending));
        }
        let piece = &buffer[..read];
        let mut forwarded = read;
        let mut cut = None;
        match shared.judge(id, direction, piece) {
            Verdict::Pass => {}
            Verdict::CutAt(limit, ending) => (forwarded, cut) = (limit, Some(ending)),
            Verdict::Mute(ending) => *mute.lock().unwrap_or_else(PoisonError::into_inner) = Some(ending),
            Verdict::Stall(None) => std::future::pending().await,
            Verdict::Stall(Some(time)) => tokio::time::sleep(time).await,
        }
        let latency = Duration::from_micros(shared.latency_micros.load(Ordering::SeqCst));
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if *stalled.borrow() {
            // The sender lives as long as this.
            let _on = stalled.wait_for(|stalled| !stalled).await;
        }
        // Before the other side can answer.
        counter.fetch_add(u64::try_from(forwarded).unwrap_or(0), Ordering::SeqCst);
        if forwarded > 0 && to.write_all(&piece[..forwarded]).await.is_err() {
            return Err(End::Broken);
        }
        if let Some(ending) = cut {
            return Err(End::Cut(ending));
        }
    }
}
