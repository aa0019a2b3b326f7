//! The calendar `dim.DIM_DATA` as pure functions of a day: keys, names, weeks and the holidays of Brazil.
//! Not here: which days the warehouse has already, and writing the others.

use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};
use dw_core::catalog::dims::DIM_DATA;
use dw_core::members::UNKNOWN_KEY;
use dw_core::time::{Days, WATERMARK_START, day_of, days_from_ymd, from_date, to_date};
use dw_core::value::{RowBatch, Value};

/// The first day that the calendar may have, 1990-01-01 (ruling 5).
const FIRST: Days = 7_305;
/// How many years after the current one the calendar may have.
const YEARS_AHEAD: i32 = 10;
/// The first year in which 20 November is a national holiday (law 14.759/2023).
const CONSCIENCIA_NEGRA_FROM: i32 = 2024;

const MONTHS: [&str; 12] = [
    "Janeiro",
    "Fevereiro",
    "Marco",
    "Abril",
    "Maio",
    "Junho",
    "Julho",
    "Agosto",
    "Setembro",
    "Outubro",
    "Novembro",
    "Dezembro",
];
const WEEKDAYS: [&str; 7] =
    ["Domingo", "Segunda-feira", "Terca-feira", "Quarta-feira", "Quinta-feira", "Sexta-feira", "Sabado"];

/// One row of `dim.DIM_DATA`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarRow {
    /// YYYYMMDD; -1 for the member `Nao informado`.
    pub data_id: i64,
    /// The day.
    pub data_completa: Days,
    /// Year.
    pub ano: i32,
    /// Quarter, 1 to 4.
    pub trimestre: u32,
    /// Month, 1 to 12.
    pub mes: u32,
    /// Day of the month.
    pub dia: u32,
    /// Week of the year as DATEPART(WEEK) with DATEFIRST 7: weeks begin on Sunday, the first one on 1 January.
    pub semana_do_ano: u32,
    /// 1 is Sunday.
    pub dia_da_semana: u32,
    /// Portuguese without accents.
    pub nome_mes: &'static str,
    /// Its first three letters.
    pub nome_mes_abrev: &'static str,
    /// Portuguese without accents.
    pub nome_dia_semana: &'static str,
    /// Its first three letters.
    pub nome_dia_semana_abrev: &'static str,
    /// Saturday or Sunday.
    pub eh_fim_de_semana: bool,
    /// Name of the national holiday, if it is one; `eh_feriado` follows from it.
    pub nome_feriado: Option<&'static str>,
    /// 1 to 366.
    pub dia_do_ano: u32,
    /// Leap year.
    pub eh_ano_bissexto: bool,
}

impl CalendarRow {
    /// The row of a day.
    pub fn of(day: Days) -> Self {
        let date = to_date(day);
        let weekday = date.weekday().num_days_from_sunday();
        // The weekday of 1 January shifts the week boundaries; the sum keeps the difference above zero.
        let january_first = (weekday + 7 * 53 - date.ordinal0()) % 7;
        let month = name(&MONTHS, date.month0());
        let day_name = name(&WEEKDAYS, weekday);
        Self {
            data_id: key(date),
            data_completa: from_date(date),
            ano: date.year(),
            trimestre: date.month0() / 3 + 1,
            mes: date.month(),
            dia: date.day(),
            semana_do_ano: (date.ordinal0() + january_first) / 7 + 1,
            dia_da_semana: weekday + 1,
            nome_mes: month,
            nome_mes_abrev: month.get(..3).unwrap_or(month),
            nome_dia_semana: day_name,
            nome_dia_semana_abrev: day_name.get(..3).unwrap_or(day_name),
            eh_fim_de_semana: weekday == 0 || weekday == 6,
            nome_feriado: holiday(day),
            dia_do_ano: date.ordinal(),
            eh_ano_bissexto: date.leap_year(),
        }
    }

    /// The values in the column order of [`DIM_DATA`].
    pub fn into_values(self) -> [Value; 19] {
        let number = |number: u32| Value::Int(i64::from(number));
        [
            Value::Int(self.data_id),
            Value::Int(self.data_completa),
            Value::from(self.ano),
            number(self.trimestre),
            number(self.mes),
            number(self.dia),
            number(self.semana_do_ano),
            number(self.dia_da_semana),
            self.nome_mes.into(),
            self.nome_mes_abrev.into(),
            self.nome_dia_semana.into(),
            self.nome_dia_semana_abrev.into(),
            self.eh_fim_de_semana.into(),
            self.nome_feriado.is_some().into(),
            self.nome_feriado.into(),
            number(self.dia_do_ano),
            self.eh_ano_bissexto.into(),
            format!("{:04}-{:02}", self.ano, self.mes).into(),
            format!("{:04}-Q{}", self.ano, self.trimestre).into(),
        ]
    }
}

fn name<const N: usize>(names: &'static [&'static str; N], index: u32) -> &'static str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or("")
}

fn key(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

/// The key of a day: YYYYMMDD.
pub fn data_id(day: Days) -> i64 {
    key(to_date(day))
}

/// The member -1: 1900-01-01, which no sale can have, and no holiday.
pub fn unknown_row() -> CalendarRow {
    CalendarRow { data_id: UNKNOWN_KEY, nome_feriado: None, ..CalendarRow::of(day_of(WATERMARK_START)) }
}

/// The first and the last day that the calendar may have on that day (ruling 5).
pub fn bounds(today: Days) -> (Days, Days) {
    let last = days_from_ymd(to_date(today).year().saturating_add(YEARS_AHEAD), 12, 31);
    (FIRST, last.unwrap_or(today).max(FIRST))
}

/// The years that the calendar lacks, in order. The calendar has whole years without a gap and always the current one;
/// `present` are its first and last year, `needed` the first and last day of the data. Days outside of [`bounds`] are
/// left out: the rows that have them are rejected.
pub fn years_to_add(present: Option<(i32, i32)>, needed: Option<(Days, Days)>, today: Days) -> Vec<i32> {
    let (first, last) = bounds(today);
    let year = |day: Days| to_date(day.clamp(first, last)).year();
    let current = to_date(today).year();
    let mut span = (current, current);
    for (from, to) in needed.map(|(from, to)| (year(from), year(to))).into_iter().chain(present) {
        span = (span.0.min(from), span.1.max(to));
    }
    let has = |year: &i32| present.is_some_and(|(from, to)| (from..=to).contains(year));
    (span.0..=span.1).filter(|year| !has(year)).collect()
}

/// The rows of [`years_to_add`], asked in keys: `present` are the smallest and the largest `data_id` of the
/// calendar, `needed` those of the data.
pub fn missing_rows(present: Option<(i64, i64)>, needed: Option<(i64, i64)>, today: Days) -> RowBatch {
    let years = |(from, to): (i64, i64)| Some((year_of(from)?, year_of(to)?));
    let days = |(from, to): (i64, i64)| Some((day_of_id(from)?, day_of_id(to)?));
    rows(years_to_add(present.and_then(years), needed.and_then(days), today))
}

fn year_of(data_id: i64) -> Option<i32> {
    i32::try_from(data_id.div_euclid(10_000)).ok()
}

fn day_of_id(data_id: i64) -> Option<Days> {
    let part = |number: i64| u32::try_from(number.rem_euclid(100)).ok();
    days_from_ymd(year_of(data_id)?, part(data_id.div_euclid(100))?, part(data_id)?)
}

/// All days of these years, in the column order of [`DIM_DATA`].
pub fn rows(years: impl IntoIterator<Item = i32>) -> RowBatch {
    let mut batch = RowBatch::new(DIM_DATA.columns.len());
    for day in years.into_iter().filter_map(days_of).flatten() {
        batch.push_row(CalendarRow::of(day).into_values());
    }
    batch
}

fn days_of(year: i32) -> Option<RangeInclusive<Days>> {
    Some(days_from_ymd(year, 1, 1)?..=days_from_ymd(year, 12, 31)?)
}

/// The name of the national holiday of a day. Where a fixed and a movable one meet, the fixed one gives the name.
pub fn holiday(day: Days) -> Option<&'static str> {
    let date = to_date(day);
    let fixed = match (date.month(), date.day()) {
        (1, 1) => Some("Ano Novo"),
        (4, 21) => Some("Tiradentes"),
        (5, 1) => Some("Dia do Trabalho"),
        (9, 7) => Some("Independencia"),
        (10, 12) => Some("N. Sra. Aparecida"),
        (11, 2) => Some("Finados"),
        (11, 15) => Some("Proclamacao Republica"),
        (11, 20) if date.year() >= CONSCIENCIA_NEGRA_FROM => Some("Consciencia Negra"),
        (12, 25) => Some("Natal"),
        _ => None,
    };
    fixed.or_else(|| match day - easter(date.year())? {
        -48 | -47 => Some("Carnaval"),
        -2 => Some("Sexta-feira Santa"),
        60 => Some("Corpus Christi"),
        _ => None,
    })
}

/// Easter Sunday by the anonymous Gregorian algorithm; `None` for a year without dates.
pub fn easter(year: i32) -> Option<Days> {
    let y = i64::from(year);
    let (a, b, c) = (y.rem_euclid(19), y.div_euclid(100), y.rem_euclid(100));
    let (d, e) = (b.div_euclid(4), b.rem_euclid(4));
    let g = (8 * b + 13).div_euclid(25);
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4).rem_euclid(7);
    let m = (a + 11 * h + 22 * l) / 451;
    // The algorithm counts from 22 March on; here as days after 1 March.
    Some(days_from_ymd(year, 3, 1)? + h + l - 7 * m + 21)
}

#[cfg(test)]
mod tests {
    use dw_core::time::{format_date, parse_date};
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Days {
        parse_date(text).unwrap()
    }

    fn holidays(year: i32) -> Vec<String> {
        let named = |day: Days| holiday(day).map(|name| format!("{} {name}", format_date(day)));
        days_of(year).unwrap().filter_map(named).collect()
    }

    #[test]
    fn easter_of_known_years() {
        for date in ["1961-04-02", "1990-04-15", "2000-04-23", "2008-03-23", "2024-03-31", "2025-04-20", "2038-04-25"] {
            let day = day(date);
            assert_eq!(easter(to_date(day).year()), Some(day), "{date}");
        }
    }

    #[test]
    fn the_holidays_of_a_year() {
        assert_eq!(
            holidays(2024),
            [
                "2024-01-01 Ano Novo",
                "2024-02-12 Carnaval",
                "2024-02-13 Carnaval",
                "2024-03-29 Sexta-feira Santa",
                "2024-04-21 Tiradentes",
                "2024-05-01 Dia do Trabalho",
                "2024-05-30 Corpus Christi",
                "2024-09-07 Independencia",
                "2024-10-12 N. Sra. Aparecida",
                "2024-11-02 Finados",
                "2024-11-15 Proclamacao Republica",
                "2024-11-20 Consciencia Negra",
                "2024-12-25 Natal",
            ]
        );
        assert_eq!(holiday(day("2023-11-20")), None, "a national holiday from 2024 on");
        assert_eq!(holiday(day("2000-04-21")), Some("Tiradentes"), "it was Sexta-feira Santa too");
    }

    #[test]
    fn weeks_begin_on_sunday_and_the_first_on_1_january() {
        for (date, week, weekday) in [
            ("2023-01-01", 1, 1),
            ("2023-01-07", 1, 7),
            ("2023-01-08", 2, 1),
            ("2023-12-31", 53, 1),
            ("2024-01-01", 1, 2),
            ("2024-01-06", 1, 7),
            ("2024-01-07", 2, 1),
            ("2024-12-31", 53, 3),
            ("2028-12-30", 53, 7),
            ("2028-12-31", 54, 1),
        ] {
            let row = CalendarRow::of(day(date));
            assert_eq!((row.semana_do_ano, row.dia_da_semana), (week, weekday), "{date}");
        }
    }

    #[test]
    fn a_row_has_the_columns_of_the_contract() {
        let values = CalendarRow::of(day("2024-03-02")).into_values();
        let shown: Vec<_> = DIM_DATA
            .columns
            .iter()
            .zip(&values)
            .map(|(column, value)| format!("{}={}", column.name, column.ty.render(value).unwrap_or_default()))
            .collect();
        assert_eq!(
            shown.join(" "),
            "data_id=20240302 data_completa=2024-03-02 ano=2024 trimestre=1 mes=3 dia=2 semana_do_ano=9 dia_da_semana=7 \
             nome_mes=Marco nome_mes_abrev=Mar nome_dia_semana=Sabado nome_dia_semana_abrev=Sab eh_fim_de_semana=1 \
             eh_feriado=0 nome_feriado= dia_do_ano=62 eh_ano_bissexto=1 periodo_mes=2024-03 periodo_trimestre=2024-Q1"
        );
        assert_eq!(values.len(), DIM_DATA.columns.len());
    }

    #[test]
    fn the_member_minus_one_is_1900_01_01_and_no_holiday() {
        let row = unknown_row();
        assert_eq!((row.data_id, row.data_completa, row.ano), (-1, day("1900-01-01"), 1900));
        assert_eq!((row.nome_feriado, row.eh_fim_de_semana), (None, false));
    }

    #[test]
    fn leap_years_have_366_days() {
        for (year, days) in [(1900, 365), (2000, 366), (2023, 365), (2024, 366), (2100, 365)] {
            assert_eq!(rows([year]).len(), days, "{year}");
            assert_eq!(CalendarRow::of(days_from_ymd(year, 1, 1).unwrap()).eh_ano_bissexto, days == 366);
        }
    }

    #[test]
    fn the_bounds_end_ten_years_ahead() {
        assert_eq!(bounds(day("2026-07-31")), (day("1990-01-01"), day("2036-12-31")));
        assert_eq!(bounds(i64::MIN), (FIRST, FIRST), "a broken clock does not turn the bounds around");
    }

    #[test]
    fn whole_years_without_a_gap_are_added() {
        let today = day("2026-07-31");
        let needed = |from: &str, to: &str| Some((day(from), day(to)));
        assert_eq!(years_to_add(None, None, today), [2026]);
        assert_eq!(years_to_add(None, needed("2023-03-01", "2024-02-02"), today), [2023, 2024, 2025, 2026]);
        assert_eq!(years_to_add(Some((2023, 2026)), needed("2024-01-01", "2026-01-01"), today), [0; 0]);
        assert_eq!(
            years_to_add(Some((2024, 2025)), needed("2022-12-31", "2028-01-01"), today),
            [2022, 2023, 2026, 2027, 2028]
        );
        assert_eq!(years_to_add(Some((2020, 2021)), None, today), [2022, 2023, 2024, 2025, 2026]);
        let outside = years_to_add(None, needed("1066-10-14", "9999-12-31"), today);
        assert_eq!((outside.first(), outside.last(), outside.len()), (Some(&1990), Some(&2036), 47));
    }

    #[test]
    fn missing_rows_are_asked_in_keys() {
        let today = day("2026-07-31");
        let rows = missing_rows(Some((20_250_101, 20_261_231)), Some((20_231_111, 20_240_229)), today);
        assert_eq!(rows.len(), 365 + 366);
        assert_eq!((rows.get(0, 0), rows.get(730, 0)), (&Value::Int(20_230_101), &Value::Int(20_241_231)));
        assert!(missing_rows(Some((20_230_101, 20_261_231)), Some((20_231_111, 20_240_229)), today).is_empty());
        assert_eq!(missing_rows(None, None, today).len(), 365);
    }

    proptest! {
        #[test]
        fn a_year_has_every_day_once_and_in_order(year in 1583_i32..=2500) {
            let batch = rows([year]);
            let days = days_of(year).unwrap();
            prop_assert_eq!(batch.len(), days.clone().count());
            for ((ordinal, day), row) in (1_i64..).zip(days).zip(batch.rows()) {
                prop_assert_eq!(row.len(), DIM_DATA.columns.len());
                prop_assert_eq!(&row[0], &Value::Int(data_id(day)));
                prop_assert_eq!(day_of_id(data_id(day)), Some(day));
                prop_assert_eq!(&row[1], &Value::Int(day));
                prop_assert_eq!(&row[2], &Value::from(year));
                prop_assert_eq!(&row[15], &Value::Int(ordinal));
            }
            prop_assert!(batch.rows().zip(batch.rows().skip(1)).all(|(one, next)| one[0] < next[0]));
        }

        #[test]
        fn movable_holidays_stay_in_their_year(year in 1583_i32..=4000) {
            let easter = easter(year).unwrap();
            let date = to_date(easter);
            prop_assert_eq!(date.weekday(), chrono::Weekday::Sun);
            prop_assert!((322..=425).contains(&(date.month() * 100 + date.day())), "{}", date);
            for away in [-48, -47, -2, 60] {
                prop_assert_eq!(to_date(easter + away).year(), year);
            }
            let named = days_of(year).unwrap().filter(|day| holiday(*day).is_some()).count();
            prop_assert!((11..=13).contains(&named), "{} in {}", named, year);
        }

        #[test]
        fn the_week_grows_on_sundays_only(day in FIRST..FIRST + 40_000) {
            let (today, tomorrow) = (CalendarRow::of(day), CalendarRow::of(day + 1));
            let expected = match (tomorrow.dia_do_ano, tomorrow.dia_da_semana) {
                (1, _) => 1,
                (_, 1) => today.semana_do_ano + 1,
                _ => today.semana_do_ano,
            };
            prop_assert_eq!(tomorrow.semana_do_ano, expected);
            prop_assert_eq!(tomorrow.dia_da_semana, today.dia_da_semana % 7 + 1);
        }

        #[test]
        fn the_calendar_has_no_gap_and_every_day_that_is_needed(
            (first, years) in (1990_i32..2036, 0_i32..20),
            (from, days) in (FIRST..FIRST + 16_000, 0_i64..4_000),
            today in FIRST + 12_000..FIRST + 14_000,
            has in any::<bool>(),
        ) {
            let present = has.then_some((first, (first + years).min(2036)));
            let mut all = years_to_add(present, Some((from, from + days)), today);
            all.extend(present.into_iter().flat_map(|(from, to)| from..=to));
            all.sort_unstable();
            prop_assert!(all.windows(2).all(|pair| pair[1] == pair[0] + 1), "{:?}", all);
            let last = bounds(today).1;
            for day in [from.min(last), (from + days).min(last), today] {
                prop_assert!(all.contains(&to_date(day).year()));
            }
        }

        #[test]
        fn no_day_panics(day in any::<i64>()) {
            let row = CalendarRow::of(day);
            prop_assert_eq!(row.data_id, data_id(day));
            let _ = (bounds(day), years_to_add(None, Some((day, 0)), 20_000), row.into_values());
        }
    }
}
