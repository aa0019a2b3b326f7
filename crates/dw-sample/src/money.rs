//! Exact arithmetic on scaled integers: rounding and choosing. Never a float. Not here: any rule of the sample.

/// `numerator / denominator`, rounded half away from zero; 0 when the denominator is 0.
pub(crate) fn round_div(numerator: i64, denominator: i64) -> i64 {
    let (Some(quotient), Some(rest)) = (numerator.checked_div(denominator), numerator.checked_rem(denominator)) else {
        return 0;
    };
    if rest.unsigned_abs().saturating_mul(2) < denominator.unsigned_abs() {
        return quotient;
    }
    if (numerator < 0) == (denominator < 0) { quotient + 1 } else { quotient - 1 }
}

/// `amount` (scaled) times `percent` hundredths, rounded half away from zero.
pub(crate) fn percent_of(amount: i64, percent: i64) -> i64 {
    round_div(amount * percent, 100)
}

/// The margin of a price over its cost in hundredths of a percent of the price; 0 for a price of 0.
pub(crate) fn margin(list_price: i64, cost: i64) -> i64 {
    round_div((list_price - cost) * 10_000, list_price)
}

/// The entry of `list` at `index`, counted round and round; empty for an empty list.
pub(crate) fn pick(list: &[&'static str], index: i64) -> &'static str {
    let length = i64::try_from(list.len()).unwrap_or(0);
    index
        .checked_rem_euclid(length)
        .and_then(|at| usize::try_from(at).ok())
        .and_then(|at| list.get(at))
        .copied()
        .unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!(round_div(5, 2), 3);
        assert_eq!(round_div(-5, 2), -3);
        assert_eq!(round_div(5, -2), -3);
        assert_eq!(round_div(4, 3), 1);
        assert_eq!(round_div(-4, 3), -1);
        assert_eq!(round_div(7, 0), 0);
    }

    #[test]
    fn a_margin_is_in_hundredths_of_a_percent() {
        assert_eq!(margin(12_000, 10_000), 1_667);
        assert_eq!(margin(0, 10_000), 0);
    }

    #[test]
    fn picking_goes_round() {
        assert_eq!(pick(&["a", "b"], 3), "b");
        assert_eq!(pick(&["a", "b"], -1), "b");
        assert_eq!(pick(&[], 3), "");
    }
}
