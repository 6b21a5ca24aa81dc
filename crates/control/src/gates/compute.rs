//! One run: every test on the same held-back rows. Blocks, except for the load test, which is added afterwards.

use super::checks;
use super::measure::{Metric, estimate, explained, improvement, metrics};
use super::report::{Compare, Report};
use super::subject::{Answers, Subject};
use super::{declared, flips, policy, rule, weights};
use crate::datasets::Table;
use contract::VersionNo;
use serving::Served;
use std::sync::Arc;

/// What a run looks at.
pub struct Input {
    pub served: Arc<Served>,
    pub heldback: Table,
    pub reference: Option<Table>,
    /// The champion, loaded; `None` if there is none or it is this version.
    pub champion: Option<Arc<Served>>,
    pub champion_no: Option<VersionNo>,
    /// The rule that a deployment of the model falls back on: what there would be without a model.
    pub declared: Option<declared::Declared>,
    /// The same seed gives the same numbers.
    pub seed: u64,
}

/// `Err` says why the version cannot be judged at all.
pub fn compute(input: Input) -> Result<(Report, Arc<Served>, Subject), String> {
    let Input { served, heldback, reference, champion, champion_no, declared, seed } = input;
    let contract = &served.contract;
    let metric = Metric::of(contract);
    if contract.features.is_empty() {
        return Err("The inputs are not named, so that no table can be read as records: the gates need them.".into());
    }
    let subject = Subject::new(contract, heldback)
        .ok_or("The contract does not name the column that holds the true label, or the held-back data lacks it.")?;
    let answers = |served: &Served, subject: &Subject| served.evaluate_blocking(&subject.records).map(Answers::new);
    let candidate =
        answers(&served, &subject).map_err(|error| format!("The version does not answer the held-back rows: {error}"))?;

    let mut why_not = String::new();
    let theirs = champion.as_ref().and_then(|champion| {
        let lacking = champion.contract.features.iter().find(|feature| subject.table.column(&feature.name).is_none());
        if let Some(feature) = lacking {
            why_not = format!("The held-back data lacks “{}”, which the champion takes.", feature.name);
            return None;
        }
        let records = subject.table.records(&champion.contract);
        match champion.evaluate_blocking(&records) {
            Ok(answers) => Some(Answers::new(answers)),
            Err(error) => {
                why_not = format!("The champion does not answer the held-back rows: {error}");
                None
            }
        }
    });
    let search = || {
        let known = Subject::new(contract, reference.clone()?)?;
        let found = rule::find(metric, contract, &known.table, &known.truth)?;
        let answers = found.answer(&subject.table, contract.positive.as_deref());
        Some((answers, format!("The best rule with one question, found on the reference data: {}", found.words), found.words))
    };
    let baseline = declared.and_then(|declared| declared.answer(contract, &subject.records)).or_else(search);
    let by_rule = baseline.as_ref().map(|(answers, ..)| answers);
    let of = |answers: Option<&Answers>| answers.and_then(|answers| estimate(metric, &subject.truth, answers, None));
    let over =
        |other: Option<&Answers>| other.and_then(|other| improvement(metric, &subject.truth, &candidate, other, None, seed));
    let compare = Compare {
        metric,
        candidate: of(Some(&candidate)),
        champion: of(theirs.as_ref()),
        rule: of(by_rule),
        rule_words: baseline.as_ref().map(|(.., words)| words.clone()).unwrap_or_default(),
        rule_origin: baseline.as_ref().map(|(_, origin, _)| origin.clone()).unwrap_or_default(),
        over_champion: over(theirs.as_ref()),
        over_rule: over(by_rule),
        seed,
    };

    let mut gates = vec![checks::fits(contract, &subject), checks::leakage(contract, &subject, reference.as_ref())];
    gates.push(checks::history(&compare, &subject, explained(&subject.truth, &candidate)));
    gates.push(checks::champion(&compare, &subject, served.version, champion_no, (&candidate, theirs.as_ref()), &why_not));
    gates.push(checks::rule(&compare));
    let (by_segment, mut segments) = checks::segments(metric, contract, &subject, &candidate, theirs.as_ref(), by_rule, seed);
    gates.extend(by_segment);
    if let Some((line, row)) = checks::worst(metric, contract, &subject, &candidate) {
        gates.push(line);
        if let Some(table) = &mut segments {
            let at = table.lines.len().saturating_sub(1);
            table.lines.insert(at, row);
        }
    }
    gates.extend(checks::fairness(contract, &subject, &candidate));
    gates.extend(checks::missing(metric, &served, &subject));
    gates.push(checks::extreme(&served, &subject));

    // Weights explain and do not judge: without them the run is still a run.
    let mine = weights::weigh(&served, &subject.records, seed).unwrap_or_default();
    let others = champion
        .as_ref()
        .filter(|_| theirs.is_some())
        .and_then(|c| weights::weigh(c, &subject.table.records(&c.contract), seed).ok());
    let report = Report {
        policy: policy::NAME.into(),
        champion: champion_no,
        rows: subject.rows() as u64,
        gates,
        segments,
        inputs: weights::beside(mine, &others.unwrap_or_default()),
        flips: theirs
            .as_ref()
            .map(|theirs| flips::lines(metric, contract, &subject, &candidate, theirs, seed))
            .unwrap_or_default(),
        compare,
        metrics: metrics(contract, &subject.truth, &candidate),
    };
    Ok((report, served, subject))
}
