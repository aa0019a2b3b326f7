//! The 27 states of Brazil with their names and macro-regions.

use super::log::Reject;
use super::report::ReasonCode;

/// One of the five macro-regions of Brazil.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum MacroRegion {
    Norte,
    Nordeste,
    CentroOeste,
    Sudeste,
    Sul,
}

impl MacroRegion {
    /// All five.
    pub(super) const ALL: [Self; 5] = [Self::Norte, Self::Nordeste, Self::CentroOeste, Self::Sudeste, Self::Sul];

    /// The name, as the base sample writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Norte => "Norte",
            Self::Nordeste => "Nordeste",
            Self::CentroOeste => "Centro-Oeste",
            Self::Sudeste => "Sudeste",
            Self::Sul => "Sul",
        }
    }

    /// The code of its team.
    pub(super) fn team_code(self) -> &'static str {
        match self {
            Self::Norte => "TEAM-NORTE",
            Self::Nordeste => "TEAM-NORDESTE",
            Self::CentroOeste => "TEAM-CENTRO-OESTE",
            Self::Sudeste => "TEAM-SUDESTE",
            Self::Sul => "TEAM-SUL",
        }
    }
}

/// One state.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct State {
    /// Two letters.
    pub(super) code: &'static str,
    /// Name.
    pub(super) name: &'static str,
    /// Macro-region.
    pub(super) region: MacroRegion,
}

const fn state(code: &'static str, name: &'static str, region: MacroRegion) -> State {
    State { code, name, region }
}

use MacroRegion::{CentroOeste, Nordeste, Norte, Sudeste, Sul};

/// The states by their codes.
static STATES: [State; 27] = [
    state("AC", "Acre", Norte),
    state("AL", "Alagoas", Nordeste),
    state("AM", "Amazonas", Norte),
    state("AP", "Amapá", Norte),
    state("BA", "Bahia", Nordeste),
    state("CE", "Ceará", Nordeste),
    state("DF", "Distrito Federal", CentroOeste),
    state("ES", "Espírito Santo", Sudeste),
    state("GO", "Goiás", CentroOeste),
    state("MA", "Maranhão", Nordeste),
    state("MG", "Minas Gerais", Sudeste),
    state("MS", "Mato Grosso do Sul", CentroOeste),
    state("MT", "Mato Grosso", CentroOeste),
    state("PA", "Pará", Norte),
    state("PB", "Paraíba", Nordeste),
    state("PE", "Pernambuco", Nordeste),
    state("PI", "Piauí", Nordeste),
    state("PR", "Paraná", Sul),
    state("RJ", "Rio de Janeiro", Sudeste),
    state("RN", "Rio Grande do Norte", Nordeste),
    state("RO", "Rondônia", Norte),
    state("RR", "Roraima", Norte),
    state("RS", "Rio Grande do Sul", Sul),
    state("SC", "Santa Catarina", Sul),
    state("SE", "Sergipe", Nordeste),
    state("SP", "São Paulo", Sudeste),
    state("TO", "Tocantins", Norte),
];

/// The state of a code, in any case.
pub(super) fn find(code: &str) -> Result<&'static State, Reject> {
    STATES.iter().find(|state| state.code.eq_ignore_ascii_case(code)).ok_or_else(|| {
        Reject::new(ReasonCode::BadState, format!("{} is not a state of Brazil", super::field::quote(code)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_found_in_any_case_and_nothing_else_is() {
        assert_eq!(find("sp").unwrap().name, "São Paulo");
        for code in ["", "S", "SPX", "XX"] {
            assert_eq!(find(code).unwrap_err().code, ReasonCode::BadState);
        }
        assert!(STATES.is_sorted_by_key(|state| state.code));
    }
}
