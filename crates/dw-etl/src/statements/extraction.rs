//! The statements of the source side: the work table of changed keys, and the one read of the changed rows.

use dw_core::sql_type::SqlType;

use super::Statements;

impl Statements {
    /// Creates the two work tables: `keys`, one row a key with its newest stamp, and `work`, the keys in reading order.
    /// `class` is 0 for keys that are read again on purpose (rejects, parked rows), 1 for the lookback, 2 for new changes.
    pub fn create_work_tables(&self) -> Vec<String> {
        let bigint = self.dialect.staging_type(SqlType::BigInt);
        let column = |name: &str| (name.to_owned(), bigint.clone(), false);
        let stamp = ("stamp".to_owned(), self.dialect.staging_type(SqlType::DateTime2(0)), false);
        let mut all = self.dialect.create_temp("changed_keys", &[column("id"), stamp.clone()], &["id"]);
        all.extend(self.dialect.create_temp("again_keys", &[column("id")], &["id"]));
        all.extend(self.dialect.create_temp(
            "work",
            &[column("class"), stamp, column("id")],
            &["class", "stamp", "id"],
        ));
        all
    }

    /// The changed keys of one driving table: one seek on `(updated_at, key)`. Parameters: lower bound, upper bound.
    pub fn changed_keys_of(&self, driver: usize) -> String {
        let driver = &self.descriptor().drivers[driver];
        let table = self.dialect.table(driver.table.schema, driver.table.name);
        let joins = self.dialect.in_written_order(&self.dialect.translate(driver.joins));
        let separator = if joins.is_empty() { "" } else { " " };
        // A key that may be NULL (a seller without a manager) is no key.
        format!(
            "SELECT {key} AS id, d.updated_at AS stamp FROM {table} d{separator}{joins} \
             WHERE d.updated_at >= @P1 AND d.updated_at <= @P2 AND {key} IS NOT NULL",
            key = driver.key
        )
    }

    /// Whether any driving table has a change in the window: 1 or 0. Cheaper than to collect the keys, where there are none.
    /// Parameters: lower bound, upper bound.
    pub fn any_change(&self) -> String {
        let changes: Vec<String> = self
            .descriptor()
            .drivers
            .iter()
            .map(|driver| self.dialect.table(driver.table.schema, driver.table.name))
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .map(|table| format!("EXISTS (SELECT 1 FROM {table} d WHERE d.updated_at >= @P1 AND d.updated_at <= @P2)"))
            .collect();
        format!("SELECT CASE WHEN {} THEN 1 ELSE 0 END AS changed", changes.join(" OR "))
    }

    /// Fills `changed_keys` from all driving tables. Parameters: lower bound, upper bound.
    pub fn collect_keys(&self) -> String {
        let keys = self.dialect.temp("changed_keys");
        match self.descriptor().drivers.len() {
            // The key of a single driving table is unique: nothing to group.
            1 => format!("INSERT INTO {keys} (id, stamp) {}", self.changed_keys_of(0)),
            count => {
                let all: Vec<String> = (0..count).map(|driver| self.changed_keys_of(driver)).collect();
                format!(
                    "INSERT INTO {keys} (id, stamp) SELECT u.id, MAX(u.stamp) FROM ({}) u GROUP BY u.id",
                    all.join(" UNION ALL ")
                )
            }
        }
    }

    /// Puts the keys into reading order. Parameters: watermark stamp, watermark id, stamp of keys that are read again.
    pub fn order_keys(&self) -> Vec<String> {
        let (keys, again, work) =
            (self.dialect.temp("changed_keys"), self.dialect.temp("again_keys"), self.dialect.temp("work"));
        vec![
            format!(
                "INSERT INTO {work} (class, stamp, id) SELECT 0, @P3, a.id FROM {again} a \
                 WHERE NOT EXISTS (SELECT 1 FROM {keys} k WHERE k.id = a.id)"
            ),
            format!(
                "INSERT INTO {work} (class, stamp, id) \
                 SELECT CASE WHEN k.stamp > @P1 OR (k.stamp = @P1 AND k.id > @P2) THEN 2 ELSE 1 END AS class, k.stamp, k.id \
                 FROM {keys} k ORDER BY 1, 2, 3"
            ),
        ]
    }

    /// How many keys wait, by class.
    pub fn count_work(&self) -> String {
        format!("SELECT class, COUNT(*) FROM {} GROUP BY class ORDER BY class", self.dialect.temp("work"))
    }

    /// Reads the changed rows in (class, stamp, key) order: class, stamp and key first, then the entity's columns.
    /// An outer join, so that a key whose row is gone is told (its entity columns are NULL).
    pub fn read_work(&self) -> String {
        let entity = self.descriptor();
        let columns: Vec<String> = self
            .entity
            .source_columns()
            .iter()
            .map(|column| format!("{} AS {}", self.dialect.translate(column.expression), column.name))
            .collect();
        let from = self.dialect.translate(entity.from);
        let key = format!("{}.{}", entity.alias, entity.source_key);
        let (first, rest) = split_first_table(&from);
        format!(
            "SELECT w.class, w.stamp, w.id, {} FROM {} w LEFT JOIN {first} ON {key} = w.id{} ORDER BY w.class, w.stamp, w.id",
            columns.join(", "),
            self.dialect.temp("work"),
            rest.replace(" JOIN ", " LEFT JOIN ").replace("LEFT LEFT", "LEFT")
        )
    }
}

/// `core.x a JOIN ..` as (`core.x a`, ` JOIN ..`).
fn split_first_table(from: &str) -> (&str, &str) {
    let end = [" JOIN ", " LEFT JOIN "].iter().filter_map(|join| from.find(join)).min().unwrap_or(from.len());
    from.split_at(end)
}
