//! One legal source row of each entity for the tests of the rules, and a calendar around it.

use dw_core::time::{Seconds, parse_date};
use dw_core::value::Value;

use crate::entity::TransformContext;

/// 2026-01-01T00:00:00, the stamp of all samples.
pub(super) const STAMP: Seconds = 1_767_225_600;

/// 1990 to 2036: the calendar of a run in 2026.
pub(super) fn context() -> TransformContext {
    let day = |text| parse_date(text).unwrap();
    TransformContext { calendar_first: day("1990-01-01"), calendar_last: day("2036-12-31") }
}

macro_rules! cells {
    ($($name:ident: $value:expr),+ $(,)?) => { vec![$((stringify!($name), Value::from($value))),+] };
}

/// A legal source row in the order of the entity's columns; decimals are scaled, what is not named is NULL.
pub(super) fn row(entity: &str) -> Vec<Value> {
    let columns = super::find(entity).unwrap().source_columns();
    let mut cells = cells(entity);
    let row = columns
        .iter()
        .map(|column| {
            let at = cells.iter().position(|(name, _)| *name == column.name);
            at.map_or(Value::Null, |at| cells.swap_remove(at).1)
        })
        .collect();
    assert!(cells.is_empty(), "no such columns: {cells:?}");
    row
}

fn cells(entity: &str) -> Vec<(&'static str, Value)> {
    match entity {
        "dim_cliente" => cells![
            customer_id: 7, full_name: " Ana Souza ", email: "Ana@Mail.com", phone: "+5511900000007",
            document_number: "10000000007", birth_date: 7_000, gender: "F", customer_type: "Recorrente",
            segment: "Pessoa Fisica", credit_score: 700, value_category: "Base", address_line: "Rua 7",
            district: "Bairro 7", city: "Sao Paulo", state: "SP", country: "Brasil", zip_code: "10000007",
            first_signup_date: 19_000, last_purchase_date: 20_000, is_active: true, accepts_email_marketing: false,
            is_vip: false, updated_at: STAMP,
        ],
        "dim_produto" => cells![
            product_id: 41, sku: "SKU-0000041", barcode: "7890000000041",
            product_name: "Produto 41", short_description: "Curta", full_description: "Completa",
            category_name: "Casa", subcategory_name: "Subcategoria 2", product_line: "Linha 2", brand: "Marca 42",
            manufacturer: "Fabricante 42", supplier_id: 0, supplier_name: "Fornecedor 1", country_origin: "Brasil",
            weight_kg: 4_300, height_cm: 1_867, width_cm: 2_140, depth_cm: 2_350, color: "Cinza", material: "Tecido",
            cost_price: 2_020, list_price: 2_745, suggested_margin_percent: 2_641, is_perishable: false,
            is_fragile: false, requires_refrigeration: false, minimum_age: 18, min_stock: 16, max_stock: 136,
            reorder_days: 8, product_status: "Ativo", launch_date: 19_000, discontinued_date: 20_000, rating_avg: 41,
            rating_count: 51, keywords: "produto-41", created_at: STAMP - 60, updated_at: STAMP,
        ],
        "dim_regiao" => cells![
            region_id: 0, country: "Brasil", region_name: "Sudeste", state: "SP", state_name: "Sao Paulo",
            city: "Campinas", ibge_code: "3509502", is_active: true, created_at: STAMP, updated_at: STAMP,
        ],
        "dim_equipe" => cells![
            team_id: 3, team_code: "TEAM-003", team_name: "Time Comercial 3", team_type: "Field Sales",
            team_category: "Enterprise", region_name: "Sudeste", state: "SP", city: "Campinas", is_active: true,
            created_at: STAMP, updated_at: STAMP,
        ],
        "dim_vendedor" => cells![
            seller_id: 21, seller_code: "SELL-00021", seller_name: "Vendedor 21", team_id: 0, manager_seller_id: 0,
            home_state: "SP", home_city: "Campinas", monthly_goal_amount: 6_250_000, hire_date: 18_000,
            seller_status: "Ativo", created_at: STAMP - 60, updated_at: STAMP, team_name: "Time Comercial 1",
            team_type: "Field Sales", team_category: "SMB", manager_name: "Vendedor 1", is_leader: false,
        ],
        "dim_desconto" => cells![
            discount_id: 0, discount_code: "DISC-0001", campaign_name: "Campanha 1", description: "Campanha 1",
            discount_type: "Promocao Automatica", discount_method: "Frete Gratis", discount_value: 600,
            min_order_value: 9_500, max_discount_value: 14_500, max_uses_per_customer: 2, max_uses_total: 1_200,
            apply_scope: "Produto Especifico", product_restriction: "Sem restricao", start_at: STAMP - 86_400,
            end_at: STAMP, is_active: true, is_stackable: false, approval_required: false, current_usage_count: 3,
            total_revenue_generated: 30_000, total_discount_given: 3_000, created_at: STAMP, updated_at: STAMP,
        ],
        "fact_vendas" => cells![
            order_item_id: 11, order_number: "ORD-000000004", order_status: "Entregue", order_date: STAMP,
            customer_id: 7, product_id: 41, region_id: 1, seller_id: 21, quantity: 2, unit_price: 5_000,
            gross_amount: 10_000, discount_amount: 1_000, net_amount: 9_000, cost_amount: 6_000, return_quantity: 1,
            returned_amount: 5_000, commission_percent: 350, commission_amount: 315, had_discount: true,
        ],
        "fact_metas" => cells![
            seller_target_id: 900, seller_id: 0, target_month: 20_423, target_amount: 6_000_000, target_quantity: 120,
            realized_amount: 3_000_000, realized_quantity: 30, period_type: "Mensal", period_closed: true,
        ],
        "fact_descontos" => cells![
            order_item_discount_id: 5, discount_id: 0, order_item_id: 11, customer_id: 7, product_id: 41,
            order_number: "ORD-000000004", application_level: "Item", discount_amount: 1_000, base_amount: 10_000,
            final_amount: 9_000, cost_amount: 6_000, applied_at: STAMP + 300, approved: true,
        ],
        other => panic!("no sample of {other}"),
    }
}
