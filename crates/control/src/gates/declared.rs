//! The rule that a deployment of the model has declared as a fallback: the baseline that people chose themselves.

use super::subject::Answers;
use crate::{Ctx, IntoProblem, Outcome};
use contract::deployment::{DeploymentSettings, Fallback};
use contract::rule::Rule;
use contract::{Contract, ModelName};
use serving::Value;
use serving::routing::rule_answers;

/// A rule, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    pub deployment: String,
    pub rule: Rule,
}

/// The rule of the first deployment, by name, that declares one which fits the contract.
pub async fn of_model(cx: &Ctx, model: &ModelName, contract: &Contract) -> Outcome<Option<Declared>> {
    let mut rows = cx.store.db.deployments().await.or_problem("Reading the deployments")?;
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let declared = rows.into_iter().filter(|row| row.model == model.as_str()).find_map(|row| {
        let settings: DeploymentSettings = serde_json::from_str(&row.settings).ok()?;
        let rule = settings.fallback.into_iter().find_map(|link| match link {
            Fallback::Rule { rule } => rule.fit(contract).is_ok().then_some(rule),
            _ => None,
        })?;
        Some(Declared { deployment: row.name, rule })
    });
    Ok(declared)
}

impl Declared {
    /// The rule's answers to the records, where it comes from in words, and the rule. `None` where it has no answer to one of them.
    pub fn answer(&self, contract: &Contract, records: &[Vec<Value>]) -> Option<(Answers, String, String)> {
        let answers = rule_answers(&self.rule, contract, records).ok()?;
        let words = self.rule.to_string().lines().collect::<Vec<_>>().join(" ");
        Some((Answers::new(answers), format!("The rule that deployment {} falls back on: {words}", self.deployment), words))
    }
}
