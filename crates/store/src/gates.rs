//! Runs of a version's automated tests.

use crate::{Db, Result, Tx, args};
use contract::{Millis, ModelName, VersionNo};

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct GateRunRow {
    pub id: String,
    pub model: String,
    pub version: i64,
    /// `running`, `done`, `broken`
    pub state: String,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub result: Option<String>,
    pub problem: Option<String>,
    pub started_by: String,
    pub started_by_name: String,
}

impl Db {
    /// The newest run of a version, whatever its state.
    pub async fn latest_gate_run(&self, model: &ModelName, version: VersionNo) -> Result<Option<GateRunRow>> {
        self.first(
            "select * from gate_runs where model = $1 and version = $2 order by started_at desc, id desc limit 1",
            args![model, version],
        )
        .await
    }

    /// The newest run of a version that came to a result.
    pub async fn latest_finished_gate_run(&self, model: &ModelName, version: VersionNo) -> Result<Option<GateRunRow>> {
        self.first(
            "select * from gate_runs where model = $1 and version = $2 and state = 'done' order by started_at desc, id desc limit 1",
            args![model, version],
        )
        .await
    }

    /// The newest run of a version that has ended, well or not.
    pub async fn latest_ended_gate_run(&self, model: &ModelName, version: VersionNo) -> Result<Option<GateRunRow>> {
        self.first(
            "select * from gate_runs where model = $1 and version = $2 and state <> 'running' order by started_at desc, id desc limit 1",
            args![model, version],
        )
        .await
    }

    /// The newest run of each version of a model, or of all models.
    pub async fn latest_gate_runs(&self, model: Option<&ModelName>) -> Result<Vec<GateRunRow>> {
        self.all(
            "select r.* from gate_runs r where r.model like $1 and not exists (
                 select 1 from gate_runs later where later.model = r.model and later.version = r.version
                     and (later.started_at > r.started_at or (later.started_at = r.started_at and later.id > r.id)))",
            args![model.map(|name| name.0.clone()).unwrap_or_else(|| "%".into())],
        )
        .await
    }
}

impl Tx {
    pub async fn start_gate_run(&mut self, run: &GateRunRow) -> Result<()> {
        self.run(
            "insert into gate_runs (id, model, version, state, started_at, ended_at, result, problem, started_by, started_by_name)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            args![
                &run.id, &run.model, run.version, &run.state, run.started_at, run.ended_at, run.result.clone(), run.problem.clone(),
                &run.started_by, &run.started_by_name
            ],
        )
        .await?;
        Ok(())
    }

    /// Ends a run with its result or with why there is none.
    pub async fn end_gate_run(
        &mut self,
        id: &str,
        state: &str,
        at: Millis,
        result: Option<&str>,
        problem: Option<&str>,
    ) -> Result<()> {
        self.run(
            "update gate_runs set state = $2, ended_at = $3, result = $4, problem = $5 where id = $1",
            args![id, state, at, result.map(str::to_owned), problem.map(str::to_owned)],
        )
        .await?;
        Ok(())
    }
}
