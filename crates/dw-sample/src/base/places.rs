//! The fifteen regions of the contract, with the codes of the statistics office. The same for every seed and scale.

use dw_core::value::RowBatch;

use super::Base;

/// One region.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) code: &'static str,
    pub(crate) region: &'static str,
    pub(crate) state: &'static str,
    pub(crate) state_name: &'static str,
    pub(crate) city: &'static str,
    pub(crate) ibge: &'static str,
}

const fn place(
    code: &'static str,
    region: &'static str,
    state: &'static str,
    state_name: &'static str,
    city: &'static str,
    ibge: &'static str,
) -> Place {
    Place { code, region, state, state_name, city, ibge }
}

/// In the order of the contract: other tables refer to a region by its position.
pub(crate) static PLACES: [Place; 15] = [
    place("RG-SP-SAO", "Sudeste", "SP", "Sao Paulo", "Sao Paulo", "3550308"),
    place("RG-SP-CAM", "Sudeste", "SP", "Sao Paulo", "Campinas", "3509502"),
    place("RG-RJ-RIO", "Sudeste", "RJ", "Rio de Janeiro", "Rio de Janeiro", "3304557"),
    place("RG-MG-BHZ", "Sudeste", "MG", "Minas Gerais", "Belo Horizonte", "3106200"),
    place("RG-PR-CTB", "Sul", "PR", "Parana", "Curitiba", "4106902"),
    place("RG-RS-POA", "Sul", "RS", "Rio Grande do Sul", "Porto Alegre", "4314902"),
    place("RG-SC-FLN", "Sul", "SC", "Santa Catarina", "Florianopolis", "4205407"),
    place("RG-BA-SSA", "Nordeste", "BA", "Bahia", "Salvador", "2927408"),
    place("RG-PE-REC", "Nordeste", "PE", "Pernambuco", "Recife", "2611606"),
    place("RG-CE-FOR", "Nordeste", "CE", "Ceara", "Fortaleza", "2304400"),
    place("RG-DF-BSB", "Centro-Oeste", "DF", "Distrito Federal", "Brasilia", "5300108"),
    place("RG-GO-GYN", "Centro-Oeste", "GO", "Goias", "Goiania", "5208707"),
    place("RG-AM-MAO", "Norte", "AM", "Amazonas", "Manaus", "1302603"),
    place("RG-PA-BEL", "Norte", "PA", "Para", "Belem", "1501402"),
    place("RG-ES-VIX", "Sudeste", "ES", "Espirito Santo", "Vitoria", "3205309"),
];

/// The place at the 0-based `index`, counted round and round.
pub(crate) fn place_at(index: i64) -> &'static Place {
    let at = usize::try_from(index.rem_euclid(15)).unwrap_or(0);
    PLACES.get(at).unwrap_or(&PLACES[0])
}

impl Base {
    pub(super) fn push_region(&self, n: i64, out: &mut RowBatch) {
        let place = place_at(n - 1);
        out.push_row([
            self.id(n - 1).into(),
            place.code.into(),
            "Brasil".into(),
            place.region.into(),
            place.state.into(),
            place.state_name.into(),
            place.city.into(),
            place.ibge.into(),
            true.into(),
            self.window.as_of.into(),
            self.window.as_of.into(),
            dw_core::value::Value::Null,
        ]);
    }
}
