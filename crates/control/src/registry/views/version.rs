//! One version: what it is, what it expects, how it was tested, where it serves, what happened to it.

use super::contract::contract_view;
use super::list::{allowed, number};
use super::{served, snippets as lines};
use crate::registry::{self, Version, VersionBaseline};
use crate::words::{bytes, counted, listed};
use crate::{Actor, Ctx, IntoProblem, Outcome, approvals, audit, deployments, gates};
use contract::role::Act;
use contract::verdict::State;
use contract::views::common::{Fact, Snippet, When};
use contract::views::gates::GatesView;
use contract::views::models::Served;
use contract::views::version::{About, AliasLine, DatasetLine, LineageStep, PromotionTarget, Realised, VersionView};
use contract::{BlobHash, DatasetId, Millis, ModelName, Verdict, VersionNo, urls};
use store::registry::DatasetRow;

/// Entries of the activity tab.
const ACTIVITY: i64 = 100;

pub async fn get_version(cx: &Ctx, who: &Actor, model: &ModelName, no: VersionNo) -> Outcome<VersionView> {
    who.must(Act::View)?;
    let (doing, db, now) = ("Reading the version", &cx.store.db, cx.now());
    let version = registry::version(cx, model, no).await?;
    let baseline = registry::baseline(cx, &version).await?;
    let gates = gates::view(cx, who, model, no).await?;
    let aliases = db.aliases(Some(model)).await.or_problem(doing)?;
    let datasets = db.datasets_of(model, no).await.or_problem(doing)?;
    let heads = db.version_heads().await.or_problem(doing)?;
    let kept = db.audit_of("version", &format!("{model}/{no}"), ACTIVITY).await.or_problem(doing)?;
    let serving: Vec<Served> = served::served(cx, model).await?.into_iter().filter(|one| one.version == no).collect();
    let champion = registry::champion(cx, model).await?;
    let briefs = deployments::brief(cx, model).await?;
    let (answer, lede, state) = answer(&version, &gates, champion, &serving);
    let contract = contract_view(&version, baseline.as_ref());
    let snippets = example(cx, &version, baseline, &briefs);
    Ok(VersionView {
        model: model.clone(),
        version: no,
        answer,
        lede,
        state,
        about: about(&version, now),
        versions: heads.iter().filter(|(name, ..)| *name == model.0).map(|(_, version, ..)| number(*version)).collect(),
        aliases: aliases
            .into_iter()
            .filter(|alias| alias.version == i64::from(no.0))
            .map(|alias| AliasLine { alias: alias.alias, since: When::new(Millis(alias.set_at), now), by: alias.set_by_name })
            .collect(),
        contract,
        gates,
        lineage: lineage(&version, &datasets, &serving),
        datasets: datasets.into_iter().map(|row| dataset(row, now)).collect(),
        realised: realised(cx, &serving),
        approval: approvals::latest(cx, model, no).await?,
        activity: audit::lines(kept, now),
        may_run_gates: allowed(who, Act::RunGates),
        may_request: approvals::may_request(cx, who, model, no).await?,
        targets: briefs
            .into_iter()
            .map(|brief| PromotionTarget { deployment: brief.name, stable: brief.stable, settings: brief.settings })
            .collect(),
        snippets,
        serving,
    })
}

/// The page's title, the sentence under it, and the state.
fn answer(version: &Version, gates: &GatesView, champion: Option<VersionNo>, serving: &[Served]) -> (String, String, State) {
    let no = version.version;
    let needed: Vec<_> = gates.gates.iter().filter(|gate| gate.required).collect();
    let passed = needed.iter().filter(|gate| gate.verdict == Verdict::Pass).count();
    let failed: Vec<String> =
        needed.iter().filter(|gate| gate.verdict == Verdict::Fail).map(|gate| gate.name.to_lowercase()).collect();
    let better = gates.gates.iter().find(|gate| gate.key == "champion");
    let title = match (gates.word.as_str(), &failed) {
        ("not run", _) => format!("Version {no} has not been tested yet"),
        ("running", _) => format!("The gates of version {no} are running"),
        (_, failed) if !failed.is_empty() => {
            format!("Version {no} may not be promoted: {} of {} gates failed, {}", failed.len(), needed.len(), listed(failed))
        }
        ("passed", _) if champion == Some(no) => {
            format!("Version {no} is the champion and has passed all {passed} gates it needs")
        }
        ("passed", _) => format!("Version {no} has passed all {passed} gates it needs"),
        _ => format!("Version {no} has passed {passed} of {} gates; the others are not decided", needed.len()),
    };
    let mut lede = Vec::new();
    lede.extend(better.map(|gate| gate.evidence.clone()).filter(|text| !text.is_empty()));
    let close: Vec<String> = gates.gates.iter().filter(|gate| gate.close).map(|gate| gate.name.to_lowercase()).collect();
    if !close.is_empty() {
        lede.push(format!("Close to its limit: {}.", listed(&close)));
    }
    lede.push(match serving {
        [] => "It answers no requests.".into(),
        all => format!(
            "It serves {}.",
            listed(&all.iter().map(|one| format!("{} ({})", one.deployment, one.words)).collect::<Vec<_>>())
        ),
    });
    (title, lede.join(" "), gates.state)
}

fn about(version: &Version, now: Millis) -> About {
    let onnx = &version.onnx;
    let opset =
        onnx.opsets.iter().find(|opset| opset.domain.is_empty() || opset.domain == "ai.onnx").map_or(0, |opset| opset.version);
    let registered = When::new(version.registered_at, now);
    let operators: u64 = onnx.operators.values().sum();
    let facts = vec![
        Fact::new("Registered", format!("{} by {}", registered.words, version.registered_by_name)),
        Fact::new("File", format!("ONNX, opset {opset}, {}", bytes(version.file_bytes))),
        Fact::new("Made with", if onnx.producer.is_empty() { "not said in the file".into() } else { onnx.producer.clone() }),
        Fact::new("Parts", counted(operators, "operator")),
    ];
    About {
        hash: version.hash.clone(),
        address: format!("models:/{}/{}", version.model.name, version.version),
        file_bytes: version.file_bytes,
        file_words: bytes(version.file_bytes),
        opset,
        producer: onnx.producer.clone(),
        operators: u32::try_from(operators).unwrap_or(u32::MAX),
        task: version.contract.task,
        inputs: version.contract.inputs.clone(),
        outputs: version.contract.outputs.clone(),
        registered_by: version.registered_by_name.clone(),
        registered,
        notes: version.notes.clone(),
        tags: version.tags.clone().into_iter().collect(),
        facts,
    }
}

fn dataset(row: DatasetRow, now: Millis) -> DatasetLine {
    DatasetLine {
        id: DatasetId(row.id),
        role: row.role,
        file_name: row.file_name,
        rows: row.row_count.unsigned_abs(),
        columns: u32::try_from(row.column_count).unwrap_or(0),
        hash: BlobHash(row.hash),
        added: When::new(Millis(row.added_at), now),
    }
}

/// From the data to the customers it serves: what was said at registration, then what is known here.
fn lineage(version: &Version, datasets: &[DatasetRow], serving: &[Served]) -> Vec<LineageStep> {
    let step = |kind: &str, text: String, code: String| LineageStep { kind: kind.into(), text, code, href: None };
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    let mut steps: Vec<LineageStep> = datasets
        .iter()
        .map(|row| {
            step("Data", format!("{}, {} rows", row.role, crate::words::count(row.row_count.unsigned_abs())), short(&row.hash))
        })
        .collect();
    steps.extend(
        version
            .lineage
            .iter()
            .map(|(key, value)| step(&crate::words::capital(&key.replace('_', " ")), value.clone(), String::new())),
    );
    let at = format!("{}, registered {}", version.version, version.registered_at.date_words());
    steps.push(step("Version", at, short(version.hash.as_str())));
    steps.extend(serving.iter().map(|one| LineageStep {
        kind: "Serves".into(),
        text: format!("{}, {}", one.deployment, one.words),
        code: String::new(),
        href: Some(urls::deployment(&one.deployment, "")),
    }));
    steps
}

fn realised(cx: &Ctx, serving: &[Served]) -> Realised {
    let sentence = match serving.first() {
        Some(one) => {
            format!("What its answers were worth stands with {}, joined from the outcomes as they arrive.", one.deployment)
        }
        None => "It answers no requests, so there is nothing to be realised yet.".into(),
    };
    Realised { sentence, deployment: serving.first().map(|one| one.deployment.clone()), snippets: lines::outcomes(cx) }
}

/// How to ask it: through a deployment that it serves, or by its number where it does not.
fn example(cx: &Ctx, version: &Version, baseline: Option<VersionBaseline>, briefs: &[deployments::Brief]) -> Vec<Snippet> {
    let Some(brief) = briefs.iter().find(|brief| brief.stable == Some(version.version)).or(briefs.first()) else {
        return Vec::new();
    };
    let known = deployments::KnownVersion {
        version: version.version,
        contract: std::sync::Arc::new(version.contract.clone()),
        baseline: baseline.map(std::sync::Arc::new),
        registered_at: version.registered_at,
        trained_at: version.registered_at,
        load_error: None,
    };
    let made = deployments::snippets_of(&brief.name, &std::sync::Arc::new(known), &cx.site.address);
    let snippet = |label: &str, code: String| Snippet { label: label.into(), code };
    vec![snippet("curl", made.curl), snippet("Python", made.python), snippet("CLI", made.cli)]
}
