//! Suppliers, products and campaigns of the base sample, and the prices that order lines are computed from.

use dw_core::time::{self, DAY};
use dw_core::value::{RowBatch, Value};

use super::{Base, SUPPLIERS};
use crate::money::{margin, pick, round_div};
use crate::names;

const CATEGORIES: &[&str] =
    &["Eletronicos", "Casa", "Moda", "Esporte", "Beleza", "Livros", "Informatica", "Brinquedos"];
const ORIGINS: &[&str] = &["Brasil", "China", "Estados Unidos", "Mexico"];
const COLORS: &[&str] = &["Preto", "Branco", "Azul", "Vermelho", "Verde", "Cinza"];
const MATERIALS: &[&str] = &["Plastico", "Metal", "Tecido"];
const CAMPAIGN_TYPES: &[&str] =
    &["Cupom", "Promocao Automatica", "Desconto Progressivo", "Fidelidade", "Primeira Compra", "Cashback"];
const CAMPAIGN_METHODS: &[&str] = &["Percentual", "Valor Fixo", "Frete Gratis", "Brinde", "Combo"];
const CAMPAIGN_SCOPES: &[&str] = &["Pedido Total", "Produto Especifico", "Categoria", "Frete", "Item Individual"];

/// The cost of product `n` in cents: 12 + (n % 2000) / 5.
pub(crate) fn cost_price(n: i64) -> i64 {
    1_200 + (n % 2_000) * 20
}

/// The list price of product `n` in cents, from the unrounded cost (which has no more than two digits).
pub(crate) fn list_price(n: i64) -> i64 {
    round_div(cost_price(n) * (120 + n % 25), 100)
}

/// What a campaign's three usage columns say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CampaignTotals {
    pub(crate) uses: i64,
    pub(crate) revenue: i64,
    pub(crate) discount: i64,
}

impl Base {
    pub(super) fn push_supplier(&self, n: i64, out: &mut RowBatch) {
        let as_of = self.window.as_of;
        let country = match (n % 5, n % 7) {
            (0, _) => "China",
            (_, 0) => "Estados Unidos",
            _ => "Brasil",
        };
        out.push_row([
            self.id(n - 1).into(),
            format!("SUP-{n:04}").into(),
            names::company(self.seed, n, format!("Fornecedor {n}")).into(),
            country.into(),
            (n % 29 != 0).into(),
            as_of.into(),
            as_of.into(),
            Value::Null,
        ]);
    }

    pub(super) fn push_product(&self, n: i64, out: &mut RowBatch) {
        let window = self.window;
        let (cost, list) = (cost_price(n), list_price(n));
        let discontinued = n % 37 == 0;
        let status = match (discontinued, n % 31) {
            (true, _) => "Descontinuado",
            (false, 0) => "Inativo",
            (false, _) => "Ativo",
        };
        let stamp = window.days_ago(n % 1_200 + 10);
        out.push_row([
            self.id(n - 1).into(),
            format!("PROD-{n:07}").into(),
            format!("SKU-{n:07}").into(),
            (7_890_000_000_000 + n).to_string().into(),
            names::product(self.seed, n, n % 8, format!("Produto {n}")).into(),
            format!("Descricao curta do produto {n}").into(),
            format!("Descricao completa do produto {n}").into(),
            pick(CATEGORIES, n).into(),
            format!("Subcategoria {}", n % 20 + 1).into(),
            format!("Linha {}", n % 10 + 1).into(),
            format!("Marca {}", n % 60 + 1).into(),
            format!("Fabricante {}", n % 80 + 1).into(),
            self.id((n - 1) % SUPPLIERS).into(),
            pick(ORIGINS, n).into(),
            (200 + (n % 700) * 100).into(),
            (500 + round_div((n % 300) * 100, 3)).into(),
            (500 + (n % 250) * 40).into(),
            (300 + (n % 220) * 50).into(),
            pick(COLORS, n).into(),
            pick(MATERIALS, n).into(),
            cost.into(),
            list.into(),
            margin(list, cost).into(),
            (n % 13 == 0).into(),
            (n % 7 == 0).into(),
            (n % 19 == 0).into(),
            (n % 9 == 0).then_some(18_i64).into(),
            (n % 25).into(),
            (n % 25 + 120).into(),
            (7 + n % 20).into(),
            status.into(),
            (window.end - (1_200 - n % 900)).into(),
            discontinued.then_some(window.end - n % 50).into(),
            (n % 50).into(),
            (10 + n % 500).into(),
            format!("produto-{n},ecommerce,teste").into(),
            stamp.into(),
            stamp.into(),
            Value::Null,
        ]);
    }

    /// A campaign without its usage, which is known only when the discounts are (see [`Base::campaign_totals`]).
    ///
    /// Its end is a plan and no event, so it is not capped: an open campaign ends after `as_of`.
    pub(super) fn push_campaign(&self, n: i64, out: &mut RowBatch) {
        let window = self.window;
        let (start, end) = self.campaign_period(n);
        out.push_row([
            self.id(n - 1).into(),
            format!("DISC-{n:04}").into(),
            format!("Campanha {n}").into(),
            format!("Campanha promocional {n}").into(),
            pick(CAMPAIGN_TYPES, n).into(),
            pick(CAMPAIGN_METHODS, n).into(),
            ((5 + n % 30) * 100).into(),
            ((80 + (n % 40) * 15) * 100).into(),
            ((120 + (n % 60) * 25) * 100).into(),
            (1 + n % 5).into(),
            (1_000 + 200 * n).into(),
            pick(CAMPAIGN_SCOPES, n).into(),
            if n % 2 == 0 { "Sem restricao" } else { "Categorias prioritarias" }.into(),
            start.into(),
            end.into(),
            (end >= window.as_of).into(),
            (n % 4 == 0).into(),
            (n % 10 == 0).into(),
            0_i64.into(),
            0_i64.into(),
            0_i64.into(),
            window.as_of.into(),
            window.as_of.into(),
            Value::Null,
        ]);
    }

    fn campaign_period(&self, n: i64) -> (time::Seconds, time::Seconds) {
        let start = self.window.start + (23 * n) % (self.window.days() + 1);
        (start * DAY, (start + 45 + n % 120) * DAY)
    }
}
