//! What every act is given: the store, the clock, ids and the live bus. Nothing is read from the back door.

use crate::Outcome;
use crate::alerts::Outbound;
use crate::deployments::{Book, Waking};
use crate::monitoring::kept::Kept;
use crate::monitoring::{Retention, Writing};
use contract::live::{LiveEvent, Topic};
use contract::role::Act;
use contract::{Millis, Problem, Role};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::Store;
use tokio::sync::broadcast;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    fn now(&self) -> Millis;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> Millis {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn at(now: Millis) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.0)))
    }
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

/// Who acts: a person in a session, a program with a token, or the product itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Id of the person, also when a token of theirs acts: four eyes are four eyes. `slipway` for the product itself.
    pub id: String,
    pub name: String,
    pub role: Role,
}

impl Actor {
    /// The product itself: reconcilers and jobs.
    pub fn system() -> Self {
        Self { id: "slipway".into(), name: "Slipway".into(), role: Role::Admin }
    }

    /// `Ok` if the role allows the act; the problem says which roles do.
    pub fn must(&self, act: Act) -> Result<(), Problem> {
        if self.role.may(act) {
            return Ok(());
        }
        let who: Vec<&str> = Role::ALL.into_iter().filter(|role| role.may(act)).map(Role::word).collect();
        Err(Problem::forbidden(format!("Your role is {}; this needs one of: {}.", self.role, who.join(", "))))
    }
}

/// What this installation is called and where it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// As people and scripts reach it, without a slash at the end: `http://127.0.0.1:3000`.
    pub address: String,
    /// `demo`, `staging`, `production` …
    pub environment: String,
    /// Made-up people may sign in with published passwords.
    pub demo: bool,
}

impl Default for Site {
    fn default() -> Self {
        Self { address: "http://127.0.0.1:3000".into(), environment: "production".into(), demo: false }
    }
}

/// The hands with which every act works. Cheap to clone.
#[derive(Clone)]
pub struct Ctx {
    pub store: Store,
    pub site: Arc<Site>,
    /// What runs, in memory.
    pub book: Arc<Book>,
    pub retention: Retention,
    /// What the last looks saw.
    pub(crate) kept: Arc<Kept>,
    /// Whether what is answered can be written.
    pub writing: Arc<Writing>,
    /// Bytes that models may take in memory; `None` for as many as there are.
    pub model_memory: Option<u64>,
    /// Who is loaded again because somebody asked.
    pub(crate) waking: Arc<Waking>,
    /// Where messages of alerts may be sent.
    pub outbound: Outbound,
    runtime: Option<serving::Runtime>,
    router: Option<serving::Router>,
    clock: Arc<dyn Clock>,
    live: broadcast::Sender<LiveEvent>,
}

impl Ctx {
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        let (live, _) = broadcast::channel(1_024);
        Self {
            store,
            site: Arc::default(),
            book: Arc::default(),
            retention: Retention::default(),
            kept: Arc::default(),
            writing: Arc::default(),
            model_memory: None,
            waking: Arc::default(),
            outbound: Outbound::default(),
            runtime: None,
            router: None,
            clock,
            live,
        }
    }

    /// The same hands at a named place.
    #[must_use]
    pub fn with_site(self, site: Site) -> Self {
        Self { site: Arc::new(site), ..self }
    }

    /// The same hands, with the bytes that models may take.
    #[must_use]
    pub fn with_model_memory(self, model_memory: Option<u64>) -> Self {
        Self { model_memory, ..self }
    }

    /// The same hands, with how long history is kept.
    #[must_use]
    pub fn with_retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// The same hands, with where messages may be sent.
    #[must_use]
    pub fn with_outbound(self, outbound: Outbound) -> Self {
        Self { outbound, ..self }
    }

    /// The same hands, with what runs ONNX files.
    #[must_use]
    pub fn with_runtime(self, runtime: serving::Runtime) -> Self {
        Self { runtime: Some(runtime), ..self }
    }

    /// What runs ONNX files; a process that only reads the store works without.
    pub fn runtime(&self) -> Outcome<serving::Runtime> {
        self.runtime.clone().ok_or_else(|| {
            Problem::busy("ONNX Runtime is not loaded in this process. `cargo xtask setup` fetches it; ORT_DYLIB_PATH names it.")
        })
    }

    /// The same hands, with what answers requests.
    #[must_use]
    pub fn with_router(self, router: serving::Router) -> Self {
        Self { router: Some(router), ..self }
    }

    /// What answers requests; the command line works without.
    pub fn router(&self) -> Outcome<&serving::Router> {
        self.router.as_ref().ok_or_else(|| Problem::busy("Nothing is served by this process."))
    }

    /// The same hands, as a process that has not looked yet.
    #[cfg(test)]
    pub(crate) fn without_memory(self) -> Self {
        Self { kept: Arc::default(), ..self }
    }

    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// A new id, sortable by time (UUID version 7).
    #[expect(clippy::disallowed_methods, reason = "the one place where ids are made")]
    pub fn new_id(&self) -> String {
        uuid::Uuid::now_v7().simple().to_string()
    }

    /// Tells open pages that something changed. Never fails: nobody may be listening.
    pub fn announce(&self, topic: Topic) {
        let _ = self.live.send(LiveEvent { at: self.now(), topic });
    }

    pub fn subscribe(&self) -> broadcast::Receiver<LiveEvent> {
        self.live.subscribe()
    }
}
