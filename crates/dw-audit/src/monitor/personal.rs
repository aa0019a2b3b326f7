//! Which columns of the source a page may show: those without personal data. Pure.

use dw_core::entity::EntityDescriptor;
use dw_core::schema::Column;

/// Columns of the source that say who somebody is, how to reach him, or what he is worth, by table. Free texts count: anything
/// may stand there.
const PERSONAL: &[(&str, &[&str])] = &[
    (
        "customers",
        &[
            "full_name",
            "email",
            "phone",
            "document_number",
            "birth_date",
            "gender",
            "credit_score",
            "address_line",
            "district",
            "city",
            "zip_code",
        ],
    ),
    ("sellers", &["seller_name", "monthly_goal_amount", "hire_date", "home_city"]),
    ("orders", &["notes"]),
    ("order_item_discounts", &["rejection_reason"]),
];

/// The columns of the source table of an entity that a page may show, in the order of the contract.
pub fn harmless(entity: &EntityDescriptor) -> Vec<&'static Column> {
    let personal =
        PERSONAL.iter().find(|(table, _)| *table == entity.source.name).map_or(&[][..], |(_, columns)| columns);
    entity.source.columns.iter().filter(|column| !personal.contains(&column.name)).collect()
}

/// True for an entity whose rows are people.
pub fn is_about_people(entity: &str) -> bool {
    ["dim_cliente", "dim_vendedor"].contains(&entity)
}

/// A reason without the value that it repeats between backticks.
pub fn without_values(reason: &str) -> String {
    reason.split('`').enumerate().map(|(at, part)| if at % 2 == 0 { part } else { "`...`" }).collect()
}

#[cfg(test)]
mod tests {
    use dw_core::entities;

    use super::*;

    /// A new column of the source is shown only after somebody has looked at it here.
    #[test]
    fn the_columns_that_are_shown() {
        let shown: Vec<String> = entities::ALL
            .iter()
            .map(|entity| {
                let names: Vec<&str> = harmless(entity).iter().map(|column| column.name).collect();
                format!("{}: {}", entity.name, names.join(", "))
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn a_reason_loses_its_value() {
        assert_eq!(without_values("email: `ana@x.br` is no address"), "email: `...` is no address");
        assert_eq!(without_values("bairro: 80 bytes do not fit"), "bairro: 80 bytes do not fit");
    }
}
