//! What a rule says about one record. Total: whatever the values are, it ends and does not fail.
//!
//! Logic is three-valued as in SQL (Kleene): what depends on a missing value is missing, unless the rest decides alone. A
//! division by zero, a result that is not finite and a value of the wrong kind are missing too.

use super::tree::{Arithmetic, Compare, Expr, Literal, Node, Said, Tree};

/// The value of one feature in one record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'v> {
    Number(f64),
    Text(&'v str),
    Bool(bool),
    Missing,
}

/// What a rule says about one record.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    Class {
        label: String,
        /// Score of the label, 0 to 1, where the rule gives one.
        score: Option<f64>,
    },
    Value(f64),
}

pub fn answer<'v>(tree: &'v Tree, regression: bool, cell: &dyn Fn(&str) -> Cell<'v>) -> Option<Answered> {
    let case = tree.cases.iter().find(|case| value(&case.when, cell) == Cell::Bool(true));
    let Said { what, score } = case.map_or(&tree.otherwise, |case| &case.then);
    if regression {
        return number(value(what, cell)).map(Answered::Value);
    }
    what.as_class().map(|label| Answered::Class { label, score: score.map(|(_, score)| score) })
}

fn value<'v>(expr: &'v Expr, cell: &dyn Fn(&str) -> Cell<'v>) -> Cell<'v> {
    match &expr.node {
        Node::Number(number) => Cell::Number(*number),
        Node::Text(text) => Cell::Text(text),
        Node::Bool(value) => Cell::Bool(*value),
        Node::Feature(name) => match cell(name) {
            Cell::Number(number) => finite(number),
            other => other,
        },
        Node::Minus(inner) => number(value(inner, cell)).map_or(Cell::Missing, |number| Cell::Number(-number)),
        Node::Arithmetic(left, operator, right) => match (number(value(left, cell)), number(value(right, cell))) {
            (Some(left), Some(right)) => finite(match operator {
                Arithmetic::Add => left + right,
                Arithmetic::Subtract => left - right,
                Arithmetic::Multiply => left * right,
                Arithmetic::Divide => left / right,
            }),
            _ => Cell::Missing,
        },
        Node::Compare(left, compare, right) => known(compared(value(left, cell), *compare, value(right, cell))),
        Node::In { item, list, not } => match value(item, cell) {
            Cell::Missing => Cell::Missing,
            item => {
                let found = list.iter().any(|literal| match literal {
                    Literal::Number(number) => item == Cell::Number(*number),
                    Literal::Text(text) => item == Cell::Text(text),
                });
                Cell::Bool(found != *not)
            }
        },
        Node::Missing { item, not } => Cell::Bool((value(item, cell) == Cell::Missing) != *not),
        Node::Not(inner) => known(truth(value(inner, cell)).map(|truth| !truth)),
        Node::And(all) => together(all, cell, false),
        Node::Or(all) => together(all, cell, true),
    }
}

/// `decisive` if any is, else missing if any is, else the other.
fn together<'v>(all: &'v [Expr], cell: &dyn Fn(&str) -> Cell<'v>, decisive: bool) -> Cell<'v> {
    let mut unknown = false;
    for one in all {
        match truth(value(one, cell)) {
            Some(truth) if truth == decisive => return Cell::Bool(decisive),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { Cell::Missing } else { Cell::Bool(!decisive) }
}

fn compared(left: Cell<'_>, compare: Compare, right: Cell<'_>) -> Option<bool> {
    let equal = match (left, right) {
        (Cell::Number(left), Cell::Number(right)) => {
            return Some(match compare {
                Compare::Equal => left == right,
                Compare::Unequal => left != right,
                Compare::Less => left < right,
                Compare::LessOrEqual => left <= right,
                Compare::Greater => left > right,
                Compare::GreaterOrEqual => left >= right,
            });
        }
        (Cell::Text(left), Cell::Text(right)) => left == right,
        (Cell::Bool(left), Cell::Bool(right)) => left == right,
        _ => return None,
    };
    match compare {
        Compare::Equal => Some(equal),
        Compare::Unequal => Some(!equal),
        _ => None,
    }
}

fn known<'v>(truth: Option<bool>) -> Cell<'v> {
    truth.map_or(Cell::Missing, Cell::Bool)
}

fn truth(cell: Cell<'_>) -> Option<bool> {
    match cell {
        Cell::Bool(value) => Some(value),
        _ => None,
    }
}

fn number(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Number(number) => Some(number),
        _ => None,
    }
}

fn finite<'v>(number: f64) -> Cell<'v> {
    if number.is_finite() { Cell::Number(number) } else { Cell::Missing }
}
