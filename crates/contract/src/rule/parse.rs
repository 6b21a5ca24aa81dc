//! From words to a tree, by recursive descent: each function is one level of how tightly operators bind.

use super::lex::{RESERVED, Token, lex};
use super::tree::{Arithmetic, At, Case, Compare, Expr, Literal, Node, Said, Tree};
use super::{DEEPEST, LONGEST, MOST, RuleError};

type Read<T> = Result<T, RuleError>;

pub fn parse(text: &str) -> Read<Tree> {
    let read = || {
        if text.len() > LONGEST {
            return Err(RuleError::new(0, format!("a rule has at most {LONGEST} bytes, and this one {}", text.len())));
        }
        let mut parser = Parser { tokens: lex(text)?, next: 0, depth: 0, nodes: 0 };
        parser.rule()
    };
    read().map_err(|error| error.placed(text))
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    nodes: usize,
}

impl Parser {
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(0, |(at, _)| *at)
    }

    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(_, token)| token)
    }

    fn takes(&mut self, wanted: &Token) -> bool {
        let here = self.peek() == wanted;
        self.next += usize::from(here);
        here
    }

    fn sign(&mut self, sign: &'static str) -> bool {
        self.takes(&Token::Sign(sign))
    }

    fn word(&mut self, word: &str) -> bool {
        let here = matches!(self.peek(), Token::Word(found) if found == word);
        self.next += usize::from(here);
        here
    }

    fn expected<T>(&self, what: &str) -> Read<T> {
        Err(RuleError::new(self.at(), format!("expected {what}, got {}", self.peek().words())))
    }

    fn node(&mut self, at: usize, node: Node) -> Read<Expr> {
        self.nodes += 1;
        if self.nodes > MOST {
            return Err(RuleError::new(at, format!("a rule has at most {MOST} values and operators")));
        }
        Ok(Expr::new(at, node))
    }

    fn rule(&mut self) -> Read<Tree> {
        let mut cases = Vec::new();
        let otherwise = loop {
            if self.word("if") {
                let when = self.or()?;
                if !self.word("then") {
                    return self.expected("“and”, “or” or “then”");
                }
                cases.push(Case { when, then: self.said()? });
            } else if self.word("else") {
                // `else if` is what people write; the next case is what they mean.
                if !matches!(self.peek(), Token::Word(word) if word == "if") {
                    break self.said()?;
                }
            } else if cases.is_empty() {
                break self.said()?;
            } else {
                return self.expected("the next “if”, or “else” and the answer where no condition holds");
            }
        };
        match self.peek() {
            Token::End => Ok(Tree { cases, otherwise }),
            _ => self.expected("the end of the rule"),
        }
    }

    fn said(&mut self) -> Read<Said> {
        let what = self.sum()?;
        if !self.word("score") {
            return Ok(Said { what, score: None });
        }
        let at = self.at();
        let Token::Number(score) = *self.peek() else { return self.expected("a score from 0 to 1") };
        if score > 1.0 {
            return self.expected("a score from 0 to 1");
        }
        self.next += 1;
        Ok(Said { what, score: Some((At(at), score)) })
    }

    fn or(&mut self) -> Read<Expr> {
        let at = self.at();
        let mut all = vec![self.and()?];
        while self.word("or") {
            all.push(self.and()?);
        }
        match (all.len(), all.pop()) {
            (1, Some(one)) => Ok(one),
            (_, last) => self.node(at, Node::Or(all.into_iter().chain(last).collect())),
        }
    }

    fn and(&mut self) -> Read<Expr> {
        let at = self.at();
        let mut all = vec![self.not()?];
        while self.word("and") {
            all.push(self.not()?);
        }
        match (all.len(), all.pop()) {
            (1, Some(one)) => Ok(one),
            (_, last) => self.node(at, Node::And(all.into_iter().chain(last).collect())),
        }
    }

    fn not(&mut self) -> Read<Expr> {
        let at = self.at();
        if !self.word("not") {
            return self.comparison();
        }
        let inner = self.deeper(at, Self::not)?;
        self.node(at, Node::Not(Box::new(inner)))
    }

    fn comparison(&mut self) -> Read<Expr> {
        let left = self.sum()?;
        let at = self.at();
        if self.word("is") {
            let not = self.word("not");
            if !self.word("missing") {
                return self.expected(if not { "“missing”" } else { "“missing” or “not missing”" });
            }
            return self.node(at, Node::Missing { item: Box::new(left), not });
        }
        let not = self.word("not");
        if self.word("in") {
            let list = self.list()?;
            return self.node(at, Node::In { item: Box::new(left), list, not });
        }
        if not {
            return self.expected("“in”");
        }
        let signs = [
            ("=", Compare::Equal),
            ("!=", Compare::Unequal),
            ("<=", Compare::LessOrEqual),
            (">=", Compare::GreaterOrEqual),
            ("<", Compare::Less),
            (">", Compare::Greater),
        ];
        let Some((_, compare)) = signs.into_iter().find(|(sign, _)| self.sign(sign)) else { return Ok(left) };
        let right = self.sum()?;
        self.node(at, Node::Compare(Box::new(left), compare, Box::new(right)))
    }

    fn list(&mut self) -> Read<Vec<Literal>> {
        if !self.sign("(") {
            return self.expected("“(” and the values, as in (\"a\", \"b\")");
        }
        let mut list = Vec::new();
        loop {
            let minus = self.sign("-");
            let literal = match self.peek().clone() {
                Token::Number(number) => Literal::Number(if minus { -number } else { number }),
                Token::Text(text) if !minus => Literal::Text(text),
                _ => return self.expected("a number or a quoted text"),
            };
            self.nodes += 1;
            self.next += 1;
            list.push(literal);
            if self.sign(")") {
                return Ok(list);
            }
            if !self.sign(",") {
                return self.expected("“,” or “)”");
            }
        }
    }

    fn sum(&mut self) -> Read<Expr> {
        let mut left = self.product()?;
        loop {
            let at = self.at();
            let operator = match () {
                () if self.sign("+") => Arithmetic::Add,
                () if self.sign("-") => Arithmetic::Subtract,
                () => return Ok(left),
            };
            let right = self.product()?;
            left = self.node(at, Node::Arithmetic(Box::new(left), operator, Box::new(right)))?;
        }
    }

    fn product(&mut self) -> Read<Expr> {
        let mut left = self.minus()?;
        loop {
            let at = self.at();
            let operator = match () {
                () if self.sign("*") => Arithmetic::Multiply,
                () if self.sign("/") => Arithmetic::Divide,
                () => return Ok(left),
            };
            let right = self.minus()?;
            left = self.node(at, Node::Arithmetic(Box::new(left), operator, Box::new(right)))?;
        }
    }

    fn minus(&mut self) -> Read<Expr> {
        let at = self.at();
        if !self.sign("-") {
            return self.value();
        }
        let inner = self.deeper(at, Self::minus)?;
        self.node(at, Node::Minus(Box::new(inner)))
    }

    fn value(&mut self) -> Read<Expr> {
        let at = self.at();
        if self.sign("(") {
            let inner = self.deeper(at, Self::or)?;
            return if self.sign(")") { Ok(inner) } else { self.expected("“)”") };
        }
        let node = match self.peek().clone() {
            Token::Number(number) => Node::Number(number),
            Token::Text(text) => Node::Text(text),
            Token::Name(name) => Node::Feature(name),
            Token::Word(word) if word == "true" || word == "false" => Node::Bool(word == "true"),
            Token::Word(word) if !RESERVED.contains(&word.as_str()) => Node::Feature(word),
            _ => return self.expected("a feature, a number or a quoted text"),
        };
        self.next += 1;
        self.node(at, node)
    }

    fn deeper(&mut self, at: usize, read: fn(&mut Self) -> Read<Expr>) -> Read<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(RuleError::new(at, format!("this is more than {DEEPEST} levels deep")));
        }
        let inner = read(self);
        self.depth -= 1;
        inner
    }
}
