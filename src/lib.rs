//! Doudi (兜底) decides on social assistance by the law in force, and proves afterwards that it did.
//!
//! This page is the architecture document. Read it once from top to bottom; after it, the first
//! lines of each file say its one purpose, and its place in the tree says who may call it.
//!
//! # The way of one decision
//!
//! ```text
//! request --api::decode--> command --app: case history, law in force--> facts document
//!         --rules::decide (pure)--> determination document and trace digest
//!         --app: seal, log::record--> sealed documents and leaf --log::sequencer: one transaction-->
//! store   --COMMIT--> receipt (index, inclusion proof, signed checkpoint) --api::encode--> caller
//! ```
//!
//! One way, no detours: nothing is answered before it is durable, nothing is decided outside
//! [`rules`], nothing is hashed that is not stored. A replay walks the same way with the recorded
//! facts: it reads the facts document back, resolves the law that was in use, decides, and
//! compares the determination byte for byte.
//!
//! # Rooms
//!
//! Arrows go one way: `api -> app -> rules` and `app -> log -> store`.
//!
//! | room | what it is | what it must not know |
//! |---|---|---|
//! | [`rules`] | the law as an evaluated document: pure, frozen by `SEMANTICS.md` and `DECIDE.md` | async, clocks, environment, randomness, floats, hash-ordered maps, protobuf, SQL |
//! | [`log`] | what is recorded and how it is proved (`FORMAT.md`); pure but for the sequencer | protobuf, SQL, what a decision means |
//! | [`store`] | the tables in SQLite or PostgreSQL, behind one trait and one conformance suite | what a decision means; it alone names SQL |
//! | [`app`] | the use cases, one file each: what RPC and command line share | protobuf, SQL |
//! | [`api`] | the gRPC edge: decode, encode, status, one file a service | how anything is decided or stored; it names tonic, and beside it only who makes connections: `server`, and the clients of `cli` |
//! | [`readside`] | the public read side over HTTP: checkpoints, tiles, entries | anything that is not public |
//! | [`telemetry`] | log lines, spans, metrics and probes: a leaf that every room but the pure ones tells what happened | what any of it means; it alone names OpenTelemetry and Prometheus |
//! | [`cli`] | the commands of the `doudi` binary, one file each | |
//!
//! Beside the rooms stand the leaves that all share: [`canonical`] (the byte form of everything
//! hashed as JSON), [`reader`] (stored records as typed values), [`area`] (area codes), [`statistics`]
//! (estimates; floats are here and in the seconds of `telemetry` alone) and [`whole_file`] (files that are there whole or not at all). Wiring
//! is [`server`], [`shutdown`], [`config`], [`build`] (which build this is) and [`identity`] (certificates and the table of
//! principals).
//!
//! # Where to look
//!
//! - **What the law says** is in `policy/*.yaml`, never in code. [`rules::language`] reads it,
//!   [`rules::types`] checks it, [`rules::codec`] writes the sealed tree, whose SHA-256 is the
//!   document's name; [`rules::render`] and [`rules::diff`] put it into words. Everything that an officer is told
//!   stands in [`rules::language::said`], in Chinese and English. What another document would have changed is
//!   [`app::impact`].
//! - **How a household is decided**: [`rules::law`] resolves the layers of one area,
//!   [`rules::compile`] makes an arena of it, [`rules::eval`] evaluates on demand, [`rules::decide`]
//!   walks outcome lists, guards, schedules and carries, and [`rules::determination`] is the
//!   document that follows. [`rules::trace`] is what was demanded, as bytes that are hashed.
//! - **What a case remembers**: [`rules::case`], a projection of the case's own records that
//!   [`app::projection`] rebuilds and compares. A correction goes back to what was remembered before the decision that it
//!   corrects.
//! - **What a decision rests on**: [`app::facts`] assembles the one document that a replay needs. Recorded facts are read
//!   again in one walk over their bytes ([`canonical::Cursor`], `rules::facts`), and the long way where that is not sure.
//! - **What is hashed and sealed**: `src/log/FORMAT.md`, then [`log::record`], [`log::merkle`] and [`log::note`].
//! - **Who may read the log**: everybody, by [`app::public_log`], over HTTP ([`readside`]) or as files ([`app::export`]).
//! - **Whether a log is sound**: [`log::fsck`] is what each level means, [`app::fsck`] goes through the tables.
//! - **What is in one commit**: [`log::sequencer`]; what the tables are: `migrations/`.
//! - **What notices a restored backup, a lagging standby or a second history**: the gate in [`log::sequencer`], the
//!   marks of [`app::high_water`], the witnesses of [`app::witnesses`]; an operator confirms a fork by [`app::epochs`].
//! - **The way of every use case**: [`app::decision`]. It looks the request up, assembles, decides,
//!   seals, appends, and answers from the record it reads back, so that a first answer and a retry
//!   take one way.
//! - **Who may call what, and where**: the table [`api::rpcs`], the places of requests in `api::place`, the roles and
//!   areas of [`app::rights`]; who a certificate is, [`identity`]. What stands before every call, in its order:
//!   [`api::admission`].
//! - **Who saw it and what is gone**: [`app::access`] writes a row before each read is answered; openings and
//!   erasures are entries that are durable before a document leaves or a key is destroyed.
//! - **How a sample is drawn so that nobody can steer it**: [`log::sample`], judged by the same code before an entry
//!   is appended and afterwards by whoever verifies; its use cases are [`app::sampling`], [`app::finding`] and
//!   [`app::estimate`].
//! - **What an auditor takes home**: [`log::bundle`] is the file, [`app::bundle`] makes and verifies one,
//!   [`app::inspect`] reads single decisions and the law out of it; the report for people is `cli::report`.
//! - **What is told of the service while it works**: [`telemetry`]; the seams are `api::admission` (a call begins and
//!   ends), [`log::sequencer`] (queue, commit), `store::statement` (each statement) and [`app::gauges`] (what is looked
//!   at now and then). The place of a call in its trace is sealed with what it records, and found again by
//!   `record_trace`, which is a key of nothing. Dashboards and alerts: `deploy/observe`.
//! - **What happens when stored bytes do not fit**: [`app::damage`] is where they stand; whoever answers a caller with it
//!   says it in the log and takes the server out of service.
//! - **Who else can check us**: `deploy/audit`, a replayer in Python written from the documents alone.
//!
//! # Invariants
//!
//! 1. [`rules`] does no I/O: same inputs, same bytes, for ever.
//! 2. No answer leaves before its record is durable. A full queue refuses; nothing is dropped or logged later.
//! 3. Every hash is over bytes written once; sealed bytes decrypt to exactly the bytes committed.
//!    Recovery runs the code of the normal path.
//! 4. After an unknown commit outcome the sequencer reads the head again before it writes.
//! 5. Personal data lives in sealed documents and sealed case state alone: never in entries, names, errors, logs,
//!    metrics or traces.
//! 6. Everything has a limit, and each limit is a named constant with its reason.
//! 7. A retry with the same request id returns the first answer byte for byte; the same id with other content is
//!    refused; ids never expire.
//! 8. Bad input gets every violation at once, with field paths, and changes nothing.
//! 9. A determination is always recorded; only the act that takes effect is refused by a guard. What an officer may
//!    not choose at all (a grace of five months) is refused before anything is recorded.
//!
//! `tests/walls.rs` holds the walls between the rooms.

pub mod api;
pub mod app;
pub mod area;
pub mod build;
pub mod canonical;
pub mod cli;
pub mod config;
pub mod identity;
pub mod log;
pub mod reader;
pub mod readside;
pub mod rules;
pub mod server;
pub mod shutdown;
pub mod statistics;
pub mod store;
pub mod telemetry;
pub mod whole_file;
