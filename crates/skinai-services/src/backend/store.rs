//! Stores the measurements in one SQLite file in the user's data folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use thiserror::Error;

use crate::wire::{Measurement, MeasurementPage, StorageUse};

/// What SQLite appends to the name of a database for the files that belong to it.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// While a restart overlaps, the old process may write for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The migrations of the schema; `user_version` counts those that were applied.
const MIGRATIONS: [&str; 1] = ["CREATE TABLE measurements (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         body TEXT NOT NULL,
         thumbnail BLOB NOT NULL
     ) STRICT;"];

/// Why a request to the store failed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No room is left on the disk.
    #[error("the disk is full")]
    Full,
    /// Written by a later version of this program.
    #[error("the measurements were written by a newer version of this program (form {0})")]
    TooNew(usize),
    /// Anything else, in SQLite's words.
    #[error("{0}")]
    Database(rusqlite::Error),
    /// A row that is no measurement.
    #[error("a stored measurement cannot be read: {0}")]
    Row(#[from] serde_json::Error),
    /// The folder or a file in it cannot be made, or made private.
    #[error("{path}: {source}")]
    Private {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Database(error),
        }
    }
}

/// The measurements of a folder. The file is opened when it is first needed, so that a service is
/// ready before its disk is, and tried again each time that failed.
pub struct Store {
    folder: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl Store {
    /// The store in `folder`, which is made where it is missing.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, connection: Mutex::new(None) }
    }

    /// Stores a measurement and its thumbnail, and sets its `id`.
    pub fn insert(&self, measurement: &mut Measurement, thumbnail: &[u8]) -> Result<(), StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            transaction.execute("INSERT INTO measurements (body, thumbnail) VALUES ('', ?1)", [thumbnail])?;
            measurement.id = transaction.last_insert_rowid();
            let body = serde_json::to_string(measurement)?;
            transaction
                .execute("UPDATE measurements SET body = ?1 WHERE id = ?2", params![body, measurement.id])?;
            Ok(transaction.commit()?)
        })
    }

    /// Lists the measurements with an id below `before`, newest first.
    pub fn list(&self, limit: u32, before: Option<i64>) -> Result<MeasurementPage, StoreError> {
        self.with(|connection| {
            let mut query = connection
                .prepare_cached("SELECT body FROM measurements WHERE id < ?1 ORDER BY id DESC LIMIT ?2")?;
            let rows = query.query_map(params![before.unwrap_or(i64::MAX), i64::from(limit) + 1], |row| {
                row.get::<_, String>(0)
            })?;
            let mut measurements = Vec::new();
            for body in rows {
                measurements.push(serde_json::from_str::<Measurement>(&body?)?);
            }
            let more = measurements.len() > limit as usize;
            measurements.truncate(limit as usize);
            let next_before = measurements.last().filter(|_| more).map(|last| last.id);
            Ok(MeasurementPage { measurements, next_before, total: count(connection)? })
        })
    }

    /// One measurement.
    pub fn get(&self, id: i64) -> Result<Option<Measurement>, StoreError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached("SELECT body FROM measurements WHERE id = ?1")?;
            let body: Option<String> = query.query_row([id], |row| row.get(0)).optional()?;
            Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
        })
    }

    /// The thumbnail of a measurement's photo, a JPEG.
    pub fn thumbnail(&self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|connection| {
            let mut query = connection.prepare_cached("SELECT thumbnail FROM measurements WHERE id = ?1")?;
            Ok(query.query_row([id], |row| row.get(0)).optional()?)
        })
    }

    /// Removes a measurement, from the disk too. Returns whether there was one.
    pub fn delete(&self, id: i64) -> Result<bool, StoreError> {
        self.with(|connection| {
            let removed = connection.execute("DELETE FROM measurements WHERE id = ?1", [id])?;
            // Without a checkpoint the removed row stays in the write-ahead log.
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(removed > 0)
        })
    }

    /// The number of measurements and the size of the files.
    pub fn storage_use(&self) -> Result<StorageUse, StoreError> {
        let measurements = self.with(|connection| count(connection))?;
        let size = |suffix| fs::metadata(file(&self.folder, suffix)).map_or(0, |metadata| metadata.len());
        Ok(StorageUse { measurements, bytes: SUFFIXES.into_iter().map(size).sum() })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut slot = self.connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let connection = match &mut *slot {
            Some(connection) => connection,
            None => slot.insert(open(&self.folder)?),
        };
        let outcome = work(connection);
        if matches!(&outcome, Err(StoreError::Database(_))) {
            // The file may have been removed; the next request opens it again.
            *slot = None;
        }
        outcome
    }
}

/// One of the files that the measurements are in.
fn file(folder: &Path, suffix: &str) -> PathBuf {
    folder.join(format!("measurements.db{suffix}"))
}

fn open(folder: &Path) -> Result<Connection, StoreError> {
    let private = |path: &Path, done: std::io::Result<()>| {
        done.map_err(|source| StoreError::Private { path: path.to_owned(), source })
    };
    private(folder, make_private(folder))?;
    // SQLite makes the other files as private as the first is.
    for path in SUFFIXES.map(|suffix| file(folder, suffix)) {
        if path == file(folder, "") || path.exists() {
            private(&path, userdirs::make_file_private(&path))?;
        }
    }
    let mut connection = Connection::open(file(folder, ""))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    // NORMAL loses at most the last moment when the power fails, and never the file.
    connection.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;")?;
    migrate(&mut connection)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    if version(connection)? == MIGRATIONS.len() {
        return Ok(());
    }
    // Of two processes that start on the same old file, one migrates and the other finds it done.
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let done = version(&transaction)?;
    if done > MIGRATIONS.len() {
        return Err(StoreError::TooNew(done));
    }
    for step in &MIGRATIONS[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as u32)?;
    Ok(transaction.commit()?)
}

fn version(connection: &Connection) -> Result<usize, StoreError> {
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(version as usize)
}

fn count(connection: &Connection) -> Result<u64, StoreError> {
    let mut query = connection.prepare_cached("SELECT COUNT(*) FROM measurements")?;
    let count: i64 = query.query_row([], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Creates a folder that only the user can read.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
