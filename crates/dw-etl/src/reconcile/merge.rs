//! Both sides of an entity side by side: two streams in the order of one key, joined row by row in bounded memory.

use dw_core::engine::{RowStream, Session};
use dw_core::error::{DwError, DwResult};
use dw_core::time::{Seconds, day_of, to_date};
use dw_core::value::{RowBatch, Value};

use super::comparison::{AMOUNTS, Comparison, DayUnit};

/// Rows a chunk.
const CHUNK: usize = 2_048;

/// The compared amounts of a row, in hundredths.
pub(super) type Amounts = [i64; AMOUNTS];

/// What one side says about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Side {
    /// False when it is deleted.
    pub is_live: bool,
    /// `202601`; none for a dimension.
    pub month: Option<i64>,
    /// Its amounts.
    pub amounts: Amounts,
}

/// What both sides say about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    /// The key.
    pub key: i64,
    /// The row of the source.
    pub source: Option<Side>,
    /// The row of the warehouse.
    pub warehouse: Option<Side>,
    /// Changed in the source past the watermark.
    pub is_pending: bool,
    /// In quarantine.
    pub is_rejected: bool,
}

/// A row of either stream; `flag` is `is_pending` in the source and `is_rejected` in the warehouse.
#[derive(Debug, Clone, Copy)]
struct Row {
    key: i64,
    flag: bool,
    side: Side,
}

/// How a stream tells the day.
#[derive(Debug, Clone, Copy)]
enum DayForm {
    Seconds,
    Days,
    DataId,
}

/// The pairs of an entity in the order of their keys.
pub(super) struct Merge<'s> {
    source: Cursor<'s>,
    warehouse: Cursor<'s>,
}

impl<'s> Merge<'s> {
    /// Starts both streams. The snapshot of the warehouse is the older one: what it holds and the source does not hold later
    /// was deleted there.
    pub async fn start(
        comparison: &Comparison,
        warehouse: &'s mut dyn Session,
        source: &'s mut dyn Session,
        watermark: (Seconds, i64),
    ) -> DwResult<Self> {
        let unit = match comparison.day.map(|day| day.unit) {
            Some(DayUnit::Days) => DayForm::Days,
            _ => DayForm::Seconds,
        };
        let sql = comparison.target(warehouse.dialect());
        let rows = warehouse.stream(&sql, &[], CHUNK).await?;
        let warehouse = Cursor::new(rows, DayForm::DataId).await?;
        let sql = comparison.source(source.dialect());
        let rows = source.stream(&sql, &[Value::seconds(watermark.0), watermark.1.into()], CHUNK).await?;
        Ok(Self { source: Cursor::new(rows, unit).await?, warehouse })
    }

    /// The next pair that has at least one row.
    pub async fn next(&mut self) -> DwResult<Option<Pair>> {
        loop {
            let heads = [self.source.head, self.warehouse.head];
            let Some(key) = heads.iter().flatten().map(|row| row.key).min() else { return Ok(None) };
            let mut pair = Pair { key, source: None, warehouse: None, is_pending: false, is_rejected: false };
            if let Some(row) = self.source.take(key).await? {
                pair.source = Some(row.side);
                pair.is_pending = row.flag;
            }
            // A row that was loaded once may wait in quarantine with a later version.
            while let Some(row) = self.warehouse.take(key).await? {
                match row.flag {
                    true => pair.is_rejected = true,
                    false => pair.warehouse = Some(row.side),
                }
            }
            if pair.source.is_some() || pair.warehouse.is_some() {
                return Ok(Some(pair));
            }
        }
    }
}

struct Cursor<'s> {
    rows: RowStream<'s>,
    day: DayForm,
    chunk: RowBatch,
    at: usize,
    head: Option<Row>,
}

impl<'s> Cursor<'s> {
    async fn new(rows: RowStream<'s>, day: DayForm) -> DwResult<Self> {
        let mut cursor = Self { rows, day, chunk: RowBatch::default(), at: 0, head: None };
        cursor.advance().await?;
        Ok(cursor)
    }

    /// The head if it has that key; the next row then is the head.
    async fn take(&mut self, key: i64) -> DwResult<Option<Row>> {
        match self.head.filter(|row| row.key == key) {
            Some(row) => {
                self.advance().await?;
                Ok(Some(row))
            }
            None => Ok(None),
        }
    }

    async fn advance(&mut self) -> DwResult<()> {
        let before = self.head.take();
        if self.at >= self.chunk.len() {
            let Some(chunk) = self.rows.next().await? else { return Ok(()) };
            self.chunk = chunk;
            self.at = 0;
        }
        let row = read(self.chunk.row(self.at), self.day)?;
        self.at += 1;
        if before.is_some_and(|before| before.key > row.key) {
            return Err(DwError::Internal(format!("rows of a comparison came out of order at key {}", row.key)));
        }
        self.head = Some(row);
        Ok(())
    }
}

fn read(row: &[Value], day: DayForm) -> DwResult<Row> {
    let [key, flag, is_deleted, row_day, values @ ..] = row else {
        return Err(DwError::Internal("a row of a comparison is too short".to_owned()));
    };
    let mut amounts = [0; AMOUNTS];
    for (amount, value) in amounts.iter_mut().zip(values) {
        *amount = value.int()?.unwrap_or(0);
    }
    let side =
        Side { is_live: is_deleted.int()? != Some(1), month: row_day.int()?.map(|value| month(value, day)), amounts };
    let key = key.int()?.ok_or_else(|| DwError::Internal("a row of a comparison has no key".to_owned()))?;
    Ok(Row { key, flag: flag.int()? == Some(1), side })
}

fn month(value: i64, day: DayForm) -> i64 {
    use chrono::Datelike;
    let days = match day {
        DayForm::DataId => return value.div_euclid(100),
        DayForm::Seconds => day_of(value),
        DayForm::Days => value,
    };
    let date = to_date(days);
    i64::from(date.year()) * 100 + i64::from(date.month())
}

#[cfg(test)]
mod tests {
    use dw_core::time::parse_timestamp;

    use super::*;

    #[test]
    fn a_month_is_the_same_from_a_second_a_day_and_a_data_id() {
        let last_second = parse_timestamp("2026-01-31T23:59:59").unwrap();
        assert_eq!(month(last_second, DayForm::Seconds), 202_601);
        assert_eq!(month(last_second + 1, DayForm::Seconds), 202_602);
        assert_eq!(month(day_of(last_second), DayForm::Days), 202_601);
        assert_eq!(month(20_260_131, DayForm::DataId), 202_601);
    }
}
