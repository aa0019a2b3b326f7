//! Customers, sellers and teams of the base sample.

use dw_core::value::{RowBatch, Value};

use super::places::{Place, place_at};
use super::{Base, REGIONS, TEAMS};
use crate::money::pick;
use crate::names;
use crate::random::{Purpose, below};

/// Sellers up to this id have no manager and manage the others: the rule uses the id itself, not a position.
pub(super) const LAST_MANAGER_ID: i64 = 20;

/// `M`, `F`, `O` by number.
pub(crate) const GENDERS: &[&str] = &["M", "F", "O"];

impl Base {
    /// Where customer or seller `n` lives: by position for seed 0, else drawn.
    fn home(&self, n: i64, salt: i64) -> &'static Place {
        let index = if self.seed == 0 { n - 1 } else { below(self.seed, Purpose::City, n * 2 + salt, REGIONS) };
        place_at(index)
    }

    pub(super) fn push_customer(&self, n: i64, out: &mut RowBatch) {
        let window = self.window;
        let home = self.home(n, 0);
        let vip = n % 23 == 0;
        let customer_type = match (vip, n % 7) {
            (true, _) => "VIP",
            (false, 0) => "Recorrente",
            (false, _) => "Novo",
        };
        let value_category = match (vip, n % 5) {
            (true, _) => "Alto Valor",
            (false, 0) => "Medio Valor",
            (false, _) => "Base",
        };
        let signup = window.start - (n % 700 + 30);
        // Not derived from orders, as in the reference system.
        let last_purchase = std::cmp::max(signup, window.start + (17 * n) % (window.days() + 1));
        let stamp = window.days_ago(n % 1_000 + 1);
        out.push_row([
            self.id(n - 1).into(),
            format!("CUST-{n:07}").into(),
            names::person(self.seed, n, format!("Cliente {n:07}")).into(),
            format!("cliente{n:07}@mail.com").into(),
            format!("+55{:011}", (11_900_000_000 + n) % 100_000_000_000).into(),
            format!("{:011}", (10_000_000_000 + n) % 100_000_000_000).into(),
            (window.start - (7_000 + n % 9_000)).into(),
            pick(GENDERS, n).into(),
            customer_type.into(),
            if n % 11 == 0 { "Pessoa Juridica" } else { "Pessoa Fisica" }.into(),
            (420 + n % 520).into(),
            value_category.into(),
            format!("Rua {n}").into(),
            format!("Bairro {}", n % 150 + 1).into(),
            home.city.into(),
            home.state.into(),
            "Brasil".into(),
            format!("{:08}", (10_000_000 + n) % 100_000_000).into(),
            signup.into(),
            last_purchase.into(),
            (n % 50 != 0).into(),
            (n % 3 == 0).into(),
            vip.into(),
            stamp.into(),
            stamp.into(),
            Value::Null,
        ]);
    }

    pub(super) fn push_team(&self, n: i64, out: &mut RowBatch) {
        let as_of = self.window.as_of;
        out.push_row([
            self.id(n - 1).into(),
            format!("TEAM-{n:03}").into(),
            format!("Time Comercial {n}").into(),
            if n % 2 == 0 { "Inside Sales" } else { "Field Sales" }.into(),
            pick(&["Enterprise", "SMB", "Mid-Market"], n).into(),
            self.id((n - 1) % REGIONS).into(),
            true.into(),
            as_of.into(),
            as_of.into(),
            Value::Null,
        ]);
    }

    pub(super) fn push_seller(&self, n: i64, out: &mut RowBatch) {
        let window = self.window;
        let home = self.home(n, 1);
        let id = self.id(n - 1);
        let manager = (id > LAST_MANAGER_ID).then(|| (id - 1) % LAST_MANAGER_ID + 1);
        out.push_row([
            id.into(),
            format!("SELL-{n:05}").into(),
            names::person(self.seed, -n, format!("Vendedor {n}")).into(),
            self.id((n - 1) % TEAMS).into(),
            manager.into(),
            home.state.into(),
            home.city.into(),
            monthly_goal(n).into(),
            (window.end - (1_500 + n % 2_200)).into(),
            if n % 41 == 0 { "Inativo" } else { "Ativo" }.into(),
            window.days_ago(n % 1_100 + 1).into(),
            // The reference sets managers in a second step, which stamps every seller.
            window.as_of.into(),
            Value::Null,
        ]);
    }
}

/// The monthly goal of seller `n` in cents.
pub(super) fn monthly_goal(n: i64) -> i64 {
    6_000_000 + (n % 120) * 250_000
}
