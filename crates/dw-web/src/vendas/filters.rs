//! The filters of the sales dashboard: what can be asked for, read from a query string into values that exist, and the key
//! under which the same question is found again. Pure.

use chrono::Datelike;
use dw_core::time::{Days, from_date, to_date};

use crate::format;
use crate::query::{Choice, Query};

/// Days that the default period has.
const DEFAULT_DAYS: Days = 90;
/// Beyond so many days a line by day is drawn by week.
const MOST_POINTS: Days = 400;

/// What can be chosen, from `dim.VW_FILTROS_R1`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists {
    /// States.
    pub estados: Vec<String>,
    /// Regions of the country.
    pub regioes: Vec<String>,
    /// Categories.
    pub categorias: Vec<String>,
    /// Teams.
    pub equipes: Vec<String>,
    /// Sellers.
    pub vendedores: Vec<String>,
    /// Statuses of an order.
    pub status: Vec<String>,
    /// First and last day with a sale; `None` without any.
    pub bounds: Option<(Days, Days)>,
}

/// A period by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// The last 90 days of the data.
    Days90,
    /// The last 7.
    Days7,
    /// The last 30.
    Days30,
    /// The month of the last sale.
    Month,
    /// Its year.
    Year,
    /// The last 365 days.
    Days365,
    /// Everything.
    All,
}

impl Choice for Preset {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Days7, "7d", "7 dias"),
        (Self::Days30, "30d", "30 dias"),
        (Self::Days90, "90d", "90 dias"),
        (Self::Month, "mes", "Mês atual"),
        (Self::Year, "ano", "Ano atual"),
        (Self::Days365, "12m", "12 meses"),
        (Self::All, "tudo", "Tudo"),
    ];
}

/// How long a point of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// By the length of the period.
    Auto,
    /// A day.
    Day,
    /// A week, from Monday.
    Week,
    /// A month.
    Month,
}

impl Choice for Grain {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Auto, "auto", "Automática"),
        (Self::Day, "dia", "Dia"),
        (Self::Week, "semana", "Semana"),
        (Self::Month, "mes", "Mês"),
    ];
}

/// Whether the previous period is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Yes.
    Previous,
    /// No.
    Nothing,
}

impl Choice for Compare {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Previous, "sim", "Período anterior"), (Self::Nothing, "nao", "Sem comparação")];
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters {
    /// First day.
    pub from: Days,
    /// Last day.
    pub to: Days,
    /// The name of the period, where it has one.
    pub preset: Option<Preset>,
    /// States; all when empty. So below.
    pub estados: Vec<String>,
    /// Regions.
    pub regioes: Vec<String>,
    /// Categories.
    pub categorias: Vec<String>,
    /// Teams.
    pub equipes: Vec<String>,
    /// Sellers.
    pub vendedores: Vec<String>,
    /// Statuses; all but `Cancelado` when empty.
    pub status: Vec<String>,
    /// Length of a point, as chosen.
    pub grain: Grain,
    /// Comparison.
    pub compare: Compare,
}

impl Filters {
    /// Reads the filters; what is not understood or does not exist is told in a notice of the query.
    pub fn read(query: &mut Query, lists: &Lists) -> Self {
        let bounds = lists.bounds.unwrap_or((0, 0));
        let (from, to, preset) = period(query, bounds);
        Self {
            from,
            to,
            preset,
            estados: query.known("estado", "Estado", &lists.estados),
            regioes: query.known("regiao", "Região", &lists.regioes),
            categorias: query.known("categoria", "Categoria", &lists.categorias),
            equipes: query.known("equipe", "Equipe", &lists.equipes),
            vendedores: query.known("vendedor", "Vendedor", &lists.vendedores),
            status: query.known("status", "Status", &lists.status),
            grain: query.choice("granularidade", "Granularidade").unwrap_or(Grain::Auto),
            compare: query.choice("comparar", "Comparação").unwrap_or(Compare::Previous),
        }
    }

    /// Days of the period.
    pub fn length(&self) -> Days {
        self.to - self.from + 1
    }

    /// The period of the same length before this one.
    pub fn previous(&self) -> (Days, Days) {
        (self.from - self.length(), self.from - 1)
    }

    /// The length of a point that is drawn: the chosen one, unless that is too short for the period.
    pub fn drawn_grain(&self) -> Grain {
        match self.grain {
            Grain::Auto if self.length() <= 100 => Grain::Day,
            Grain::Auto if self.length() <= MOST_POINTS => Grain::Week,
            Grain::Auto => Grain::Month,
            Grain::Day if self.length() > MOST_POINTS => Grain::Week,
            chosen => chosen,
        }
    }

    /// The first day and the last day of whole months that the period touches: targets are monthly.
    pub fn months(&self) -> (Days, Days) {
        let (first, last) = (to_date(self.from), to_date(self.to));
        let from = self.from - i64::from(first.day0());
        let days = i64::from(last.num_days_in_month());
        (from, self.to - i64::from(last.day0()) + days - 1)
    }

    /// The same question has the same key, however it was asked.
    pub fn key(&self) -> String {
        let lists = [&self.estados, &self.regioes, &self.categorias, &self.equipes, &self.vendedores, &self.status];
        let parts: Vec<String> = lists.iter().map(|list| list.join("\u{1f}")).collect();
        format!("{}\u{1e}{}\u{1e}{}\u{1e}{}", self.from, self.to, self.compare.word(), parts.join("\u{1e}"))
    }

    /// `01/09/2026 a 28/11/2026`.
    pub fn period_text(&self) -> String {
        format!("{} a {}", format::date(self.from), format::date(self.to))
    }

    /// True when anything but the period is filtered.
    pub fn is_narrowed(&self) -> bool {
        let lists = [&self.estados, &self.regioes, &self.categorias, &self.equipes, &self.vendedores, &self.status];
        lists.iter().any(|list| !list.is_empty())
    }
}

fn period(query: &mut Query, (first, last): (Days, Days)) -> (Days, Days, Option<Preset>) {
    let preset = query.choice::<Preset>("periodo", "Período");
    let (from, to) = (query.date("de", "De"), query.date("ate", "Até"));
    if let (None, Some(_)) | (Some(_), None) = (from, to) {
        query.note("Período: faltava uma das datas; usamos a primeira ou a última com vendas.");
    }
    if preset.is_none() && (from.is_some() || to.is_some()) {
        let (mut from, mut to) = (from.unwrap_or(first), to.unwrap_or(last));
        if from > to {
            std::mem::swap(&mut from, &mut to);
            query.note("Período: as datas estavam trocadas.");
        }
        if to < first || from > last {
            query.note(format!("Período: só há vendas de {} a {}.", format::date(first), format::date(last)));
        } else {
            if from < first || to > last {
                query.note(format!(
                    "Período: limitado aos dias com vendas, de {} a {}.",
                    format::date(first),
                    format::date(last)
                ));
            }
            return (from.max(first), to.min(last), None);
        }
    }
    let preset = preset.unwrap_or(Preset::Days90);
    let date = to_date(last);
    let from = match preset {
        Preset::Days7 => last - 6,
        Preset::Days30 => last - 29,
        Preset::Days90 => last - (DEFAULT_DAYS - 1),
        Preset::Days365 => last - 364,
        Preset::Month => last - i64::from(date.day0()),
        Preset::Year => date.with_ordinal(1).map_or(last, from_date),
        Preset::All => first,
    };
    (from.max(first), last, Some(preset))
}

#[cfg(test)]
mod tests {
    use dw_core::time::parse_date;
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Days {
        parse_date(text).unwrap()
    }

    fn lists() -> Lists {
        Lists {
            estados: vec!["RJ".to_owned(), "SP".to_owned()],
            bounds: Some((day("2024-01-10"), day("2026-11-27"))),
            ..Lists::default()
        }
    }

    fn read(raw: &str) -> (Filters, Vec<String>) {
        let mut query = Query::parse(raw);
        let filters = Filters::read(&mut query, &lists());
        (filters, query.notices().map(str::to_owned).collect())
    }

    #[test]
    fn presets_end_with_the_data() {
        let period = |raw: &str| read(raw).0.period_text();
        assert_eq!(period(""), "30/08/2026 a 27/11/2026");
        assert_eq!(period("periodo=7d"), "21/11/2026 a 27/11/2026");
        assert_eq!(period("periodo=mes"), "01/11/2026 a 27/11/2026");
        assert_eq!(period("periodo=ano"), "01/01/2026 a 27/11/2026");
        assert_eq!(period("periodo=tudo"), "10/01/2024 a 27/11/2026");
        assert_eq!(period("de=2026-01-05&ate=2026-01-09"), "05/01/2026 a 09/01/2026");
    }

    #[test]
    fn odd_periods_are_mended_and_told() {
        let (filters, notices) = read("de=2026-02-01&ate=2026-01-01");
        assert_eq!((filters.period_text().as_str(), notices.len()), ("01/01/2026 a 01/02/2026", 1));
        let (filters, notices) = read("de=1900-01-01&ate=9999-12-31");
        assert_eq!((filters.period_text().as_str(), notices.len()), ("10/01/2024 a 27/11/2026", 1));
        let (filters, notices) = read("de=1900-01-01&ate=1901-01-01");
        assert_eq!((filters.preset, notices.len()), (Some(Preset::Days90), 1));
    }

    #[test]
    fn the_previous_period_is_as_long_and_ends_the_day_before() {
        let filters = read("de=2026-01-11&ate=2026-01-20").0;
        let (from, to) = filters.previous();
        assert_eq!((format::date(from).as_str(), format::date(to).as_str()), ("01/01/2026", "10/01/2026"));
        let (from, to) = read("de=2026-01-11&ate=2026-02-20").0.months();
        assert_eq!((format::date(from).as_str(), format::date(to).as_str()), ("01/01/2026", "28/02/2026"));
    }

    #[test]
    fn the_order_of_values_does_not_change_the_key() {
        assert_eq!(read("estado=SP&estado=RJ").0.key(), read("estado=RJ&estado=SP&x=1").0.key());
        assert_ne!(read("estado=SP").0.key(), read("").0.key());
    }

    proptest! {
        #[test]
        fn any_query_string_is_a_period_within_the_data(raw in "(periodo|de|ate|estado|granularidade)=[0-9a-z/-]{0,12}(&(de|ate)=[0-9-]{0,12})?") {
            let (filters, _) = read(&raw);
            let (first, last) = lists().bounds.unwrap();
            prop_assert!(first <= filters.from && filters.from <= filters.to && filters.to <= last);
        }
    }
}
