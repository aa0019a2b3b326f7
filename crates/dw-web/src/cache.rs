//! Figures in memory, bounded: keyed by what was asked, marked with the version of the data and the time of reading.
//! Several who ask for the same wait for one reading. What was read stays, so that it can be shown with its time while the
//! database is down.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use dw_core::error::DwResult;
use dw_core::time::Seconds;

/// A value and when it was read.
#[derive(Debug)]
pub struct Kept<V> {
    /// The value.
    pub value: Arc<V>,
    /// When it was read from the database.
    pub read_at: Seconds,
}

impl<V> Clone for Kept<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), read_at: self.read_at }
    }
}

/// How a value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// In memory, of the current version.
    Hit,
    /// Read now.
    Miss,
}

/// A value with its version.
type Version<V> = (u64, Kept<V>);
/// Whoever holds it reads.
type Reading = Arc<tokio::sync::Mutex<()>>;

#[derive(Debug)]
struct Slot<V> {
    kept: Option<Version<V>>,
    reading: Reading,
    used: u64,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Cache<K, V> {
    slots: Mutex<(HashMap<K, Slot<V>>, u64)>,
    most: usize,
}

impl<K: Eq + Hash + Clone, V> Cache<K, V> {
    /// A cache of at most so many values.
    pub fn new(most: usize) -> Self {
        Self { slots: Mutex::new((HashMap::new(), 0)), most: most.max(1) }
    }

    /// The value of `key` in `version`; read by `read` when it is not there.
    ///
    /// # Errors
    /// Of `read`; what was kept before stays.
    pub async fn get<F>(&self, key: &K, version: u64, now: Seconds, read: F) -> DwResult<(Kept<V>, Found)>
    where
        F: Future<Output = DwResult<V>>,
    {
        let (kept, reading) = self.look(key);
        if let Some((_, kept)) = kept.filter(|(of, _)| *of == version) {
            return Ok((kept, Found::Hit));
        }
        let _mine = reading.lock().await;
        if let (Some((_, kept)), _) = self.look(key)
            && self.version(key) == Some(version)
        {
            return Ok((kept, Found::Hit));
        }
        let kept = Kept { value: Arc::new(read.await?), read_at: now };
        self.keep(key, version, kept.clone());
        Ok((kept, Found::Miss))
    }

    /// What was last read for `key`, of whatever version.
    pub fn last(&self, key: &K) -> Option<Kept<V>> {
        self.look_only(key).map(|(_, kept)| kept)
    }

    fn version(&self, key: &K) -> Option<u64> {
        self.look_only(key).map(|(version, _)| version)
    }

    fn look_only(&self, key: &K) -> Option<Version<V>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.0.get(key).and_then(|slot| slot.kept.clone())
    }

    fn look(&self, key: &K) -> (Option<Version<V>>, Reading) {
        let mut guard = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (slots, clock) = &mut *guard;
        *clock += 1;
        if !slots.contains_key(key) && slots.len() >= self.most {
            // Slots are few, so that a walk through all of them costs less than an order that is kept up.
            let oldest = slots.iter().min_by_key(|(_, slot)| slot.used).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                slots.remove(&oldest);
            }
        }
        let used = *clock;
        let slot = slots.entry(key.clone()).or_insert_with(|| Slot { kept: None, reading: Arc::default(), used });
        slot.used = used;
        (slot.kept.clone(), slot.reading.clone())
    }

    fn keep(&self, key: &K, version: u64, kept: Kept<V>) {
        let mut guard = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        // A slot that was pushed out in the meantime stays out.
        if let Some(slot) = guard.0.get_mut(key) {
            slot.kept = Some((version, kept));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use dw_core::error::DwError;

    use super::*;

    #[tokio::test]
    async fn one_reads_and_the_others_wait_for_it() {
        let cache = Cache::<u8, u32>::new(4);
        let reads = AtomicU32::new(0);
        let ask = || {
            cache.get(&1, 7, 0, async {
                tokio::task::yield_now().await;
                Ok(reads.fetch_add(1, Ordering::SeqCst))
            })
        };
        let (a, b) = tokio::join!(ask(), ask());
        assert_eq!((a.unwrap().1, b.unwrap().1), (Found::Miss, Found::Hit));
        assert_eq!(cache.get(&1, 8, 5, async { Ok(9) }).await.unwrap().1, Found::Miss);
    }

    #[tokio::test]
    async fn a_failed_reading_leaves_what_was_kept_and_the_least_used_goes_first() {
        let cache = Cache::<u8, u32>::new(2);
        cache.get(&1, 7, 100, async { Ok(1) }).await.unwrap();
        assert!(cache.get(&1, 8, 200, async { Err(DwError::Internal("x".to_owned())) }).await.is_err());
        let last = cache.last(&1).unwrap();
        assert_eq!((*last.value, last.read_at), (1, 100));
        cache.get(&2, 7, 0, async { Ok(2) }).await.unwrap();
        cache.get(&1, 7, 0, async { Ok(0) }).await.unwrap();
        cache.get(&3, 7, 0, async { Ok(3) }).await.unwrap();
        assert!(cache.last(&2).is_none() && cache.last(&1).is_some() && cache.last(&3).is_some());
    }
}
