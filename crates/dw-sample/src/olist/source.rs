//! The nine files as rows of named fields: opens a file, finds the wanted columns by the header, and hands over row by row.
//! Not here: the grammar of a line (see [`super::records`]) and what a row means.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use dw_core::error::{DwError, DwResult};

use super::OlistProgress;
use super::log::{IssueLog, Reject};
use super::records::{RawRecord, Records};
use super::report::{ReasonCode, SourceFile};

/// Rows between two calls of the progress function.
const PROGRESS_ROWS: u64 = 50_000;
/// Bytes read from the disk at a time.
const BUFFER: usize = 1 << 18;

/// What to do when the folder is not what it should be.
pub(super) const FOLDER_HINT: &str = "download the `Brazilian E-Commerce Public Dataset by Olist`, unpack its CSV files into one folder, and pass that folder";

/// Where the files come from: a folder, or texts in a test.
pub(super) trait Files {
    /// Opens a file.
    fn open(&self, file: SourceFile) -> io::Result<Box<dyn BufRead + '_>>;
    /// Where the file is, for messages.
    fn path(&self, file: SourceFile) -> PathBuf;
}

/// A folder with the files under their published names.
#[derive(Debug)]
pub(super) struct Folder<'a>(pub(super) &'a Path);

impl Files for Folder<'_> {
    fn open(&self, file: SourceFile) -> io::Result<Box<dyn BufRead + '_>> {
        Ok(Box::new(BufReader::with_capacity(BUFFER, File::open(self.path(file))?)))
    }

    fn path(&self, file: SourceFile) -> PathBuf {
        self.0.join(file.file_name())
    }
}

/// What all readers of files share.
pub(super) struct Reading<'a> {
    /// The files.
    pub(super) files: &'a dyn Files,
    /// Counts and issues.
    pub(super) log: IssueLog,
    /// Told about every fifty thousand rows.
    pub(super) progress: &'a mut (dyn FnMut(OlistProgress) + Send),
}

/// One row: its wanted fields by their position in the list of columns.
pub(super) struct Row<'a> {
    file: SourceFile,
    record: &'a RawRecord,
    names: &'a [&'static str],
    positions: &'a [usize],
}

impl<'a> Row<'a> {
    /// The physical line at which the row begins.
    pub(super) fn line(&self) -> u64 {
        self.record.line
    }

    /// The file.
    pub(super) fn file(&self) -> SourceFile {
        self.file
    }

    /// The name of a wanted column.
    pub(super) fn name(&self, column: usize) -> &'static str {
        self.names.get(column).copied().unwrap_or("?")
    }

    /// A field without the blanks around it; empty when it is empty.
    pub(super) fn text(&self, column: usize) -> Result<&'a str, Reject> {
        let bytes = self.positions.get(column).map_or(&[][..], |position| self.record.field(*position));
        std::str::from_utf8(bytes)
            .map(str::trim)
            .map_err(|_| Reject::new(ReasonCode::NotUtf8, format!("`{}` is not UTF-8", self.name(column))))
    }

    /// A field that must not be empty.
    pub(super) fn required(&self, column: usize) -> Result<&'a str, Reject> {
        match self.text(column)? {
            "" => Err(Reject::new(ReasonCode::MissingValue, format!("`{}` is empty", self.name(column)))),
            text => Ok(text),
        }
    }

    /// A key that must not be empty, as it is looked up: keys compare without case, as in the target (ruling 15).
    pub(super) fn key(&self, column: usize) -> Result<String, Reject> {
        self.required(column).map(str::to_lowercase)
    }
}

impl Reading<'_> {
    /// Reads a file. `take` gets each sound row; what it refuses is noted as left out. `Ok(false)`: the file only enriches and
    /// is not there, which is noted as well.
    pub(super) fn each_row(
        &mut self,
        file: SourceFile,
        names: &[&'static str],
        mut take: impl FnMut(&Row<'_>, &mut IssueLog) -> Result<(), Reject>,
    ) -> DwResult<bool> {
        let path = self.files.path(file);
        let input = match self.files.open(file) {
            Ok(input) => input,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !file.is_required() => {
                let reason = format!("`{}` is not there", path.display());
                self.log.value(file, 0, Reject::new(ReasonCode::FileMissing, reason));
                return Ok(false);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(DwError::usage(format!("the file `{}` is missing", path.display()), FOLDER_HINT));
            }
            Err(error) => return Err(cannot_read(path, error)),
        };
        let mut records = Records::new(input, file == SourceFile::Reviews);
        let mut record = RawRecord::default();
        let header = records.next(&mut record).map_err(|error| cannot_read(path.clone(), error))?;
        if !matches!(header, Some(Ok(()))) {
            return Err(DwError::usage(format!("`{}` has no header line", path.display()), FOLDER_HINT));
        }
        let positions = find_columns(&record, names).map_err(|missing| {
            DwError::usage(format!("the header of `{}` has no column `{missing}`", path.display()), FOLDER_HINT)
        })?;
        records.expect(record.len());
        while let Some(outcome) = records.next(&mut record).map_err(|error| cannot_read(path.clone(), error))? {
            self.log.read(file);
            let row = Row { file, record: &record, names, positions: &positions };
            if let Err(reject) = outcome.and_then(|()| take(&row, &mut self.log)) {
                self.log.row(file, record.line, reject);
            }
            let rows = self.log.rows_read_of(file);
            if rows.is_multiple_of(PROGRESS_ROWS) {
                (self.progress)(OlistProgress::Reading { file, rows });
            }
        }
        (self.progress)(OlistProgress::Reading { file, rows: self.log.rows_read_of(file) });
        Ok(true)
    }
}

fn find_columns(header: &RawRecord, names: &[&'static str]) -> Result<Vec<usize>, &'static str> {
    names
        .iter()
        .map(|name| {
            (0..header.len())
                .find(|index| header.field(*index).trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
                .ok_or(*name)
        })
        .collect()
}

fn cannot_read(path: PathBuf, source: io::Error) -> DwError {
    DwError::Io { action: "cannot read", path, source }
}
