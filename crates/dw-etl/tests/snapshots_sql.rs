//! Every statement of the nine entities, in full, as each engine runs it: the review of a change to the generator is the review
//! of these files.

use dw_core::dialect::Dialect;
use dw_core::embedded::SqliteDialect;
use dw_core::sql_server::TsqlDialect;
use dw_etl::entities;
use dw_etl::statements::Statements;

fn every_entity(dialect: &'static dyn Dialect, ending: &str) {
    for entity in entities::ALL {
        let mut text = String::new();
        for (purpose, sql) in Statements::new(*entity, dialect).all() {
            text.push_str(&format!("-- {purpose}\n{sql}\n\n"));
        }
        insta::assert_snapshot!(format!("{}{ending}", entity.descriptor().name), text);
    }
}

#[test]
fn statements_of_every_entity() {
    every_entity(&SqliteDialect, "");
}

#[test]
fn statements_of_every_entity_on_a_server() {
    every_entity(&TsqlDialect, "_sqlserver");
}
