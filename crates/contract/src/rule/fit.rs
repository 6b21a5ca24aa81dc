//! Whether a rule fits a contract: features that exist, operators on what they are for, answers that the contract knows.

use super::tree::{Arithmetic, Compare, Expr, Literal, Node, Said, Tree};
use super::{RuleError, nearest};
use crate::spec::{Contract, FeatureKind, Task};

/// What an expression is when it is not missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Bool,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::Bool => "true or false",
        }
    }
}

pub fn fit(tree: &Tree, contract: &Contract) -> Result<(), RuleError> {
    for case in &tree.cases {
        must(contract, &case.when, Kind::Bool, "a condition")?;
    }
    tree.said().try_for_each(|said| answer(contract, said))
}

fn answer(contract: &Contract, said: &Said) -> Result<(), RuleError> {
    if contract.task == Task::Regression {
        if let Some((at, _)) = said.score {
            return Err(RuleError::new(at.0, "a model of numbers has no scores; leave “score” out"));
        }
        return must(contract, &said.what, Kind::Number, "the answer");
    }
    let known = &contract.classes;
    let at = said.what.at.0;
    let Some(class) = said.what.as_class() else {
        return Err(RuleError::new(at, "expected a class, as in \"yes\"; only rules for regression compute their answers"));
    };
    if known.is_empty() || known.contains(&class) {
        return Ok(());
    }
    let meant = match nearest(&class, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean “{near}”?"),
        None => format!("the classes are {}", listed(known.iter().map(String::as_str))),
    };
    Err(RuleError::new(at, format!("“{class}” is no class of this contract; {meant}")))
}

fn must(contract: &Contract, expr: &Expr, wanted: Kind, what: &str) -> Result<(), RuleError> {
    match kind(contract, expr)? {
        found if found == wanted => Ok(()),
        found => Err(RuleError::new(expr.at.0, format!("{what} must be {}, and this is {}", wanted.words(), found.words()))),
    }
}

fn kind(contract: &Contract, expr: &Expr) -> Result<Kind, RuleError> {
    Ok(match &expr.node {
        Node::Number(_) => Kind::Number,
        Node::Text(_) => Kind::Text,
        Node::Bool(_) => Kind::Bool,
        Node::Feature(name) => feature(contract, name, expr.at.0)?,
        Node::Minus(inner) => must(contract, inner, Kind::Number, "what a minus stands before").map(|()| Kind::Number)?,
        Node::Arithmetic(left, operator, right) => {
            let what = format!("each side of “{}”", Arithmetic::sign(*operator));
            must(contract, left, Kind::Number, &what)?;
            must(contract, right, Kind::Number, &what)?;
            Kind::Number
        }
        Node::Compare(left, compare, right) => {
            let sides = (kind(contract, left)?, kind(contract, right)?);
            let sign = compare.sign();
            match (sides, compare) {
                ((Kind::Number, Kind::Number), _) => {}
                ((left, right), Compare::Equal | Compare::Unequal) if left == right => {}
                ((left, right), _) if left == right => {
                    return Err(RuleError::new(
                        expr.at.0,
                        format!("“{sign}” compares numbers, and this is {}; use “=”, “!=” or “in”", left.words()),
                    ));
                }
                ((left, right), _) => {
                    return Err(RuleError::new(
                        expr.at.0,
                        format!("“{sign}” has {} on the left and {} on the right", left.words(), right.words()),
                    ));
                }
            }
            Kind::Bool
        }
        Node::In { item, list, .. } => {
            let item = kind(contract, item)?;
            let other = list.iter().find_map(|literal| match literal {
                Literal::Number(number) if item != Kind::Number => Some(super::print::number(*number)),
                Literal::Text(text) if item != Kind::Text => Some(format!("“{text}”")),
                _ => None,
            });
            match other {
                Some(other) => {
                    return Err(RuleError::new(
                        expr.at.0,
                        format!("what is looked up is {}, and the list holds {other}", item.words()),
                    ));
                }
                None => Kind::Bool,
            }
        }
        Node::Missing { item, .. } => kind(contract, item).map(|_| Kind::Bool)?,
        Node::Not(inner) => must(contract, inner, Kind::Bool, "what “not” stands before").map(|()| Kind::Bool)?,
        Node::And(all) => {
            all.iter().try_for_each(|one| must(contract, one, Kind::Bool, "each side of “and”")).map(|()| Kind::Bool)?
        }
        Node::Or(all) => {
            all.iter().try_for_each(|one| must(contract, one, Kind::Bool, "each side of “or”")).map(|()| Kind::Bool)?
        }
    })
}

fn feature(contract: &Contract, name: &str, at: usize) -> Result<Kind, RuleError> {
    if let Some(feature) = contract.feature(name) {
        return Ok(match feature.kind {
            FeatureKind::Number | FeatureKind::Integer => Kind::Number,
            FeatureKind::Category | FeatureKind::Text => Kind::Text,
            FeatureKind::Boolean => Kind::Bool,
        });
    }
    let names = || contract.features.iter().map(|feature| feature.name.as_str());
    let meant = match nearest(name, names()) {
        Some(near) => format!("did you mean “{near}”?"),
        None if contract.features.is_empty() => "its inputs have no features by name".into(),
        None => format!("there are {}", listed(names())),
    };
    Err(RuleError::new(at, format!("there is no feature “{name}”; {meant} (a text stands in \"quotes\")")))
}

/// Twelve at most.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let all: Vec<String> = names.map(|name| format!("“{name}”")).collect();
    let more = if all.len() > 12 { format!(" and {} more", all.len() - 12) } else { String::new() };
    format!("{}{more}", all.iter().take(12).map(String::as_str).collect::<Vec<_>>().join(", "))
}
