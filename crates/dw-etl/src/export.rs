//! Tables and views of the contract as files, CSV or JSON, row by row (ruling 28).
//!
//! Columns stand in the contract's order, added ones last; rows in that of the primary key, or of the view's own order. All
//! objects of one database are of one moment. A file appears under its name only when it is complete.
//!
//! | | CSV | JSON |
//! |---|---|---|
//! | shape | RFC 4180 with a header, UTF-8, LF | one array, an object a line |
//! | NULL | nothing | `null` |
//! | empty text | `""` | `""` |
//! | decimal | `162535888.66`, with the scale of the contract | the same digits as a number |
//! | bit | `0`, `1` | `false`, `true` |
//! | date, time | `2026-01-31`, `2026-01-31T10:00:00` | the same as a text |
//!
//! A decimal in JSON is exact in the file; a reader that turns numbers into binary floats rounds it, and should be told not to.

mod form;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use dw_core::catalog::{self, views::VIEWS};
use dw_core::config::closest;
use dw_core::dialect::Dialect;
use dw_core::engine::{Access, Engine, Session};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::schema::Column;
use dw_core::sql_type::SqlType;

pub use form::Format;

/// Rows a chunk.
const CHUNK: usize = 1_024;
/// Names that an error message offers.
const SUGGESTIONS: usize = 4;

/// A table or a view of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exportable {
    /// Schema.
    pub schema: &'static str,
    /// Name in the contract's case.
    pub name: &'static str,
    columns: Vec<(&'static str, SqlType)>,
    order: &'static [&'static str],
}

impl Exportable {
    /// `dim.DIM_CLIENTE`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// Where it lives.
    pub fn database(&self) -> Database {
        if self.schema == "core" { Database::Oltp } else { Database::Dw }
    }

    /// The statement that reads it.
    pub fn select(&self, dialect: &dyn Dialect) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let from = dialect.table(self.schema, self.name);
        format!("SELECT {} FROM {from} ORDER BY {}", columns.join(", "), self.order.join(", "))
    }
}

/// Every table and view, the warehouse first.
pub fn all() -> Vec<Exportable> {
    let tables = catalog::dw_tables().chain(catalog::oltp_tables()).map(|table| Exportable {
        schema: table.schema,
        name: table.name,
        // Added columns stand last in the catalogue too; the sort keeps that true for one that is added elsewhere.
        columns: {
            let (added, own): (Vec<&Column>, Vec<&Column>) = table.columns.iter().partition(|column| column.additive);
            own.into_iter().chain(added).map(|column| (column.name, column.ty)).collect()
        },
        order: table.primary_key,
    });
    let views = VIEWS.iter().map(|view| Exportable {
        schema: view.schema,
        name: view.name,
        columns: view.columns.to_vec(),
        order: view.order,
    });
    tables.chain(views).collect()
}

/// The table or view that is called `dim.DIM_CLIENTE` or `DIM_CLIENTE`, without case (ruling 20).
///
/// # Errors
/// [`DwError::Usage`] with the names that come close.
pub fn find(name: &str) -> DwResult<Exportable> {
    let wanted = name.trim();
    let mut known = all();
    let is_it =
        |known: &Exportable| known.full_name().eq_ignore_ascii_case(wanted) || known.name.eq_ignore_ascii_case(wanted);
    match known.iter().position(is_it) {
        Some(at) => Ok(known.swap_remove(at)),
        None => Err(unknown(wanted, &known)),
    }
}

fn unknown(name: &str, known: &[Exportable]) -> DwError {
    let full: Vec<String> = known.iter().map(Exportable::full_name).collect();
    let short = full.iter().filter_map(|full| full.split_once('.').map(|(_, short)| short));
    let part = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    let mut close: Vec<&str> = closest(name, full.iter().map(String::as_str).chain(short)).into_iter().collect();
    if part.chars().count() >= 3 {
        for full in full.iter().filter(|full| full.to_lowercase().contains(&part)) {
            if !close.iter().any(|known| full.ends_with(known)) {
                close.push(full);
            }
        }
    }
    close.truncate(SUGGESTIONS);
    let hint = match close.as_slice() {
        [] => "name a table or a view of the contract, such as `dim.DIM_CLIENTE` or `fact.FACT_VENDAS`".to_owned(),
        close => {
            format!("did you mean {}?", close.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "))
        }
    };
    DwError::usage(format!("there is no table or view `{}`", name.escape_debug()), hint)
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// `dim.DIM_CLIENTE`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Rows, without the header.
    pub rows: u64,
}

/// Is told how far an export is: the name and its rows so far.
pub type OnRows<'p> = dyn FnMut(&str, u64) + Send + 'p;

/// Writes each table or view to a file of its name in `folder`, which is created when it is not there. A name that comes twice
/// is written once.
///
/// # Errors
/// An unknown name, before anything is written; a database that cannot be read; a file that cannot be written. Files that were
/// complete before the error stay, the one that was not is removed.
pub async fn export(
    engine: &dyn Engine,
    names: &[String],
    format: Format,
    folder: &Path,
    progress: &mut OnRows<'_>,
) -> DwResult<Vec<ExportedFile>> {
    let mut wanted: Vec<Exportable> = Vec::new();
    for name in names {
        let found = find(name)?;
        if !wanted.contains(&found) {
            wanted.push(found);
        }
    }
    let mut oltp = Reader::new(Database::Oltp);
    let mut dw = Reader::new(Database::Dw);
    // A database that is missing is told before the folder is made.
    for object in &wanted {
        if object.database() == Database::Oltp { &mut oltp } else { &mut dw }.open(engine).await?;
    }
    fs::create_dir_all(folder).map_err(|source| cannot("cannot create the folder", folder, source))?;
    let mut files = Vec::new();
    for object in &wanted {
        let reader = if object.database() == Database::Oltp { &mut oltp } else { &mut dw };
        files.push(write(&mut **reader.open(engine).await?, object, format, folder, progress).await?);
    }
    Ok(files)
}

/// A database that is opened when it is needed, at one moment for all that is read of it.
struct Reader {
    database: Database,
    session: Option<Box<dyn Session>>,
}

impl Reader {
    fn new(database: Database) -> Self {
        Self { database, session: None }
    }

    async fn open(&mut self, engine: &dyn Engine) -> DwResult<&mut Box<dyn Session>> {
        let session = match self.session.take() {
            Some(session) => session,
            None => {
                let mut session = engine.open(self.database, Access::ReadOnly, "etl export").await?;
                session.begin_snapshot().await?;
                session
            }
        };
        Ok(self.session.insert(session))
    }
}

async fn write(
    session: &mut dyn Session,
    object: &Exportable,
    format: Format,
    folder: &Path,
    progress: &mut OnRows<'_>,
) -> DwResult<ExportedFile> {
    let name = object.full_name();
    let sql = object.select(session.dialect());
    let mut file = Unfinished::create(folder, &format!("{name}.{}", format.extension()))?;
    let mut written = 0;
    let mut text = Vec::with_capacity(256 * 1_024);
    form::begin(&mut text, format, &object.columns);
    let mut rows = session.stream(&sql, &[], CHUNK).await?;
    while let Some(chunk) = rows.next().await? {
        for row in chunk.rows() {
            form::row(&mut text, format, &object.columns, row, written == 0);
            written += 1;
        }
        file.write(&text)?;
        text.clear();
        progress(&name, written);
    }
    form::end(&mut text, format);
    file.write(&text)?;
    Ok(ExportedFile { path: file.finish()?, name, rows: written })
}

/// A file beside its place, removed unless it is finished.
struct Unfinished {
    part: PathBuf,
    place: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Unfinished {
    fn create(folder: &Path, name: &str) -> DwResult<Self> {
        let part = folder.join(format!(".{name}.{}.part", std::process::id()));
        let place = folder.join(name);
        let file = File::create(&part).map_err(|source| cannot("cannot create", &part, source))?;
        Ok(Self { part, place, file: Some(BufWriter::new(file)) })
    }

    fn write(&mut self, bytes: &[u8]) -> DwResult<()> {
        let Some(file) = self.file.as_mut() else { return Ok(()) };
        file.write_all(bytes).map_err(|source| cannot("cannot write", &self.place, source))
    }

    /// Gives the file its name, replacing an older one.
    fn finish(mut self) -> DwResult<PathBuf> {
        let Some(file) = self.file.take() else { return Ok(self.place.clone()) };
        file.into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.part, &self.place))
            .map_err(|source| cannot("cannot write", &self.place, source))?;
        Ok(self.place.clone())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a rename there is nothing left under this name.
        drop(self.file.take());
        let _nothing_left = fs::remove_file(&self.part);
    }
}

fn cannot(action: &'static str, path: &Path, source: io::Error) -> DwError {
    DwError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_bare_name_is_that_of_one_object_and_every_object_has_an_order() {
        let all = all();
        let bare: BTreeSet<String> = all.iter().map(|object| object.name.to_lowercase()).collect();
        assert_eq!(bare.len(), all.len());
        for object in &all {
            // A line with one NULL would be an empty line, which readers skip.
            assert!(object.columns.len() > 1 && !object.order.is_empty(), "{}", object.full_name());
            let unique: BTreeSet<&str> = object.columns.iter().map(|(name, _)| *name).collect();
            assert_eq!(unique.len(), object.columns.len(), "{}", object.full_name());
        }
    }

    #[test]
    fn names_are_found_with_and_without_schema_and_case() {
        for name in ["dim.DIM_CLIENTE", "DIM_CLIENTE", "dim_cliente", " Dim.dim_cliente "] {
            assert_eq!(find(name).unwrap().full_name(), "dim.DIM_CLIENTE");
        }
        assert_eq!(find("orders").unwrap().database(), Database::Oltp);
        assert_eq!(find("vw_dash_vendas_r1").unwrap().database(), Database::Dw);
        let hint = |name: &str| find(name).unwrap_err().hint();
        assert_eq!(hint("DIM_CLIENT"), "did you mean `DIM_CLIENTE`?");
        assert_eq!(
            hint("metas"),
            "did you mean `fact.FACT_METAS` or `fact.VW_METAS_COMPLETA` or `fact.VW_DASH_METAS_R1` or `fact.VW_DASH_METAS_CHAVES_R1`?"
        );
        assert!(hint("x").starts_with("name a table or a view"));
        assert_eq!(find("x\ny").unwrap_err().to_string(), "there is no table or view `x\\ny`");
    }
}
