//! The nine entities of the contract. Not here: their rules (`dw-etl`) and the statements that are made from them.

use crate::catalog::{dims, facts, oltp};
use crate::entity::{Absent, Driver, EntityDescriptor, Group, Missing, Parent, Phase, Swappable};
use crate::schema::Table;

const fn own(table: &'static Table, key: &'static str) -> Driver {
    Driver { table, joins: "", key }
}

const fn infer(
    staged: &'static str,
    column: &'static str,
    table: &'static Table,
    business_key: &'static str,
    missing: Missing,
) -> Parent {
    Parent { staged, column, table, business_key, missing, absent: Absent::Infer }
}

const CLIENTE: Parent =
    infer("cliente_original_id", "cliente_id", &dims::DIM_CLIENTE, "cliente_original_id", Missing::Unknown);
const PRODUTO: Parent =
    infer("produto_original_id", "produto_id", &dims::DIM_PRODUTO, "produto_original_id", Missing::Unknown);
const VENDEDOR: Parent =
    infer("vendedor_original_id", "vendedor_id", &dims::DIM_VENDEDOR, "vendedor_original_id", Missing::Unknown);

/// Customers.
pub static DIM_CLIENTE: EntityDescriptor = EntityDescriptor {
    name: "dim_cliente",
    phase: Phase::Dimensions,
    source: &oltp::CUSTOMERS,
    source_key: "customer_id",
    alias: "c",
    from: "core.customers c",
    drivers: &[own(&oltp::CUSTOMERS, "d.customer_id")],
    target: &dims::DIM_CLIENTE,
    surrogate: "cliente_id",
    business_key: "cliente_original_id",
    parents: &[],
    self_parent: None,
    swappable: &[],
    groups: &[],
    insert_only: &[],
    load_stamps: None,
};

/// Products with their suppliers.
pub static DIM_PRODUTO: EntityDescriptor = EntityDescriptor {
    name: "dim_produto",
    phase: Phase::Dimensions,
    source: &oltp::PRODUCTS,
    source_key: "product_id",
    alias: "p",
    from: "core.products p LEFT JOIN core.suppliers s ON s.supplier_id = p.supplier_id",
    drivers: &[
        own(&oltp::PRODUCTS, "d.product_id"),
        Driver {
            table: &oltp::SUPPLIERS,
            joins: "JOIN core.products p ON p.supplier_id = d.supplier_id",
            key: "p.product_id",
        },
    ],
    target: &dims::DIM_PRODUTO,
    surrogate: "produto_id",
    business_key: "produto_original_id",
    parents: &[],
    self_parent: None,
    swappable: &[Swappable { columns: &["codigo_sku"], placeholder: Some("codigo_sku") }],
    groups: &[],
    insert_only: &[],
    load_stamps: None,
};

/// Regions.
pub static DIM_REGIAO: EntityDescriptor = EntityDescriptor {
    name: "dim_regiao",
    phase: Phase::Dimensions,
    source: &oltp::REGIONS,
    source_key: "region_id",
    alias: "r",
    from: "core.regions r",
    drivers: &[own(&oltp::REGIONS, "d.region_id")],
    target: &dims::DIM_REGIAO,
    surrogate: "regiao_id",
    business_key: "regiao_original_id",
    parents: &[],
    self_parent: None,
    swappable: &[Swappable { columns: &["pais", "estado", "cidade"], placeholder: Some("cidade") }],
    groups: &[],
    insert_only: &[],
    load_stamps: None,
};

/// Teams with their regions. What is derived from their sellers is set afterwards (ruling 10).
pub static DIM_EQUIPE: EntityDescriptor = EntityDescriptor {
    name: "dim_equipe",
    phase: Phase::Dimensions,
    source: &oltp::TEAMS,
    source_key: "team_id",
    alias: "t",
    from: "core.teams t LEFT JOIN core.regions r ON r.region_id = t.region_id",
    drivers: &[
        own(&oltp::TEAMS, "d.team_id"),
        Driver { table: &oltp::REGIONS, joins: "JOIN core.teams t ON t.region_id = d.region_id", key: "t.team_id" },
    ],
    target: &dims::DIM_EQUIPE,
    surrogate: "equipe_id",
    business_key: "equipe_original_id",
    parents: &[],
    self_parent: None,
    // nome_equipe is unique in the target and not in the source; it is derived from the set of teams of one name.
    swappable: &[],
    groups: &[Group { kind: "equipe", column: "equipe_id" }],
    insert_only: &[],
    load_stamps: None,
};

static GERENTE: Parent =
    infer("gerente_original_id", "gerente_id", &dims::DIM_VENDEDOR, "vendedor_original_id", Missing::Null);

/// Sellers with their teams and managers.
pub static DIM_VENDEDOR: EntityDescriptor = EntityDescriptor {
    name: "dim_vendedor",
    phase: Phase::Sellers,
    source: &oltp::SELLERS,
    source_key: "seller_id",
    alias: "s",
    from: "core.sellers s LEFT JOIN core.teams t ON t.team_id = s.team_id \
           LEFT JOIN core.sellers m ON m.seller_id = s.manager_seller_id",
    drivers: &[
        own(&oltp::SELLERS, "d.seller_id"),
        // Whether a seller leads depends on who reports to him.
        own(&oltp::SELLERS, "d.manager_seller_id"),
        Driver { table: &oltp::TEAMS, joins: "JOIN core.sellers s ON s.team_id = d.team_id", key: "s.seller_id" },
        Driver {
            table: &oltp::SELLERS,
            joins: "JOIN core.sellers s ON s.manager_seller_id = d.seller_id",
            key: "s.seller_id",
        },
    ],
    target: &dims::DIM_VENDEDOR,
    surrogate: "vendedor_id",
    business_key: "vendedor_original_id",
    parents: &[infer("equipe_original_id", "equipe_id", &dims::DIM_EQUIPE, "equipe_original_id", Missing::Null)],
    self_parent: Some(&GERENTE),
    swappable: &[
        Swappable { columns: &["email"], placeholder: Some("email") },
        Swappable { columns: &["matricula"], placeholder: Some("matricula") },
    ],
    groups: &[Group { kind: "equipe", column: "equipe_id" }, Group { kind: "gerente", column: "gerente_id" }],
    insert_only: &[],
    load_stamps: None,
};

/// Discount campaigns.
pub static DIM_DESCONTO: EntityDescriptor = EntityDescriptor {
    name: "dim_desconto",
    phase: Phase::Dimensions,
    source: &oltp::DISCOUNT_CAMPAIGNS,
    source_key: "discount_id",
    alias: "c",
    from: "core.discount_campaigns c",
    drivers: &[own(&oltp::DISCOUNT_CAMPAIGNS, "d.discount_id")],
    target: &dims::DIM_DESCONTO,
    surrogate: "desconto_id",
    business_key: "desconto_original_id",
    parents: &[],
    self_parent: None,
    swappable: &[Swappable { columns: &["codigo_desconto"], placeholder: Some("codigo_desconto") }],
    groups: &[],
    insert_only: &[],
    load_stamps: None,
};

/// Sales, one row an order item. An order without a region takes that of its customer (ruling 7).
pub static FACT_VENDAS: EntityDescriptor = EntityDescriptor {
    name: "fact_vendas",
    phase: Phase::Facts,
    source: &oltp::ORDER_ITEMS,
    source_key: "order_item_id",
    alias: "i",
    from: "core.order_items i JOIN core.orders o ON o.order_id = i.order_id",
    drivers: &[
        own(&oltp::ORDER_ITEMS, "d.order_item_id"),
        Driver {
            table: &oltp::ORDERS,
            joins: "JOIN core.order_items i ON i.order_id = d.order_id",
            key: "i.order_item_id",
        },
        Driver {
            table: &oltp::CUSTOMERS,
            joins: "JOIN core.orders o ON o.customer_id = d.customer_id AND o.region_id IS NULL \
                    JOIN core.order_items i ON i.order_id = o.order_id",
            key: "i.order_item_id",
        },
        Driver {
            table: &oltp::REGIONS,
            // By state alone: a region that opens or takes another name may be, or no longer be, the place of any order
            // without one in its state; the old name is known nowhere. One that moves to another state is not followed.
            joins: "JOIN core.customers c ON c.state = d.state \
                    JOIN core.orders o ON o.customer_id = c.customer_id AND o.region_id IS NULL \
                    JOIN core.order_items i ON i.order_id = o.order_id",
            key: "i.order_item_id",
        },
    ],
    target: &facts::FACT_VENDAS,
    surrogate: "venda_id",
    business_key: "venda_original_id",
    parents: &[
        CLIENTE,
        PRODUTO,
        infer("regiao_original_id", "regiao_id", &dims::DIM_REGIAO, "regiao_original_id", Missing::Unknown),
        VENDEDOR,
    ],
    self_parent: None,
    swappable: &[],
    groups: &[Group { kind: "cliente", column: "cliente_id" }],
    insert_only: &[],
    load_stamps: Some(("data_inclusao", "data_atualizacao")),
};

/// Monthly targets of sellers.
pub static FACT_METAS: EntityDescriptor = EntityDescriptor {
    name: "fact_metas",
    phase: Phase::Facts,
    source: &oltp::SELLER_TARGETS_MONTHLY,
    source_key: "seller_target_id",
    alias: "m",
    from: "core.seller_targets_monthly m",
    drivers: &[own(&oltp::SELLER_TARGETS_MONTHLY, "d.seller_target_id")],
    target: &facts::FACT_METAS,
    surrogate: "meta_id",
    business_key: "meta_original_id",
    parents: &[VENDEDOR],
    self_parent: None,
    swappable: &[Swappable { columns: &["vendedor_id", "data_id", "tipo_periodo"], placeholder: None }],
    groups: &[Group { kind: "mes", column: "data_id" }, Group { kind: "vendedor", column: "vendedor_id" }],
    insert_only: &[],
    load_stamps: Some(("data_inclusao", "data_ultima_atualizacao")),
};

/// Discounts that were applied to order items.
pub static FACT_DESCONTOS: EntityDescriptor = EntityDescriptor {
    name: "fact_descontos",
    phase: Phase::Discounts,
    source: &oltp::ORDER_ITEM_DISCOUNTS,
    source_key: "order_item_discount_id",
    alias: "x",
    from: "core.order_item_discounts x JOIN core.order_items i ON i.order_item_id = x.order_item_id \
           JOIN core.orders o ON o.order_id = i.order_id",
    drivers: &[
        own(&oltp::ORDER_ITEM_DISCOUNTS, "d.order_item_discount_id"),
        Driver {
            table: &oltp::ORDER_ITEMS,
            joins: "JOIN core.order_item_discounts x ON x.order_item_id = d.order_item_id",
            key: "x.order_item_discount_id",
        },
        Driver {
            table: &oltp::ORDERS,
            joins: "JOIN core.order_items i ON i.order_id = d.order_id \
                    JOIN core.order_item_discounts x ON x.order_item_id = i.order_item_id",
            key: "x.order_item_discount_id",
        },
    ],
    target: &facts::FACT_DESCONTOS,
    surrogate: "desconto_aplicado_id",
    business_key: "desconto_aplicado_original_id",
    parents: &[
        infer("desconto_original_id", "desconto_id", &dims::DIM_DESCONTO, "desconto_original_id", Missing::Unknown),
        Parent {
            staged: "venda_original_id",
            column: "venda_id",
            table: &facts::FACT_VENDAS,
            business_key: "venda_original_id",
            missing: Missing::Unknown,
            absent: Absent::Reject,
        },
        CLIENTE,
        PRODUTO,
    ],
    self_parent: None,
    swappable: &[],
    groups: &[],
    insert_only: &[],
    load_stamps: Some(("data_inclusao", "data_atualizacao")),
};

/// All entities in the order of work.
pub static ALL: &[&EntityDescriptor] = &[
    &DIM_CLIENTE,
    &DIM_PRODUTO,
    &DIM_REGIAO,
    &DIM_EQUIPE,
    &DIM_DESCONTO,
    &DIM_VENDEDOR,
    &FACT_VENDAS,
    &FACT_METAS,
    &FACT_DESCONTOS,
];

/// The entity of that name.
pub fn find(name: &str) -> Option<&'static EntityDescriptor> {
    ALL.iter().copied().find(|entity| entity.name == name)
}
