//! Destroys data keys that an ERASURE entry names, and the rows that lead from an ID number to a person.
//!
//! Wraps data keys anew, too: what may change them is one role.
//!
//! Always after the entry is durable, and again at every start: a key that came back with a backup goes again.

use super::StoreError;
use super::driver::{Dialect, Store};
use super::read_log::{every, page};
use super::read_record::data_key_row;
use super::rows::DataKeyRow;
use super::value::Value;

/// Keys of one transaction: a start that finds many must not hold one lock for long.
pub const DESTROY_KEY_COUNT_MAX: i64 = 500;

impl dyn Store {
    /// Keys that ERASURE entries name and that still are there, or still lead to a person; at most
    /// [`DESTROY_KEY_COUNT_MAX`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keys_to_destroy(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT key_ref FROM erased_key AS e WHERE \
                   EXISTS (SELECT 1 FROM data_key AS d WHERE d.key_ref = e.key_ref AND d.destroyed_ms IS NULL) OR \
                   EXISTS (SELECT 1 FROM person_map AS p WHERE p.key_ref = e.key_ref) ORDER BY key_ref LIMIT $1";
        every(self.read(sql, vec![Value::Int(DESTROY_KEY_COUNT_MAX)]).await?, |row| {
            row.text(0)
        })
    }

    /// Whether this process may destroy keys at all, asked before an entry promises it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] says what an operator must grant.
    pub async fn may_destroy_keys(&self) -> Result<(), StoreError> {
        // Dropped without commit: nothing happened.
        self.begin_erasing().await.map(drop)
    }

    /// Data keys that another key-encryption key wraps, by name, a page of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keys_wrapped_otherwise(&self, kek_id: &str, limit: u32) -> Result<Vec<DataKeyRow>, StoreError> {
        let sql = "SELECT key_ref, wrapped, kek_id, retain_until, destroyed_ms FROM data_key \
                   WHERE destroyed_ms IS NULL AND kek_id <> $1 ORDER BY key_ref LIMIT $2";
        let args = vec![Value::Text(kek_id.to_owned()), page(limit)];
        every(self.read(sql, args).await?, data_key_row)
    }

    /// Stores these keys as they are wrapped now, all or none; one that was destroyed meanwhile stays so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rewrap_keys(&self, keys: &[DataKeyRow]) -> Result<(), StoreError> {
        let mut tx = self.begin_erasing().await?;
        for key in keys {
            let sql = "UPDATE data_key SET wrapped = $2, kek_id = $3 WHERE key_ref = $1 AND destroyed_ms IS NULL";
            let args = vec![
                Value::Text(key.key_ref.clone()),
                Value::Bytes(key.wrapped.clone().unwrap_or_default()),
                Value::Text(key.kek_id.clone()),
            ];
            tx.change(sql, args).await?;
        }
        tx.commit().await
    }

    /// Destroys these keys and deletes the rows by which their cases knew persons. A person whom another case met too
    /// stays known by that case's row; with the last row goes the person. Says how many keys went.
    ///
    /// # Errors
    /// [`StoreError`]; what it did not do, the next start does.
    pub async fn destroy_keys(&self, key_refs: &[String], now_ms: i64) -> Result<u64, StoreError> {
        let mut tx = self.begin_erasing().await?;
        match tx.dialect() {
            // The transaction is the only writer.
            Dialect::Sqlite => {}
            // Two erasures at once would each take the other's row for one that stays, and an append would count on a
            // person who goes. Appends wait for this short transaction, and it for theirs.
            Dialect::Postgres => {
                let sql = "LOCK TABLE person_link IN EXCLUSIVE MODE";
                tx.change(sql, Vec::new()).await?;
            }
        }
        let among = tx.dialect().among(1);
        let sql = format!(
            "UPDATE data_key SET wrapped = NULL, destroyed_ms = $2 WHERE key_ref {among} AND destroyed_ms IS NULL"
        );
        let destroyed = tx
            .change(&sql, vec![Value::Texts(key_refs.to_vec()), Value::Int(now_ms)])
            .await?;
        let sql = format!("SELECT DISTINCT hmac FROM person_map WHERE key_ref {among}");
        let hmacs = every(tx.read(&sql, vec![Value::Texts(key_refs.to_vec())]).await?, |row| {
            row.text(0)
        })?;
        let sql = format!("DELETE FROM person_map WHERE key_ref {among}");
        tx.change(&sql, vec![Value::Texts(key_refs.to_vec())]).await?;
        let sql = format!(
            "DELETE FROM person_link WHERE hmac {among} AND \
             NOT EXISTS (SELECT 1 FROM person_map AS m WHERE m.hmac = person_link.hmac)"
        );
        tx.change(&sql, vec![Value::Texts(hmacs)]).await?;
        tx.commit().await?;
        self.scrub().await?;
        Ok(destroyed)
    }
}
