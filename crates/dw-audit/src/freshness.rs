//! How far an entity is behind: lag and pending rows. The one place of these rules, for command, page and alert (ruling 23).

use dw_core::time::Seconds;

/// Seconds between the newest change that was loaded and now; none before the first load, never negative.
pub fn lag_seconds(watermark: Seconds, now: Seconds) -> Option<u64> {
    if watermark <= dw_core::time::WATERMARK_START {
        return None;
    }
    Some(u64::try_from(now.saturating_sub(watermark)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_that_was_never_loaded_has_no_lag_and_a_clock_that_jumps_back_gives_zero() {
        assert_eq!(lag_seconds(dw_core::time::WATERMARK_START, 5), None);
        assert_eq!(lag_seconds(100, 160), Some(60));
        assert_eq!(lag_seconds(160, 100), Some(0));
    }
}
