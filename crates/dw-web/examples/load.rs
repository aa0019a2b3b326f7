//! Asks a dashboard at a steady rate and says how long it takes: first pages that it has not seen (cold), then the same page
//! again and again (cached). `docs/performance.md` says how to use it.
//!
//! `cargo run --release -p dw-web --example load -- --url http://127.0.0.1:8502/ --seconds 60 --rate 200`
//!
//! Requests start when they are due, whether or not the ones before have ended, and a latency counts from then, so that a
//! server that falls behind shows it. `--cold N` sets how many cold pages are asked for, `--pid N` shows the peak memory of the
//! server on Linux.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example speaks to a terminal")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

/// Connections that are kept open.
const CONNECTIONS: u64 = 32;
/// A request that takes longer is an error.
const PATIENCE: Duration = Duration::from_secs(30);

struct Arguments {
    authority: String,
    path: String,
    seconds: u64,
    rate: u64,
    cold: u64,
    pid: Option<u32>,
}

#[derive(Default)]
struct Measured {
    latencies: Vec<Duration>,
    errors: BTreeMap<String, u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!(
                "{message}\nusage: load --url http://127.0.0.1:8502/ [--seconds 60] [--rate 200] [--cold 50] [--pid PID]"
            );
            return ExitCode::from(2);
        }
    };
    let mut cold = Measured::default();
    let mut connection = None;
    for number in 0..arguments.cold {
        let separator = if arguments.path.contains('?') { '&' } else { '?' };
        // Windows of 90 days, each a day further back: none is in the cache of a server that has just started.
        let path = format!("{}{separator}{}", arguments.path, window(number));
        cold.add(Instant::now(), ask(&mut connection, &arguments.authority, &path).await);
    }
    let cached = steady(&arguments).await;
    println!("cold:   {}", cold.summary());
    println!("cached: {}", cached.summary());
    if let Some(peak) = arguments.pid.and_then(peak_memory) {
        println!("peak memory of the server: {peak}");
    }
    if cold.errors.is_empty() && cached.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn arguments() -> Result<Arguments, String> {
    let mut found =
        Arguments { authority: String::new(), path: String::new(), seconds: 60, rate: 200, cold: 50, pid: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{word} {value} is no number"));
        match word.as_str() {
            "--url" => {
                let rest = value.strip_prefix("http://").ok_or("the address begins with http://")?;
                let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
                found.authority = authority.to_owned();
                found.path = format!("/{path}");
            }
            "--seconds" => found.seconds = number()?,
            "--rate" => found.rate = number()?.max(1),
            "--cold" => found.cold = number()?,
            "--pid" => found.pid = Some(value.parse().map_err(|_| format!("{value} is no process id"))?),
            other => return Err(format!("unknown argument {other}")),
        }
    }
    if found.authority.is_empty() { Err("--url is missing".to_owned()) } else { Ok(found) }
}

/// `de=..&ate=..` of 90 days that end `number` days before a year ago.
fn window(number: u64) -> String {
    let back = i64::try_from(number).unwrap_or(0);
    let to = dw_core::time::day_of(dw_core::time::now()) - 365 + back;
    format!("de={}&ate={}", dw_core::time::format_date(to - 89), dw_core::time::format_date(to))
}

/// The same page at the rate, by a few connections that take turns.
async fn steady(arguments: &Arguments) -> Measured {
    let total = arguments.seconds * arguments.rate;
    let next = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (next, authority, path, rate) =
            (next.clone(), arguments.authority.clone(), arguments.path.clone(), arguments.rate);
        workers.spawn(async move {
            let mut measured = Measured::default();
            let mut connection = None;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return measured;
                }
                let due = begin + Duration::from_micros(number * 1_000_000 / rate);
                tokio::time::sleep_until(due.into()).await;
                measured.add(due, ask(&mut connection, &authority, &path).await);
            }
        });
    }
    let mut all = Measured::default();
    while let Some(Ok(part)) = workers.join_next().await {
        all.latencies.extend(part.latencies);
        for (error, count) in part.errors {
            *all.errors.entry(error).or_default() += count;
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{} requests in {seconds:.1} s", all.latencies.len());
    all
}

async fn ask(connection: &mut Option<BufStream<TcpStream>>, authority: &str, path: &str) -> Result<(), String> {
    let answer = tokio::time::timeout(PATIENCE, exchange(connection, authority, path)).await;
    let answer = answer.unwrap_or_else(|_| Err("timed out".to_owned()));
    if answer.is_err() {
        *connection = None;
    }
    answer
}

async fn exchange(connection: &mut Option<BufStream<TcpStream>>, authority: &str, path: &str) -> Result<(), String> {
    let text = |error: std::io::Error| error.kind().to_string();
    if connection.is_none() {
        let stream = TcpStream::connect(authority).await.map_err(text)?;
        let _small_answers_at_once = stream.set_nodelay(true);
        *connection = Some(BufStream::new(stream));
    }
    let Some(stream) = connection else { return Err("no connection".to_owned()) };
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(text)?;
    stream.flush().await.map_err(text)?;
    let mut line = String::new();
    stream.read_line(&mut line).await.map_err(text)?;
    let status = line.split(' ').nth(1).unwrap_or("no answer").to_owned();
    let mut length = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line).await.map_err(text)? <= 2 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse::<usize>().map_err(|_| "no length".to_owned())?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.map_err(text)?;
    if status == "200" { Ok(()) } else { Err(format!("status {status}")) }
}

impl Measured {
    fn add(&mut self, due: Instant, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.latencies.push(due.elapsed()),
            Err(error) => *self.errors.entry(error).or_default() += 1,
        }
    }

    fn summary(&self) -> String {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted
                .get(place)
                .map_or_else(|| "-".to_owned(), |latency| format!("{:.1} ms", latency.as_secs_f64() * 1_000.0))
        };
        let errors: Vec<String> = self.errors.iter().map(|(error, count)| format!("{count} x {error}")).collect();
        let errors = if errors.is_empty() { "none".to_owned() } else { errors.join(", ") };
        format!(
            "{} ok, p50 {}, p95 {}, p99 {}, max {}, errors: {errors}",
            sorted.len(),
            at(50),
            at(95),
            at(99),
            at(100)
        )
    }
}

/// `VmHWM` of a process.
fn peak_memory(pid: u32) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|peak| peak.trim().to_owned())
}
