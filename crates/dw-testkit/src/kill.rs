//! Kills processes of `etl` by SIGKILL, at the named points of `dw_etl::checkpoint` and at random times, and counts where it met
//! them. Not here: what a process works on, and what is expected of it afterwards.
#![allow(clippy::print_stdout, reason = "a test that fails shows what it printed: the seed repeats it")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The points of `dw_etl::checkpoint`.
pub const POINTS: [&str; 4] = ["staged", "applied", "committed", "between_entities"];
/// A kill before the first batch.
const EARLY: &str = "before the first batch";
/// How many processes are killed in all, and how many one after another on the same data.
const KILLS: usize = 50;
const KILLS_A_ROUND: usize = 10;

/// Small and good enough: xorshift64*.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

/// How a process is killed.
#[derive(Debug, Clone, Copy)]
enum Kill {
    /// Where it passes a point for the n-th time.
    At(&'static str, u64),
    /// After this time.
    After(Duration),
}

/// A sequence of fifty kills.
#[derive(Debug)]
pub struct Killer {
    random: Random,
    kills: usize,
    rounds: usize,
    /// Where the killed ones were: of those that halted at a point, and of those that were met by chance.
    hits: BTreeMap<&'static str, [usize; 2]>,
    /// Tenths of the usual time of a run, between which a random kill comes.
    between: (u64, u64),
    patience: Duration,
}

impl Killer {
    /// A sequence of its own, or the one that `DW_TEST_SEED` names. A random kill comes `between` so many tenths of a whole run;
    /// a point that is not passed within `patience` never comes.
    pub fn new(between: (u64, u64), patience: Duration) -> Self {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
        let given = std::env::var("DW_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or(u64::from(clock) | 1);
        println!("DW_TEST_SEED={seed}");
        let hits = POINTS.into_iter().map(|point| (point, [0, 0])).collect();
        Self { random: Random(seed), kills: 0, rounds: 0, hits, between, patience }
    }

    /// The number of the next round on fresh data, from 0, until all kills are done.
    pub fn round(&mut self) -> Option<usize> {
        if self.kills >= KILLS {
            return None;
        }
        assert!(self.rounds < KILLS / 2, "kills miss their process: {:?}", self.hits);
        self.rounds += 1;
        Some(self.rounds - 1)
    }

    /// True when `dead` processes are enough for this round.
    pub fn is_over(&self, dead: usize) -> bool {
        dead >= KILLS_A_ROUND || self.kills >= KILLS
    }

    /// Starts a process in `folder` and kills it.
    ///
    /// # Errors
    /// How the process ended when it did so by itself, before it could be killed.
    pub fn kill(&mut self, mut command: Command, folder: &Path, usual: Duration) -> Result<(), ExitStatus> {
        let points = folder.join("points");
        let _none_yet = fs::remove_file(&points);
        command.env("DW_TEST_POINTS", &points);
        let kill = self.plan(usual);
        if let Kill::At(point, pass) = kill {
            command.env("DW_TEST_PAUSE", format!("{point}:{pass}"));
        }
        let mut child = command.spawn().unwrap();
        if let Some(ended) = self.wait(&mut child, &points, kill) {
            return Err(ended);
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        let last = passed(&points).pop().unwrap_or_default();
        let last = last.trim_end_matches(" paused");
        if let Kill::At(point, _) = kill {
            assert_eq!(last, point);
        }
        let point = POINTS.into_iter().find(|point| *point == last).unwrap_or(EARLY);
        self.hits.entry(point).or_default()[usize::from(matches!(kill, Kill::After(_)))] += 1;
        self.kills += 1;
        println!("kill {} of round {}: {kill:?} hit {point}", self.kills, self.rounds);
        Ok(())
    }

    /// Waits for the moment; how the process ended when it came first.
    fn wait(&self, child: &mut Child, points: &Path, kill: Kill) -> Option<ExitStatus> {
        let started = Instant::now();
        loop {
            if let Some(ended) = child.try_wait().unwrap() {
                return Some(ended);
            }
            let now = match kill {
                Kill::At(..) => passed(points).last().is_some_and(|line| line.ends_with("paused")),
                Kill::After(time) => started.elapsed() >= time,
            };
            if now {
                return None;
            }
            assert!(started.elapsed() < self.patience, "{kill:?} never came");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Three of five at a point, each point in turn; the rest at any time of a run.
    fn plan(&mut self, usual: Duration) -> Kill {
        match self.kills % 5 {
            0 | 2 | 4 => {
                let point = POINTS[(self.kills * 3 / 5) % POINTS.len()];
                Kill::At(point, 1 + self.random.below(if point == "between_entities" { 6 } else { 12 }))
            }
            _ => {
                let tenth = u64::try_from(usual.as_micros() / 10).unwrap();
                let (from, to) = self.between;
                Kill::After(Duration::from_micros(from * tenth + self.random.below((to - from) * tenth)))
            }
        }
    }

    /// Says where the kills came, and holds that each point was met and chance had its part.
    pub fn assert_spread(&self) {
        println!("{} kills in {} rounds, [at the point, at a random time]: {:?}", self.kills, self.rounds, self.hits);
        for point in POINTS {
            assert!(self.hits[point][0] > 0, "{:?}", self.hits);
        }
        assert!(self.hits.values().map(|hits| hits[1]).sum::<usize>() > 0, "{:?}", self.hits);
    }
}

fn passed(points: &Path) -> Vec<String> {
    fs::read_to_string(points).unwrap_or_default().lines().map(str::to_owned).collect()
}
