//! A hash of a staged row, stored with its target row: two equal hashes say that nothing has to be written. Pure.
//!
//! The hash is over everything that an UPDATE would write, in a form of its own, so that it is the same on every engine and
//! every version. Whatever changes such a column in another way sets the stored hash to NULL, which equals none.

use dw_core::value::Value;
use xxhash_rust::xxh3::Xxh3;

/// The column of every target that holds the hash.
pub const COLUMN: &str = "linha_hash";

/// The 64-bit hash of a staged row. `skip` are the places of columns that only an INSERT writes.
pub fn row_hash(row: &[Value], skip: &[usize]) -> i64 {
    let mut hash = Xxh3::new();
    for (place, value) in row.iter().enumerate() {
        if skip.contains(&place) {
            continue;
        }
        // A mark a kind and the length of a text keep apart what is written one behind the other.
        match value {
            Value::Null => hash.update(&[0]),
            Value::Int(number) | Value::Seconds(number) | Value::Millis(number) => {
                hash.update(&[1]);
                hash.update(&number.to_le_bytes());
            }
            Value::Text(text) => {
                hash.update(&[2]);
                hash.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
                hash.update(text.as_bytes());
            }
        }
    }
    i64::from_le_bytes(hash.digest().to_le_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_hash_is_the_same_for_ever() {
        // Stored in warehouses: a change of it rewrites every row once.
        let row = [Value::Int(7), Value::Null, Value::from("São Paulo"), Value::Int(-1)];
        assert_eq!(row_hash(&row, &[]), -3_652_683_805_554_422_550);
        assert_eq!(row_hash(&row, &[0, 3]), row_hash(&[Value::Null, Value::from("São Paulo")], &[]));
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::Int), "\\PC{0,5}".prop_map(Value::Text)]
    }

    proptest! {
        #[test]
        fn rows_that_differ_have_hashes_that_differ(
            left in proptest::collection::vec(value(), 0..6),
            right in proptest::collection::vec(value(), 0..6),
        ) {
            prop_assert_eq!(left == right, row_hash(&left, &[]) == row_hash(&right, &[]));
        }
    }
}
