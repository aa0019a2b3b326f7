//! Orders, their lines and the discounts of the lines. Amounts are in cents; an item's id and a discount's id are functions
//! of the order, so that no counter runs through the tables.

use dw_core::time::{DAY, Seconds};
use dw_core::value::{RowBatch, Value};

use super::{Base, CAMPAIGNS, CampaignTotals, REGIONS, cost_price, list_price};
use crate::money::{percent_of, pick, round_div};

const CHANNELS: &[&str] = &["Site", "App", "Marketplace", "Televendas"];

const HOUR: Seconds = 3_600;
const MINUTE: Seconds = 60;

/// One order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// `order_id`.
    pub id: i64,
    /// `customer_id`.
    pub customer_id: i64,
    /// `seller_id`.
    pub seller_id: Option<i64>,
    /// `region_id`.
    pub region_id: Option<i64>,
    /// `order_status`.
    pub status: &'static str,
    /// `order_date` and `created_at`.
    pub placed_at: Seconds,
    /// `approved_at`.
    pub approved_at: Option<Seconds>,
    /// `shipped_at`.
    pub shipped_at: Option<Seconds>,
    /// `delivered_at`.
    pub delivered_at: Option<Seconds>,
    /// `canceled_at`.
    pub canceled_at: Option<Seconds>,
    /// `updated_at`.
    pub updated_at: Seconds,
}

/// One line of an order; amounts in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// `order_item_id`.
    pub id: i64,
    /// `item_number`.
    pub number: i64,
    /// `product_id`.
    pub product_id: i64,
    /// `quantity`.
    pub quantity: i64,
    /// `unit_price`.
    pub unit_price: i64,
    /// `gross_amount`.
    pub gross: i64,
    /// `discount_amount`.
    pub discount: i64,
    /// `cost_amount`.
    pub cost: i64,
    /// `return_quantity`.
    pub returned_quantity: i64,
    /// `returned_amount`.
    pub returned: i64,
    /// `commission_percent` in hundredths and `commission_amount`, when the order has a seller.
    pub commission: Option<(i64, i64)>,
    /// `updated_at`.
    pub updated_at: Seconds,
}

impl Line {
    /// `net_amount`.
    pub fn net(&self) -> i64 {
        self.gross - self.discount
    }
}

/// Status of order `n`: the mix repeats every hundred orders.
fn status_of(n: i64) -> &'static str {
    match n % 100 {
        0..=2 => "Cancelado",
        3..=6 => "Devolvido",
        7..=14 => "Enviado",
        15..=56 => "Entregue",
        57..=75 => "Faturado",
        76..=90 => "Pago",
        _ => "Pendente",
    }
}

/// How many lines the orders with the ids `0..order_id` have: an order has `id % 4 + 1`.
fn lines_before(order_id: i64) -> i64 {
    let rest = order_id % 4;
    10 * (order_id / 4) + rest * (rest + 1) / 2
}

/// How many of the lines of `order_id` have a discount.
fn discounts_of(order_id: i64) -> i64 {
    let count = (1..=order_id % 4 + 1).filter(|number| (order_id + number) % 5 == 0).count();
    i64::try_from(count).unwrap_or(0)
}

/// How many discounts the orders with the ids `0..order_id` have: the pattern repeats every 20 orders.
fn discounts_before(order_id: i64) -> i64 {
    let period: i64 = (0..20).map(discounts_of).sum();
    period * (order_id / 20) + (0..order_id % 20).map(discounts_of).sum::<i64>()
}

impl Base {
    /// Order `n`, counted from 1.
    pub fn order(&self, n: i64) -> Order {
        let window = self.window;
        let status = status_of(n);
        let day = window.start + (13 * n) % (window.days() + 1);
        let placed_at = day * DAY + (97 * n) % DAY;
        let after = |seconds: Seconds| window.cap(placed_at + seconds);
        let approved_at = (status != "Pendente").then(|| after(HOUR));
        let shipped_at = matches!(status, "Enviado" | "Entregue" | "Devolvido").then(|| after(18 * HOUR));
        let delivered_at = matches!(status, "Entregue" | "Devolvido").then(|| after(4 * DAY));
        let canceled_at = (status == "Cancelado").then(|| after(6 * HOUR));
        let updated_at = delivered_at.or(canceled_at).or(shipped_at).or(approved_at).unwrap_or(placed_at);
        Order {
            id: self.id(n - 1),
            customer_id: self.id((17 * n) % self.sizes.customers),
            seller_id: (n % 10 != 0).then(|| self.id((19 * n) % self.sizes.sellers)),
            region_id: (n % 25 != 0).then(|| self.id((7 * n) % REGIONS)),
            status,
            placed_at,
            approved_at,
            shipped_at,
            delivered_at,
            canceled_at,
            updated_at,
        }
    }

    /// The lines of `order`.
    pub fn lines(&self, order: Order) -> impl Iterator<Item = Line> {
        let base = *self;
        (1..=order.id % 4 + 1).map(move |number| base.line(&order, number))
    }

    fn line(&self, order: &Order, number: i64) -> Line {
        let key = order.id + number;
        let product = (13 * order.id + 17 * number) % self.sizes.products;
        let quantity = 1 + key % 5;
        let unit_price = percent_of(list_price(product + 1), 90 + key % 11);
        let gross = quantity * unit_price;
        let discount = if key % 5 == 0 { round_div(gross, 10) } else { 0 };
        let returned_quantity = i64::from(order.status == "Devolvido" && number == 1);
        Line {
            id: self.first_id + lines_before(order.id) - lines_before(self.first_id) + number - 1,
            number,
            product_id: self.id(product),
            quantity,
            unit_price,
            gross,
            discount,
            cost: quantity * cost_price(product + 1),
            returned_quantity,
            returned: returned_quantity * unit_price,
            commission: order.seller_id.map(|_| {
                let percent = 350 + 100 * (key % 4);
                (percent, round_div((gross - discount) * percent, 10_000))
            }),
            updated_at: self.window.cap(order.updated_at + (key % 45) * MINUTE),
        }
    }

    /// The 0-based campaign that gave the discount of a line; its period is ignored, as in the reference system.
    fn campaign_of(line: &Line) -> i64 {
        (7 * line.id) % CAMPAIGNS
    }

    /// Number of lines of the whole sample.
    pub(super) fn count_lines(&self) -> i64 {
        lines_before(self.id(self.sizes.orders)) - lines_before(self.first_id)
    }

    /// Number of discounts of the whole sample.
    pub(super) fn count_discounts(&self) -> i64 {
        discounts_before(self.id(self.sizes.orders)) - discounts_before(self.first_id)
    }

    /// Adds what the discounts of the orders `first..=last` give to each campaign's totals.
    pub(crate) fn add_campaign_totals(&self, first: i64, last: i64, totals: &mut [CampaignTotals]) {
        for n in first..=last {
            for line in self.lines(self.order(n)).filter(|line| line.discount > 0) {
                let slot = usize::try_from(Self::campaign_of(&line)).ok().and_then(|at| totals.get_mut(at));
                if let Some(slot) = slot {
                    slot.uses += 1;
                    slot.revenue += line.net();
                    slot.discount += line.discount;
                }
            }
        }
    }

    pub(super) fn push_order(&self, n: i64, out: &mut RowBatch) {
        let order = self.order(n);
        let payment = match order.status {
            "Cancelado" => "Estornado",
            "Pendente" => "Pendente",
            _ => "Pago",
        };
        out.push_row([
            order.id.into(),
            format!("ORD-{n:09}").into(),
            order.customer_id.into(),
            order.seller_id.into(),
            order.region_id.into(),
            order.status.into(),
            payment.into(),
            order.placed_at.into(),
            order.approved_at.into(),
            order.shipped_at.into(),
            order.delivered_at.into(),
            order.canceled_at.into(),
            pick(CHANNELS, n).into(),
            "BRL".into(),
            format!("Pedido da carga base #{n}").into(),
            order.placed_at.into(),
            order.updated_at.into(),
            Value::Null,
        ]);
    }

    pub(super) fn push_lines(&self, n: i64, out: &mut RowBatch) {
        let order = self.order(n);
        for line in self.lines(order) {
            out.push_row([
                line.id.into(),
                order.id.into(),
                line.number.into(),
                line.product_id.into(),
                line.quantity.into(),
                line.unit_price.into(),
                line.gross.into(),
                line.discount.into(),
                line.net().into(),
                line.cost.into(),
                line.returned_quantity.into(),
                line.returned.into(),
                line.commission.map(|(percent, _)| percent).into(),
                line.commission.map(|(_, amount)| amount).into(),
                (line.discount > 0).into(),
                order.placed_at.into(),
                line.updated_at.into(),
                Value::Null,
            ]);
        }
    }

    pub(super) fn push_discounts(&self, n: i64, out: &mut RowBatch) {
        let order = self.order(n);
        let first = self.first_id + discounts_before(order.id) - discounts_before(self.first_id);
        for (id, line) in (first..).zip(self.lines(order).filter(|line| line.discount > 0)) {
            out.push_row([
                id.into(),
                line.id.into(),
                order.id.into(),
                self.id(Self::campaign_of(&line)).into(),
                "Item".into(),
                line.discount.into(),
                line.gross.into(),
                line.net().into(),
                self.window.cap(order.placed_at + 5 * MINUTE).into(),
                true.into(),
                Value::Null,
                order.placed_at.into(),
                line.updated_at.into(),
                Value::Null,
            ]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_before_an_order_are_running_sums() {
        let (mut lines, mut discounts) = (0, 0);
        for order_id in 0..200 {
            assert_eq!(lines_before(order_id), lines);
            assert_eq!(discounts_before(order_id), discounts);
            lines += order_id % 4 + 1;
            discounts += discounts_of(order_id);
        }
    }

    #[test]
    fn the_status_mix_is_the_one_of_the_contract() {
        let share = |status: &str| (1..=90_000).filter(|n| status_of(*n) == status).count();
        let mix = ["Cancelado", "Devolvido", "Enviado", "Entregue", "Faturado", "Pago", "Pendente"].map(share);
        assert_eq!(mix, [2_700, 3_600, 7_200, 37_800, 17_100, 13_500, 8_100]);
    }
}
