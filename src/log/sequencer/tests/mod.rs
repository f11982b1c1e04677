//! The sequencer on real databases: every test runs on SQLite and on PostgreSQL.

mod appends;
mod bench;
mod edges;
mod failover;
mod faults;
mod limits;
mod races;
mod rollback;
mod together;
