//! `/base.csv`: all lines of a filter, streamed, so that memory does not grow with them. For a spreadsheet in Brazil: `;`
//! between cells, a comma in numbers, UTF-8 with a mark. A text that a spreadsheet would take for a formula gets a `'`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use dw_core::error::{DwError, DwResult};
use dw_core::time::{format_date, now};
use dw_core::value::{RowBatch, Value};
use tokio::sync::mpsc;

use super::detail::{Column, Kind, columns, lines, order};
use super::scope::Statement;
use super::{Question, Vendas};
use crate::format::{Unit, plain_money};
use crate::store::Store;

/// Lines of a piece.
const CHUNK: usize = 1_000;
/// How long a whole export may take.
const LONGEST: Duration = Duration::from_secs(600);
/// The mark by which a spreadsheet knows UTF-8.
const MARK: &str = "\u{feff}";

/// The answer: head and lines as they come from the database.
pub async fn csv(State(vendas): State<Arc<Vendas>>, RawQuery(raw): RawQuery) -> Response {
    let mut question = match Question::ask(vendas.clone(), raw.as_deref(), "/base").await {
        Ok(question) => question,
        Err(response) => return response,
    };
    let order = order(&mut question);
    let names = vendas.options.show_customer_names;
    let made = match lines(vendas.store.engine().dialect(), &question.filters, order, names, None) {
        Ok(made) => made,
        Err(error) => return failed(&error),
    };
    let Ok(turn) = vendas.exports.clone().try_acquire_owned() else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, "30")],
            "Outras exportações estão em andamento; tente de novo.\n",
        )
            .into_response();
    };
    let (sender, receiver) = mpsc::channel::<Result<Bytes, std::io::Error>>(2);
    let store = vendas.store.clone();
    tokio::spawn(async move {
        let _turn = turn;
        let ended = tokio::time::timeout(LONGEST, send(&store, &made, names, &sender)).await;
        let problem = match ended {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        tracing::warn!(problem, "an export was cut off");
        // An error ends the answer without its last piece, so that nobody takes a part for the whole.
        let _nobody_listens = sender.send(Err(std::io::Error::other("the export was cut off"))).await;
    });
    let body = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    let name = format!("attachment; filename=\"vendas_{}.csv\"", format_date(dw_core::time::day_of(now())));
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    (headers, Body::from_stream(body)).into_response()
}

fn failed(error: &DwError) -> Response {
    tracing::warn!(%error, "an export failed");
    (StatusCode::SERVICE_UNAVAILABLE, "O banco de dados não responde.\n").into_response()
}

async fn send(
    store: &Arc<Store>,
    statement: &Statement,
    names: bool,
    out: &mpsc::Sender<Result<Bytes, std::io::Error>>,
) -> DwResult<()> {
    let columns = columns(names);
    let mut lease = store.lease().await?;
    let session = lease.session()?;
    let mut rows = session.stream(&statement.sql, &statement.params, CHUNK).await?;
    if out.send(Ok(head(&columns).into())).await.is_err() {
        return Ok(());
    }
    while let Some(chunk) = rows.next().await? {
        if out.send(Ok(text(&chunk, &columns).into())).await.is_err() {
            // The reader has left. The session is dropped with its statement.
            return Ok(());
        }
    }
    drop(rows);
    lease.keep();
    Ok(())
}

/// The first line.
pub fn head(columns: &[&Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    format!("{MARK}{}\r\n", names.join(";"))
}

/// Lines.
pub fn text(rows: &RowBatch, columns: &[&Column]) -> String {
    let mut out = String::with_capacity(rows.len() * 160);
    for row in rows.rows() {
        for (at, (value, column)) in row.iter().zip(columns).enumerate() {
            if at > 0 {
                out.push(';');
            }
            cell(value, column.kind, &mut out);
        }
        out.push_str("\r\n");
    }
    out
}

fn cell(value: &Value, kind: Kind, out: &mut String) {
    match (value, kind) {
        (Value::Null, _) => {}
        (Value::Int(day), Kind::Day) => out.push_str(&format_date(*day)),
        (Value::Int(cents), Kind::Number(Unit::Money)) => out.push_str(&plain_money(*cents)),
        (Value::Int(number) | Value::Seconds(number) | Value::Millis(number), _) => out.push_str(&number.to_string()),
        (Value::Text(text), _) => quoted(text.trim_end(), out),
    }
}

/// A text that no spreadsheet runs, and that no separator of its own breaks.
fn quoted(text: &str, out: &mut String) {
    let is_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let needs_quotes = is_formula || text.contains([';', '"', '\n', '\r', '\t', '\'']);
    if !needs_quotes {
        out.push_str(text);
        return;
    }
    out.push('"');
    if is_formula {
        out.push('\'');
    }
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> String {
        let mut out = String::new();
        quoted(text, &mut out);
        out
    }

    #[test]
    fn a_formula_becomes_a_text() {
        assert_eq!(one("=1+1"), "\"'=1+1\"");
        assert_eq!(one("-2"), "\"'-2\"");
        assert_eq!(one("@SUM(A1)"), "\"'@SUM(A1)\"");
        assert_eq!(one("a;b \"c\""), "\"a;b \"\"c\"\"\"");
        assert_eq!(one("Produto 1"), "Produto 1");
    }

    proptest! {
        #[test]
        fn no_cell_begins_a_formula_and_all_read_back(text in "\\PC{0,12}") {
            let cell = one(&text);
            let inner = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).map_or(cell.clone(), |inner| inner.replace("\"\"", "\""));
            prop_assert!(!inner.starts_with(['=', '+', '-', '@', '\t', '\r']));
            prop_assert_eq!(inner.strip_prefix('\'').filter(|_| !text.starts_with('\'')).unwrap_or(&inner), text.as_str());
        }
    }
}
