//! Who buys, sells and supplies, and where: regions, teams, suppliers, customers, sellers.

use crate::schema::{Check, Column, DefaultValue, ForeignKey, Index, Table, Unique};
use crate::sql_type::SqlType::{BigInt, Bit, Char, Date, DateTime2, Decimal, Int, VarChar};

/// `core.regions`.
pub static REGIONS: Table = Table {
    schema: "core",
    name: "regions",
    columns: &[
        Column::new("region_id", BigInt).identity(),
        Column::new("region_code", VarChar(30)),
        Column::new("country", VarChar(50)).default(DefaultValue::Text("Brasil")),
        Column::new("region_name", VarChar(30)).null(),
        Column::new("state", Char(2)),
        Column::new("state_name", VarChar(50)),
        Column::new("city", VarChar(100)),
        Column::new("ibge_code", VarChar(10)).null(),
        Column::new("is_active", Bit).default(DefaultValue::Int(1)),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("deleted_at", DateTime2(0)).null(),
    ],
    primary_key_name: "PK_core_regions",
    primary_key: &["region_id"],
    uniques: &[
        Unique { name: "UQ_core_regions_region_code", columns: &["region_code"] },
        Unique { name: "UQ_core_regions_location", columns: &["country", "state", "city"] },
    ],
    checks: &[Check { name: "CK_core_regions_state_len", condition: "LEN(state) = 2" }],
    foreign_keys: &[],
    indexes: &[Index {
        name: "IX_core_regions_updated_id",
        columns: &["updated_at", "region_id"],
        include: &[],
        filter: None,
        unique: false,
    }],
};

/// `core.teams`.
pub static TEAMS: Table = Table {
    schema: "core",
    name: "teams",
    columns: &[
        Column::new("team_id", BigInt).identity(),
        Column::new("team_code", VarChar(30)),
        Column::new("team_name", VarChar(120)),
        Column::new("team_type", VarChar(30)).null(),
        Column::new("team_category", VarChar(30)).null(),
        Column::new("region_id", BigInt).null(),
        Column::new("is_active", Bit).default(DefaultValue::Int(1)),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("deleted_at", DateTime2(0)).null(),
    ],
    primary_key_name: "PK_core_teams",
    primary_key: &["team_id"],
    uniques: &[Unique { name: "UQ_core_teams_team_code", columns: &["team_code"] }],
    checks: &[],
    foreign_keys: &[ForeignKey {
        name: "FK_core_teams_region",
        column: "region_id",
        references: ("core", "regions"),
        referenced_column: "region_id",
    }],
    indexes: &[
        Index {
            name: "IX_core_teams_updated_id",
            columns: &["updated_at", "team_id"],
            include: &[],
            filter: None,
            unique: false,
        },
        Index { name: "IX_core_teams_region", columns: &["region_id"], include: &[], filter: None, unique: false },
    ],
};

/// `core.suppliers`.
pub static SUPPLIERS: Table = Table {
    schema: "core",
    name: "suppliers",
    columns: &[
        Column::new("supplier_id", BigInt).identity(),
        Column::new("supplier_code", VarChar(30)),
        Column::new("supplier_name", VarChar(150)),
        Column::new("country", VarChar(50)).null(),
        Column::new("is_active", Bit).default(DefaultValue::Int(1)),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("deleted_at", DateTime2(0)).null(),
    ],
    primary_key_name: "PK_core_suppliers",
    primary_key: &["supplier_id"],
    uniques: &[Unique { name: "UQ_core_suppliers_supplier_code", columns: &["supplier_code"] }],
    checks: &[],
    foreign_keys: &[],
    indexes: &[Index {
        name: "IX_core_suppliers_updated_id",
        columns: &["updated_at", "supplier_id"],
        include: &[],
        filter: None,
        unique: false,
    }],
};

/// `core.customers`.
pub static CUSTOMERS: Table = Table {
    schema: "core",
    name: "customers",
    columns: &[
        Column::new("customer_id", BigInt).identity(),
        Column::new("customer_code", VarChar(50)),
        Column::new("full_name", VarChar(200)),
        Column::new("email", VarChar(200)).null(),
        Column::new("phone", VarChar(30)).null(),
        Column::new("document_number", VarChar(20)).null(),
        Column::new("birth_date", Date).null(),
        Column::new("gender", Char(1)).null(),
        Column::new("customer_type", VarChar(20)).default(DefaultValue::Text("Novo")),
        Column::new("segment", VarChar(20)).default(DefaultValue::Text("Pessoa Fisica")),
        Column::new("credit_score", Int).null(),
        Column::new("value_category", VarChar(20)).null(),
        Column::new("address_line", VarChar(200)).null(),
        Column::new("district", VarChar(80)).null(),
        Column::new("city", VarChar(100)),
        Column::new("state", Char(2)),
        Column::new("country", VarChar(50)).default(DefaultValue::Text("Brasil")),
        Column::new("zip_code", VarChar(10)).null(),
        Column::new("first_signup_date", Date),
        Column::new("last_purchase_date", Date).null(),
        Column::new("is_active", Bit).default(DefaultValue::Int(1)),
        Column::new("accepts_email_marketing", Bit).default(DefaultValue::Int(0)),
        Column::new("is_vip", Bit).default(DefaultValue::Int(0)),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("deleted_at", DateTime2(0)).null(),
    ],
    primary_key_name: "PK_core_customers",
    primary_key: &["customer_id"],
    uniques: &[Unique { name: "UQ_core_customers_customer_code", columns: &["customer_code"] }],
    checks: &[
        Check { name: "CK_core_customers_gender", condition: "gender IN ('M', 'F', 'O') OR gender IS NULL" },
        Check {
            name: "CK_core_customers_type",
            condition: "customer_type IN ('Novo', 'Recorrente', 'VIP', 'Inativo')",
        },
        Check { name: "CK_core_customers_segment", condition: "segment IN ('Pessoa Fisica', 'Pessoa Juridica')" },
        Check { name: "CK_core_customers_state_len", condition: "LEN(state) = 2" },
        Check {
            name: "CK_core_customers_credit_score",
            condition: "credit_score BETWEEN 0 AND 1000 OR credit_score IS NULL",
        },
        Check { name: "CK_core_customers_time", condition: "updated_at >= created_at" },
    ],
    foreign_keys: &[],
    indexes: &[
        Index {
            name: "IX_core_customers_updated_id",
            columns: &["updated_at", "customer_id"],
            include: &[],
            filter: None,
            unique: false,
        },
        Index {
            name: "IX_core_customers_state_city",
            columns: &["state", "city"],
            include: &[],
            filter: None,
            unique: false,
        },
    ],
};

/// `core.sellers`.
pub static SELLERS: Table = Table {
    schema: "core",
    name: "sellers",
    columns: &[
        Column::new("seller_id", BigInt).identity(),
        Column::new("seller_code", VarChar(50)),
        Column::new("seller_name", VarChar(200)),
        Column::new("team_id", BigInt).null(),
        Column::new("manager_seller_id", BigInt).null(),
        Column::new("home_state", Char(2)).null(),
        Column::new("home_city", VarChar(100)).null(),
        Column::new("monthly_goal_amount", Decimal(15, 2)).null(),
        Column::new("hire_date", Date).null(),
        Column::new("seller_status", VarChar(20)).default(DefaultValue::Text("Ativo")),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("deleted_at", DateTime2(0)).null(),
    ],
    primary_key_name: "PK_core_sellers",
    primary_key: &["seller_id"],
    uniques: &[Unique { name: "UQ_core_sellers_seller_code", columns: &["seller_code"] }],
    checks: &[
        Check { name: "CK_core_sellers_status", condition: "seller_status IN ('Ativo', 'Inativo')" },
        Check { name: "CK_core_sellers_goal", condition: "monthly_goal_amount >= 0 OR monthly_goal_amount IS NULL" },
        Check { name: "CK_core_sellers_state_len", condition: "LEN(home_state) = 2 OR home_state IS NULL" },
        Check { name: "CK_core_sellers_time", condition: "updated_at >= created_at" },
    ],
    foreign_keys: &[
        ForeignKey {
            name: "FK_core_sellers_team",
            column: "team_id",
            references: ("core", "teams"),
            referenced_column: "team_id",
        },
        ForeignKey {
            name: "FK_core_sellers_manager",
            column: "manager_seller_id",
            references: ("core", "sellers"),
            referenced_column: "seller_id",
        },
    ],
    indexes: &[
        Index {
            name: "IX_core_sellers_updated_id",
            columns: &["updated_at", "seller_id"],
            include: &[],
            filter: None,
            unique: false,
        },
        Index { name: "IX_core_sellers_team", columns: &["team_id"], include: &[], filter: None, unique: false },
        Index {
            name: "IX_core_sellers_manager",
            columns: &["manager_seller_id"],
            include: &[],
            filter: None,
            unique: false,
        },
    ],
};
