//! Small seeded numbers for names, cities and the order of insertion. A number is a pure function of seed, purpose and
//! position, so that a row never depends on the rows before it. Not for amounts: those are the same for every seed.

/// What a number is drawn for, so that two purposes never share a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    GivenName = 1,
    Surname,
    City,
    Company,
    Product,
    Order,
}

/// The splitmix64 step: every bit of the input reaches every bit of the output.
fn splitmix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number in `0..bound` (0 when `bound` is not positive).
pub(crate) fn below(seed: u64, purpose: Purpose, position: i64, bound: i64) -> i64 {
    let Ok(bound) = u64::try_from(bound) else {
        return 0;
    };
    if bound == 0 {
        return 0;
    }
    let mixed = splitmix(splitmix(seed ^ splitmix(purpose as u64)) ^ position.cast_unsigned());
    i64::try_from(mixed % bound).unwrap_or(0)
}

/// The numbers `first..=last`, in an order of their own for every seed but 0.
pub(crate) fn order(seed: u64, first: i64, last: i64) -> Vec<i64> {
    let mut numbers: Vec<i64> = (first..=last).collect();
    if seed == 0 {
        return numbers;
    }
    // Fisher-Yates, from the end.
    let mut left = i64::try_from(numbers.len()).unwrap_or(0);
    for at in (1..numbers.len()).rev() {
        let other = below(seed, Purpose::Order, first.wrapping_add(left), left);
        left -= 1;
        if let Ok(other) = usize::try_from(other) {
            numbers.swap(at, other);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_permutation_and_differs_by_seed() {
        let plain = order(0, 5, 104);
        assert_eq!(plain, (5..=104).collect::<Vec<_>>());
        let shuffled = order(7, 5, 104);
        assert_ne!(shuffled, plain);
        assert_ne!(shuffled, order(8, 5, 104));
        let mut sorted = shuffled;
        sorted.sort_unstable();
        assert_eq!(sorted, plain);
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_of_it() {
        let mut seen = [false; 15];
        for position in 0..1_000 {
            let number = below(3, Purpose::City, position, 15);
            seen[usize::try_from(number).unwrap()] = true;
        }
        assert!(seen.iter().all(|hit| *hit));
        assert_eq!(below(3, Purpose::City, 1, 0), 0);
    }
}
