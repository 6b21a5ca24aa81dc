//! A rule after reading: cases in order, and the expressions in them.

use std::collections::BTreeSet;

/// Where something stands in the text, bytes. All places are equal: two rules that say the same are the same.
#[derive(Clone, Copy, Debug)]
pub struct At(pub usize);

impl PartialEq for At {
    fn eq(&self, _: &At) -> bool {
        true
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    pub cases: Vec<Case>,
    pub otherwise: Said,
}

/// `if when then said`
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub when: Expr,
    pub then: Said,
}

/// A class or a number, and for a class the score that it gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub what: Expr,
    pub score: Option<(At, f64)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub at: At,
    pub node: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Not negative: a minus is an operator.
    Number(f64),
    Text(String),
    Bool(bool),
    Feature(String),
    Minus(Box<Expr>),
    Arithmetic(Box<Expr>, Arithmetic, Box<Expr>),
    Compare(Box<Expr>, Compare, Box<Expr>),
    /// Whether the value is (not) in the list.
    In {
        item: Box<Expr>,
        list: Vec<Literal>,
        not: bool,
    },
    /// Whether the value is (not) missing.
    Missing {
        item: Box<Expr>,
        not: bool,
    },
    Not(Box<Expr>),
    /// Two or more.
    And(Vec<Expr>),
    /// Two or more.
    Or(Vec<Expr>),
}

/// A member of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Number(f64),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Arithmetic {
    pub fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Subtract => '-',
            Self::Multiply => '*',
            Self::Divide => '/',
        }
    }
}

impl Compare {
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Tree {
    /// All answers in order.
    pub fn said(&self) -> impl Iterator<Item = &Said> {
        self.cases.iter().map(|case| &case.then).chain(std::iter::once(&self.otherwise))
    }

    pub fn features<'t>(&'t self, names: &mut BTreeSet<&'t str>) {
        self.cases.iter().map(|case| &case.when).chain(self.said().map(|said| &said.what)).for_each(|expr| expr.features(names));
    }
}

impl Expr {
    pub fn new(at: usize, node: Node) -> Expr {
        Expr { at: At(at), node }
    }

    fn features<'t>(&'t self, names: &mut BTreeSet<&'t str>) {
        match &self.node {
            Node::Number(_) | Node::Text(_) | Node::Bool(_) => {}
            Node::Feature(name) => drop(names.insert(name)),
            Node::Minus(one) | Node::Not(one) | Node::In { item: one, .. } | Node::Missing { item: one, .. } => {
                one.features(names)
            }
            Node::Arithmetic(left, _, right) | Node::Compare(left, _, right) => {
                [left, right].into_iter().for_each(|side| side.features(names))
            }
            Node::And(all) | Node::Or(all) => all.iter().for_each(|one| one.features(names)),
        }
    }

    /// As the name of a class: quoted, plain, or a number. `None` for anything that would have to be computed.
    pub fn as_class(&self) -> Option<String> {
        match &self.node {
            Node::Text(text) | Node::Feature(text) => Some(text.clone()),
            Node::Number(number) => Some(super::print::number(*number)),
            Node::Bool(value) => Some(value.to_string()),
            Node::Minus(one) => match one.node {
                Node::Number(number) => Some(format!("-{}", super::print::number(number))),
                _ => None,
            },
            _ => None,
        }
    }
}
