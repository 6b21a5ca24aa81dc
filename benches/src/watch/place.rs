//! A server without HTTP: a database, models, a router, and the writer of what it answers.

use anyhow::{Context, Result, anyhow};
use contract::deployment::DeploymentSettings;
use contract::inputs::{CreateDeployment, RegisterVersion};
use contract::{DeploymentName, Millis, ModelName, PredictionId};
use control::datasets::Upload;
use control::monitoring::Writer;
use control::registry::{Registration, register_version};
use control::{Actor, Ctx, TestClock, deployments, rollouts};
use serving::records::encode;
use serving::{PredictRequest, Priority, Record, Recorder, RecorderOptions, Records, Router, Runtime, Value};
use std::path::PathBuf;
use std::sync::Arc;
use store::{Blobs, Db, Store};

pub struct Place {
    pub runtime: PathBuf,
    pub folder: PathBuf,
    pub root: PathBuf,
}

/// What is registered: a model's file and its tables.
pub struct Source {
    pub model: &'static str,
    pub onnx: Vec<u8>,
    pub reference: Vec<u8>,
    pub heldback: Vec<u8>,
    pub meta: RegisterVersion,
}

pub struct Bench {
    pub cx: Ctx,
    pub clock: Arc<TestClock>,
    pub writer: Writer,
    records: Records,
    next: u64,
}

impl Place {
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        std::fs::read(self.root.join(path)).with_context(|| path.to_owned())
    }

    /// The size of the database, its log of writes included, bytes.
    pub fn stored(&self) -> u64 {
        let of = |name: &str| std::fs::metadata(self.folder.join(name)).map_or(0, |file| file.len());
        of("slipway.db") + of("slipway.db-wal")
    }

    pub async fn open(&self) -> Result<Bench> {
        let clock = TestClock::at(Millis::parse("2026-03-17T14:00:00Z").context("a time")?);
        let (recorder, records) = {
            let clock = clock.clone();
            Recorder::new(Arc::new(move || control::Clock::now(&*clock)), RecorderOptions::default())
        };
        let db = Db::open(&format!("sqlite:{}", self.folder.join("slipway.db").display())).await?;
        let blobs = Blobs::open(&format!("file:{}", self.folder.join("blobs").display()))?;
        let cx = Ctx::new(Store { db, blobs }, clock.clone())
            .with_runtime(Runtime::start(&self.runtime)?)
            .with_router(Router::new(recorder));
        Ok(Bench { writer: Writer::new(cx.clone()), cx, clock, records, next: 0 })
    }
}

impl Bench {
    /// Registers and deploys it, under the name of its model.
    pub async fn deploy(&mut self, source: Source) -> Result<DeploymentName> {
        let who = Actor::system();
        let upload = |name: &str, bytes: Vec<u8>| Some(Upload { file_name: name.into(), bytes: bytes.into() });
        let input = Registration {
            model: ModelName::from(source.model),
            onnx: source.onnx.into(),
            meta: source.meta,
            reference: upload("reference.csv", source.reference),
            heldback: upload("heldback.csv", source.heldback),
            idempotency_key: None,
        };
        let version = register_version(&self.cx, &who, input).await.map_err(|problem| anyhow!("{problem}"))?.version;
        let name = DeploymentName::from(source.model);
        let settings = DeploymentSettings { p99_limit_ms: 60_000.0, ..DeploymentSettings::new(ModelName::from(source.model)) };
        let create = CreateDeployment { name: name.0.clone(), settings };
        deployments::create(&self.cx, &who, create).await.map_err(|problem| anyhow!("{problem}"))?;
        rollouts::start(&self.cx, &who, &name, version, None, "to be measured").await.map_err(|problem| anyhow!("{problem}"))?;
        Ok(name)
    }

    /// Asks for these rows in one request; its record.
    pub async fn ask(&mut self, name: &DeploymentName, rows: &[Vec<Value>]) -> Result<Record> {
        let router = self.cx.router().map_err(|problem| anyhow!("{problem}"))?.clone();
        let route = router.route(name.as_str()).context("it is served")?;
        self.next += 1;
        let request = PredictRequest {
            deployment: name.0.clone(),
            version: None,
            inputs: encode(&route.stable.contract, rows).map_err(|error| anyhow!("{error:?}"))?,
            routing_key: None,
            deadline: None,
            arrived: None,
            priority: Priority::Live,
            id: PredictionId(format!("p{:012}", self.next)),
        };
        router.predict(request).await.map_err(|error| anyhow!("{error:?}"))?;
        self.records.recv().await.context("an answer has a record")
    }

    /// Counts and writes these records.
    pub async fn write(&mut self, mut records: Vec<Record>) -> Result<()> {
        self.writer.take(&mut records);
        self.writer.flush().await.map_err(|problem| anyhow!("{problem}"))
    }
}
