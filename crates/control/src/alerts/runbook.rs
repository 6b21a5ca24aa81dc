//! What to do about each kind of alert: the first things that somebody who was woken by it tries, short and concrete.

/// A few sentences for a kind's word; for a kind without its own, what is always right.
pub fn runbook(kind: &str) -> &'static str {
    match kind {
        "feature_drift" => {
            "Open the feature and compare its two distributions. A new shape with old values is the world changing: check the prediction mix \
             and the quality before you act. A shift of every value by one factor is a change of units; values that stand still are a stuck \
             source. Ask who feeds the feature what changed since the time named here. Roll back only if the change came with a rollout."
        }
        "missing" => {
            "Ask who feeds the feature whether a join, a form or a source was changed or is late. The model answers on, with what it does for \
             missing values: look at the prediction mix to see how much that moves it. If answers move, let the fallback answer until the \
             feature is back."
        }
        "unseen" => {
            "Look at which values are new. A new spelling or code of an old value is mended where the data are made, or by mapping it in \
             front of the model; a truly new category needs a version that was trained with it."
        }
        "out_of_range" => {
            "Look at the values beyond the range: a constant far away is a placeholder or an overflow, one factor for all is a change of units. Ask \
             who feeds the feature what changed since the time named here. What the model says so far from what it has learnt is a guess: let the \
             fallback answer if many answers move."
        }
        "stuck" => {
            "Every row has the same number, so a sensor, a cache or a default value has taken its place. Ask who feeds the feature whether its source \
             still delivers, and since when it has not. The model answers on as if the value were true: look at the prediction mix, and let the \
             fallback answer if it moves."
        }
        "prediction_drift" => {
            "See on the drift page which inputs moved at the same time. If none did, suspect the version: compare it with the one before, and \
             roll back if the move began with a rollout. If inputs moved and quality holds, the world changed and the model follows it."
        }
        "errors" => {
            "See on the latency page which version and arm fail, and read the reason in the answers: inputs that do not fit the contract are \
             the caller's, failed runs the model's. If it began with a rollout, roll back. Otherwise send one request that fails by hand."
        }
        "latency" => {
            "See where the time goes: waiting and queue mean too much load for this machine, so add a replica or shed load; compute means the \
             model or larger inputs; the rest is the machine. If it began with a rollout, roll back."
        }
        "degraded" => {
            "Something else than the stable version answers. See on the overview whether the version is loaded and whether its circuit \
             breaker is open, and mend what keeps it from answering. Answers of a fallback are marked, so that they can be found again."
        }
        "quality" => {
            "See on the quality page which groups got worse and since when, and check that the outcomes themselves are right: a changed label \
             source looks just like this. If it began with a rollout, roll back. If inputs drifted with it, train again on recent data."
        }
        "recording_drops" => {
            "Answers are not affected, but monitoring sees only part of them. Check the disk and the database of this server: recording waits \
             for them. If load has grown for good, give the database more room or take part of the traffic elsewhere."
        }
        "rolled_back" => {
            "The stable version answers everything again, so nothing is on fire. Read on the rollout's page which guardrail decided and with \
             which numbers, and tell whoever made the version. Acknowledge this once somebody has it in hand."
        }
        "traffic_split" => {
            "The rollout is held. See whether requests carry a routing key that many share (one key is one arm), whether a proxy keeps old \
             connections, or whether requests pin a version. Once the split is right, start the step again."
        }
        "joint_drift" => {
            "Each feature may look as ever while they no longer go together: suspect a join that mixes up rows, a column that was swapped, or a \
             delay of one source. See on the drift page which features moved against each other, and ask who feeds them. Check the prediction mix."
        }
        "estimate" => {
            "This is expected, not measured: outcomes are not known yet. See which inputs drifted, hurry the outcomes of a sample if you can, and \
             watch the quality page. Do not roll back for this alone."
        }
        "concept_drift" => {
            "Answers are wrong more often than they were, whatever the inputs look like. See on the quality page since when and in which groups, \
             and check that the outcomes themselves are right. If it began with a rollout, roll back; otherwise train again on recent data."
        }
        "error_budget" => {
            "At this rate the objective is missed soon. See on the latency page what fails or is slow and since when, and mend that first; hold \
             rollouts until it is. If it began with a rollout, roll back."
        }
        "stale" => {
            "Something that should be renewed is older than its limit. See which: a model that was not trained again, outcomes that no longer \
             arrive, or a data run that failed. Start that job again, or raise the limit if this age is fine."
        }
        "resources" => {
            "The machine runs full. See on the latency page what grows: free disk space first, since recording needs it, then take load off or \
             add a replica. Answers are refused early when a queue is full, so that the others stay quick."
        }
        "unloadable" => {
            "Read the reason on the overview. A file that does not match its hash is put back from a backup of the artifacts, and is loaded within \
             half a minute; recorded answers that differ mean another runtime or another file. Until then roll back, or let the chain answer."
        }
        _ => {
            "Open the chart at the time named here and see what changed just before. If it began with a rollout, roll back; that is always \
             safe, since both versions are loaded. Otherwise ask whoever made the last change."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::views::alerts::AlertKind;

    #[test]
    fn every_kind_says_what_to_do_in_a_few_sentences() {
        for kind in AlertKind::ALL {
            let text = runbook(kind.word());
            assert!((80..700).contains(&text.len()) && text.ends_with('.') && !text.contains("  "), "{}: {text}", kind.word());
        }
    }
}
