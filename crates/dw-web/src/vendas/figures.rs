//! Sums of sales and what is computed from them. The definitions stand in `docs/metrics.md`. Pure.

use dw_core::error::DwResult;
use dw_core::value::Value;

use crate::format::{Unit, quotient, share};

/// Sums over sale lines; amounts in cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Net amount.
    pub liquido: i64,
    /// Gross amount.
    pub bruto: i64,
    /// Discounts.
    pub descontos: i64,
    /// Cost.
    pub custo: i64,
    /// Commission.
    pub comissao: i64,
    /// Amount returned.
    pub devolvido: i64,
    /// Pieces sold.
    pub itens: i64,
    /// Pieces returned.
    pub devolvidas: i64,
    /// Distinct orders; 0 where they are not counted.
    pub pedidos: i64,
}

impl Sums {
    /// Reads the nine columns of a statement, in the order of the fields.
    ///
    /// # Errors
    /// When a column is text.
    pub fn read(row: &[Value]) -> DwResult<Self> {
        let column = |at: usize| row.get(at).map_or(Ok(0), |value| value.int().map(|value| value.unwrap_or(0)));
        Ok(Self {
            liquido: column(0)?,
            bruto: column(1)?,
            descontos: column(2)?,
            custo: column(3)?,
            comissao: column(4)?,
            devolvido: column(5)?,
            itens: column(6)?,
            devolvidas: column(7)?,
            pedidos: column(8)?,
        })
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.liquido += other.liquido;
        self.bruto += other.bruto;
        self.descontos += other.descontos;
        self.custo += other.custo;
        self.comissao += other.comissao;
        self.devolvido += other.devolvido;
        self.itens += other.itens;
        self.devolvidas += other.devolvidas;
        self.pedidos += other.pedidos;
    }

    /// Gross margin.
    pub fn margem(&self) -> i64 {
        self.liquido - self.custo
    }
}

/// A figure of the first row of every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kpi {
    /// Receita líquida.
    Receita,
    /// Margem bruta.
    Margem,
    /// Margem %.
    MargemPercentual,
    /// Ticket médio.
    Ticket,
    /// Itens vendidos.
    Itens,
    /// Taxa de devolução.
    Devolucao,
    /// Desconto médio.
    Desconto,
    /// Comissão.
    Comissao,
}

/// Whether more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// More is.
    More,
    /// Less is.
    Less,
    /// Neither.
    Neither,
}

impl Kpi {
    /// All of them, in the order of the tiles.
    pub const ALL: [Self; 8] = [
        Self::Receita,
        Self::Margem,
        Self::MargemPercentual,
        Self::Ticket,
        Self::Itens,
        Self::Devolucao,
        Self::Desconto,
        Self::Comissao,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Receita => "Receita líquida",
            Self::Margem => "Margem bruta",
            Self::MargemPercentual => "Margem %",
            Self::Ticket => "Ticket médio",
            Self::Itens => "Itens vendidos",
            Self::Devolucao => "Taxa de devolução",
            Self::Desconto => "Desconto médio",
            Self::Comissao => "Comissão",
        }
    }

    /// Its unit.
    pub fn unit(self) -> Unit {
        match self {
            Self::Receita | Self::Margem | Self::Ticket | Self::Comissao => Unit::Money,
            Self::Itens => Unit::Count,
            Self::MargemPercentual | Self::Devolucao | Self::Desconto => Unit::Percent,
        }
    }

    /// Which way is good.
    pub fn better(self) -> Better {
        match self {
            Self::Devolucao | Self::Desconto => Better::Less,
            Self::Comissao => Better::Neither,
            _ => Better::More,
        }
    }

    /// Its value; `None` where its divisor is 0.
    pub fn of(self, sums: &Sums) -> Option<i64> {
        match self {
            Self::Receita => Some(sums.liquido),
            Self::Margem => Some(sums.margem()),
            Self::MargemPercentual => share(sums.margem(), sums.liquido),
            Self::Ticket => quotient(sums.liquido, sums.pedidos, 1),
            Self::Itens => Some(sums.itens),
            Self::Devolucao => share(sums.devolvidas, sums.itens),
            Self::Desconto => share(sums.descontos, sums.bruto),
            Self::Comissao => Some(sums.comissao),
        }
    }
}

/// How a value changed: for amounts in hundredths of a percent of the earlier one, for percentages the difference in hundredths
/// of a point. `None` without an earlier value.
pub fn change(unit: Unit, now: Option<i64>, before: Option<i64>) -> Option<i64> {
    let (now, before) = (now?, before?);
    if unit == Unit::Percent {
        return Some(now - before);
    }
    share(now.checked_sub(before)?, before.checked_abs()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_definitions() {
        let sums = Sums {
            liquido: 90_000,
            bruto: 100_000,
            descontos: 10_000,
            custo: 60_000,
            comissao: 4_500,
            devolvido: 9_000,
            itens: 30,
            devolvidas: 3,
            pedidos: 7,
        };
        let values: Vec<_> = Kpi::ALL.iter().map(|kpi| kpi.of(&sums)).collect();
        let expected = [90_000, 30_000, 3_333, 12_857, 30, 1_000, 1_000, 4_500].map(Some);
        assert_eq!(values, expected);
        let none = Sums::default();
        assert_eq!(
            (Kpi::Ticket.of(&none), Kpi::MargemPercentual.of(&none), Kpi::Receita.of(&none)),
            (None, None, Some(0))
        );
        assert_eq!(change(Unit::Money, Some(150), Some(100)), Some(5_000));
        assert_eq!(change(Unit::Money, Some(150), Some(-100)), Some(25_000));
        assert_eq!(change(Unit::Money, Some(150), Some(0)), None);
        assert_eq!(change(Unit::Percent, Some(150), Some(100)), Some(50));
    }
}
