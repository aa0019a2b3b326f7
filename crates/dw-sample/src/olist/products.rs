//! `olist_products_dataset.csv` with `product_category_name_translation.csv`.

use std::collections::{HashMap, HashSet};

use dw_core::catalog::oltp;
use dw_core::error::DwResult;
use dw_core::sql_type::SqlType;

use super::field;
use super::log::Reject;
use super::model::{Data, Product};
use super::report::{ReasonCode, SourceFile};
use super::source::{Reading, Row};

const TRANSLATION_COLUMNS: [&str; 2] = ["product_category_name", "product_category_name_english"];
const COLUMNS: [&str; 6] = [
    "product_id",
    "product_category_name",
    "product_weight_g",
    "product_length_cm",
    "product_height_cm",
    "product_width_cm",
];

/// The category of a product that has none.
const NO_CATEGORY: &str = "Sem Categoria";
/// The types of `weight_kg` and of the three lengths.
const WEIGHT: SqlType = SqlType::Decimal(8, 3);
const LENGTH: SqlType = SqlType::Decimal(6, 2);

/// Reads both files.
pub(super) fn read(reading: &mut Reading<'_>, data: &mut Data) -> DwResult<()> {
    let english = read_translation(reading)?;
    let mut used: HashSet<String> = HashSet::new();
    let file = SourceFile::Products;
    reading.each_row(file, &COLUMNS, |row, log| {
        let code = field::fits(row.required(0)?, &oltp::PRODUCTS, "product_code")?;
        let key = row.key(0)?;
        if data.product_index.contains_key(&key) {
            return Err(Reject::new(
                ReasonCode::DuplicateKey,
                format!("product {} was read before", field::quote(code)),
            ));
        }
        let source_category = row.text(1)?;
        let shown = if source_category.is_empty() { NO_CATEGORY.to_owned() } else { category_name(source_category) };
        field::fits(&shown, &oltp::PRODUCTS, "category_name")?;
        let mut keywords = None;
        if let (false, Some(english)) = (source_category.is_empty(), &english) {
            let category = source_category.to_lowercase();
            keywords = english.get(&category).cloned();
            if keywords.is_none() {
                let reason = format!("category {} has no translation", field::quote(source_category));
                log.value(file, row.line(), Reject::new(ReasonCode::CategoryNotTranslated, reason));
            }
            used.insert(category);
        }
        let mut measure = |column, ty, shift| {
            let value = row
                .text(column)
                .and_then(|text| field::optional_amount(text, ty, shift))
                .map_err(|reject| named(row, column, reject));
            log.or_note(file, row.line(), value)
        };
        let product = Product {
            code: code.to_owned(),
            category: shown,
            keywords,
            weight: measure(2, WEIGHT, 3),
            depth: measure(3, LENGTH, 0),
            height: measure(4, LENGTH, 0),
            width: measure(5, LENGTH, 0),
            ..Product::default()
        };
        data.product_index.insert(key, data.products.len());
        data.products.push(product);
        log.loaded(file);
        Ok(())
    })?;
    // A translation is loaded when a product carries it.
    let translations = english.unwrap_or_default();
    let loaded = translations.keys().filter(|category| used.contains(*category)).count();
    let not_needed = translations.len() - loaded;
    reading.log.loaded_many(SourceFile::Translation, u64::try_from(loaded).unwrap_or(u64::MAX));
    reading.log.not_needed(SourceFile::Translation, u64::try_from(not_needed).unwrap_or(u64::MAX));
    Ok(())
}

/// English names by category; `None` without the file.
fn read_translation(reading: &mut Reading<'_>) -> DwResult<Option<HashMap<String, String>>> {
    let mut english: HashMap<String, String> = HashMap::new();
    let found = reading.each_row(SourceFile::Translation, &TRANSLATION_COLUMNS, |row, _| {
        let category = row.key(0)?;
        let name = field::fits(row.required(1)?, &oltp::PRODUCTS, "keywords")?;
        if english.contains_key(&category) {
            return Err(Reject::new(
                ReasonCode::DuplicateKey,
                format!("category {} was read before", field::quote(&category)),
            ));
        }
        english.insert(category, name.to_owned());
        Ok(())
    })?;
    Ok(found.then_some(english))
}

fn named(row: &Row<'_>, column: usize, mut reject: Reject) -> Reject {
    reject.reason = format!("`{}`: {}", row.name(column), reject.reason);
    reject
}

/// `moveis_decoracao` as `Moveis Decoracao`.
fn category_name(text: &str) -> String {
    let words: Vec<String> = text
        .split('_')
        .filter(|word| !word.is_empty())
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_shown_in_words() {
        assert_eq!(
            category_name("portateis_cozinha_e_preparadores_de_alimentos"),
            "Portateis Cozinha E Preparadores De Alimentos"
        );
        assert_eq!(category_name("pc_gamer"), "Pc Gamer");
        assert_eq!(category_name("bebês"), "Bebês");
    }
}
