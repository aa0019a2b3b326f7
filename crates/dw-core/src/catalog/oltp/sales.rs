//! What happened: orders, their items and discounts, and the monthly targets of sellers.

use crate::schema::{Check, Column, DefaultValue, ForeignKey, Index, Table, Unique};
use crate::sql_type::SqlType::{BigInt, Bit, Char, Date, DateTime2, Decimal, Int, VarChar};

/// `core.orders`.
pub static ORDERS: Table = Table {
    schema: "core",
    name: "orders",
    columns: &[
        Column::new("order_id", BigInt).identity(),
        Column::new("order_number", VarChar(50)),
        Column::new("customer_id", BigInt),
        Column::new("seller_id", BigInt).null(),
        Column::new("region_id", BigInt).null(),
        Column::new("order_status", VarChar(20)),
        Column::new("payment_status", VarChar(20)).null(),
        Column::new("order_date", DateTime2(0)),
        Column::new("approved_at", DateTime2(0)).null(),
        Column::new("shipped_at", DateTime2(0)).null(),
        Column::new("delivered_at", DateTime2(0)).null(),
        Column::new("canceled_at", DateTime2(0)).null(),
        Column::new("sales_channel", VarChar(30)).null(),
        Column::new("currency_code", Char(3)).default(DefaultValue::Text("BRL")),
        Column::new("notes", VarChar(500)).null(),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("deleted_at", DateTime2(0)).null(),
    ],
    primary_key_name: "PK_core_orders",
    primary_key: &["order_id"],
    uniques: &[Unique { name: "UQ_core_orders_order_number", columns: &["order_number"] }],
    checks: &[
        Check {
            name: "CK_core_orders_status",
            condition: "order_status IN ('Pendente', 'Pago', 'Faturado', 'Enviado', 'Entregue', 'Cancelado', 'Devolvido')",
        },
        Check { name: "CK_core_orders_currency", condition: "LEN(currency_code) = 3" },
        Check { name: "CK_core_orders_time", condition: "updated_at >= created_at" },
    ],
    foreign_keys: &[
        ForeignKey {
            name: "FK_core_orders_customer",
            column: "customer_id",
            references: ("core", "customers"),
            referenced_column: "customer_id",
        },
        ForeignKey {
            name: "FK_core_orders_seller",
            column: "seller_id",
            references: ("core", "sellers"),
            referenced_column: "seller_id",
        },
        ForeignKey {
            name: "FK_core_orders_region",
            column: "region_id",
            references: ("core", "regions"),
            referenced_column: "region_id",
        },
    ],
    indexes: &[
        Index {
            name: "IX_core_orders_updated_id",
            columns: &["updated_at", "order_id"],
            include: &[],
            filter: None,
            unique: false,
        },
        Index {
            name: "IX_core_orders_customer_date",
            columns: &["customer_id", "order_date"],
            include: &[],
            filter: None,
            unique: false,
        },
        Index {
            name: "IX_core_orders_seller_date",
            columns: &["seller_id", "order_date"],
            include: &[],
            filter: Some("seller_id IS NOT NULL"),
            unique: false,
        },
        Index {
            name: "IX_core_orders_region",
            columns: &["region_id"],
            include: &[],
            filter: Some("region_id IS NOT NULL"),
            unique: false,
        },
        Index {
            name: "IX_core_orders_regionless",
            columns: &["customer_id"],
            include: &[],
            filter: Some("region_id IS NULL"),
            unique: false,
        },
    ],
};

/// `core.order_items`.
pub static ORDER_ITEMS: Table = Table {
    schema: "core",
    name: "order_items",
    columns: &[
        Column::new("order_item_id", BigInt).identity(),
        Column::new("order_id", BigInt),
        Column::new("item_number", Int),
        Column::new("product_id", BigInt),
        Column::new("quantity", Int),
        Column::new("unit_price", Decimal(15, 2)),
        Column::new("gross_amount", Decimal(15, 2)),
        Column::new("discount_amount", Decimal(15, 2)).default(DefaultValue::Int(0)),
        Column::new("net_amount", Decimal(15, 2)),
        Column::new("cost_amount", Decimal(15, 2)).default(DefaultValue::Int(0)),
        Column::new("return_quantity", Int).default(DefaultValue::Int(0)),
        Column::new("returned_amount", Decimal(15, 2)).default(DefaultValue::Int(0)),
        Column::new("commission_percent", Decimal(5, 2)).null(),
        Column::new("commission_amount", Decimal(15, 2)).null(),
        Column::new("had_discount", Bit).default(DefaultValue::Int(0)),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("deleted_at", DateTime2(0)).null(),
    ],
    primary_key_name: "PK_core_order_items",
    primary_key: &["order_item_id"],
    uniques: &[Unique { name: "UQ_core_order_items_order_item", columns: &["order_id", "item_number"] }],
    checks: &[
        Check { name: "CK_core_order_items_qty", condition: "quantity > 0" },
        Check { name: "CK_core_order_items_price", condition: "unit_price >= 0" },
        Check {
            name: "CK_core_order_items_amounts",
            condition: "gross_amount >= 0 AND discount_amount >= 0 AND net_amount = gross_amount - discount_amount AND discount_amount <= gross_amount AND cost_amount >= 0",
        },
        Check {
            name: "CK_core_order_items_returns",
            condition: "return_quantity >= 0 AND return_quantity <= quantity AND returned_amount >= 0",
        },
        Check {
            name: "CK_core_order_items_commission",
            condition: "(commission_percent IS NULL OR commission_percent >= 0) AND (commission_amount IS NULL OR commission_amount >= 0)",
        },
        Check { name: "CK_core_order_items_time", condition: "updated_at >= created_at" },
    ],
    foreign_keys: &[
        ForeignKey {
            name: "FK_core_order_items_order",
            column: "order_id",
            references: ("core", "orders"),
            referenced_column: "order_id",
        },
        ForeignKey {
            name: "FK_core_order_items_product",
            column: "product_id",
            references: ("core", "products"),
            referenced_column: "product_id",
        },
    ],
    indexes: &[
        Index {
            name: "IX_core_order_items_updated_id",
            columns: &["updated_at", "order_item_id"],
            include: &[],
            filter: None,
            unique: false,
        },
        Index {
            name: "IX_core_order_items_product",
            columns: &["product_id"],
            include: &[],
            filter: None,
            unique: false,
        },
    ],
};

/// `core.order_item_discounts`.
pub static ORDER_ITEM_DISCOUNTS: Table = Table {
    schema: "core",
    name: "order_item_discounts",
    columns: &[
        Column::new("order_item_discount_id", BigInt).identity(),
        Column::new("order_item_id", BigInt),
        Column::new("order_id", BigInt),
        Column::new("discount_id", BigInt),
        Column::new("application_level", VarChar(30)),
        Column::new("discount_amount", Decimal(15, 2)),
        Column::new("base_amount", Decimal(15, 2)),
        Column::new("final_amount", Decimal(15, 2)),
        Column::new("applied_at", DateTime2(0)),
        Column::new("approved", Bit).default(DefaultValue::Int(1)),
        Column::new("rejection_reason", VarChar(200)).null(),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("deleted_at", DateTime2(0)).null(),
    ],
    primary_key_name: "PK_core_order_item_discounts",
    primary_key: &["order_item_discount_id"],
    uniques: &[],
    checks: &[
        Check {
            name: "CK_core_order_item_discounts_level",
            condition: "application_level IN ('Item', 'Pedido', 'Frete', 'Categoria')",
        },
        Check {
            name: "CK_core_order_item_discounts_values",
            condition: "discount_amount >= 0 AND base_amount >= 0 AND final_amount = base_amount - discount_amount AND discount_amount <= base_amount",
        },
        Check { name: "CK_core_order_item_discounts_time", condition: "updated_at >= created_at" },
    ],
    foreign_keys: &[
        ForeignKey {
            name: "FK_core_order_item_discounts_item",
            column: "order_item_id",
            references: ("core", "order_items"),
            referenced_column: "order_item_id",
        },
        ForeignKey {
            name: "FK_core_order_item_discounts_order",
            column: "order_id",
            references: ("core", "orders"),
            referenced_column: "order_id",
        },
        ForeignKey {
            name: "FK_core_order_item_discounts_discount",
            column: "discount_id",
            references: ("core", "discount_campaigns"),
            referenced_column: "discount_id",
        },
    ],
    indexes: &[
        Index {
            name: "IX_core_order_item_discounts_updated_id",
            columns: &["updated_at", "order_item_discount_id"],
            include: &[],
            filter: None,
            unique: false,
        },
        Index {
            name: "IX_core_order_item_discounts_discount",
            columns: &["discount_id", "applied_at"],
            include: &[],
            filter: None,
            unique: false,
        },
        Index {
            name: "IX_core_order_item_discounts_item",
            columns: &["order_item_id"],
            include: &[],
            filter: None,
            unique: false,
        },
        Index {
            name: "IX_core_order_item_discounts_order",
            columns: &["order_id"],
            include: &[],
            filter: None,
            unique: false,
        },
    ],
};

/// `core.seller_targets_monthly`.
pub static SELLER_TARGETS_MONTHLY: Table = Table {
    schema: "core",
    name: "seller_targets_monthly",
    columns: &[
        Column::new("seller_target_id", BigInt).identity(),
        Column::new("seller_id", BigInt),
        Column::new("target_month", Date),
        Column::new("target_amount", Decimal(15, 2)),
        Column::new("target_quantity", Int).null(),
        Column::new("realized_amount", Decimal(15, 2)).default(DefaultValue::Int(0)),
        Column::new("realized_quantity", Int).default(DefaultValue::Int(0)),
        Column::new("period_type", VarChar(20)).default(DefaultValue::Text("Mensal")),
        Column::new("period_closed", Bit).default(DefaultValue::Int(0)),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("deleted_at", DateTime2(0)).null(),
    ],
    primary_key_name: "PK_core_seller_targets_monthly",
    primary_key: &["seller_target_id"],
    uniques: &[Unique { name: "UQ_core_seller_targets_monthly", columns: &["seller_id", "target_month"] }],
    checks: &[
        Check {
            name: "CK_core_seller_targets_monthly_values",
            condition: "target_amount > 0 AND (target_quantity IS NULL OR target_quantity > 0) AND realized_amount >= 0 AND realized_quantity >= 0",
        },
        Check { name: "CK_core_seller_targets_monthly_period", condition: "period_type IN ('Mensal')" },
        Check { name: "CK_core_seller_targets_monthly_time", condition: "updated_at >= created_at" },
    ],
    foreign_keys: &[ForeignKey {
        name: "FK_core_seller_targets_monthly_seller",
        column: "seller_id",
        references: ("core", "sellers"),
        referenced_column: "seller_id",
    }],
    indexes: &[Index {
        name: "IX_core_seller_targets_monthly_updated_id",
        columns: &["updated_at", "seller_target_id"],
        include: &[],
        filter: None,
        unique: false,
    }],
};
