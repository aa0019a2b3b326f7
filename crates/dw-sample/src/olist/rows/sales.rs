//! Rows of products and of what is sold: campaigns, orders, items, discounts, targets.

use dw_core::time::{self, DAY, Seconds};
use rust_decimal::Decimal;

use super::super::derive::{first_day, month_of, rounded};
use super::{CAMPAIGN, Plan, Row, id, short};

impl Plan<'_> {
    /// `core.products`.
    pub(in crate::olist) fn products(&self) -> impl Iterator<Item = Row> + Send {
        self.data.products.iter().enumerate().map(|(index, product)| {
            let created = product.first_sale.unwrap_or(self.first);
            let updated = [product.last_sale, product.last_review].into_iter().flatten().fold(created, Seconds::max);
            let rating = (product.rating_count > 0).then(|| rounded(product.rating_sum * 10, product.rating_count));
            vec![
                ("product_id", id(index).into()),
                ("product_code", product.code.as_str().into()),
                ("sku", product.code.as_str().into()),
                ("product_name", format!("{} {}", product.category, short(&product.code)).into()),
                ("category_name", product.category.as_str().into()),
                // The data set has no second level and no brand; both columns are NOT NULL.
                ("subcategory_name", product.category.as_str().into()),
                ("brand", "Sem Marca".into()),
                (
                    "supplier_id",
                    product.first_seller.map_or_else(|| self.no_supplier(), |(_, seller)| id(seller)).into(),
                ),
                ("weight_kg", product.weight.into()),
                ("height_cm", product.height.into()),
                ("width_cm", product.width.into()),
                ("depth_cm", product.depth.into()),
                // Nobody published a cost, and an invented one would be an invented margin.
                ("cost_price", 0_i64.into()),
                ("list_price", product.list_price.into()),
                ("launch_date", product.first_sale.map(time::day_of).into()),
                ("rating_avg", rating.into()),
                ("rating_count", product.rating_count.into()),
                ("keywords", product.keywords.clone().into()),
                ("created_at", created.into()),
                ("updated_at", updated.into()),
            ]
        })
    }

    /// `core.discount_campaigns`: the one that vouchers belong to.
    pub(in crate::olist) fn campaigns(&self) -> impl Iterator<Item = Row> + Send {
        let given: i64 = self.data.discounts.iter().map(|discount| discount.amount).sum();
        let revenue: i64 =
            self.data.items.iter().filter(|item| item.discount > 0).map(|item| item.price - item.discount).sum();
        std::iter::once(vec![
            ("discount_id", CAMPAIGN.into()),
            ("discount_code", "OLIST-VOUCHER".into()),
            ("campaign_name", "Vouchers Olist".into()),
            ("description", "Pagamentos por voucher do conjunto de dados Olist".into()),
            ("discount_type", "Cupom".into()),
            ("discount_method", "Valor Fixo".into()),
            ("apply_scope", "Item Individual".into()),
            ("start_at", self.first.into()),
            ("end_at", self.last.into()),
            ("is_active", (self.last >= self.as_of).into()),
            ("is_stackable", true.into()),
            ("current_usage_count", i64::try_from(self.data.discounts.len()).unwrap_or(i64::MAX).into()),
            ("total_revenue_generated", revenue.into()),
            ("total_discount_given", given.into()),
            ("created_at", self.first.into()),
            ("updated_at", self.last.into()),
        ])
    }

    /// `core.orders`.
    pub(in crate::olist) fn orders(&self) -> impl Iterator<Item = Row> + Send {
        self.data.orders.iter().enumerate().filter_map(|(index, order)| {
            let customer = self.data.customers.get(order.customer)?;
            let person = self.persons.get(customer.person).copied().flatten()?;
            // The target has no column for either: the note keeps what would be lost.
            let freight = Decimal::new(order.freight, 2);
            let notes = format!("Status de origem: {}; frete: {freight}", order.status.source());
            Some(vec![
                ("order_id", id(index).into()),
                ("order_number", order.number.as_str().into()),
                ("customer_id", person.into()),
                ("seller_id", order.seller.map(id).into()),
                ("region_id", self.region_of(order).into()),
                ("order_status", order.status.target().into()),
                ("payment_status", self.data.payments_known.then(|| order.payment_status()).into()),
                ("order_date", order.purchased.into()),
                ("approved_at", order.approved.into()),
                ("shipped_at", order.shipped.into()),
                ("delivered_at", order.delivered.into()),
                ("sales_channel", "Marketplace".into()),
                ("notes", notes.into()),
                ("created_at", order.purchased.into()),
                ("updated_at", order.updated.into()),
            ])
        })
    }

    /// `core.order_items`.
    pub(in crate::olist) fn items(&self) -> impl Iterator<Item = Row> + Send {
        self.data.items.iter().enumerate().filter_map(|(index, item)| {
            let order = self.data.orders.get(item.order)?;
            Some(vec![
                ("order_item_id", id(index).into()),
                ("order_id", id(item.order).into()),
                ("item_number", item.number.into()),
                ("product_id", id(item.product).into()),
                ("quantity", 1_i64.into()),
                ("unit_price", item.price.into()),
                ("gross_amount", item.price.into()),
                ("discount_amount", item.discount.into()),
                ("net_amount", (item.price - item.discount).into()),
                ("had_discount", (item.discount > 0).into()),
                ("created_at", order.purchased.into()),
                ("updated_at", order.updated.into()),
            ])
        })
    }

    /// `core.order_item_discounts`.
    pub(in crate::olist) fn discounts(&self) -> impl Iterator<Item = Row> + Send {
        self.data.discounts.iter().enumerate().filter_map(|(index, discount)| {
            let item = self.data.items.get(discount.item)?;
            let order = self.data.orders.get(item.order)?;
            Some(vec![
                ("order_item_discount_id", id(index).into()),
                ("order_item_id", id(discount.item).into()),
                ("order_id", id(item.order).into()),
                ("discount_id", CAMPAIGN.into()),
                ("application_level", "Item".into()),
                ("discount_amount", discount.amount.into()),
                ("base_amount", discount.base.into()),
                ("final_amount", (discount.base - discount.amount).into()),
                ("applied_at", order.purchased.into()),
                ("created_at", order.purchased.into()),
                ("updated_at", order.updated.into()),
            ])
        })
    }

    /// `core.seller_targets_monthly`.
    pub(in crate::olist) fn targets(&self) -> impl Iterator<Item = Row> + Send {
        let this_month = month_of(self.as_of);
        self.data.targets.iter().enumerate().map(move |(index, target)| {
            let day = first_day(target.month);
            let created = day * DAY;
            vec![
                ("seller_target_id", id(index).into()),
                ("seller_id", id(target.seller).into()),
                ("target_month", day.into()),
                ("target_amount", target.target.into()),
                ("target_quantity", target.target_quantity.into()),
                ("realized_amount", target.realized.into()),
                ("realized_quantity", target.realized_quantity.into()),
                ("period_closed", (target.month < this_month).into()),
                ("created_at", created.into()),
                ("updated_at", target.last_sale.unwrap_or(created).into()),
            ]
        })
    }
}
