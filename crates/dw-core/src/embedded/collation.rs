//! Comparison of text keys as SQL Server's default collation does it: without case, with accents, trailing blanks ignored
//! (ruling 15). Not a linguistic order: it only has to agree on equality and be total.

use std::cmp::Ordering;

/// Compares two text keys.
pub fn compare(left: &str, right: &str) -> Ordering {
    let left = left.trim_end_matches(' ');
    let right = right.trim_end_matches(' ');
    if left.is_ascii() && right.is_ascii() {
        return left.bytes().map(|b| b.to_ascii_lowercase()).cmp(right.bytes().map(|b| b.to_ascii_lowercase()));
    }
    left.chars().flat_map(char::to_lowercase).cmp(right.chars().flat_map(char::to_lowercase))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_trailing_blanks_do_not_matter_and_accents_do() {
        assert_eq!(compare("São Paulo", "SÃO PAULO  "), Ordering::Equal);
        assert_ne!(compare("Sao Paulo", "São Paulo"), Ordering::Equal);
        assert_eq!(compare("SELL-1", "sell-1"), Ordering::Equal);
        assert_ne!(compare(" a", "a"), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "\\PC{0,6}", b in "\\PC{0,6}", c in "\\PC{0,6}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if compare(&a, &b) != Ordering::Greater && compare(&b, &c) != Ordering::Greater {
                prop_assert_ne!(compare(&a, &c), Ordering::Greater);
            }
        }
    }
}
