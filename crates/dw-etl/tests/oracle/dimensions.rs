//! What dimensions derive from other rows: team aggregates and leader, titles and names of sellers, totals of customers, names
//! of suppliers (rulings 10 and 11). Not here: columns that a row of the source has by itself, which the rules' tests hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dw_core::value::Value;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::compare::{Cells, Expected, cents, rounded, text};
use crate::shop::{Row, Shop, folded};

fn of(key: &'static str) -> Expected {
    Expected { key, ..Expected::default() }
}

fn is_active(seller: &Row) -> bool {
    !seller.is_deleted() && seller.text("seller_status") == "Ativo"
}

/// The address that is made of a seller's code.
fn email(id: i64, seller: &Row) -> String {
    let code = seller.text("seller_code").trim_end_matches(' ').to_lowercase();
    let plain = code.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()));
    if plain { format!("{}@empresa.local", code.replace('-', ".")) } else { format!("id_{id}@empresa.local") }
}

/// `dim.DIM_EQUIPE`: its region, and what its sellers and their targets make of it.
pub fn teams(shop: &Shop) -> Expected {
    let mut expected = of("equipe_original_id");
    let mut names: HashMap<String, i64> = HashMap::new();
    for (id, team) in &shop.teams {
        let members = || shop.sellers.iter().filter(|(_, s)| s.maybe("team_id") == Some(*id) && !s.is_deleted());
        let active: Vec<(i64, &Row)> = members().filter(|(_, s)| is_active(s)).map(|(id, s)| (*id, s)).collect();
        let goal: Decimal = active.iter().filter_map(|(_, seller)| seller.maybe_money("monthly_goal_amount")).sum();
        let leader = active.iter().min_by_key(|(id, seller)| (seller.maybe("manager_seller_id").is_some(), *id));
        let sum_of = |months: usize| newest_targets(shop, &active, months).unwrap_or(goal * Decimal::from(months));
        let sales = (goal / Decimal::from(50_000))
            .round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
            .to_i64()
            .unwrap();
        // The first team of a name has it, the others carry their key.
        let name = team.text("team_name").trim();
        let first = *names.entry(folded(name)).or_insert(*id);
        let name = if first == *id { name.to_owned() } else { format!("{name} (#{id})") };
        let region = team.maybe("region_id").map(|region| &shop.regions[&region]);
        let count = |rows: usize| Value::Int(i64::try_from(rows).unwrap());
        let cells = Cells::from([
            ("nome_equipe", name.into()),
            ("regional", region.map_or(Value::Null, |region| text(region.text("region_name")))),
            ("estado_sede", region.map_or(Value::Null, |region| text(region.text("state")))),
            ("cidade_sede", region.map_or(Value::Null, |region| text(region.text("city")))),
            ("lider_equipe_id", leader.map(|(id, _)| *id).into()),
            ("nome_lider", leader.map_or(Value::Null, |(_, seller)| text(seller.text("seller_name")))),
            ("email_lider", leader.map(|(id, seller)| email(*id, seller)).into()),
            ("meta_mensal_equipe", cents(goal)),
            ("meta_trimestral_equipe", cents(sum_of(3))),
            ("meta_anual_equipe", cents(sum_of(12))),
            ("qtd_meta_vendas_mes", sales.max(1).into()),
            ("qtd_membros_atual", count(active.len())),
            ("qtd_membros_ideal", count(members().count().max(5))),
            ("eh_inferido", 0.into()),
            ("excluido_em", team.maybe("deleted_at").into()),
        ]);
        expected.rows.insert(*id, cells);
    }
    expected
}

/// The targets of these sellers in the newest months in which one of them has any; `None` without a month.
fn newest_targets(shop: &Shop, sellers: &[(i64, &Row)], months: usize) -> Option<Decimal> {
    let mut by_month: BTreeMap<i64, Decimal> = BTreeMap::new();
    for target in shop.targets.values().filter(|target| !target.is_deleted()) {
        if sellers.iter().any(|(id, _)| *id == target.int("seller_id")) {
            *by_month.entry(target.int("target_month")).or_default() += target.money("target_amount");
        }
    }
    (!by_month.is_empty()).then(|| by_month.values().rev().take(months).sum())
}

/// `dim.DIM_VENDEDOR`: team, manager, title.
pub fn sellers(shop: &Shop) -> Expected {
    let mut expected = of("vendedor_original_id");
    for (id, seller) in &shop.sellers {
        let team = seller.maybe("team_id").map(|team| &shop.teams[&team]);
        let manager = seller.maybe("manager_seller_id").map(|manager| &shop.sellers[&manager]);
        let leads =
            shop.sellers.values().any(|other| other.maybe("manager_seller_id") == Some(*id) && !other.is_deleted());
        let (kind, title) = match team.map(|team| team.text("team_type")) {
            Some("Inside Sales") => ("Interno", "Executivo Inside Sales"),
            Some("Field Sales") => ("Externo", "Executivo Field Sales"),
            _ => ("Hibrido", "Consultor Comercial"),
        };
        let goal = seller.maybe_money("monthly_goal_amount");
        let cells = Cells::from([
            ("nome_vendedor", text(seller.text("seller_name"))),
            ("email", email(*id, seller).into()),
            ("equipe_id", seller.maybe("team_id").into()),
            ("nome_equipe", team.map_or(Value::Null, |team| text(team.text("team_name")))),
            ("gerente_id", seller.maybe("manager_seller_id").into()),
            ("nome_gerente", manager.map_or(Value::Null, |manager| text(manager.text("seller_name")))),
            ("area", team.map_or(Value::Null, |team| text(team.text("team_category")))),
            ("tipo_vendedor", kind.into()),
            ("cargo", if leads { "Lider Comercial" } else { title }.into()),
            ("eh_lider", leads.into()),
            ("meta_mensal_base", goal.map_or(Value::Null, cents)),
            ("meta_trimestral_base", goal.map_or(Value::Null, |goal| cents(goal + goal + goal))),
            ("eh_ativo", is_active(seller).into()),
            ("eh_inferido", 0.into()),
            ("excluido_em", seller.maybe("deleted_at").into()),
        ]);
        expected.rows.insert(*id, cells);
    }
    expected
}

/// `dim.DIM_CLIENTE`: what a customer has bought so far. One who has not arrived yet and has bought is there as inferred.
pub fn customers(shop: &Shop) -> Expected {
    let mut bought: BTreeMap<i64, (BTreeSet<i64>, Decimal)> = BTreeMap::new();
    for item in shop.items.values() {
        let order = &shop.orders[&item.int("order_id")];
        let totals = bought.entry(order.int("customer_id")).or_default();
        if !item.is_deleted() && !order.is_deleted() && order.text("order_status") != "Cancelado" {
            totals.0.insert(order.int("order_id"));
            totals.1 += item.money("net_amount");
        }
    }
    let mut expected = of("cliente_original_id");
    let keys: BTreeSet<i64> = shop.customers.keys().chain(bought.keys()).copied().collect();
    for id in keys {
        let (orders, spent) = bought.get(&id).map_or((0, Decimal::ZERO), |totals| (totals.0.len(), totals.1));
        let mean = if orders == 0 { Value::Null } else { rounded(spent / Decimal::from(orders)) };
        let customer = shop.customers.get(&id);
        let cells = Cells::from([
            ("total_compras_historico", Value::Int(i64::try_from(orders).unwrap())),
            ("valor_total_gasto_historico", cents(spent)),
            ("ticket_medio_historico", mean),
            ("nome_cliente", customer.map_or("Nao informado".into(), |customer| text(customer.text("full_name")))),
            ("eh_inferido", customer.is_none().into()),
            ("excluido_em", customer.and_then(|customer| customer.maybe("deleted_at")).into()),
        ]);
        expected.rows.insert(id, cells);
    }
    expected
}

/// `dim.DIM_PRODUTO`: its supplier.
pub fn products(shop: &Shop) -> Expected {
    let mut expected = of("produto_original_id");
    for (id, product) in &shop.products {
        let supplier = product.int("supplier_id");
        let cells = Cells::from([
            ("fornecedor_id", Value::Int(supplier)),
            ("nome_fornecedor", text(shop.suppliers[&supplier].text("supplier_name"))),
            ("preco_custo", cents(product.money("cost_price"))),
            ("preco_sugerido", cents(product.money("list_price"))),
            ("eh_inferido", 0.into()),
            ("excluido_em", product.maybe("deleted_at").into()),
        ]);
        expected.rows.insert(*id, cells);
    }
    expected
}

/// `dim.DIM_REGIAO`: all of them, and which are gone.
pub fn regions(shop: &Shop) -> Expected {
    let mut expected = of("regiao_original_id");
    for (id, region) in &shop.regions {
        let cells = Cells::from([
            ("cidade", text(region.text("city"))),
            ("eh_inferido", 0.into()),
            ("excluido_em", region.maybe("deleted_at").into()),
        ]);
        expected.rows.insert(*id, cells);
    }
    expected
}
