//! Registering a version: the file is read and tried, its data counted, and all of it kept in one transaction, or nothing.

mod data;
mod insert;
mod prepare;

pub(super) use data::{Data, check_heldback};
pub(super) use insert::{dataset_row, enqueue_gates};
pub(super) use prepare::{ASKED, answers, estimator};

use super::version::{keep, kept};
use crate::datasets::Upload;
use crate::{Actor, Ctx, IntoProblem, Outcome, blocking};
use bytes::Bytes;
use contract::inputs::{DatasetRole, RegisterVersion};
use contract::live::Topic;
use contract::role::Act;
use contract::time::DAY;
use contract::{BlobHash, ModelName, Problem, VersionNo, ids};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::Blobs;
use tokio::sync::Semaphore;

/// Reading and trying a model takes memory and a core: what comes past these waits.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// What somebody sends to make a version.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Made if there is none of that name.
    pub model: ModelName,
    pub onnx: Bytes,
    pub meta: RegisterVersion,
    pub reference: Option<Upload>,
    pub heldback: Option<Upload>,
    /// The same key again, from the same person and with the same content, gives the first answer again.
    pub idempotency_key: Option<String>,
}

/// The new version, and what somebody should know about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    pub model: ModelName,
    pub version: VersionNo,
    pub hash: BlobHash,
    pub warnings: Vec<String>,
    /// Gates run by themselves now, because there is held-back data.
    pub gates_queued: bool,
}

/// Registers the next version of a model.
///
/// `Invalid` names the field (`onnx`, `reference`, `heldback`, …); `Conflict` if the same file is a version already. Data that is
/// not sent is taken over from the version before, where it fits.
pub async fn register_version(cx: &Ctx, who: &Actor, input: Registration) -> Outcome<Registered> {
    who.must(Act::Register)?;
    let doing = "Registering the version";
    ids::check_name(input.model.as_str()).map_err(|why| Problem::field("model", why))?;
    super::model::check_text("notes", &input.meta.notes)?;
    super::model::check_tags("tags", &input.meta.tags)?;
    super::model::check_tags("lineage", &input.meta.lineage)?;
    let asked = asked(&input)?;
    if let Some(first) = first_answer(cx, who, &input, &asked).await? {
        return Ok(first);
    }
    let hash = Blobs::hash(&input.onnx);
    if let Some(same) = cx.store.db.version_by_hash(&input.model, hash.as_str()).await.or_problem(doing)? {
        return Err(same_file(&input.model, same.version));
    }

    let _permit = AT_ONCE.acquire().await.map_err(|_| Problem::busy("The server is stopping."))?;
    let runtime = cx.runtime()?;
    let before = data::before(cx, &input.model).await?;
    let (onnx, meta, reference, heldback) =
        (input.onnx.clone(), input.meta.clone(), input.reference.clone(), input.heldback.clone());
    let prepared = blocking(move || prepare::prepare(&runtime, &onnx, &meta, reference, heldback, before)).await??;

    // Content-addressed: a file that ends up in no row is harmless, and is the same file when it is sent again.
    cx.store.blobs.put(input.onnx.clone()).await.or_problem(doing)?;
    for data in &prepared.data {
        cx.store.blobs.put(data.bytes.clone()).await.or_problem(doing)?;
    }
    let baseline_hash = match &prepared.baseline {
        Some(bytes) => Some(cx.store.blobs.put(bytes.clone()).await.or_problem(doing)?),
        None => None,
    };
    let registered = insert::insert(cx, who, &input, &hash, baseline_hash, prepared, &asked).await?;
    cx.announce(Topic::Version { model: registered.model.clone(), version: registered.version });
    Ok(registered)
}

pub(super) fn same_file(model: &ModelName, version: i64) -> Problem {
    Problem::conflict(format!(
        "This very file is version {version} of {model} already. A version never changes: there is nothing to register."
    ))
}

/// SHA-256 over all that was asked for, so that a key is not used for two things.
fn asked(input: &Registration) -> Outcome<String> {
    let mut digest = Sha256::new();
    digest.update(input.model.as_str());
    digest.update(Sha256::digest(&input.onnx));
    for upload in [&input.reference, &input.heldback] {
        digest.update(upload.as_ref().map_or([0; 32], |upload| Sha256::digest(&upload.bytes).into()));
    }
    digest.update(keep(&input.meta)?);
    Ok(hex::encode(digest.finalize()))
}

async fn first_answer(cx: &Ctx, who: &Actor, input: &Registration, asked: &str) -> Outcome<Option<Registered>> {
    let Some(key) = &input.idempotency_key else { return Ok(None) };
    if key.is_empty() || key.len() > 200 {
        return Err(Problem::field("idempotency_key", "An idempotency key has 1 to 200 characters."));
    }
    let first = cx.store.db.first_answer(&who.id, key, cx.now() + -DAY).await.or_problem("Registering the version")?;
    match first {
        None => Ok(None),
        Some(first) if first.request_hash == asked => kept(&first.answer).map(Some),
        Some(_) => Err(Problem::conflict("This idempotency key was used for something else within the last day.")),
    }
}

/// The name under which a role's problems are told.
pub(super) fn field(role: DatasetRole) -> &'static str {
    role.word()
}
