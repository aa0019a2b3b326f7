//! Sellers: `core.sellers` with team and manager to `dim.DIM_VENDEDOR`. Not here: seniority, which depends on today and
//! is computed when read (product decision 8), and the performance columns, which no source feeds.

use dw_core::entities;
use dw_core::time::day_of;
use rust_decimal::Decimal;

use crate::entities::{guard, text};
use crate::entity::TransformContext;
use crate::reject::Rejection;

crate::source_row! {
    /// A row of core.sellers with its team and manager.
    pub struct Source {
        seller_id: i64 = "s.seller_id" => BigInt,
        seller_code: String = "s.seller_code" => VarChar(50),
        seller_name: String = "s.seller_name" => VarChar(200),
        team_id: Option<i64> = "s.team_id" => BigInt,
        manager_seller_id: Option<i64> = "s.manager_seller_id" => BigInt,
        home_state: Option<String> = "s.home_state" => Char(2),
        home_city: Option<String> = "s.home_city" => VarChar(100),
        monthly_goal_amount: Option<Decimal> = "s.monthly_goal_amount" => Decimal(15, 2),
        hire_date: Option<i64> = "s.hire_date" => Date,
        seller_status: String = "s.seller_status" => VarChar(20),
        created_at: i64 = "s.created_at" => DateTime2(0),
        updated_at: i64 = "s.updated_at" => DateTime2(0),
        deleted_at: Option<i64> = "s.deleted_at" => DateTime2(0),
        team_name: Option<String> = "t.team_name" => VarChar(120),
        team_type: Option<String> = "t.team_type" => VarChar(30),
        team_category: Option<String> = "t.team_category" => VarChar(30),
        manager_name: Option<String> = "m.seller_name" => VarChar(200),
        is_leader: bool = "CASE WHEN EXISTS (SELECT 1 FROM core.sellers q \
            WHERE q.manager_seller_id = s.seller_id AND q.deleted_at IS NULL) THEN 1 ELSE 0 END" => Int,
    }
}

crate::target_row! {
    /// A staged row of dim.DIM_VENDEDOR.
    pub struct Target of entities::DIM_VENDEDOR {
        vendedor_original_id: i64,
        nome_vendedor: String,
        nome_exibicao: String,
        matricula: String,
        email: String,
        cargo: &'static str,
        departamento: &'static str,
        area: Option<String>,
        equipe_original_id: Option<i64>,
        nome_equipe: Option<String>,
        gerente_original_id: Option<i64>,
        nome_gerente: Option<String>,
        estado_atuacao: Option<String>,
        cidade_atuacao: Option<String>,
        territorio_vendas: Option<String>,
        tipo_vendedor: &'static str,
        meta_mensal_base: Option<Decimal>,
        meta_trimestral_base: Option<Decimal>,
        percentual_comissao_padrao: Decimal,
        tipo_comissao: &'static str,
        data_contratacao: i64,
        data_desligamento: Option<i64>,
        data_ultima_atualizacao: i64,
        situacao: &'static str,
        eh_ativo: bool,
        eh_lider: bool,
        aceita_novos_clientes: bool,
        motivo_desligamento: Option<&'static str>,
        excluido_em: Option<i64>,
    }
}

entity! {
    /// Sellers.
    DimVendedor of entities::DIM_VENDEDOR
}

/// What follows from the type of a seller's team.
struct Profile {
    kind: &'static str,
    title: &'static str,
    commission: Decimal,
}

/// The rule of a seller.
///
/// # Errors
/// A reserved key, a blank name, a negative goal, a state or status outside of its domain.
pub fn rule(source: Source, _context: &TransformContext) -> Result<Target, Rejection> {
    let id = guard::business_key("vendedor_original_id", source.seller_id)?;
    let name = text::required("nome_vendedor", source.seller_name)?;
    let code = text::unique(source.seller_code);
    let profile = profile(&text::optional(source.team_type).unwrap_or_default());
    let state = text::optional_state("estado_atuacao", source.home_state)?;
    let city = text::optional(source.home_city);
    let goal = guard::optional_not_negative("meta_mensal_base", source.monthly_goal_amount)?;
    let hired = source.hire_date.unwrap_or_else(|| day_of(source.created_at));
    let situation = situation(source.seller_status, source.deleted_at.is_some())?;
    let active = situation == "Ativo";
    Ok(Target {
        vendedor_original_id: id,
        nome_exibicao: name.clone(),
        nome_vendedor: name,
        matricula: badge(id, &code),
        email: email(id, &code),
        cargo: if source.is_leader { "Lider Comercial" } else { profile.title },
        departamento: "Comercial",
        area: text::optional(source.team_category),
        equipe_original_id: source.team_id,
        nome_equipe: text::optional(source.team_name),
        gerente_original_id: source.manager_seller_id,
        nome_gerente: text::optional(source.manager_name),
        territorio_vendas: state.as_ref().zip(city.as_ref()).map(|(state, city)| format!("{state} - {city}")),
        estado_atuacao: state,
        cidade_atuacao: city,
        tipo_vendedor: profile.kind,
        meta_trimestral_base: goal
            .map(|goal| guard::computed("meta_trimestral_base", goal.checked_mul(Decimal::from(3))))
            .transpose()?,
        meta_mensal_base: goal,
        percentual_comissao_padrao: profile.commission,
        tipo_comissao: "Percentual",
        data_contratacao: hired,
        // The source may delete a seller before his first day; the warehouse's CHECK wants the days in order.
        data_desligamento: guard::optional_day(source.deleted_at).map(|day| day.max(hired)),
        data_ultima_atualizacao: guard::millis("data_ultima_atualizacao", source.updated_at)?,
        situacao: situation,
        eh_ativo: active,
        eh_lider: source.is_leader,
        aceita_novos_clientes: active,
        motivo_desligamento: match situation {
            "Desligado" => Some("Registro excluido na origem"),
            "Suspenso" => Some("Vendedor inativo na origem"),
            "Afastado" => Some("Vendedor afastado na origem"),
            _ => None,
        },
        excluido_em: source.deleted_at,
    })
}

fn profile(team_type: &str) -> Profile {
    let (kind, title, tenths) = match text::find_in(team_type, &["Inside Sales", "Field Sales"]) {
        Some("Inside Sales") => ("Interno", "Executivo Inside Sales", 20),
        Some(_) => ("Externo", "Executivo Field Sales", 30),
        None => ("Hibrido", "Consultor Comercial", 25),
    };
    Profile { kind, title, commission: Decimal::new(tenths, 1) }
}

fn situation(status: String, deleted: bool) -> Result<&'static str, Rejection> {
    const STATUSES: &[&str] = &["Ativo", "Inativo", "Suspenso", "Afastado", "Desligado"];
    Ok(match text::domain_or("situacao", status, STATUSES, "Ativo")? {
        _ if deleted => "Desligado",
        "Inativo" => "Suspenso",
        status => status,
    })
}

/// `MAT-` and the code when it fits without a loss, else `MID-` and the id in base 36. The code is unique in the source
/// regardless of case, and so is the badge.
fn badge(id: i64, code: &str) -> String {
    let plain = (1..=16).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain { format!("MAT-{}", code.to_ascii_uppercase()) } else { format!("MID-{}", base_36(id)) }
}

/// The code with dots for hyphens when it has nothing else between letters and digits, else one made of the id. The
/// underscore keeps both forms apart.
fn email(id: i64, code: &str) -> String {
    let words = code.split('-').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if words {
        format!("{}@empresa.local", code.to_ascii_lowercase().replace('-', "."))
    } else {
        format!("id_{id}@empresa.local")
    }
}

fn base_36(number: i64) -> String {
    let mut rest = number.unsigned_abs();
    let mut digits = Vec::new();
    loop {
        digits.extend(u32::try_from(rest % 36).ok().and_then(|digit| char::from_digit(digit, 36)));
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        digits.push('-');
    }
    digits.iter().rev().map(char::to_ascii_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use dw_core::text::fits;
    use proptest::prelude::*;

    use super::*;
    use crate::entities::samples::{self, STAMP};
    use crate::reject::RejectCode;

    fn source() -> Source {
        Source::read(&samples::row("dim_vendedor")).unwrap()
    }

    fn target(source: Source) -> Target {
        rule(source, &samples::context()).unwrap()
    }

    #[test]
    fn a_seller_is_mapped_with_team_and_manager() {
        let target = target(source());
        assert_eq!((target.vendedor_original_id, target.nome_vendedor.as_str()), (21, "Vendedor 21"));
        assert_eq!((target.matricula.as_str(), target.email.as_str()), ("MAT-SELL-00021", "sell.00021@empresa.local"));
        assert_eq!((target.equipe_original_id, target.nome_equipe.as_deref()), (Some(0), Some("Time Comercial 1")));
        assert_eq!((target.gerente_original_id, target.nome_gerente.as_deref()), (Some(0), Some("Vendedor 1")));
        assert_eq!(target.territorio_vendas.as_deref(), Some("SP - Campinas"));
        assert_eq!((target.tipo_vendedor, target.cargo), ("Externo", "Executivo Field Sales"));
        assert_eq!(target.meta_trimestral_base, Some(Decimal::new(3 * 6_250_000, 2)));
        assert_eq!((target.situacao, target.eh_ativo, target.motivo_desligamento), ("Ativo", true, None));
    }

    #[test]
    fn the_team_type_gives_kind_title_and_commission() {
        for (team_type, kind, title, tenths) in [
            (Some("INSIDE SALES"), "Interno", "Executivo Inside Sales", 20),
            (Some("Field Sales"), "Externo", "Executivo Field Sales", 30),
            (Some("Canais"), "Hibrido", "Consultor Comercial", 25),
            (None, "Hibrido", "Consultor Comercial", 25),
        ] {
            let target = target(Source { team_type: team_type.map(Into::into), ..source() });
            assert_eq!((target.tipo_vendedor, target.cargo), (kind, title));
            assert_eq!(target.percentual_comissao_padrao, Decimal::new(tenths, 1));
        }
    }

    #[test]
    fn a_leader_has_the_title_of_a_leader() {
        let target = target(Source { is_leader: true, ..source() });
        assert_eq!((target.eh_lider, target.cargo), (true, "Lider Comercial"));
    }

    #[test]
    fn the_situation_follows_deletion_before_status() {
        let suspended = target(Source { seller_status: "Inativo".into(), ..source() });
        assert_eq!(
            (suspended.situacao, suspended.eh_ativo, suspended.aceita_novos_clientes),
            ("Suspenso", false, false)
        );
        assert_eq!((suspended.data_desligamento, suspended.motivo_desligamento.is_some()), (None, true));
        let deleted = target(Source { deleted_at: Some(STAMP), ..source() });
        assert_eq!((deleted.situacao, deleted.data_desligamento), ("Desligado", Some(day_of(STAMP))));
        assert_eq!(deleted.excluido_em, Some(STAMP));
        assert_eq!(target(Source { seller_status: " ".into(), ..source() }).situacao, "Ativo");
    }

    /// Defect S24.
    #[test]
    fn a_seller_deleted_before_his_first_day_leaves_on_it() {
        let first = day_of(STAMP) + 30;
        let target = target(Source { hire_date: Some(first), deleted_at: Some(STAMP), ..source() });
        assert_eq!((target.data_contratacao, target.data_desligamento), (first, Some(first)));
    }

    #[test]
    fn what_the_source_leaves_out_stays_out() {
        let target = target(Source {
            hire_date: None,
            monthly_goal_amount: None,
            home_city: Some(" ".into()),
            team_id: None,
            team_name: None,
            manager_seller_id: None,
            manager_name: None,
            ..source()
        });
        assert_eq!(target.data_contratacao, day_of(STAMP - 60), "the day on which the row was created");
        assert_eq!((target.meta_mensal_base, target.meta_trimestral_base), (None, None));
        assert_eq!(
            (target.territorio_vendas, target.equipe_original_id, target.gerente_original_id),
            (None, None, None)
        );
    }

    /// Defects S7 and S21: the widest values of the source fit.
    #[test]
    fn the_widest_names_and_places_fit() {
        let wide = Source {
            seller_name: "n".repeat(200),
            home_city: Some("c".repeat(100)),
            team_name: Some("t".repeat(120)),
            manager_name: Some("m".repeat(200)),
            seller_code: "k".repeat(50),
            ..source()
        };
        assert!(target(wide).write().is_ok());
    }

    /// Defects S9 and S12: seniority depends on today, so no load freezes it.
    #[test]
    fn seniority_is_not_written() {
        assert!(!Target::COLUMNS.contains(&"nivel_senioridade"));
    }

    #[test]
    fn what_the_contract_forbids_is_refused() {
        let rejected = |source: Source| rule(source, &samples::context()).unwrap_err();
        assert_eq!(rejected(Source { seller_id: -1, ..source() }).code, RejectCode::ReservedKey);
        for (column, source) in [
            ("nome_vendedor", Source { seller_name: " ".into(), ..source() }),
            ("situacao", Source { seller_status: "Ferias".into(), ..source() }),
            ("meta_mensal_base", Source { monthly_goal_amount: Some(Decimal::NEGATIVE_ONE), ..source() }),
            ("estado_atuacao", Source { home_state: Some("1X".into()), ..source() }),
        ] {
            let rejection = rejected(source);
            assert_eq!(rejection.code, RejectCode::Invalid);
            assert!(rejection.reason.contains(column), "{column}: {}", rejection.reason);
        }
    }

    /// Defect S20: codes that the reference system made equal.
    #[test]
    fn codes_that_look_alike_keep_their_own_badge_and_email() {
        let both = |id: i64, code: &str| (badge(id, code), email(id, code));
        assert_eq!(both(1, "NORTHEAST-SALES-0001"), ("MID-1".into(), "northeast.sales.0001@empresa.local".into()));
        assert_eq!(both(37, "NORTHEAST-SALES-0002"), ("MID-11".into(), "northeast.sales.0002@empresa.local".into()));
        assert_eq!(both(3, "A-1"), ("MAT-A-1".into(), "a.1@empresa.local".into()));
        assert_eq!(both(4, "A_1"), ("MID-4".into(), "id_4@empresa.local".into()));
        assert_eq!(both(0, ""), ("MID-0".into(), "id_0@empresa.local".into()));
        assert_eq!(badge(i64::MIN, "Ç"), "MID--1Y2P0IJ32E8E8");
    }

    fn code() -> impl Strategy<Value = String> {
        prop_oneof!["[aAbB1._ -]{0,4}", "[A-Z]{1,3}-[0-9]{1,4}", "[aA]{14,18}", "\\PC{0,50}"]
    }

    proptest! {
        #[test]
        fn badge_and_email_are_unique_and_fit(
            (one, first) in (any::<i64>(), code()),
            (two, second) in (any::<i64>(), code()),
        ) {
            let key = |text: &str| text.trim_end_matches(' ').to_lowercase();
            let same = |one: &str, two: &str| key(one) == key(two);
            prop_assume!(one != two && !same(&first, &second));
            let of = |id: i64, code: String| (badge(id, &text::unique(code.clone())), email(id, &text::unique(code)));
            let (one, two) = (of(one, first), of(two, second));
            prop_assert!(!same(&one.0, &two.0), "{one:?} {two:?}");
            prop_assert!(!same(&one.1, &two.1), "{one:?} {two:?}");
            prop_assert!(fits(&one.0, 20).is_ok() && fits(&one.1, 255).is_ok());
        }

        #[test]
        fn base_36_is_the_number_again(number in any::<i64>()) {
            prop_assert_eq!(i64::from_str_radix(&base_36(number), 36), Ok(number));
        }
    }
}
