//! `/base`: sale lines in full, fifty a page, in an order that can be chosen; and a link to all of them as CSV.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dw_core::dialect::Dialect;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::Days;
use dw_core::value::{RowBatch, Value};
use maud::{Markup, html};

use super::filters::Filters;
use super::form::form;
use super::scope::{Reach, Statement, statement};
use super::{Question, Vendas};
use crate::format::{self, Unit, integer};
use crate::query::Choice;
use crate::store::Trouble;

const PATH: &str = "/base";
/// Lines of a page.
pub const PAGE: u64 = 50;
/// Pages that can be turned to: beyond, a filter or the export helps more than a page of thousands.
const LAST_PAGE: u64 = 2_000;

static LINES: SqlText = sql_text!("vendas/lines");
static COUNT: SqlText = sql_text!("vendas/count_lines");

/// How a column is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A day.
    Day,
    /// A text.
    Text,
    /// A number of a unit.
    Number(Unit),
}

/// A column: name in the view, heading, kind.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Name in the view and in the head of the export.
    pub name: &'static str,
    /// Heading on the page.
    pub head: &'static str,
    /// How it is written.
    pub kind: Kind,
}

const fn column(name: &'static str, head: &'static str, kind: Kind) -> Column {
    Column { name, head, kind }
}

/// The columns of `sql/vendas/lines.sql`, in its order.
pub static COLUMNS: [Column; 16] = [
    column("data_completa", "Data", Kind::Day),
    column("estado", "Estado", Kind::Text),
    column("regiao_pais", "Região", Kind::Text),
    column("categoria", "Categoria", Kind::Text),
    column("subcategoria", "Subcategoria", Kind::Text),
    column("nome_produto", "Produto", Kind::Text),
    column("nome_vendedor", "Vendedor", Kind::Text),
    column("nome_equipe", "Equipe", Kind::Text),
    column("numero_pedido", "Pedido", Kind::Text),
    column("status_pedido", "Status", Kind::Text),
    column("quantidade_vendida", "Itens", Kind::Number(Unit::Count)),
    column("valor_total_bruto", "Bruto", Kind::Number(Unit::Money)),
    column("valor_total_descontos", "Descontos", Kind::Number(Unit::Money)),
    column("valor_total_liquido", "Líquido", Kind::Number(Unit::Money)),
    column("margem_bruta", "Margem", Kind::Number(Unit::Money)),
    column("valor_comissao", "Comissão", Kind::Number(Unit::Money)),
];

/// The column that stands last where customers may be named.
pub static CUSTOMER: Column = column("nome_cliente", "Cliente", Kind::Text);

/// Which way lines are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The greatest first.
    Down,
    /// The least first.
    Up,
}

impl Choice for Way {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Down, "desc", "Decrescente"), (Self::Up, "asc", "Crescente")];
}

/// The order of lines.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// The column; the first one is the day.
    pub column: &'static Column,
    /// Which way.
    pub way: Way,
}

/// A page of lines and how many there are.
#[derive(Debug)]
pub struct Slice {
    rows: RowBatch,
    total: i64,
}

/// The columns that are shown.
pub fn columns(show_customer_names: bool) -> Vec<&'static Column> {
    COLUMNS.iter().chain(show_customer_names.then_some(&CUSTOMER)).collect()
}

/// The order that a query string asks for.
pub(super) fn order(question: &mut Question) -> Order {
    let given = question.query.last("ordem").map(str::to_owned);
    let found = given.as_deref().and_then(|given| COLUMNS.iter().find(|column| column.name == given));
    if given.is_some() && found.is_none() {
        question.query.refuse("ordem", "Ordem");
    }
    let way = question.query.choice("sentido", "Sentido").unwrap_or(Way::Down);
    Order { column: found.unwrap_or(&COLUMNS[0]), way }
}

/// The statement of lines in an order; `page` counts from 0, `None` for all of them.
///
/// # Errors
/// When a file that overrides the text cannot be read.
pub fn lines(
    dialect: &dyn Dialect,
    filters: &Filters,
    order: Order,
    names: bool,
    page: Option<u64>,
) -> DwResult<Statement> {
    let mut made = statement(LINES, dialect, Reach::Lines, (filters.from, filters.to), filters)?;
    let way = if order.way == Way::Down { "DESC" } else { "ASC" };
    // Names of columns come from the list above, never from a query string.
    let by = if order.column.kind == Kind::Day {
        format!("v.data_id {way}, v.venda_id {way}")
    } else {
        format!("v.{} {way}, v.data_id DESC, v.venda_id DESC", order.column.name)
    };
    made.sql = made
        .sql
        .replace("/* columns */", if names { ", v.nome_cliente" } else { "" })
        .replace("/* order */ v.data_id DESC, v.venda_id DESC", &by)
        .replace("/* page */", &page.map_or_else(String::new, |page| dialect.page(page * PAGE, PAGE)));
    Ok(made)
}

/// The page.
pub async fn page(State(vendas): State<Arc<Vendas>>, RawQuery(raw): RawQuery) -> Response {
    let mut question = match Question::ask(vendas, raw.as_deref(), PATH).await {
        Ok(question) => question,
        Err(response) => return response,
    };
    let order = order(&mut question);
    let number = question.query.number("pagina", "Página", 1, LAST_PAGE).unwrap_or(1);
    let body = body(&question, order, number - 1).await;
    question.answer(PATH, "Base detalhada", body)
}

async fn body(question: &Question, order: Order, page: u64) -> Result<Markup, Trouble> {
    let names = question.vendas.options.show_customer_names;
    let key = format!("{}\u{1e}{}\u{1e}{:?}\u{1e}{page}", question.filters.key(), order.column.name, order.way);
    let store = &question.vendas.store;
    let filters = &question.filters;
    let reading = async {
        let dialect = store.engine().dialect();
        let slice = lines(dialect, filters, order, names, Some(page))?;
        let count = statement(COUNT, dialect, Reach::Keys, (filters.from, filters.to), filters)?;
        let (rows, count) =
            tokio::try_join!(store.query(&slice.sql, &slice.params), store.query(&count.sql, &count.params))?;
        Ok(Slice { rows, total: count.get(0, 0).int()?.unwrap_or(0) })
    };
    let slice = question.get(&question.vendas.details, &key, reading).await?;
    Ok(html! {
        (form(question, PATH))
        section.card {
            div.title {
                h2 { (integer(slice.total)) " linhas" }
                a.button.plain href=(question.query.link("/base.csv", &[("pagina", "")])) download { "Baixar CSV" }
            }
            @if slice.rows.is_empty() {
                p.empty { "Nada a mostrar com estes filtros." }
            } @else {
                (table(question, &slice, order, names))
                (pager(question, slice.total, page))
            }
        }
    })
}

fn table(question: &Question, slice: &Slice, order: Order, names: bool) -> Markup {
    let columns = columns(names);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Linhas de venda" {
            table.lines {
                thead { tr { @for column in &columns { (heading(question, column, order)) } } }
                tbody {
                    @for row in slice.rows.rows() {
                        tr {
                            @for (value, column) in row.iter().zip(&columns) {
                                td class=[is_number(column).then_some("num")] { (show(value, column.kind)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn heading(question: &Question, column: &Column, order: Order) -> Markup {
    let is_ordered = order.column.name == column.name;
    let next = if is_ordered && order.way == Way::Down { Way::Up } else { Way::Down };
    let sort = is_ordered.then_some(if order.way == Way::Down { "descending" } else { "ascending" });
    html! {
        th scope="col" class=[is_number(column).then_some("num")] aria-sort=[sort] {
            @if column.name == CUSTOMER.name {
                (column.head)
            } @else {
                a href=(question.query.link(PATH, &[("ordem", column.name), ("sentido", next.word()), ("pagina", "")])) {
                    (column.head)
                    @if is_ordered { span aria-hidden="true" { (if order.way == Way::Down { " ▼" } else { " ▲" }) } }
                }
            }
        }
    }
}

fn is_number(column: &Column) -> bool {
    matches!(column.kind, Kind::Number(_))
}

fn show(value: &Value, kind: Kind) -> String {
    match (value, kind) {
        (Value::Null, _) => "–".to_owned(),
        (Value::Text(text), _) => text.trim_end().to_owned(),
        (Value::Int(day), Kind::Day) => format::date(Days::from(*day)),
        (Value::Int(number), Kind::Number(unit)) => unit.show(*number),
        (Value::Int(number) | Value::Seconds(number) | Value::Millis(number), _) => number.to_string(),
    }
}

fn pager(question: &Question, total: i64, page: u64) -> Markup {
    let pages = u64::try_from(total).unwrap_or(0).div_ceil(PAGE).clamp(1, LAST_PAGE);
    let to = |number: u64| question.query.link(PATH, &[("pagina", &number.to_string())]);
    html! {
        nav.pager aria-label="Páginas da tabela" {
            @if page > 0 { a href=(to(1)) { "Primeira" } a rel="prev" href=(to(page)) { "Anterior" } }
            span { "Página " (page + 1) " de " (pages) }
            @if page + 1 < pages { a rel="next" href=(to(page + 2)) { "Próxima" } a href=(to(pages)) { "Última" } }
        }
    }
}
