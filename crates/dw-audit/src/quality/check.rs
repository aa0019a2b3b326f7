//! What a quality check is, as the declaration says it, checked against the catalog. Not here: its statement and its verdict.

use dw_core::entity::EntityDescriptor;
use dw_core::error::Database;
use dw_core::schema::{Column, Table};
use rust_decimal::Decimal;
use serde::Serialize;

/// How bad a failed check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody should look.
    Warn,
    /// The figures are wrong; `etl check` ends with 20.
    Error,
}

impl Severity {
    /// The stored form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// From the stored form; what is not known counts as an error.
    pub fn parse(text: &str) -> Self {
        if text == "warn" { Self::Warn } else { Self::Error }
    }
}

/// Which table of an entity is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The driving table of the source.
    Source,
    /// The target.
    Target,
}

/// Which rows are looked at. The member -1 never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Rows that are neither deleted nor inferred.
    Live,
    /// All rows.
    Stored,
}

/// A value that a range begins or ends with, in the scale of the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest that is right.
    pub min: Option<Decimal>,
    /// The largest that is right.
    pub max: Option<Decimal>,
}

/// What is asked.
#[derive(Debug, Clone)]
pub enum Kind {
    /// None of the columns is NULL.
    NotNull(Vec<&'static Column>),
    /// No two rows have the same values; rows with a NULL among them do not count.
    Unique(Vec<&'static Column>),
    /// The column has one of these values, or NULL.
    Accepted(&'static Column, Vec<String>),
    /// Each of the columns lies between the bounds, or is NULL.
    Range(Vec<&'static Column>, Bounds),
    /// Each value of the column is a key of the table, or NULL.
    Relationship(&'static Column, &'static Table, &'static Column),
    /// At most so many hundredths of a percent of the rows point to the member -1.
    Unknown(&'static Column, i64),
    /// Members that wait for their row.
    Inferred,
    /// Rows in quarantine.
    Rejects,
    /// Minutes since the last run that ended well are at most so many.
    Freshness(i64),
    /// No change of the source that is older than so many minutes waits to be loaded.
    Pending(i64),
    /// The rows that the newest run wrote, in percent of the median of the seven before, lie between the two; runs of less
    /// rows than the third are not judged.
    Volume(i64, i64, i64),
    /// The rows of the warehouse are at least so many hundredths of a percent of those of the source.
    Coverage(i64),
    /// Row by row and to so many cents a month, source and warehouse agree.
    Reconciliation(i64),
    /// The tables of the database are those of the contract.
    Drift(Database),
}

impl Kind {
    /// The word of the declaration.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotNull(_) => "not_null",
            Self::Unique(_) => "unique",
            Self::Accepted(..) => "accepted",
            Self::Range(..) => "range",
            Self::Relationship(..) => "relationship",
            Self::Unknown(..) => "unknown_member",
            Self::Inferred => "inferred",
            Self::Rejects => "rejects",
            Self::Freshness(_) => "freshness",
            Self::Pending(_) => "pending",
            Self::Volume(..) => "volume",
            Self::Coverage(_) => "coverage",
            Self::Reconciliation(_) => "reconciliation",
            Self::Drift(_) => "drift",
        }
    }

    /// In what the observed number is.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Freshness(_) => "minutes",
            Self::Unknown(..) | Self::Volume(..) | Self::Coverage(_) => "percent",
            Self::Reconciliation(_) => "cents",
            Self::Drift(_) => "places",
            _ => "rows",
        }
    }
}

/// The words of all kinds, as a declaration may name them.
pub const KINDS: &[&str] = &[
    "not_null",
    "unique",
    "accepted",
    "range",
    "relationship",
    "unknown_member",
    "inferred",
    "rejects",
    "freshness",
    "pending",
    "volume",
    "coverage",
    "reconciliation",
    "drift",
];

/// A check.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its name, unique: `fact_vendas.amounts_not_negative`.
    pub name: String,
    /// Whose rows; none for a database as a whole.
    pub entity: Option<&'static EntityDescriptor>,
    /// How bad a failure is.
    pub severity: Severity,
    /// Which table.
    pub side: Side,
    /// Which rows.
    pub scope: Scope,
    /// So many failing rows are no failure.
    pub max_failing: u64,
    /// What it is for, for people.
    pub description: Option<String>,
    /// What is asked.
    pub kind: Kind,
}

impl Check {
    /// The name of the entity, or of the database.
    pub fn subject(&self) -> &'static str {
        match (self.entity, &self.kind) {
            (Some(entity), _) => entity.name,
            (None, Kind::Drift(Database::Oltp)) => "source",
            (None, _) => "warehouse",
        }
    }

    /// The table that is looked at.
    pub fn table(&self) -> Option<&'static Table> {
        self.entity.map(|entity| if self.side == Side::Source { entity.source } else { entity.target })
    }

    /// The column that names a row to people: the key of the source, on both sides.
    pub fn key(&self) -> Option<&'static str> {
        self.entity.map(|entity| if self.side == Side::Source { entity.source_key } else { entity.business_key })
    }

    /// True for a check that needs the source.
    pub fn needs_source(&self) -> bool {
        self.side == Side::Source
            || matches!(self.kind, Kind::Pending(_) | Kind::Coverage(_) | Kind::Drift(Database::Oltp))
    }

    /// What must be true, for people.
    pub fn threshold(&self) -> String {
        let names = |columns: &[&Column]| columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        let tolerated =
            if self.max_failing == 0 { String::new() } else { format!(", up to {} rows", self.max_failing) };
        let rule = match &self.kind {
            Kind::NotNull(columns) => format!("{} not NULL", names(columns)),
            Kind::Unique(columns) => format!("{} unique", names(columns)),
            Kind::Accepted(column, values) => format!("{} in {}", column.name, values.join(", ")),
            Kind::Range(columns, bounds) => match (bounds.min, bounds.max) {
                (Some(min), Some(max)) => format!("{} from {min} to {max}", names(columns)),
                (Some(min), None) => format!("{} >= {min}", names(columns)),
                (None, Some(max)) => format!("{} <= {max}", names(columns)),
                (None, None) => names(columns),
            },
            Kind::Relationship(column, table, key) => format!("{} in {}.{}", column.name, table.full_name(), key.name),
            Kind::Unknown(column, percent) => format!("{} is -1 in at most {}", column.name, percent_text(*percent)),
            Kind::Inferred => "no inferred member".to_owned(),
            Kind::Rejects => "no row in quarantine".to_owned(),
            Kind::Freshness(minutes) => format!("at most {minutes} min since the last success"),
            Kind::Pending(minutes) => format!("no change older than {minutes} min waits"),
            Kind::Volume(min, max, rows) => {
                format!("{} to {} of the median of 7 runs, from {rows} rows on", percent_text(*min), percent_text(*max))
            }
            Kind::Coverage(percent) => format!("at least {}", percent_text(*percent)),
            Kind::Reconciliation(cents) => format!("no row differs, months agree to {cents} cents"),
            Kind::Drift(_) => "as the contract".to_owned(),
        };
        let text = rule + &tolerated;
        text.chars().take(200).collect()
    }
}

/// Hundredths of a percent as `12.34%`.
pub fn percent_text(hundredths: i64) -> String {
    let text = Decimal::new(hundredths, 2).normalize();
    format!("{text}%")
}
