//! A whole server without HTTP, for tests: real models, a real router, records that are written when the test says so, and a
//! clock that the test moves.

use crate::datasets::{Upload, parse};
use crate::monitoring::Writer;
use crate::registry::{Registration, register_version};
use crate::testing::{contexts_with_runtime, example, person};
use crate::{Actor, Ctx, Outcome, TestClock, deployments, rollouts};
use contract::deployment::DeploymentSettings;
use contract::inputs::{CreateDeployment, RegisterVersion};
use contract::rollout::RolloutPlan;
use contract::{DeploymentName, ModelName, PredictionId, Role, RolloutId, VersionNo};
use serving::records::encode;
use serving::{PredictError, PredictRequest, Prediction, Priority, Recorder, RecorderOptions, Records, Router, Spent, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(0);

pub struct Bed {
    pub cx: Ctx,
    pub clock: Arc<TestClock>,
    writer: Writer,
    records: Records,
}

fn serving_of(cx: Ctx, clock: &Arc<TestClock>) -> Bed {
    let (recorder, records) = {
        let clock = clock.clone();
        Recorder::new(Arc::new(move || crate::Clock::now(&*clock)), RecorderOptions::default())
    };
    let cx = cx.with_router(Router::new(recorder));
    Bed { writer: Writer::new(cx.clone()), cx, clock: clock.clone(), records }
}

/// One on each engine at hand.
pub async fn beds() -> Vec<Bed> {
    contexts_with_runtime().await.into_iter().map(|(cx, clock)| serving_of(cx, &clock)).collect()
}

/// May do everything.
pub fn admin() -> Actor {
    person("ada", Role::Admin)
}

impl Bed {
    /// The same store in a new process: what was not written is gone.
    pub async fn killed_and_restarted(self) -> Bed {
        self.killed_and_restarted_with(None).await
    }

    /// The same with a limit for the memory of all models, bytes.
    pub async fn killed_and_restarted_with(self, model_memory: Option<u64>) -> Bed {
        let runtime = self.cx.runtime().expect("the runtime is there");
        let clock = self.clock.clone();
        let cx = Ctx::new(self.cx.store.clone(), clock.clone()).with_runtime(runtime).with_model_memory(model_memory);
        let bed = serving_of(cx, &clock);
        deployments::reload(&bed.cx).await.expect("everything loads");
        bed
    }

    /// Registers a file of `examples/churn` as the next version of `churn`.
    pub async fn register(&self, file: &str) -> VersionNo {
        let upload =
            |path: &str| Some(Upload { file_name: path.rsplit('/').next().unwrap_or(path).into(), bytes: example(path) });
        let input = Registration {
            model: "churn".into(),
            onnx: example(&format!("churn/{file}.onnx")),
            meta: RegisterVersion { segments: vec!["international_plan".into()], ..RegisterVersion::default() },
            reference: upload("churn/reference.csv"),
            heldback: upload("churn/heldback.csv"),
            idempotency_key: None,
        };
        register_version(&self.cx, &admin(), input).await.expect("a good file registers").version
    }

    /// Registers a small file of the tests of serving as the first version of a model of its name: a regression from one number.
    pub async fn register_small(&self, file: &str) -> VersionNo {
        let path = format!("{}/../serving/tests/models/{file}.onnx", env!("CARGO_MANIFEST_DIR"));
        let rows: String = (0..60).map(|i| format!("{},{}\n", 1.0 + f64::from(i) / 10.0, i % 7)).collect();
        let input = Registration {
            model: file.into(),
            onnx: std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")).into(),
            meta: RegisterVersion { label_column: Some("label".into()), ..RegisterVersion::default() },
            reference: Some(Upload { file_name: "reference.csv".into(), bytes: format!("x,label\n{rows}").into() }),
            heldback: None,
            idempotency_key: None,
        };
        register_version(&self.cx, &admin(), input).await.expect("a good file registers").version
    }

    /// A deployment `churn` with this version as its stable one.
    pub async fn deploy(&self, version: VersionNo) -> DeploymentName {
        let settings = DeploymentSettings {
            p99_limit_ms: 60_000.0,
            drift_window_s: 600,
            ..DeploymentSettings::new(ModelName::from("churn"))
        };
        self.deploy_as("churn", version, settings).await
    }

    /// The same under any name, with any settings.
    pub async fn deploy_as(&self, name: &str, version: VersionNo, settings: DeploymentSettings) -> DeploymentName {
        let name = DeploymentName::from(name);
        deployments::create(&self.cx, &admin(), CreateDeployment { name: name.0.clone(), settings }).await.expect("made");
        assert_eq!(self.roll_out(&name, version, None).await.expect("the first version needs no rollout"), None);
        name
    }

    pub async fn roll_out(
        &self,
        name: &DeploymentName,
        version: VersionNo,
        plan: Option<RolloutPlan>,
    ) -> Outcome<Option<RolloutId>> {
        Ok(rollouts::start(&self.cx, &admin(), name, version, plan, "for the test").await?.map(|summary| summary.id))
    }

    /// Asks for one row, under an id of its own.
    pub async fn ask(&self, name: &DeploymentName, row: &[Value]) -> (PredictionId, Result<Prediction, PredictError>) {
        self.ask_together(name, &[row.to_vec()]).await
    }

    /// Asks for several rows in one request.
    pub async fn ask_together(
        &self,
        name: &DeploymentName,
        rows: &[Vec<Value>],
    ) -> (PredictionId, Result<Prediction, PredictError>) {
        let router = self.cx.router().expect("a router").clone();
        let route = router.route(name.as_str()).expect("it is served");
        let id = PredictionId(format!("p{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        let request = PredictRequest {
            deployment: name.0.clone(),
            version: None,
            inputs: encode(&route.stable.contract, rows).expect("rows of the example fit"),
            routing_key: None,
            deadline: None,
            arrived: None,
            priority: Priority::Live,
            id: id.clone(),
        };
        (id, router.predict(request).await)
    }

    /// Sends rows one by one through the router; the ids that they were answered under.
    pub async fn send(&self, name: &DeploymentName, rows: &[Vec<Value>]) -> Vec<PredictionId> {
        let mut ids = Vec::with_capacity(rows.len());
        for row in rows {
            let (id, answer) = self.ask(name, row).await;
            answer.expect("an answer");
            ids.push(id);
        }
        ids
    }

    /// Short records are counted where they are answered, as in a running server. [`Self::flush`] does not see them then.
    pub fn keep_at_once(&self) {
        self.writer.keep_at_once();
    }

    /// Writes what has been answered, or says why not.
    pub async fn try_flush(&mut self) -> Outcome<()> {
        let mut taken = Vec::new();
        while let Some(record) = self.records.try_recv() {
            taken.push(record);
        }
        self.writer.take(&mut taken);
        self.writer.flush().await
    }

    /// Bounds of what waits for a database that does not answer: rows of the log, bytes of windows.
    pub fn may_wait(&mut self, rows: usize, bytes: usize) {
        self.writer.may_wait(rows, bytes);
    }

    /// The disk is full until a write has failed: then somebody has made room.
    pub async fn fill_disk(&self) {
        let mut tx = self.cx.store.db.begin().await.expect("the database answers");
        let pages = tx.sqlite_pages().await.expect("SQLite counts them");
        tx.commit().await.expect("nothing was written");
        self.limit_pages(pages).await;
    }

    /// SQLite's file may have so many pages and no more.
    pub async fn limit_pages(&self, pages: i64) {
        let mut tx = self.cx.store.db.begin().await.expect("the database answers");
        tx.limit_pages(pages).await.expect("SQLite takes a limit");
        tx.commit().await.expect("nothing was written");
    }

    /// Writes what has been answered; where the time of each answer went.
    pub async fn flush(&mut self) -> Vec<Spent> {
        let mut taken = Vec::new();
        while let Some(record) = self.records.try_recv() {
            taken.push(record);
        }
        let spent = taken.iter().map(|record| record.spent).collect();
        self.writer.take(&mut taken);
        self.writer.flush().await.expect("the store writes");
        spent
    }

    /// Rows of a file of `examples/churn`, and the true labels by row where they are known.
    pub fn rows(&self, name: &DeploymentName, file: &str) -> Vec<Vec<Value>> {
        let route = self.cx.router().expect("a router").route(name.as_str()).expect("it is served");
        parse(&example(&format!("churn/{file}"))).expect("an example parses").records(&route.stable.contract)
    }
}

/// `(row, label)` of an outcomes file of `examples/churn`.
pub fn outcomes(file: &str) -> Vec<(usize, String)> {
    let table = parse(&example(&format!("churn/{file}"))).expect("an example parses");
    let (row, label) = (table.column("row").expect("row"), table.column("churn").expect("churn"));
    (0..table.rows).filter_map(|i| Some((row.number(i)? as usize, label.text(i)?))).collect()
}
