//! From pairs to figures: what a pair means, and the sums of a month. Pure.

use std::collections::BTreeMap;

use super::comparison::{AMOUNTS, Comparison};
use super::merge::{Pair, Side};

/// Differing rows that are shown of an entity.
const SHOWN: usize = 20;

/// What a pair means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Both sides say the same; two deleted rows do, whatever their amounts.
    Equal,
    /// The source has changed past the watermark: the next run brings it.
    Pending,
    /// The row is in quarantine.
    Rejected,
    /// The source row is gone and the warehouse does not know it yet.
    Gone,
    /// Nothing explains it.
    Different,
}

pub(super) fn verdict(pair: &Pair) -> Verdict {
    match (&pair.source, &pair.warehouse) {
        (Some(source), Some(warehouse)) if agree(source, warehouse) => Verdict::Equal,
        (Some(_), _) if pair.is_pending => Verdict::Pending,
        (Some(_), _) if pair.is_rejected => Verdict::Rejected,
        (Some(_), _) => Verdict::Different,
        (None, Some(warehouse)) if warehouse.is_live => Verdict::Gone,
        (None, _) => Verdict::Equal,
    }
}

fn agree(source: &Side, warehouse: &Side) -> bool {
    source.is_live == warehouse.is_live
        && (!source.is_live || (source.month == warehouse.month && source.amounts == warehouse.amounts))
}

/// A sum on both sides and what explains that they differ, in the unit of what is summed: rows, or hundredths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Live rows of the source.
    pub source: i128,
    /// Live rows of the warehouse.
    pub warehouse: i128,
    /// Source less warehouse, of rows in quarantine.
    pub rejected: i128,
    /// Warehouse, of rows whose source row is gone.
    pub deleted: i128,
    /// Source less warehouse, of rows past the watermark.
    pub pending: i128,
}

impl Sums {
    /// What the source may have more than the warehouse.
    pub fn explained(&self) -> i128 {
        self.rejected + self.pending - self.deleted
    }

    /// What nothing explains; 0 when all is well.
    pub fn difference(&self) -> i128 {
        self.warehouse + self.explained() - self.source
    }

    fn add(&mut self, verdict: Verdict, source: i128, warehouse: i128) {
        self.source += source;
        self.warehouse += warehouse;
        match verdict {
            Verdict::Rejected => self.rejected += source - warehouse,
            Verdict::Pending => self.pending += source - warehouse,
            Verdict::Gone => self.deleted += warehouse,
            Verdict::Equal | Verdict::Different => {}
        }
    }

    fn merge(&mut self, other: &Self) {
        self.source += other.source;
        self.warehouse += other.warehouse;
        self.rejected += other.rejected;
        self.deleted += other.deleted;
        self.pending += other.pending;
    }
}

/// One month of an entity, or all of it. A row that stands in two months, because its date has changed, is counted in that of
/// the source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Rows.
    pub rows: Sums,
    /// Amounts in the order of [`super::EntityComparison::measures`].
    pub(super) amounts: [Sums; AMOUNTS],
    /// Rows in quarantine that are missing or old in the warehouse.
    pub rejected: u64,
    /// Rows whose source row is gone, found by this comparison.
    pub deleted: u64,
    /// Rows past the watermark that are missing or old in the warehouse.
    pub pending: u64,
    /// Rows that differ without a reason.
    pub different: u64,
    /// Rows that are deleted on both sides; they are in no other figure.
    pub soft_deleted: u64,
}

impl Figures {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Equal => {}
            Verdict::Pending => self.pending += 1,
            Verdict::Rejected => self.rejected += 1,
            Verdict::Gone => self.deleted += 1,
            Verdict::Different => self.different += 1,
        }
    }

    fn add(&mut self, verdict: Verdict, source: Option<&Side>, warehouse: Option<&Side>) {
        let live = |side: Option<&Side>| i128::from(side.is_some_and(|side| side.is_live));
        let amount = |side: Option<&Side>, at: usize| {
            side.filter(|side| side.is_live).and_then(|side| side.amounts.get(at)).map_or(0, |value| i128::from(*value))
        };
        self.rows.add(verdict, live(source), live(warehouse));
        for (at, sums) in self.amounts.iter_mut().enumerate() {
            sums.add(verdict, amount(source, at), amount(warehouse, at));
        }
    }

    /// Adds another month.
    pub(super) fn merge(&mut self, other: &Self) {
        self.rows.merge(&other.rows);
        for (sums, others) in self.amounts.iter_mut().zip(&other.amounts) {
            sums.merge(others);
        }
        self.rejected += other.rejected;
        self.deleted += other.deleted;
        self.pending += other.pending;
        self.different += other.different;
        self.soft_deleted += other.soft_deleted;
    }
}

/// A row that differs without a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDifference {
    /// Key of the source.
    pub key: i64,
    /// Month, `202601`; of the source where both have one.
    pub month: Option<i64>,
    /// What differs: `row`, `deleted`, `month` or the name of an amount.
    pub what: &'static str,
    /// What the source says.
    pub source: String,
    /// What the warehouse says.
    pub warehouse: String,
}

/// The figures of an entity while its pairs come.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub months: BTreeMap<Option<i64>, Figures>,
    pub first: Vec<RowDifference>,
}

impl Tally {
    pub fn add(&mut self, comparison: &Comparison, pair: &Pair) -> Verdict {
        let verdict = verdict(pair);
        let (source, warehouse) = (pair.source.as_ref(), pair.warehouse.as_ref());
        let home = source.or(warehouse).and_then(|side| side.month);
        let figures = self.months.entry(home).or_default();
        figures.count(verdict);
        if verdict == Verdict::Equal && source.is_some_and(|source| !source.is_live) {
            figures.soft_deleted += 1;
        }
        match warehouse.filter(|warehouse| warehouse.month != home) {
            None => figures.add(verdict, source, warehouse),
            Some(elsewhere) => {
                figures.add(verdict, source, None);
                self.months.entry(elsewhere.month).or_default().add(verdict, None, warehouse);
            }
        }
        if verdict == Verdict::Different && self.first.len() < SHOWN {
            self.first.push(explain(comparison, pair));
        }
        verdict
    }
}

fn explain(comparison: &Comparison, pair: &Pair) -> RowDifference {
    let (source, warehouse) = (pair.source.as_ref(), pair.warehouse.as_ref());
    let month = source.or(warehouse).and_then(|side| side.month);
    let of = |what: &'static str, source: String, warehouse: String| RowDifference {
        key: pair.key,
        month,
        what,
        source,
        warehouse,
    };
    let state = |side: &Side| if side.is_live { "live" } else { "deleted" }.to_owned();
    let (Some(source), Some(warehouse)) = (source, warehouse) else {
        let text = |side: Option<&Side>| side.map_or_else(|| "missing".to_owned(), state);
        return of("row", text(source), text(warehouse));
    };
    if source.is_live != warehouse.is_live {
        return of("deleted", state(source), state(warehouse));
    }
    if source.month != warehouse.month {
        let text = |month: Option<i64>| month.map_or_else(|| "none".to_owned(), month_name);
        return of("month", text(source.month), text(warehouse.month));
    }
    let differing =
        comparison.amounts.iter().zip(source.amounts.iter().zip(&warehouse.amounts)).find(|(_, (s, w))| s != w);
    match differing {
        Some((amount, (s, w))) => of(amount.name, money(i128::from(*s)), money(i128::from(*w))),
        None => of("row", state(source), state(warehouse)),
    }
}

/// `202601` as `2026-01`.
pub fn month_name(month: i64) -> String {
    format!("{:04}-{:02}", month.div_euclid(100), month.rem_euclid(100))
}

/// Hundredths as `-0.05`.
pub fn money(hundredths: i128) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let size = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::comparison::ALL;
    use super::*;

    fn side(is_live: bool, month: i64, cents: i64) -> Side {
        Side { is_live, month: Some(month), amounts: [cents; AMOUNTS] }
    }

    fn pair(source: Option<Side>, warehouse: Option<Side>) -> Pair {
        Pair { key: 1, source, warehouse, is_pending: false, is_rejected: false }
    }

    fn sales() -> &'static Comparison {
        ALL.iter().find(|comparison| comparison.name() == "fact_vendas").unwrap()
    }

    #[test]
    fn a_reason_is_looked_for_only_when_the_sides_differ() {
        let (old, new) = (side(true, 202_601, 100), side(true, 202_601, 101));
        assert_eq!(verdict(&pair(Some(old), Some(old))), Verdict::Equal);
        assert_eq!(verdict(&Pair { is_pending: true, ..pair(Some(old), Some(old)) }), Verdict::Equal);
        assert_eq!(verdict(&pair(Some(new), Some(old))), Verdict::Different);
        assert_eq!(verdict(&Pair { is_rejected: true, ..pair(Some(new), Some(old)) }), Verdict::Rejected);
        assert_eq!(verdict(&Pair { is_pending: true, is_rejected: true, ..pair(Some(new), None) }), Verdict::Pending);
        assert_eq!(verdict(&pair(Some(side(false, 202_601, 1)), None)), Verdict::Different);
        assert_eq!(verdict(&pair(Some(side(false, 202_601, 1)), Some(side(false, 202_602, 2)))), Verdict::Equal);
        assert_eq!(verdict(&pair(Some(side(true, 202_601, 1)), Some(side(false, 202_601, 1)))), Verdict::Different);
        assert_eq!(verdict(&pair(None, Some(old))), Verdict::Gone);
        assert_eq!(verdict(&pair(None, Some(side(false, 202_601, 1)))), Verdict::Equal);
    }

    #[test]
    fn a_row_in_two_months_is_a_difference_in_both() {
        let mut tally = Tally::default();
        tally.add(sales(), &pair(Some(side(true, 202_602, 100)), Some(side(true, 202_601, 100))));
        let of = |month: i64| tally.months[&Some(month)];
        assert_eq!((of(202_602).rows.difference(), of(202_602).amounts[0].difference()), (-1, -100));
        assert_eq!((of(202_601).rows.difference(), of(202_601).amounts[0].difference()), (1, 100));
        assert_eq!((of(202_602).different, of(202_601).different), (1, 0));
        assert_eq!((tally.first[0].what, tally.first[0].warehouse.as_str()), ("month", "2026-01"));
    }

    #[test]
    fn money_is_exact_text() {
        assert_eq!([money(0), money(-5), money(16_253_588_866)], ["0.00", "-0.05", "162535888.66"]);
        assert_eq!(month_name(202_601), "2026-01");
    }

    fn any_side() -> impl Strategy<Value = Option<Side>> {
        prop::option::of(
            (any::<bool>(), 202_601_i64..202_603, 0_i64..3).prop_map(|(live, month, cents)| side(live, month, cents)),
        )
    }

    proptest! {
        /// Whatever the pairs: what is explained leaves no difference, and a month or an amount that does not add up has a row
        /// that differs.
        #[test]
        fn only_differing_rows_leave_a_difference(
            pairs in prop::collection::vec((any_side(), any_side(), any::<bool>(), any::<bool>()), 0..40)
        ) {
            let mut tally = Tally::default();
            let mut different = 0;
            for (source, warehouse, is_pending, is_rejected) in pairs {
                let pair = Pair { is_pending: is_pending && source.is_some(), is_rejected, ..pair(source, warehouse) };
                if source.is_some() || warehouse.is_some() {
                    different += u64::from(tally.add(sales(), &pair) == Verdict::Different);
                }
            }
            let mut all = Figures::default();
            tally.months.values().for_each(|month| all.merge(month));
            prop_assert_eq!(all.different, different);
            let adds_up = |figures: &Figures| {
                figures.rows.difference() == 0 && figures.amounts.iter().all(|sums| sums.difference() == 0)
            };
            if different == 0 {
                prop_assert!(tally.months.values().all(adds_up), "{:?}", tally.months);
            }
        }
    }
}
