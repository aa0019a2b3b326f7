//! Regions: `core.regions` to `dim.DIM_REGIAO`. Not here: the 13 enrichment columns, which no source feeds and no load
//! may overwrite.

use dw_core::entities;
use dw_core::members::UNKNOWN_TEXT;

use crate::entities::{guard, text};
use crate::entity::TransformContext;
use crate::reject::Rejection;

crate::source_row! {
    /// A row of core.regions.
    pub struct Source {
        region_id: i64 = "r.region_id" => BigInt,
        country: String = "r.country" => VarChar(50),
        region_name: Option<String> = "r.region_name" => VarChar(30),
        state: String = "r.state" => Char(2),
        state_name: String = "r.state_name" => VarChar(50),
        city: String = "r.city" => VarChar(100),
        ibge_code: Option<String> = "r.ibge_code" => VarChar(10),
        is_active: bool = "r.is_active" => Bit,
        created_at: i64 = "r.created_at" => DateTime2(0),
        updated_at: i64 = "r.updated_at" => DateTime2(0),
        deleted_at: Option<i64> = "r.deleted_at" => DateTime2(0),
    }
}

crate::target_row! {
    /// A staged row of dim.DIM_REGIAO.
    pub struct Target of entities::DIM_REGIAO {
        regiao_original_id: i64,
        pais: String,
        regiao_pais: Option<String>,
        estado: String,
        nome_estado: String,
        cidade: String,
        codigo_ibge: Option<String>,
        data_cadastro: i64,
        data_ultima_atualizacao: i64,
        eh_ativo: bool,
        excluido_em: Option<i64>,
    }
}

entity! {
    /// Regions.
    DimRegiao of entities::DIM_REGIAO
}

/// The rule of a region.
///
/// # Errors
/// A reserved key, a state that is not two letters.
pub fn rule(source: Source, _context: &TransformContext) -> Result<Target, Rejection> {
    let state = text::state("estado", source.state)?;
    Ok(Target {
        regiao_original_id: guard::business_key("regiao_original_id", source.region_id)?,
        // Country, state and city are unique together, in the source and in the warehouse: what stands for a blank must be
        // nobody's real place.
        pais: unique_or_default(source.country, || UNKNOWN_TEXT.to_owned()),
        regiao_pais: text::optional(source.region_name),
        nome_estado: text::or_default(source.state_name, &state),
        estado: state,
        cidade: unique_or_default(source.city, || format!("#{}", source.region_id)),
        codigo_ibge: text::optional(source.ibge_code),
        data_cadastro: guard::millis("data_cadastro", source.created_at)?,
        data_ultima_atualizacao: guard::millis("data_ultima_atualizacao", source.updated_at)?,
        eh_ativo: source.is_active && source.deleted_at.is_none(),
        excluido_em: source.deleted_at,
    })
}

fn unique_or_default(value: String, default: impl FnOnce() -> String) -> String {
    let value = text::unique(value);
    if value.trim().is_empty() { default() } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::samples::{self, STAMP};
    use crate::reject::RejectCode;

    fn source() -> Source {
        Source::read(&samples::row("dim_regiao")).unwrap()
    }

    fn target(source: Source) -> Target {
        rule(source, &samples::context()).unwrap()
    }

    #[test]
    fn a_region_is_mapped() {
        let target = target(source());
        assert_eq!((target.regiao_original_id, target.estado.as_str()), (0, "SP"));
        assert_eq!((target.nome_estado.as_str(), target.cidade.as_str()), ("Sao Paulo", "Campinas"));
        assert_eq!(target.codigo_ibge.as_deref(), Some("3509502"));
        assert_eq!(target.data_cadastro, STAMP * 1_000);
        assert_eq!((target.eh_ativo, target.excluido_em), (true, None));
    }

    #[test]
    fn blank_texts_take_the_documented_defaults() {
        let blank = || "  ".to_owned();
        let target = target(Source {
            region_id: 9,
            city: blank(),
            state_name: blank(),
            country: blank(),
            state: "rj".into(),
            ibge_code: Some(blank()),
            ..source()
        });
        assert_eq!((target.cidade.as_str(), target.nome_estado.as_str()), ("#9", "RJ"));
        assert_eq!((target.pais.as_str(), target.codigo_ibge), ("Nao informado", None));
    }

    /// Defect S10: what no source feeds is not staged, so no load overwrites it.
    #[test]
    fn the_enrichment_columns_are_never_written() {
        for column in [
            "cep_inicial",
            "cep_final",
            "ddd",
            "populacao_estimada",
            "area_km2",
            "densidade_demografica",
            "tipo_municipio",
            "porte_municipio",
            "pib_per_capita",
            "idh",
            "latitude",
            "longitude",
            "fuso_horario",
        ] {
            assert!(entities::DIM_REGIAO.target.column(column).is_some(), "{column} is a column of the contract");
            assert!(!Target::COLUMNS.contains(&column), "{column}");
        }
    }

    #[test]
    fn a_deleted_region_is_marked_and_not_active() {
        let target = target(Source { deleted_at: Some(STAMP), ..source() });
        assert_eq!((target.eh_ativo, target.excluido_em), (false, Some(STAMP)));
    }

    #[test]
    fn a_wrong_state_and_a_reserved_key_are_refused() {
        let rejected = |source: Source| rule(source, &samples::context()).unwrap_err().code;
        assert_eq!(rejected(Source { state: "S ".into(), ..source() }), RejectCode::Invalid);
        assert_eq!(rejected(Source { region_id: -1, ..source() }), RejectCode::ReservedKey);
    }
}
