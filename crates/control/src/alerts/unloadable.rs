//! A version that is deployed and could not be loaded.

use super::rules::Firing;
use crate::deployments::Known;
use contract::VersionNo;
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use serde_json::json;

/// One for each version of the deployment that could not be loaded. The stable one is bad: something else answers in its place, if
/// anything does.
pub fn unloadable(known: &Known) -> Vec<Firing> {
    let failed = known.versions.values().filter_map(|version| Some((version.version, version.load_error.as_deref()?)));
    failed.map(|(version, why)| firing(version, why, known.stable == Some(version))).collect()
}

fn firing(version: VersionNo, why: &str, is_stable: bool) -> Firing {
    let meanwhile = if is_stable {
        "Until then what ran before goes on, or the fallback chain answers."
    } else {
        "It is not there to fall back or roll back to."
    };
    Firing {
        kind: AlertKind::Unloadable,
        subject: version.to_string(),
        state: if is_stable { State::Bad } else { State::Watch },
        headline: format!("Version {version} could not be loaded"),
        sentence: format!("{why} It is tried again every 30 seconds. {meanwhile}"),
        numbers: json!({"version": version, "stable": is_stable}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stable_one_is_worse() {
        for (is_stable, state) in [(true, State::Bad), (false, State::Watch)] {
            let fires = firing(VersionNo(3), "The file is damaged.", is_stable);
            assert_eq!((fires.state, fires.subject.as_str()), (state, "3"));
            assert!(fires.sentence.starts_with("The file is damaged. It is tried again"), "{}", fires.sentence);
        }
    }
}
