//! How large a bulk copy is on the wire, and which rows cannot be in one. Pure.
//!
//! Babelfish 4.3 refuses a copy whose last token lies across the end of a packet, and the driver cannot send a text of 64 KiB
//! or more at all. Both are told by the sizes of the values, so that such a copy is cut into others before it is sent.
//! Sizes are those of the TDS protocol (MS-TDS 2.2.7.4, 2.2.7.19).

use super::values::Wire;
use crate::value::Value;

/// What a packet of the driver holds behind its header of 8 bytes.
const PACKET: usize = 4_088;
/// The token at the end of a copy.
const DONE: usize = 13;
/// The longest text, in UTF-16 units, that the driver sends.
const LONGEST: usize = 32_766;

/// Rows to send.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// Copies, each of which arrives whole.
    pub together: Vec<Vec<&'a [Value]>>,
    /// Rows that cannot be copied.
    pub apart: Vec<&'a [Value]>,
}

/// Cuts rows into copies. `sources` say for each column of `layout` which value of a row it takes.
pub(super) fn parts<'a>(
    layout: &[(String, Wire)],
    sources: &[(Option<usize>, Wire)],
    is_unlimited: impl Fn(&str) -> bool,
    rows: &[&'a [Value]],
) -> Parts<'a> {
    let unlimited: Vec<bool> = layout.iter().map(|(name, _)| is_unlimited(name)).collect();
    let mut head = 3;
    for (name, wire) in layout {
        let ty = if *wire == Wire::Text { 8 } else { 2 };
        head += 7 + 2 * name.encode_utf16().count() + ty;
    }
    let size = |row: &[Value]| -> usize {
        let values = sources.iter().zip(&unlimited).map(|((source, wire), unlimited)| {
            value_size(*wire, *unlimited, source.and_then(|index| row.get(index)).unwrap_or(&Value::Null))
        });
        1 + values.sum::<usize>()
    };
    let (apart, mut rest): (Vec<&[Value]>, Vec<&[Value]>) = rows.iter().copied().partition(|row| is_too_long(row));
    let mut parts = Parts { together: Vec::new(), apart };
    let mut total: usize = head + rest.iter().map(|row| size(row)).sum::<usize>();
    // Rows are taken away from the end, one copy each, until what is left ends well; a row that alone does not, goes apart.
    while !rest.is_empty() && is_across(total) {
        let Some(last) = rest.pop() else { break };
        total -= size(last);
        if is_across(head + size(last)) {
            parts.apart.push(last);
        } else {
            parts.together.push(vec![last]);
        }
    }
    if !rest.is_empty() {
        parts.together.insert(0, rest);
    }
    parts
}

/// True when the last token of a copy of this size lies in two packets.
fn is_across(size: usize) -> bool {
    let rest = size % PACKET;
    rest > PACKET - DONE && rest < PACKET
}

fn is_too_long(row: &[Value]) -> bool {
    row.iter().any(
        |value| matches!(value, Value::Text(text) if text.len() > LONGEST && text.encode_utf16().count() > LONGEST),
    )
}

fn value_size(wire: Wire, unlimited: bool, value: &Value) -> usize {
    let units = |text: &str| text.encode_utf16().count();
    match (wire, value) {
        (Wire::Whole, Value::Null) | (Wire::Seconds, Value::Null) => 1,
        (Wire::Whole, _) => 9,
        // Three bytes of time without a fraction, three of date.
        (Wire::Seconds, _) => 7,
        (Wire::Text, Value::Text(text)) if unlimited => 8 + 4 + 2 * units(text) + if text.is_empty() { 0 } else { 4 },
        (Wire::Text, Value::Text(text)) => 2 + 2 * units(text),
        (Wire::Text, _) if unlimited => 8,
        (Wire::Text, _) => 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn layout() -> Vec<(String, Wire)> {
        vec![("id".to_owned(), Wire::Whole), ("at".to_owned(), Wire::Seconds), ("note".to_owned(), Wire::Text)]
    }

    proptest! {
        #[test]
        fn no_copy_ends_across_two_packets_and_no_row_is_lost(lengths in proptest::collection::vec(0_usize..300, 0..200)) {
            let rows: Vec<Vec<Value>> = lengths
                .iter()
                .enumerate()
                .map(|(id, length)| vec![Value::Int(i64::try_from(id).unwrap()), Value::Null, "x".repeat(*length).into()])
                .collect();
            let rows: Vec<&[Value]> = rows.iter().map(Vec::as_slice).collect();
            let layout = layout();
            let sources: Vec<(Option<usize>, Wire)> =
                layout.iter().enumerate().map(|(index, (_, wire))| (Some(index), *wire)).collect();
            let cut = parts(&layout, &sources, |_| false, &rows);
            let head = 3 + 3 * 7 + 2 * (2 + 2 + 4) + 2 + 2 + 8;
            for part in &cut.together {
                let size: usize = part.iter().map(|row| 1 + 9 + 1 + 2 + 2 * row[2].text().unwrap().unwrap().len()).sum();
                prop_assert!(!is_across(head + size));
            }
            let mut ids: Vec<i64> =
                cut.together.iter().flatten().chain(&cut.apart).map(|row| row[0].int().unwrap().unwrap()).collect();
            ids.sort_unstable();
            prop_assert_eq!(ids.len(), rows.len());
            ids.dedup();
            prop_assert_eq!(ids.len(), rows.len());
        }
    }

    #[test]
    fn a_text_that_the_driver_cannot_send_goes_apart() {
        let long = vec![Value::Int(1), Value::Null, "x".repeat(40_000).into()];
        let short = vec![Value::Int(2), Value::Null, "x".into()];
        let rows: Vec<&[Value]> = vec![&long, &short];
        let layout = layout();
        let sources: Vec<(Option<usize>, Wire)> =
            layout.iter().enumerate().map(|(index, (_, wire))| (Some(index), *wire)).collect();
        let cut = parts(&layout, &sources, |name| name == "note", &rows);
        assert_eq!((cut.apart.len(), cut.together.len()), (1, 1));
    }
}
