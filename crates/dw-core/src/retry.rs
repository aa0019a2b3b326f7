//! How long to wait between two attempts of a transaction. Which errors are worth one is said by
//! [`crate::error::DwError::is_transient`]; the statement inside of a transaction is never tried alone.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// The first pause, doubled with each attempt up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);

/// The pauses of an operation that is tried at most `attempts` times: one less, each with a random part, so that two that
/// got in each other's way do not meet again.
pub fn pauses(attempts: u32) -> impl Iterator<Item = Duration> + Send {
    ExponentialBuilder::default()
        .with_min_delay(FIRST)
        .with_max_delay(LONGEST)
        .with_max_times(usize::try_from(attempts.saturating_sub(1)).unwrap_or(0))
        .with_jitter()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_pause_less_than_attempts_and_none_is_endless() {
        for attempts in 0..20 {
            let pauses: Vec<Duration> = pauses(attempts).collect();
            assert_eq!(pauses.len(), usize::try_from(attempts.saturating_sub(1)).unwrap());
            assert!(pauses.iter().all(|pause| *pause >= FIRST && *pause <= LONGEST * 2), "{pauses:?}");
        }
    }
}
