//! A rule in its one form: single spaces, and parentheses where they are needed only.

use super::lex::{RESERVED, continues_word, starts_word};
use super::tree::{Arithmetic, Expr, Literal, Node, Said, Tree};
use std::fmt::{self, Display, Formatter, Write};

/// How tightly an operator binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Minus,
    Value,
}

/// `3` rather than `3.0`; every finite number can be read back.
pub fn number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { format!("{number:?}") }
}

impl Display for Tree {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            f.write_str("if ")?;
            write(f, &case.when, Level::Or)?;
            writeln!(f, " then {}", case.then)?;
        }
        if !self.cases.is_empty() {
            f.write_str("else ")?;
        }
        self.otherwise.fmt(f)
    }
}

impl Display for Said {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(f, &self.what, Level::Sum)?;
        match self.score {
            Some((_, score)) => write!(f, " score {}", number(score)),
            None => Ok(()),
        }
    }
}

fn level(node: &Node) -> Level {
    match node {
        Node::Or(_) => Level::Or,
        Node::And(_) => Level::And,
        Node::Not(_) => Level::Not,
        Node::Compare(..) | Node::In { .. } | Node::Missing { .. } => Level::Comparison,
        Node::Arithmetic(_, Arithmetic::Add | Arithmetic::Subtract, _) => Level::Sum,
        Node::Arithmetic(..) => Level::Product,
        Node::Minus(_) => Level::Minus,
        Node::Number(_) | Node::Text(_) | Node::Bool(_) | Node::Feature(_) => Level::Value,
    }
}

/// Writes `expr` where something of at least `least` is expected.
fn write(f: &mut Formatter<'_>, expr: &Expr, least: Level) -> fmt::Result {
    if level(&expr.node) < least {
        f.write_char('(')?;
        node(f, &expr.node)?;
        return f.write_char(')');
    }
    node(f, &expr.node)
}

fn node(f: &mut Formatter<'_>, node: &Node) -> fmt::Result {
    match node {
        Node::Number(value) => f.write_str(&number(*value)),
        Node::Text(text) => quoted(f, text, '"'),
        Node::Bool(value) => write!(f, "{value}"),
        Node::Feature(name) if plain(name) => f.write_str(name),
        Node::Feature(name) => quoted(f, name, '`'),
        Node::Minus(inner) => {
            f.write_char('-')?;
            write(f, inner, Level::Minus)
        }
        Node::Arithmetic(left, operator, right) => {
            let (here, after) = match operator {
                Arithmetic::Add | Arithmetic::Subtract => (Level::Sum, Level::Product),
                Arithmetic::Multiply | Arithmetic::Divide => (Level::Product, Level::Minus),
            };
            write(f, left, here)?;
            write!(f, " {} ", operator.sign())?;
            write(f, right, after)
        }
        Node::Compare(left, compare, right) => {
            write(f, left, Level::Sum)?;
            write!(f, " {} ", compare.sign())?;
            write(f, right, Level::Sum)
        }
        Node::In { item, list, not } => {
            write(f, item, Level::Sum)?;
            f.write_str(if *not { " not in (" } else { " in (" })?;
            for (i, literal) in list.iter().enumerate() {
                f.write_str(if i == 0 { "" } else { ", " })?;
                match literal {
                    Literal::Number(value) => f.write_str(&number(*value))?,
                    Literal::Text(text) => quoted(f, text, '"')?,
                }
            }
            f.write_char(')')
        }
        Node::Missing { item, not } => {
            write(f, item, Level::Sum)?;
            f.write_str(if *not { " is not missing" } else { " is missing" })
        }
        Node::Not(inner) => {
            f.write_str("not ")?;
            write(f, inner, Level::Not)
        }
        Node::And(all) => joined(f, all, " and ", Level::Not),
        Node::Or(all) => joined(f, all, " or ", Level::And),
    }
}

fn joined(f: &mut Formatter<'_>, all: &[Expr], by: &str, least: Level) -> fmt::Result {
    for (i, one) in all.iter().enumerate() {
        f.write_str(if i == 0 { "" } else { by })?;
        write(f, one, least)?;
    }
    Ok(())
}

fn plain(name: &str) -> bool {
    name.starts_with(starts_word) && name.chars().all(continues_word) && !RESERVED.contains(&name)
}

fn quoted(f: &mut Formatter<'_>, text: &str, quote: char) -> fmt::Result {
    f.write_char(quote)?;
    for c in text.chars() {
        f.write_char(c)?;
        if c == quote {
            f.write_char(c)?;
        }
    }
    f.write_char(quote)
}
