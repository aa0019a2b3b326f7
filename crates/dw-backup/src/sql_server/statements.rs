//! The T-SQL of backups: each statement as a text, made from names and options alone. Pure; snapshots show all of them. BACKUP and
//! RESTORE take no parameters for what is named here, so that names are quoted by [`identifier`] and texts by [`literal`].

use crate::name::BackupKind;

/// A name in brackets.
pub fn identifier(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// A text in quotes.
pub fn literal(text: &str) -> String {
    format!("N'{}'", text.replace('\'', "''"))
}

/// How a backup is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupOptions {
    /// COMPRESSION.
    pub compression: bool,
    /// COPY_ONLY.
    pub copy_only: bool,
    /// MAXTRANSFERSIZE in bytes.
    pub max_transfer: u32,
    /// Name of the certificate that encrypts.
    pub certificate: Option<String>,
}

fn disks(files: &[String]) -> String {
    files.iter().map(|file| format!("DISK = {}", literal(file))).collect::<Vec<_>>().join(", ")
}

/// BACKUP of a database or its log into files that must not exist yet: INIT would overwrite them, so that it is used with a name
/// that is used once.
pub fn backup(database: &str, kind: BackupKind, files: &[String], options: &BackupOptions) -> String {
    let what = if kind == BackupKind::Log { "LOG" } else { "DATABASE" };
    let mut with = vec!["CHECKSUM".to_owned(), "STOP_ON_ERROR".to_owned()];
    if kind == BackupKind::Diff {
        with.push("DIFFERENTIAL".to_owned());
    }
    if options.copy_only {
        with.push("COPY_ONLY".to_owned());
    }
    with.push(if options.compression { "COMPRESSION" } else { "NO_COMPRESSION" }.to_owned());
    if let Some(certificate) = &options.certificate {
        with.push(format!("ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = {})", identifier(certificate)));
    }
    with.push("FORMAT".to_owned());
    with.push("INIT".to_owned());
    with.push(format!("MAXTRANSFERSIZE = {}", options.max_transfer));
    with.push("STATS = 5".to_owned());
    format!("BACKUP {what} {} TO {} WITH {}", identifier(database), disks(files), with.join(", "))
}

/// RESTORE VERIFYONLY.
pub fn verify_only(files: &[String]) -> String {
    format!("RESTORE VERIFYONLY FROM {} WITH CHECKSUM, STOP_ON_ERROR", disks(files))
}

/// RESTORE HEADERONLY: what a file holds; its tenth column names the database.
pub fn header_only(files: &[String]) -> String {
    format!("RESTORE HEADERONLY FROM {}", disks(files))
}

/// RESTORE FILELISTONLY: the files of the database in a backup.
pub fn file_list(files: &[String]) -> String {
    format!("RESTORE FILELISTONLY FROM {}", disks(files))
}

/// A file of a database in a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogicalFile {
    /// Its logical name.
    pub name: String,
    /// `D` for data, `L` for a log, others for filestreams.
    pub kind: String,
}

/// Where the files of a restored database go: names of their own in the folders of the server, so that no file of another
/// database is ever named.
pub fn moves(files: &[LogicalFile], name: &str, data: &str, log: &str) -> Vec<(String, String)> {
    let joined = |folder: &str, file: &str| {
        let divider = if folder.contains('\\') { "\\" } else { "/" };
        format!("{}{divider}{file}", folder.trim_end_matches(['/', '\\']))
    };
    files
        .iter()
        .enumerate()
        .map(|(at, file)| {
            let (folder, ending) = if file.kind == "L" { (log, "ldf") } else { (data, "mdf") };
            (file.name.clone(), joined(folder, &format!("{name}_{}.{ending}", at + 1)))
        })
        .collect()
}

/// RESTORE of one backup of a chain. All but the last leave the database open for the next one.
pub fn restore(
    name: &str,
    kind: BackupKind,
    files: &[String],
    moves: &[(String, String)],
    replace: bool,
    is_last: bool,
) -> String {
    let what = if kind == BackupKind::Log { "LOG" } else { "DATABASE" };
    let mut with = vec!["CHECKSUM".to_owned()];
    if kind == BackupKind::Full {
        with.extend(moves.iter().map(|(from, to)| format!("MOVE {} TO {}", literal(from), literal(to))));
        if replace {
            with.push("REPLACE".to_owned());
        }
    }
    with.push(if is_last { "RECOVERY" } else { "NORECOVERY" }.to_owned());
    with.push("STATS = 5".to_owned());
    format!("RESTORE {what} {} FROM {} WITH {}", identifier(name), disks(files), with.join(", "))
}

/// Ends the sessions of a database that is replaced: RESTORE wants it alone.
pub fn single_user(name: &str) -> String {
    format!("ALTER DATABASE {} SET SINGLE_USER WITH ROLLBACK IMMEDIATE", identifier(name))
}

/// Lets everybody in again.
pub fn multi_user(name: &str) -> String {
    format!("ALTER DATABASE {} SET MULTI_USER", identifier(name))
}

/// DBCC CHECKDB: it answers nothing when nothing is wrong.
pub fn check_db(name: &str) -> String {
    format!("DBCC CHECKDB ({}) WITH NO_INFOMSGS, ALL_ERRORMSGS", literal(name))
}

/// DROP DATABASE of a drill, if it is there.
pub fn drop_database(name: &str) -> String {
    format!("IF DB_ID({}) IS NOT NULL DROP DATABASE {}", literal(name), identifier(name))
}

/// Whether a database exists.
pub const EXISTS: &str = "SELECT COUNT(*) FROM sys.databases WHERE name = @P1";

/// Recovery model of a database: FULL, BULK_LOGGED, SIMPLE.
pub const RECOVERY_MODEL: &str = "SELECT recovery_model_desc FROM sys.databases WHERE name = @P1";

/// Bytes of the files of the database of the session.
pub const SIZE: &str =
    "SELECT CAST(SUM(CAST(size AS BIGINT)) * 8192 AS BIGINT) FROM sys.database_files WHERE type IN (0, 1)";

/// The folders in which the server puts databases.
pub const FOLDERS: &str = "SELECT CAST(SERVERPROPERTY('InstanceDefaultDataPath') AS NVARCHAR(400)), CAST(SERVERPROPERTY('InstanceDefaultLogPath') AS NVARCHAR(400))";

/// Kind of server: not NULL on Babelfish; 5 and 8 are Azure SQL; the edition says whether it compresses.
pub const SERVER: &str = "SELECT CAST(SERVERPROPERTY('BabelfishVersion') AS NVARCHAR(128)), CAST(SERVERPROPERTY('EngineEdition') AS INT), CAST(SERVERPROPERTY('Edition') AS NVARCHAR(128))";

/// When the private key of a certificate was last exported; NULL when it never was.
pub const CERTIFICATE: &str = "SELECT name, pvt_key_last_backup_date FROM sys.certificates WHERE name = @P1";

/// What the server wrote down of a backup: bytes, whether it has checksums, whether it is damaged.
pub const HISTORY: &str = "SELECT TOP (1) CAST(s.compressed_backup_size AS BIGINT), CAST(s.has_backup_checksums AS INT), CAST(s.is_damaged AS INT) FROM msdb.dbo.backupset AS s JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = s.media_set_id WHERE f.physical_device_name = @P1 ORDER BY s.backup_set_id DESC";

#[cfg(test)]
mod tests {
    use super::*;

    fn files(count: usize) -> Vec<String> {
        (1..=count)
            .map(|number| format!("/var/opt/mssql/backup/DW_ECOMMERCE_20261128_091500_full.{number}.bak"))
            .collect()
    }

    /// Every statement of every path; each batch is one, so that the grammar of all can be checked.
    #[test]
    fn every_statement() {
        let plain = BackupOptions { compression: true, copy_only: false, max_transfer: 1_048_576, certificate: None };
        let odd = BackupOptions {
            compression: false,
            copy_only: true,
            max_transfer: 65_536,
            certificate: Some("dw]backup".to_owned()),
        };
        let logical = [
            LogicalFile { name: "DW_ECOMMERCE".to_owned(), kind: "D".to_owned() },
            LogicalFile { name: "o'log".to_owned(), kind: "L".to_owned() },
        ];
        let moved = moves(&logical, "drill_DW_ECOMMERCE", "/var/opt/mssql/data/", "/var/opt/mssql/log");
        let windows = moves(&logical, "x", "D:\\data\\", "E:\\log");
        use BackupKind::{Diff, Full, Log};
        let all = [
            backup("DW_ECOMMERCE", Full, &files(1), &plain),
            backup("DW_ECOMMERCE", Full, &files(3), &odd),
            backup("ECOMMERCE_OLTP", Diff, &files(1), &plain),
            backup("ECOMMERCE_OLTP", Log, &files(1), &plain),
            backup("a]; DROP DATABASE x; --", Full, &["it's.bak".to_owned()], &plain),
            verify_only(&files(2)),
            header_only(&files(1)),
            file_list(&files(1)),
            restore("drill_DW_ECOMMERCE", Full, &files(1), &moved, false, true),
            restore("x", Full, &files(2), &windows, true, false),
            restore("x", Diff, &files(1), &windows, true, false),
            restore("x", Log, &files(1), &windows, true, true),
            single_user("DW_ECOMMERCE"),
            multi_user("DW_ECOMMERCE"),
            check_db("drill_DW_ECOMMERCE"),
            drop_database("drill_DW_ECOMMERCE"),
            EXISTS.to_owned(),
            RECOVERY_MODEL.to_owned(),
            SIZE.to_owned(),
            FOLDERS.to_owned(),
            SERVER.to_owned(),
            CERTIFICATE.to_owned(),
            HISTORY.to_owned(),
        ];
        insta::assert_snapshot!(all.join(";\nGO\n"));
    }
}
