//! Every statement of the nine entities, in full, as the embedded engine runs it: the review of a change to the generator
//! is the review of these files.

use dw_core::embedded::SqliteDialect;
use dw_etl::entities;
use dw_etl::statements::Statements;

#[test]
fn statements_of_every_entity() {
    for entity in entities::ALL {
        let mut text = String::new();
        for (purpose, sql) in Statements::new(*entity, &SqliteDialect).all() {
            text.push_str(&format!("-- {purpose}\n{sql}\n\n"));
        }
        insta::assert_snapshot!(entity.descriptor().name, text);
    }
}
