//! The connections of PostgreSQL: how one is made, whether one that waited is still good, how many there may be.
//!
//! A machine that is gone without a goodbye ends no connection, and a pool is then full of dead ones. So every question
//! has a bound, and the first that goes unanswered condemns every connection that was there before it: they are not
//! asked one by one, seconds each. A connection that was used a moment ago is not asked at all, which spares a round
//! trip before almost every statement; after any error on any connection they are asked again.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult, TimeoutType,
};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tokio::time::{sleep, timeout};

/// How long a call waits for a connection that others hold.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a new connection may take, a server included that is just starting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Between two attempts to reach a server that refuses connections: it may be starting.
const CONNECT_PAUSE: Duration = Duration::from_millis(50);

/// How long a connection that waited may take to say that it lives.
pub(super) const ALIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection that was used so shortly ago is not asked whether it lives.
const FRESH_TIME: Duration = Duration::from_secs(1);

/// The age at which a connection is replaced: what a server process has gathered goes with it, and after a failover
/// behind one address the load comes back to all machines.
const AGE_MAX: Duration = Duration::from_secs(30 * 60);

/// The pool of one database.
pub(super) type PostgresPool = Pool<Connector>;

/// A connection, and whether the last statement on it left no doubt about it.
pub(super) struct Pooled {
    pub(super) connection: PgConnection,
    pub(super) is_sure: bool,
}

/// Makes connections and judges those that waited.
pub(super) struct Connector {
    options: PgConnectOptions,
    /// What every connection runs first.
    session: String,
    trouble: Mutex<Trouble>,
}

/// When connections were last in trouble.
#[derive(Clone, Copy, Default)]
struct Trouble {
    /// A statement failed: those last used before are asked whether they live.
    doubt: Option<Instant>,
    /// A question went unanswered: those last used before are dropped unasked.
    silence: Option<Instant>,
}

/// A pool with so many connections at most, each of which runs `session` first.
pub(super) fn pool(options: PgConnectOptions, session: String, max: usize) -> Result<PostgresPool, sqlx::Error> {
    let connector = Connector {
        options,
        session,
        trouble: Mutex::default(),
    };
    Pool::builder(connector)
        .max_size(max)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT_TIMEOUT))
        // The most recently used first: it need not be asked.
        .queue_mode(QueueMode::Lifo)
        .build()
        .map_err(|error| sqlx::Error::Configuration(error.into()))
}

/// Waits for a connection, at most [`WAIT_TIMEOUT`] and [`CONNECT_TIMEOUT`].
pub(super) async fn take(pool: &PostgresPool) -> Result<Object<Connector>, sqlx::Error> {
    pool.get().await.map_err(|error| match error {
        PoolError::Backend(error) => error,
        PoolError::Timeout(TimeoutType::Wait) => sqlx::Error::PoolTimedOut,
        PoolError::Closed => sqlx::Error::PoolClosed,
        PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => silent(),
        PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => sqlx::Error::WorkerCrashed,
    })
}

/// Ends the pool: those who wait for a connection get none, and the server is told goodbye.
pub(super) async fn close(pool: &PostgresPool) {
    let idle = pool.retain(|_, _| false).removed;
    pool.close();
    for pooled in idle {
        // A server that does not hear it finds out by itself.
        let _ = timeout(ALIVE_TIMEOUT, pooled.connection.close()).await;
    }
}

/// One connection outside of any pool.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    timeout(CONNECT_TIMEOUT, reached(options)).await.map_err(|_| silent())?
}

/// A connection to a server that may be starting: asked again until it lets us in or says why not.
async fn reached(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    loop {
        match PgConnection::connect_with(options).await {
            Err(sqlx::Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Err(sqlx::Error::Database(error)) if error.is_transient_in_connect_phase() => {}
            made => return made,
        }
        sleep(CONNECT_PAUSE).await;
    }
}

/// What a question got that nobody answered in time.
pub(super) fn silent() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(
        io::ErrorKind::TimedOut,
        "PostgreSQL did not answer in time",
    ))
}

impl Connector {
    /// What the server answers within the bound; nothing if it is silent. Then what is connected now is not trusted any
    /// more.
    pub(super) async fn hear<T>(&self, bound: Duration, asked: impl Future<Output = T>) -> Option<T> {
        let heard = timeout(bound, asked).await.ok();
        if heard.is_none() {
            self.trouble.lock().unwrap_or_else(PoisonError::into_inner).silence = Some(Instant::now());
        }
        heard
    }

    /// A statement failed: whether the connections live is asked again.
    pub(super) fn doubt(&self) {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).doubt = Some(Instant::now());
    }

    fn trouble(&self) -> Trouble {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Manager for Connector {
    type Type = Pooled;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Pooled, sqlx::Error> {
        let reached = self.hear(CONNECT_TIMEOUT, reached(&self.options)).await;
        let mut connection = reached.ok_or_else(silent)??;
        let session = connection.execute(AssertSqlSafe(self.session.clone()));
        self.hear(ALIVE_TIMEOUT, session).await.ok_or_else(silent)??;
        Ok(Pooled {
            connection,
            is_sure: true,
        })
    }

    async fn recycle(&self, pooled: &mut Pooled, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        let used = metrics.recycled.unwrap_or(metrics.created);
        let before = |moment: Option<Instant>| moment.is_some_and(|moment| used <= moment);
        let trouble = self.trouble();
        if before(trouble.silence) || metrics.age() > AGE_MAX {
            return Err(RecycleError::message("out of date"));
        }
        if pooled.is_sure && used.elapsed() < FRESH_TIME && !before(trouble.doubt) {
            return Ok(());
        }
        let Some(answered) = self.hear(ALIVE_TIMEOUT, pooled.connection.ping()).await else {
            tracing::warn!("a connection that waited does not answer: the others are given up with it");
            return Err(RecycleError::Backend(silent()));
        };
        answered?;
        pooled.is_sure = true;
        Ok(())
    }
}
