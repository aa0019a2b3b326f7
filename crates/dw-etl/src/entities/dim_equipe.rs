//! Teams: `core.teams` with their regions to `dim.DIM_EQUIPE`. Not here: `nome_equipe`, leader and aggregates, which
//! set steps derive from the teams of one name and from the sellers of a team (rulings 10 and 11).

use dw_core::entities;
use dw_core::time::day_of;

use crate::entities::{guard, text};
use crate::entity::TransformContext;
use crate::reject::Rejection;

crate::source_row! {
    /// A row of core.teams with its region.
    pub struct Source {
        team_id: i64 = "t.team_id" => BigInt,
        team_code: String = "t.team_code" => VarChar(30),
        team_name: String = "t.team_name" => VarChar(120),
        team_type: Option<String> = "t.team_type" => VarChar(30),
        team_category: Option<String> = "t.team_category" => VarChar(30),
        region_name: Option<String> = "r.region_name" => VarChar(30),
        state: Option<String> = "r.state" => Char(2),
        city: Option<String> = "r.city" => VarChar(100),
        is_active: bool = "t.is_active" => Bit,
        created_at: i64 = "t.created_at" => DateTime2(0),
        updated_at: i64 = "t.updated_at" => DateTime2(0),
        deleted_at: Option<i64> = "t.deleted_at" => DateTime2(0),
    }
}

crate::target_row! {
    /// A staged row of dim.DIM_EQUIPE.
    pub struct Target of entities::DIM_EQUIPE {
        equipe_original_id: i64,
        nome_origem: String,
        codigo_equipe: Option<String>,
        tipo_equipe: Option<String>,
        categoria_equipe: Option<String>,
        regional: Option<String>,
        estado_sede: Option<String>,
        cidade_sede: Option<String>,
        data_criacao: i64,
        data_ultima_atualizacao: i64,
        data_inativacao: Option<i64>,
        situacao: &'static str,
        eh_ativa: bool,
        excluido_em: Option<i64>,
    }
}

entity! {
    /// Teams.
    DimEquipe of entities::DIM_EQUIPE
}

/// The rule of a team. `observacoes` is left alone: the source has no notes, and those of an operator survive a load.
///
/// # Errors
/// A reserved key, a blank name, a state that is not two letters.
pub fn rule(source: Source, _context: &TransformContext) -> Result<Target, Rejection> {
    let situation = match (source.deleted_at, source.is_active) {
        (Some(_), _) => "Inativa",
        (None, false) => "Suspensa",
        (None, true) => "Ativa",
    };
    Ok(Target {
        equipe_original_id: guard::business_key("equipe_original_id", source.team_id)?,
        nome_origem: text::required("nome_origem", source.team_name)?,
        codigo_equipe: text::optional(Some(source.team_code)),
        tipo_equipe: text::optional(source.team_type),
        categoria_equipe: text::optional(source.team_category),
        regional: text::optional(source.region_name),
        estado_sede: text::optional_state("estado_sede", source.state)?,
        cidade_sede: text::optional(source.city),
        data_criacao: day_of(source.created_at),
        data_ultima_atualizacao: guard::millis("data_ultima_atualizacao", source.updated_at)?,
        data_inativacao: guard::optional_day(source.deleted_at),
        situacao: situation,
        eh_ativa: situation == "Ativa",
        excluido_em: source.deleted_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::samples::{self, STAMP};
    use crate::reject::RejectCode;

    fn source() -> Source {
        Source::read(&samples::row("dim_equipe")).unwrap()
    }

    fn target(source: Source) -> Target {
        rule(source, &samples::context()).unwrap()
    }

    #[test]
    fn a_team_is_mapped_with_its_region() {
        let target = target(source());
        assert_eq!((target.equipe_original_id, target.nome_origem.as_str()), (3, "Time Comercial 3"));
        assert_eq!(target.codigo_equipe.as_deref(), Some("TEAM-003"));
        assert_eq!((target.regional.as_deref(), target.estado_sede.as_deref()), (Some("Sudeste"), Some("SP")));
        assert_eq!(target.data_criacao, day_of(STAMP));
        assert_eq!((target.situacao, target.eh_ativa, target.data_inativacao), ("Ativa", true, None));
    }

    #[test]
    fn a_team_without_region_has_no_seat() {
        let target = target(Source { region_name: None, state: None, city: None, ..source() });
        assert_eq!((target.regional, target.estado_sede, target.cidade_sede), (None, None, None));
    }

    #[test]
    fn the_situation_follows_deletion_before_activity() {
        let suspended = target(Source { is_active: false, ..source() });
        assert_eq!((suspended.situacao, suspended.eh_ativa), ("Suspensa", false));
        let deleted = target(Source { is_active: false, deleted_at: Some(STAMP + 1), ..source() });
        assert_eq!((deleted.situacao, deleted.eh_ativa), ("Inativa", false));
        assert_eq!((deleted.data_inativacao, deleted.excluido_em), (Some(day_of(STAMP)), Some(STAMP + 1)));
    }

    /// Defect S22: the source allows two teams of one name, so the unique column is not the rule's to write.
    #[test]
    fn the_unique_name_the_leader_and_the_aggregates_are_left_to_set_steps() {
        for column in ["nome_equipe", "lider_equipe_id", "nome_lider", "meta_mensal_equipe", "qtd_membros_atual"] {
            assert!(!Target::COLUMNS.contains(&column), "{column}");
        }
    }

    #[test]
    fn a_long_code_a_blank_name_and_a_reserved_key_are_refused() {
        let long = target(Source { team_code: "T".repeat(21), ..source() }).write().unwrap_err();
        assert_eq!(long.code, RejectCode::TooLong);
        assert!(long.reason.contains("codigo_equipe"));
        let rejected = |source: Source| rule(source, &samples::context()).unwrap_err().code;
        assert_eq!(rejected(Source { team_name: " ".into(), ..source() }), RejectCode::Invalid);
        assert_eq!(rejected(Source { team_id: -1, ..source() }), RejectCode::ReservedKey);
    }
}
