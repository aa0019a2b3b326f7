//! What one page reads: figures of the database while it answers, else those that were read last, with their time.
//! Not here: which figures, and how they are kept ([`crate::cache`]).

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use chrono_tz::Tz;
use dw_core::error::DwResult;
use dw_core::time::Seconds;

use crate::cache::{Cache, Found};
use crate::page::Banner;
use crate::server::metrics::Metrics;
use crate::site;
use crate::store::{Health, Trouble};

/// See the head of this file.
#[derive(Debug)]
pub struct Figures {
    /// Whether the database answers.
    pub health: Health,
    /// The clock of the page.
    pub now: Seconds,
    version: Option<u64>,
    metrics: Arc<Metrics>,
    /// The oldest reading that the page shows, when the database is down.
    stale: Mutex<Option<Seconds>>,
}

impl Figures {
    /// For one page. `version` goes before that of the data: figures that grow old by themselves have one by time.
    pub fn new(health: Health, version: Option<u64>, now: Seconds, metrics: Arc<Metrics>) -> Self {
        Self { health, now, version, metrics, stale: Mutex::default() }
    }

    /// Figures of the current version; the last ones when the database does not answer.
    ///
    /// # Errors
    /// Why there are none.
    pub async fn get<K: Eq + Hash + Clone, V>(
        &self,
        cache: &Cache<K, V>,
        key: &K,
        read: impl Future<Output = DwResult<V>>,
    ) -> Result<Arc<V>, Trouble> {
        let why = match &self.health {
            Health::Up { version, .. } => {
                match cache.get(key, self.version.unwrap_or(*version), self.now, read).await {
                    Ok((kept, found)) => {
                        let is_hit = found == Found::Hit;
                        Metrics::add(if is_hit { &self.metrics.cache_hits } else { &self.metrics.cache_misses });
                        return Ok(kept.value);
                    }
                    Err(error) => Trouble::of(&error),
                }
            }
            Health::Down { why, .. } => *why,
        };
        let kept = cache.last(key).ok_or(why)?;
        Metrics::add(&self.metrics.cache_stale);
        let mut stale = self.stale.lock().unwrap_or_else(PoisonError::into_inner);
        *stale = Some(stale.map_or(kept.read_at, |earlier| earlier.min(kept.read_at)));
        Ok(kept.value)
    }

    /// True when the page shows figures of an earlier moment.
    pub fn is_stale(&self) -> bool {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The sentence above such figures.
    pub fn banner(&self, zone: Tz) -> Option<Banner> {
        let read_at = (*self.stale.lock().unwrap_or_else(PoisonError::into_inner))?;
        let since = if let Health::Down { since, .. } = self.health { since } else { self.now };
        Some(site::stale(read_at, since, zone))
    }
}
