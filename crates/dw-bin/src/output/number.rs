//! Numbers for people: digits in groups, seconds with as many decimals as matter.

/// `1234567` as `1,234,567`.
pub fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Seconds: `0.042`, `3.21`, `75.3`.
pub fn seconds(value: f64) -> String {
    match value {
        value if value < 1.0 => format!("{value:.3}"),
        value if value < 10.0 => format!("{value:.2}"),
        value => format!("{value:.1}"),
    }
}

/// Rows a second; `-` when nothing was measured.
pub fn rate(rows: u64) -> String {
    if rows == 0 { "-".to_owned() } else { whole(rows) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(
            [whole(0), whole(999), whole(1_000), whole(u64::MAX)],
            ["0", "999", "1,000", "18,446,744,073,709,551,615"]
        );
        assert_eq!([seconds(0.0421), seconds(3.214), seconds(75.26)], ["0.042", "3.21", "75.3"]);
        assert_eq!([rate(162_346), rate(0)], ["162,346", "-"]);
    }
}
