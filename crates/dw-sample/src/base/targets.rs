//! Monthly targets of the sellers. What they realized is made up and has nothing to do with orders, as in the reference.

use dw_core::time::{DAY, Days};
use dw_core::value::{RowBatch, Value};

use super::Base;
use super::people::monthly_goal;
use super::window::{first_of_month, month_number};
use crate::money::percent_of;

impl Base {
    /// Number of months with targets: 36, or 37 when the period begins in the middle of a month.
    pub(super) fn months(&self) -> Vec<Days> {
        self.window.months()
    }

    /// Target `n`, month by month, so that a later month has later ids and later stamps.
    pub(super) fn push_target(&self, n: i64, months: &[Days], out: &mut RowBatch) {
        let index = n - 1;
        let seller = index % self.sizes.sellers + 1;
        let Some(month) = usize::try_from(index / self.sizes.sellers).ok().and_then(|at| months.get(at)).copied()
        else {
            return;
        };
        let (id, number, goal) = (self.id(seller - 1), month_number(month), monthly_goal(seller));
        let created = self.window.cap((month + 1) * DAY);
        out.push_row([
            self.id(index).into(),
            id.into(),
            month.into(),
            percent_of(goal, 85 + (id + number) % 35).into(),
            (120 + (id + number) % 220).into(),
            percent_of(goal, 70 + (id + 2 * number) % 55).into(),
            (90 + (id + 3 * number) % 200).into(),
            "Mensal".into(),
            (month < first_of_month(self.window.end)).into(),
            created.into(),
            self.window.cap((month + 15) * DAY).into(),
            Value::Null,
        ]);
    }
}
