//! Row count and checksum of what a bulk copy sent and of what arrived. Both servers of the supported kinds have been seen to
//! report a bulk copy as a success that stored other values (docs/decisions).

use super::session::SqlServerSession;
use super::values::Wire;
use crate::error::{DwError, DwResult};
use crate::value::{RowBatch, Value};

/// The sum of a column is taken over the remainder by this prime, so that it fits whatever the values are.
const MODULUS: i64 = 2_147_483_647;

/// Compares what is in `table` with what was sent, and returns the number of rows.
pub(super) async fn verify(
    session: &mut SqlServerSession,
    table: &str,
    columns: &[(&str, Wire)],
    rows: &RowBatch,
) -> DwResult<u64> {
    let found = super::session::batch(session.ask(&statement(table, columns), &[]).await?)?;
    let count = found.get(0, 0).int()?.unwrap_or(0);
    let sum = found.get(0, 1).int()?.unwrap_or(0);
    let expected = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if count != expected {
        return Err(DwError::Internal(format!("{expected} rows were copied into {table}, {count} arrived")));
    }
    let sent = checksum(columns, rows, |text| text.encode_utf16().count())?;
    // A character beyond the basic plane counts twice for SQL Server and once for Babelfish.
    if sum != sent && sum != checksum(columns, rows, |text| text.chars().count())? {
        return Err(DwError::Internal(format!(
            "the rows that arrived in {table} are not those that were sent (checksum {sum} instead of {sent})"
        )));
    }
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Count and checksum on the server.
fn statement(table: &str, columns: &[(&str, Wire)]) -> String {
    let terms: Vec<String> = columns
        .iter()
        .map(|(name, wire)| match wire {
            Wire::Whole => format!("COALESCE({name} % {MODULUS}, 1)"),
            Wire::Seconds => format!("COALESCE(DATEDIFF(DAY, '1970-01-01', {name}) + DATEPART(HOUR, {name}) * 3600 + DATEPART(MINUTE, {name}) * 60 + DATEPART(SECOND, {name}), 1)"),
            Wire::Text => format!("COALESCE(LEN({name}), 1)"),
        })
        .collect();
    format!("SELECT COUNT_BIG(*), SUM(CAST({} AS BIGINT)) FROM {table}", terms.join(" + "))
}

/// The same sum over the rows that were sent.
fn checksum(columns: &[(&str, Wire)], rows: &RowBatch, length: fn(&str) -> usize) -> DwResult<i64> {
    let mut sum = 0_i64;
    for row in rows.rows() {
        for ((_, wire), value) in columns.iter().zip(row) {
            sum += term(*wire, value, length)?;
        }
    }
    Ok(sum)
}

fn term(wire: Wire, value: &Value, length: fn(&str) -> usize) -> DwResult<i64> {
    if value.is_null() {
        return Ok(1);
    }
    Ok(match wire {
        Wire::Whole => value.int()?.unwrap_or(0) % MODULUS,
        Wire::Seconds => {
            let seconds = super::dialect::clamp(value.int()?.unwrap_or(0));
            crate::time::day_of(seconds) + seconds.rem_euclid(crate::time::DAY)
        }
        Wire::Text => {
            // As LEN counts: without blanks at the end. DATALENGTH counts the bytes of UTF-8 on Babelfish.
            let units = value.text()?.map_or(0, |text| length(text.trim_end_matches(' ')));
            i64::try_from(units).unwrap_or(i64::MAX)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_the_server_and_ours_are_over_the_same_terms() {
        let columns = [("id", Wire::Whole), ("at", Wire::Seconds), ("name", Wire::Text)];
        insta::assert_snapshot!(statement("#stage", &columns));
        let mut rows = RowBatch::new(3);
        rows.push_row([Value::Int(-5), Value::Int(86_400 + 61), Value::from("é ")]);
        rows.push_row([Value::Null, Value::Null, Value::Null]);
        assert_eq!(checksum(&columns, &rows, |text| text.encode_utf16().count()).unwrap(), -5 + 1 + 61 + 1 + 3);
    }
}
