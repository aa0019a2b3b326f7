//! Numbered migrations, in one format for both engines (ruling 22): which tables a version has, how a database gets there,
//! and how a database of another version is refused. A step that is already done is skipped, so that `init` may be repeated.

use crate::catalog;
use crate::catalog::{control, dims, facts, oltp};
use crate::ddl;
use crate::engine::{Executor, Session};
use crate::error::{Database, DwError, DwResult};
use crate::indexes;
use crate::members::{self, Member, MemberValue};
use crate::schema::{Index, Table};
use crate::sql_text;
use crate::sql_text::SqlText;
use crate::time;
use crate::value::Value;

const SCHEMA_VERSION: SqlText = sql_text!("bootstrap/schema_version");

/// One step of a migration.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// Create tables with their indexes.
    Tables(&'static [&'static Table]),
    /// Add a column of the descriptor to a table that an earlier version created without it.
    AddColumn(&'static Table, &'static str),
    /// Insert the member -1 into the dimensions.
    UnknownMembers,
    /// Insert the rows of `ctl.etl_control` that are missing; existing rows keep what an operator set.
    ControlRows,
}

/// A numbered change of one database.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Number, from 1, without gaps within a database.
    pub version: i64,
    /// What it is for.
    pub name: &'static str,
    /// Which database.
    pub database: Database,
    /// What it does, in order.
    pub steps: &'static [Step],
}

/// All migrations. A published one is never changed: a new one is added.
pub static MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "source tables", database: Database::Oltp, steps: &[Step::Tables(oltp::TABLES)] },
    Migration {
        version: 1,
        name: "star schema, control and audit",
        database: Database::Dw,
        steps: &[
            Step::Tables(dims::TABLES),
            Step::Tables(facts::TABLES),
            Step::Tables(control::TABLES),
            Step::UnknownMembers,
            Step::ControlRows,
        ],
    },
    // A new database has what comes here from version 1 on, whose step makes all that the catalog knows.
    Migration {
        version: 2,
        name: "position in the audit file",
        database: Database::Dw,
        steps: &[Step::Tables(&[&control::AUDIT_FILE_POSITION])],
    },
    Migration {
        version: 3,
        name: "hash of each row",
        database: Database::Dw,
        steps: &[
            Step::AddColumn(&dims::DIM_CLIENTE, "linha_hash"),
            Step::AddColumn(&dims::DIM_PRODUTO, "linha_hash"),
            Step::AddColumn(&dims::DIM_REGIAO, "linha_hash"),
            Step::AddColumn(&dims::DIM_EQUIPE, "linha_hash"),
            Step::AddColumn(&dims::DIM_VENDEDOR, "linha_hash"),
            Step::AddColumn(&dims::DIM_DESCONTO, "linha_hash"),
            Step::AddColumn(&facts::FACT_VENDAS, "linha_hash"),
            Step::AddColumn(&facts::FACT_METAS, "linha_hash"),
            Step::AddColumn(&facts::FACT_DESCONTOS, "linha_hash"),
        ],
    },
    Migration {
        version: 4,
        name: "results of quality checks",
        database: Database::Dw,
        steps: &[Step::Tables(control::QUALITY_TABLES)],
    },
    Migration {
        version: 5,
        name: "how far the source was read to its end",
        database: Database::Dw,
        steps: &[Step::AddColumn(&control::ETL_CONTROL, "read_until")],
    },
    Migration {
        version: 6,
        name: "backups and drills",
        database: Database::Dw,
        steps: &[Step::Tables(control::BACKUP_TABLES)],
    },
];

/// A row of `ctl.etl_control` as `init` creates it (contract/03 section 3.1).
#[derive(Debug, Clone, Copy)]
pub struct ControlSeed {
    /// Entity.
    pub entity: &'static str,
    /// Driving table.
    pub source_table: &'static str,
    /// Target table.
    pub target_table: &'static str,
    /// Key of the driving table.
    pub source_pk: &'static str,
    /// Rows a batch.
    pub batch_size: i64,
}

const fn seed(
    entity: &'static str,
    source_table: &'static str,
    target_table: &'static str,
    source_pk: &'static str,
    batch_size: i64,
) -> ControlSeed {
    ControlSeed { entity, source_table, target_table, source_pk, batch_size }
}

/// The nine rows of the contract.
pub static CONTROL_SEEDS: &[ControlSeed] = &[
    seed("dim_cliente", "core.customers", "dim.DIM_CLIENTE", "customer_id", 1_000),
    seed("dim_produto", "core.products", "dim.DIM_PRODUTO", "product_id", 1_000),
    seed("dim_regiao", "core.regions", "dim.DIM_REGIAO", "region_id", 1_000),
    seed("dim_equipe", "core.teams", "dim.DIM_EQUIPE", "team_id", 1_000),
    seed("dim_vendedor", "core.sellers", "dim.DIM_VENDEDOR", "seller_id", 1_000),
    seed("dim_desconto", "core.discount_campaigns", "dim.DIM_DESCONTO", "discount_id", 1_000),
    seed("fact_vendas", "core.order_items", "fact.FACT_VENDAS", "order_item_id", 5_000),
    seed("fact_metas", "core.seller_targets_monthly", "fact.FACT_METAS", "seller_target_id", 5_000),
    seed("fact_descontos", "core.order_item_discounts", "fact.FACT_DESCONTOS", "order_item_discount_id", 5_000),
];

/// The newest version that this binary knows.
pub fn known_version(database: Database) -> i64 {
    MIGRATIONS.iter().filter(|m| m.database == database).map(|m| m.version).max().unwrap_or(0)
}

/// Brings a database to [`known_version`] and replaces its views. Returns what was applied: on the embedded engine the names of
/// the migrations, on a server those of the scripts in `sql/`.
///
/// # Errors
/// [`DwError::SchemaMismatch`] when the database is of a newer version; otherwise whatever the engine reports.
pub async fn migrate(session: &mut dyn Session, database: Database) -> DwResult<Vec<String>> {
    if session.dialect().name() != "embedded" {
        return run_scripts(session, database).await;
    }
    let mut tx = session.begin().await?;
    let dialect = tx.dialect();
    let versions = dialect.table("ctl", "schema_version");
    if !table_exists(&mut *tx, "ctl", "schema_version").await? {
        let create = format!(
            "CREATE TABLE {versions} (version INT NOT NULL PRIMARY KEY, name VARCHAR(200) NOT NULL, applied_at {} NOT NULL)",
            dialect.column_type(crate::sql_type::SqlType::DateTime2(0))
        );
        tx.execute(&create, &[]).await?;
    }
    let current = current_version(&mut *tx).await?;
    refuse_newer(database, current)?;
    let mut applied = Vec::new();
    for migration in MIGRATIONS.iter().filter(|m| m.database == database && m.version > current) {
        tracing::info!(%database, version = migration.version, name = migration.name, "migrating");
        for step in migration.steps {
            run_step(&mut *tx, *step).await?;
        }
        let insert = format!("INSERT INTO {versions} (version, name, applied_at) VALUES (@P1, @P2, @P3)");
        tx.execute(&insert, &[migration.version.into(), migration.name.into(), Value::seconds(time::now())]).await?;
        applied.push(migration.name.to_owned());
    }
    ensure_indexes(&mut *tx, database).await?;
    if database == Database::Dw {
        replace_views(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(applied)
}

/// The scripts of a server, and then the versions that they amount to.
async fn run_scripts(session: &mut dyn Session, database: Database) -> DwResult<Vec<String>> {
    if table_exists(session, "ctl", "schema_version").await? {
        refuse_newer(database, current_version(session).await?)?;
    }
    let outcome = crate::scripts::run::run(session, database).await?;
    let insert = "INSERT INTO ctl.schema_version (version, name, applied_at) SELECT @P1, @P2, @P3 \
                  WHERE NOT EXISTS (SELECT 1 FROM ctl.schema_version WHERE version = @P1)";
    for migration in MIGRATIONS.iter().filter(|m| m.database == database) {
        let params = [migration.version.into(), migration.name.into(), Value::seconds(time::now())];
        session.execute(insert, &params).await?;
    }
    Ok(outcome.scripts.iter().map(ToString::to_string).collect())
}

/// The migrations that a database of the embedded engine still needs.
///
/// # Errors
/// [`DwError::SchemaMismatch`] when the database is of a newer version.
pub async fn pending(session: &mut dyn Session, database: Database) -> DwResult<Vec<&'static Migration>> {
    let current =
        if table_exists(session, "ctl", "schema_version").await? { current_version(session).await? } else { 0 };
    refuse_newer(database, current)?;
    Ok(all(database).into_iter().filter(|m| m.version > current).collect())
}

/// The migrations of a database.
pub fn all(database: Database) -> Vec<&'static Migration> {
    MIGRATIONS.iter().filter(|m| m.database == database).collect()
}

/// Refuses a database whose version is not [`known_version`].
///
/// # Errors
/// [`DwError::SchemaMismatch`].
pub async fn check_version(session: &mut dyn Session, database: Database) -> DwResult<()> {
    let known = known_version(database);
    let current = if session.dialect().name() != "embedded" {
        match session.query(&SCHEMA_VERSION.get()?, &[]).await?.get(0, 0).int()?.unwrap_or(0) {
            // A login without permissions does not see what there is; asked for it by name it is told so.
            0 => match current_version(session).await {
                Err(DwError::SchemaMismatch { .. }) => 0,
                other => other?,
            },
            version => version,
        }
    } else if table_exists(session, "ctl", "schema_version").await? {
        current_version(session).await?
    } else {
        0
    };
    refuse_newer(database, current)?;
    if current < known {
        return Err(DwError::SchemaMismatch {
            message: format!("{database} is at schema version {current}, this program needs {known}"),
            hint: "run `init`, which upgrades it and keeps the data".to_owned(),
        });
    }
    Ok(())
}

fn refuse_newer(database: Database, current: i64) -> DwResult<()> {
    let known = known_version(database);
    if current > known {
        return Err(DwError::SchemaMismatch {
            message: format!("{database} is at schema version {current}, this program knows only {known}"),
            hint: "use the version of the binaries that created it, or a newer one".to_owned(),
        });
    }
    Ok(())
}

async fn current_version<E: Executor + ?Sized>(executor: &mut E) -> DwResult<i64> {
    let sql = format!("SELECT COALESCE(MAX(version), 0) FROM {}", executor.dialect().table("ctl", "schema_version"));
    Ok(executor.query(&sql, &[]).await?.get(0, 0).int()?.unwrap_or(0))
}

/// True when a table exists in the database of a session.
pub(crate) async fn table_exists<E: Executor + ?Sized>(executor: &mut E, schema: &str, name: &str) -> DwResult<bool> {
    let dialect = executor.dialect();
    let sql = if dialect.name() == "embedded" {
        "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = @P1 || '.' || @P2"
    } else {
        "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = @P1 AND TABLE_NAME = @P2"
    };
    Ok(executor.query(sql, &[schema.into(), name.into()]).await?.get(0, 0).int()?.unwrap_or(0) > 0)
}

async fn column_exists<E: Executor + ?Sized>(executor: &mut E, table: &Table, column: &str) -> DwResult<bool> {
    let (sql, params) = if executor.dialect().name() == "embedded" {
        ("SELECT COUNT(*) FROM pragma_table_info(@P1) WHERE name = @P2", vec![table.full_name().into(), column.into()])
    } else {
        (
            "SELECT COUNT(*) FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = @P1 AND TABLE_NAME = @P2 AND COLUMN_NAME = @P3",
            vec![table.schema.into(), table.name.into(), column.into()],
        )
    };
    Ok(executor.query(sql, &params).await?.get(0, 0).int()?.unwrap_or(0) > 0)
}

async fn run_step<E: Executor + ?Sized>(executor: &mut E, step: Step) -> DwResult<()> {
    let dialect = executor.dialect();
    match step {
        Step::Tables(tables) => {
            for table in tables {
                if table_exists(executor, table.schema, table.name).await? {
                    continue;
                }
                executor.execute(&ddl::create_table(dialect, table), &[]).await?;
                create_indexes(executor, table).await?;
            }
        }
        Step::AddColumn(table, name) => {
            let column = table.column(name).ok_or_else(|| DwError::Internal(format!("no column {name}")))?;
            if !column_exists(executor, table, name).await? {
                let target = dialect.table(table.schema, table.name);
                let line = ddl::column_line(dialect, table, column);
                executor.execute(&format!("ALTER TABLE {target} ADD {line}"), &[]).await?;
            }
        }
        Step::UnknownMembers => {
            for table in dims::TABLES.iter().filter(|table| members::key_column(table).is_some()) {
                insert_unknown(executor, table).await?;
            }
        }
        Step::ControlRows => insert_control_rows(executor).await?,
    }
    Ok(())
}

async fn insert_unknown<E: Executor + ?Sized>(executor: &mut E, table: &'static Table) -> DwResult<()> {
    let dialect = executor.dialect();
    let surrogate = table.primary_key[0];
    let mut columns = vec![surrogate];
    let mut values = vec![members::UNKNOWN_KEY.to_string()];
    for (name, value) in members::member_values(table, Member::Unknown) {
        let ty = table.column(name).map_or(crate::sql_type::SqlType::BigInt, |column| column.ty);
        let value = match value {
            MemberValue::Fixed(value) => value,
            MemberValue::Key => Value::Int(members::UNKNOWN_KEY),
            MemberValue::UniqueText => Value::from(format!("#{}", members::UNKNOWN_KEY)),
        };
        columns.push(name);
        values.push(dialect.literal(ty, &value));
    }
    let target = dialect.table(table.schema, table.name);
    let sql = format!(
        "INSERT INTO {target} ({}) SELECT {} WHERE NOT EXISTS (SELECT 1 FROM {target} WHERE {surrogate} = {})",
        columns.join(", "),
        values.join(", "),
        members::UNKNOWN_KEY
    );
    executor.execute(&sql, &[]).await?;
    Ok(())
}

async fn insert_control_rows<E: Executor + ?Sized>(executor: &mut E) -> DwResult<()> {
    let control = executor.dialect().table("ctl", "etl_control");
    let sql = format!(
        "INSERT INTO {control} (entity_name, source_table, target_table, source_pk_column, batch_size) \
         SELECT @P1, @P2, @P3, @P4, @P5 WHERE NOT EXISTS (SELECT 1 FROM {control} WHERE entity_name = @P1)"
    );
    for seed in CONTROL_SEEDS {
        let params = [
            seed.entity.into(),
            seed.source_table.into(),
            seed.target_table.into(),
            seed.source_pk.into(),
            seed.batch_size.into(),
        ];
        executor.execute(&sql, &params).await?;
    }
    Ok(())
}

/// Makes the indexes that somebody dropped, or that an earlier version did not have. An index is no data, so that this needs
/// no migration of its own.
async fn ensure_indexes<E: Executor + ?Sized>(executor: &mut E, database: Database) -> DwResult<()> {
    let tables: Vec<&'static Table> = match database {
        Database::Oltp => catalog::oltp_tables().collect(),
        Database::Dw => catalog::dw_tables().collect(),
    };
    for table in tables {
        create_indexes(executor, table).await?;
    }
    Ok(())
}

async fn create_indexes<E: Executor + ?Sized>(executor: &mut E, table: &Table) -> DwResult<()> {
    let dialect = executor.dialect();
    let all: Vec<Index> = table.indexes.iter().copied().chain(ddl::unique_indexes(dialect, table)).collect();
    indexes::ensure(executor, table, &all).await
}

async fn replace_views<E: Executor + ?Sized>(executor: &mut E) -> DwResult<()> {
    let dialect = executor.dialect();
    for view in catalog::views::VIEWS.iter().rev() {
        let name = dialect.table(view.schema, view.name);
        executor.execute(&format!("DROP VIEW IF EXISTS {name}"), &[]).await?;
    }
    for view in catalog::views::VIEWS {
        executor.execute(&view.text_for(dialect)?, &[]).await?;
    }
    Ok(())
}

/// Creates or upgrades both databases of an engine. Safe to repeat.
///
/// # Errors
/// See [`migrate`].
pub async fn init(engine: &dyn crate::engine::Engine) -> DwResult<Vec<(Database, Vec<String>)>> {
    let mut done = Vec::new();
    for database in [Database::Oltp, Database::Dw] {
        let mut session = engine.create(database).await?;
        done.push((database, migrate(&mut *session, database).await?));
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::EmbeddedEngine;
    use crate::engine::Engine;

    #[tokio::test]
    async fn a_warehouse_of_version_1_gets_the_table_of_version_2_and_keeps_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let engine = EmbeddedEngine::new(folder.path());
        init(&engine).await.unwrap();
        let mut dw = engine.create(Database::Dw).await.unwrap();
        dw.execute("DROP TABLE \"ctl.audit_file_position\"", &[]).await.unwrap();
        dw.execute("DELETE FROM \"ctl.schema_version\" WHERE version > 1", &[]).await.unwrap();
        dw.execute("UPDATE \"ctl.etl_control\" SET is_active = 0", &[]).await.unwrap();
        assert!(check_version(&mut *dw, Database::Dw).await.is_err());
        let done = init(&engine).await.unwrap();
        assert_eq!(done[1].1.first().map(String::as_str), Some("position in the audit file"));
        assert!(table_exists(&mut *dw, "ctl", "audit_file_position").await.unwrap());
        let rows = dw.query("SELECT COUNT(*) FROM \"ctl.etl_control\" WHERE is_active = 0", &[]).await.unwrap();
        assert_eq!(rows.get(0, 0).int().unwrap(), Some(9));
    }

    #[tokio::test]
    async fn a_column_that_an_earlier_version_lacks_is_added_once_with_its_default() {
        let folder = tempfile::tempdir().unwrap();
        let engine = EmbeddedEngine::new(folder.path());
        init(&engine).await.unwrap();
        let mut dw = engine.create(Database::Dw).await.unwrap();
        dw.execute("ALTER TABLE \"ctl.etl_control\" DROP COLUMN lookback_minutes", &[]).await.unwrap();
        assert!(!column_exists(&mut *dw, &control::ETL_CONTROL, "lookback_minutes").await.unwrap());
        for _ in 0..2 {
            run_step(&mut *dw, Step::AddColumn(&control::ETL_CONTROL, "lookback_minutes")).await.unwrap();
            let rows =
                dw.query("SELECT COUNT(*) FROM \"ctl.etl_control\" WHERE lookback_minutes = 10", &[]).await.unwrap();
            assert_eq!(rows.get(0, 0).int().unwrap(), Some(9));
        }
    }
}
