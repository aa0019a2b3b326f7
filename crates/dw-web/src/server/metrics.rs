//! Counters of a process in the text form of Prometheus. `docs/operations.md` lists the names.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the buckets of durations, in milliseconds.
const BUCKETS: [u64; 10] = [1, 5, 10, 20, 50, 100, 250, 500, 1_000, 5_000];

#[derive(Debug, Default, Clone)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    micros: u64,
}

/// The counters.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(String, u16), u64>>,
    durations: Mutex<BTreeMap<String, Histogram>>,
    /// Figures served from memory.
    pub cache_hits: AtomicU64,
    /// Figures read from the database.
    pub cache_misses: AtomicU64,
    /// Figures of an earlier moment, because the database is down.
    pub cache_stale: AtomicU64,
    /// Statements.
    pub queries: AtomicU64,
    /// Statements that failed.
    pub query_failures: AtomicU64,
    /// 1 while the database answers.
    pub database_up: AtomicU64,
}

impl Metrics {
    /// Counts one request.
    pub fn request(&self, page: &str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((page.to_owned(), status)).or_default() += 1;
        drop(requests);
        let mut durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = durations.entry(page.to_owned()).or_default();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        for (bound, bucket) in BUCKETS.iter().zip(&mut histogram.buckets) {
            *bucket += u64::from(micros <= bound * 1_000);
        }
        histogram.count += 1;
        histogram.micros = histogram.micros.saturating_add(micros);
    }

    /// Adds one.
    pub fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The text for Prometheus.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        head(&mut out, "dw_web_requests_total", "counter", "Answered requests by page and status.");
        for ((page, status), count) in requests {
            line(&mut out, &format!("dw_web_requests_total{{page=\"{page}\",status=\"{status}\"}} {count}"));
        }
        head(&mut out, "dw_web_request_seconds", "histogram", "Time until an answer began, by page.");
        let durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (page, histogram) in durations {
            for (bound, count) in BUCKETS.iter().zip(histogram.buckets) {
                line(
                    &mut out,
                    &format!(
                        "dw_web_request_seconds_bucket{{page=\"{page}\",le=\"{}\"}} {count}",
                        seconds(bound * 1_000)
                    ),
                );
            }
            line(
                &mut out,
                &format!("dw_web_request_seconds_bucket{{page=\"{page}\",le=\"+Inf\"}} {}", histogram.count),
            );
            line(&mut out, &format!("dw_web_request_seconds_sum{{page=\"{page}\"}} {}", seconds(histogram.micros)));
            line(&mut out, &format!("dw_web_request_seconds_count{{page=\"{page}\"}} {}", histogram.count));
        }
        let singles = [
            ("dw_web_cache_hits_total", "counter", "Figures served from memory.", &self.cache_hits),
            ("dw_web_cache_misses_total", "counter", "Figures read from the database.", &self.cache_misses),
            (
                "dw_web_cache_stale_total",
                "counter",
                "Figures of an earlier moment, served while the database is down.",
                &self.cache_stale,
            ),
            ("dw_web_queries_total", "counter", "Statements sent to the database.", &self.queries),
            ("dw_web_query_failures_total", "counter", "Statements that failed.", &self.query_failures),
            ("dw_web_database_up", "gauge", "1 while the database answers.", &self.database_up),
        ];
        for (name, kind, help, value) in singles {
            head(&mut out, name, kind, help);
            line(&mut out, &format!("{name} {}", value.load(Ordering::Relaxed)));
        }
        out
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    line(out, &format!("# HELP {name} {help}"));
    line(out, &format!("# TYPE {name} {kind}"));
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _always_ok = writeln!(out, "{text}");
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
