//! Products: `core.products` with their suppliers to `dim.DIM_PRODUTO`.

use dw_core::entities;
use rust_decimal::Decimal;

use crate::entities::{guard, text};
use crate::entity::TransformContext;
use crate::reject::Rejection;

crate::source_row! {
    /// A row of core.products with its supplier.
    pub struct Source {
        product_id: i64 = "p.product_id" => BigInt,
        sku: String = "p.sku" => VarChar(50),
        barcode: Option<String> = "p.barcode" => VarChar(20),
        product_name: String = "p.product_name" => VarChar(200),
        short_description: Option<String> = "p.short_description" => VarChar(255),
        full_description: Option<String> = "p.full_description" => VarCharMax,
        category_name: String = "p.category_name" => VarChar(50),
        subcategory_name: String = "p.subcategory_name" => VarChar(50),
        product_line: Option<String> = "p.product_line" => VarChar(50),
        brand: String = "p.brand" => VarChar(50),
        manufacturer: Option<String> = "p.manufacturer" => VarChar(100),
        supplier_id: i64 = "p.supplier_id" => BigInt,
        supplier_name: Option<String> = "s.supplier_name" => VarChar(150),
        country_origin: Option<String> = "p.country_origin" => VarChar(50),
        weight_kg: Option<Decimal> = "p.weight_kg" => Decimal(8, 3),
        height_cm: Option<Decimal> = "p.height_cm" => Decimal(6, 2),
        width_cm: Option<Decimal> = "p.width_cm" => Decimal(6, 2),
        depth_cm: Option<Decimal> = "p.depth_cm" => Decimal(6, 2),
        color: Option<String> = "p.color" => VarChar(30),
        material: Option<String> = "p.material" => VarChar(50),
        cost_price: Decimal = "p.cost_price" => Decimal(10, 2),
        list_price: Decimal = "p.list_price" => Decimal(10, 2),
        suggested_margin_percent: Option<Decimal> = "p.suggested_margin_percent" => Decimal(5, 2),
        is_perishable: bool = "p.is_perishable" => Bit,
        is_fragile: bool = "p.is_fragile" => Bit,
        requires_refrigeration: bool = "p.requires_refrigeration" => Bit,
        minimum_age: Option<i64> = "p.minimum_age" => Int,
        min_stock: i64 = "p.min_stock" => Int,
        max_stock: i64 = "p.max_stock" => Int,
        reorder_days: Option<i64> = "p.reorder_days" => Int,
        product_status: String = "p.product_status" => VarChar(20),
        launch_date: Option<i64> = "p.launch_date" => Date,
        discontinued_date: Option<i64> = "p.discontinued_date" => Date,
        rating_avg: Option<Decimal> = "p.rating_avg" => Decimal(2, 1),
        rating_count: i64 = "p.rating_count" => Int,
        keywords: Option<String> = "p.keywords" => VarChar(200),
        created_at: i64 = "p.created_at" => DateTime2(0),
        updated_at: i64 = "p.updated_at" => DateTime2(0),
        deleted_at: Option<i64> = "p.deleted_at" => DateTime2(0),
    }
}

crate::target_row! {
    /// A staged row of dim.DIM_PRODUTO.
    pub struct Target of entities::DIM_PRODUTO {
        produto_original_id: i64,
        codigo_sku: String,
        codigo_barras: Option<String>,
        nome_produto: String,
        descricao_curta: Option<String>,
        descricao_completa: Option<String>,
        categoria: String,
        subcategoria: String,
        linha_produto: Option<String>,
        marca: String,
        fabricante: Option<String>,
        fornecedor_id: i64,
        nome_fornecedor: String,
        pais_origem: Option<String>,
        peso_kg: Option<Decimal>,
        altura_cm: Option<Decimal>,
        largura_cm: Option<Decimal>,
        profundidade_cm: Option<Decimal>,
        cor_principal: Option<String>,
        material: Option<String>,
        preco_custo: Decimal,
        preco_sugerido: Decimal,
        margem_sugerida_percent: Option<Decimal>,
        eh_perecivel: bool,
        eh_fragil: bool,
        requer_refrigeracao: bool,
        idade_minima_venda: Option<i64>,
        estoque_minimo: i64,
        estoque_maximo: i64,
        prazo_reposicao_dias: Option<i64>,
        situacao: &'static str,
        data_lancamento: Option<i64>,
        data_descontinuacao: Option<i64>,
        data_cadastro: i64,
        data_ultima_atualizacao: i64,
        palavras_chave: Option<String>,
        avaliacao_media: Option<Decimal>,
        total_avaliacoes: i64,
        excluido_em: Option<i64>,
    }
}

entity! {
    /// Products.
    DimProduto of entities::DIM_PRODUTO
}

const SITUATIONS: &[&str] = &["Ativo", "Inativo", "Descontinuado"];

/// The rule of a product. A deleted product keeps the situation that the source gives it: `excluido_em` says that it is
/// deleted. `data_ultima_atualizacao` is that of the product alone: the stamp of its supplier would make every product
/// of a touched supplier differ although nothing in its row has changed (product decision 12).
///
/// # Errors
/// A reserved key, a blank name, a negative measure, price or count, a value outside of its domain.
pub fn rule(source: Source, _context: &TransformContext) -> Result<Target, Rejection> {
    let min_stock = guard::not_negative("estoque_minimo", source.min_stock)?;
    Ok(Target {
        produto_original_id: guard::business_key("produto_original_id", source.product_id)?,
        codigo_sku: stock_code(source.sku, source.product_id),
        codigo_barras: text::optional(source.barcode),
        nome_produto: text::required("nome_produto", source.product_name)?,
        descricao_curta: text::optional(source.short_description),
        descricao_completa: text::optional(source.full_description),
        categoria: text::or_default(source.category_name, "Sem Categoria"),
        subcategoria: text::or_default(source.subcategory_name, "Sem Subcategoria"),
        linha_produto: text::optional(source.product_line),
        marca: text::or_default(source.brand, "Sem Marca"),
        fabricante: text::optional(source.manufacturer),
        fornecedor_id: source.supplier_id,
        nome_fornecedor: text::or_default(source.supplier_name.unwrap_or_default(), "Fornecedor N/A"),
        pais_origem: text::optional(source.country_origin),
        peso_kg: guard::optional_not_negative("peso_kg", source.weight_kg)?,
        altura_cm: guard::optional_not_negative("altura_cm", source.height_cm)?,
        largura_cm: guard::optional_not_negative("largura_cm", source.width_cm)?,
        profundidade_cm: guard::optional_not_negative("profundidade_cm", source.depth_cm)?,
        cor_principal: text::optional(source.color),
        material: text::optional(source.material),
        preco_custo: guard::not_negative("preco_custo", source.cost_price)?,
        preco_sugerido: guard::not_negative("preco_sugerido", source.list_price)?,
        // A product that sells below its cost has a negative margin: it is stored as it is.
        margem_sugerida_percent: source.suggested_margin_percent,
        eh_perecivel: source.is_perishable,
        eh_fragil: source.is_fragile,
        requer_refrigeracao: source.requires_refrigeration,
        idade_minima_venda: guard::optional_not_negative("idade_minima_venda", source.minimum_age)?,
        estoque_minimo: min_stock,
        estoque_maximo: source.max_stock.max(min_stock),
        prazo_reposicao_dias: guard::optional_not_negative("prazo_reposicao_dias", source.reorder_days)?,
        situacao: text::domain_or("situacao", source.product_status, SITUATIONS, "Ativo")?,
        data_lancamento: source.launch_date,
        data_descontinuacao: source.discontinued_date,
        data_cadastro: guard::millis("data_cadastro", source.created_at)?,
        data_ultima_atualizacao: guard::millis("data_ultima_atualizacao", source.updated_at)?,
        palavras_chave: text::optional(source.keywords),
        avaliacao_media: rating(source.rating_avg)?,
        total_avaliacoes: guard::not_negative("total_avaliacoes", source.rating_count)?,
        excluido_em: source.deleted_at,
    })
}

/// The SKU, else `#<key>`: the code of the product may be the SKU of another one, and the source has one blank SKU at most.
fn stock_code(sku: String, product_id: i64) -> String {
    let sku = text::unique(sku);
    if sku.trim().is_empty() { format!("#{product_id}") } else { sku }
}

fn rating(average: Option<Decimal>) -> Result<Option<Decimal>, Rejection> {
    match average {
        Some(average) if average.is_sign_negative() && !average.is_zero() || average > Decimal::from(5) => {
            Err(guard::invalid("avaliacao_media", average, "is not between 0 and 5"))
        }
        average => Ok(average),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::entities::samples::{self, STAMP};
    use crate::reject::RejectCode;

    fn source() -> Source {
        Source::read(&samples::row("dim_produto")).unwrap()
    }

    fn target(source: Source) -> Target {
        rule(source, &samples::context()).unwrap()
    }

    fn rejection(source: Source) -> Rejection {
        rule(source, &samples::context()).unwrap_err()
    }

    #[test]
    fn a_product_is_mapped_with_its_supplier() {
        let target = target(source());
        assert_eq!((target.produto_original_id, target.codigo_sku.as_str()), (41, "SKU-0000041"));
        assert_eq!((target.fornecedor_id, target.nome_fornecedor.as_str()), (0, "Fornecedor 1"));
        assert_eq!((target.preco_custo, target.preco_sugerido), (Decimal::new(2_020, 2), Decimal::new(2_745, 2)));
        assert_eq!(target.peso_kg, Some(Decimal::new(4_300, 3)));
        assert_eq!((target.data_cadastro, target.data_ultima_atualizacao), ((STAMP - 60) * 1_000, STAMP * 1_000));
        assert_eq!((target.situacao, target.excluido_em), ("Ativo", None));
    }

    /// Defect S11: the situation of a deleted product is the source's, not `Descontinuado`.
    #[test]
    fn a_deleted_product_keeps_the_situation_of_the_source() {
        let target = target(Source { product_status: "Inativo".into(), deleted_at: Some(STAMP), ..source() });
        assert_eq!((target.situacao, target.excluido_em), ("Inativo", Some(STAMP)));
    }

    #[test]
    fn blank_texts_take_the_documented_defaults() {
        let blank = || "  ".to_owned();
        let target = target(Source {
            sku: blank(),
            category_name: blank(),
            subcategory_name: blank(),
            brand: blank(),
            supplier_name: None,
            product_status: blank(),
            ..source()
        });
        assert_eq!(target.codigo_sku, "#41");
        assert_eq!(
            [target.categoria, target.subcategoria, target.marca, target.nome_fornecedor],
            ["Sem Categoria", "Sem Subcategoria", "Sem Marca", "Fornecedor N/A"]
        );
        assert_eq!(target.situacao, "Ativo");
    }

    #[test]
    fn what_the_contract_forbids_is_refused_and_named() {
        let one = Some(Decimal::NEGATIVE_ONE);
        for (column, source) in [
            ("peso_kg", Source { weight_kg: one, ..source() }),
            ("altura_cm", Source { height_cm: one, ..source() }),
            ("preco_custo", Source { cost_price: Decimal::NEGATIVE_ONE, ..source() }),
            ("preco_sugerido", Source { list_price: Decimal::NEGATIVE_ONE, ..source() }),
            ("estoque_minimo", Source { min_stock: -1, ..source() }),
            ("total_avaliacoes", Source { rating_count: -1, ..source() }),
            ("avaliacao_media", Source { rating_avg: Some(Decimal::new(51, 1)), ..source() }),
            ("avaliacao_media", Source { rating_avg: one, ..source() }),
            ("situacao", Source { product_status: "Esgotado".into(), ..source() }),
            ("nome_produto", Source { product_name: " ".into(), ..source() }),
        ] {
            let rejection = rejection(source);
            assert_eq!(rejection.code, RejectCode::Invalid);
            assert!(rejection.reason.contains(column), "{column}: {}", rejection.reason);
        }
        assert_eq!(rejection(Source { product_id: -1, ..source() }).code, RejectCode::ReservedKey);
    }

    #[test]
    fn a_negative_margin_is_a_margin_and_stock_limits_are_ordered() {
        let target = target(Source {
            suggested_margin_percent: Some(Decimal::new(-1_250, 2)),
            min_stock: 9,
            max_stock: 3,
            ..source()
        });
        assert_eq!(target.margem_sugerida_percent, Some(Decimal::new(-1_250, 2)));
        assert_eq!((target.estoque_minimo, target.estoque_maximo), (9, 9));
    }

    proptest! {
        #[test]
        fn decimals_arrive_rounded_half_away_from_zero_or_are_refused(mantissa in any::<i64>(), scale in 0_u32..=8) {
            let margin = Decimal::new(mantissa, scale);
            let limit = Decimal::new(99_999, 2);
            let written = target(Source { suggested_margin_percent: Some(margin), ..source() }).write();
            let rounded = margin.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
            match written {
                Ok(row) => {
                    let at = Target::COLUMNS.iter().position(|column| *column == "margem_sugerida_percent").unwrap();
                    prop_assert_eq!(row[at].decimal(2).unwrap(), Some(rounded));
                }
                Err(rejection) => {
                    prop_assert_eq!(rejection.code, RejectCode::OutOfRange);
                    prop_assert!(rounded.abs() > limit);
                }
            }
        }
    }
}
