//! Every statement of the dashboard in full, as each engine runs it.

use dw_core::dialect::Dialect;
use dw_core::embedded::SqliteDialect;
use dw_core::sql_server::TsqlDialect;
use dw_web::query::Query;
use dw_web::vendas::detail::{COLUMNS, Order, Way, lines};
use dw_web::vendas::filters::{Filters, Lists};
use dw_web::vendas::read::statements;

fn filters(raw: &str) -> Filters {
    let of = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let lists = Lists {
        estados: of(&["SP", "RJ"]),
        regioes: of(&["Sul"]),
        categorias: of(&["Moda"]),
        equipes: of(&["A"]),
        vendedores: of(&["B"]),
        status: of(&["Pago", "Cancelado"]),
        bounds: Some((20_000, 20_400)),
    };
    Filters::read(&mut Query::parse(raw), &lists)
}

fn all(dialect: &dyn Dialect, raw: &str) -> String {
    let filters = filters(raw);
    let mut made = statements(dialect, &filters).unwrap();
    let order = Order { column: &COLUMNS[13], way: Way::Up };
    made.push(("lines", lines(dialect, &filters, order, true, Some(3)).unwrap()));
    let text = made.iter().map(|(name, statement)| {
        let sql: Vec<&str> = statement.sql.lines().filter(|line| !line.starts_with("--")).collect();
        format!("# {name}\n{}\n{:?}\n", sql.join("\n"), statement.params)
    });
    text.collect::<Vec<_>>().join("\n")
}

#[test]
fn without_filters_on_the_embedded_engine() {
    insta::assert_snapshot!(all(&SqliteDialect, ""));
}

#[test]
fn with_every_filter_on_a_server() {
    insta::assert_snapshot!(all(
        &TsqlDialect,
        "estado=SP&estado=RJ&regiao=Sul&categoria=Moda&equipe=A&vendedor=B&status=Pago&status=Cancelado"
    ));
}
