//! The language by its cases: what it reads, what it says, what it refuses and why; and that nothing makes it panic.

use super::tree::{Arithmetic, At, Case, Compare, Expr, Literal, Node, Said, Tree};
use super::*;
use crate::spec::{Feature, FeatureKind, Layout, OnViolation, Pii, Task};
use proptest::prelude::*;

fn contract(task: Task) -> Contract {
    let feature = |name: &str, kind| Feature {
        name: name.into(),
        kind,
        nullable: true,
        min: None,
        max: None,
        categories: None,
        pii: Pii::None,
        pii_confirmed: false,
        unit: None,
        description: None,
        on_violation: OnViolation::Count,
    };
    Contract {
        task,
        layout: Layout::Columns,
        features: vec![
            feature("age", FeatureKind::Number),
            feature("visits", FeatureKind::Integer),
            feature("plan", FeatureKind::Category),
            feature("member", FeatureKind::Boolean),
            feature("day minutes", FeatureKind::Number),
        ],
        inputs: Vec::new(),
        outputs: Vec::new(),
        label_output: None,
        score_output: None,
        classes: if task == Task::Regression { Vec::new() } else { vec!["no".into(), "yes".into()] },
        positive: None,
        label_column: None,
        segments: Vec::new(),
        batched: true,
    }
}

/// A record: age, visits, plan, member.
fn says(rule: &str, age: f64, plan: Cell<'static>, member: Cell<'static>) -> String {
    let rule = Rule::new(rule);
    let regression = rule.fit(&contract(Task::Binary)).is_err();
    rule.fit(&contract(if regression { Task::Regression } else { Task::Binary }))
        .unwrap_or_else(|error| panic!("{rule}: {error}"));
    let cell = |name: &str| match name {
        "age" => Cell::Number(age),
        "visits" => Cell::Number(3.0),
        "plan" => plan,
        "member" => member,
        "day minutes" => Cell::Number(100.5),
        _ => Cell::Missing,
    };
    match rule.answer(regression, &cell) {
        Some(Answered::Class { label, score: None }) => label,
        Some(Answered::Class { label, score: Some(score) }) => format!("{label} {score}"),
        Some(Answered::Value(value)) => value.to_string(),
        None => "nothing".into(),
    }
}

#[test]
fn the_first_condition_that_is_certainly_true_decides() {
    let rule = "if age >= 60 and plan = \"gold\" then \"yes\" score 0.8\nif member then yes\nelse no score 0.9";
    let (gold, yes, no) = (Cell::Text("gold"), Cell::Bool(true), Cell::Bool(false));
    for (age, plan, member, expected) in [
        (61.0, gold, no, "yes 0.8"),
        (59.0, gold, no, "no 0.9"),
        (59.0, gold, yes, "yes"),
        (f64::NAN, gold, no, "no 0.9"),
        (61.0, Cell::Missing, yes, "yes"),
        (61.0, Cell::Missing, Cell::Missing, "no 0.9"),
    ] {
        assert_eq!(says(rule, age, plan, member), expected, "{age} {plan:?} {member:?}");
    }
}

#[test]
fn conditions_are_three_valued() {
    for (condition, expected) in [
        ("age = 41", "yes"),
        ("age == 41.0", "yes"),
        ("age <> 41", "no"),
        ("age < 41 or age > 40", "yes"),
        ("not age > 50", "yes"),
        ("not not member", "no"),
        ("age in (40, 41)", "yes"),
        ("age not in (40, 41)", "no"),
        ("-age in (-41)", "yes"),
        ("plan in ('gold', \"silver\")", "no"),
        ("member = false", "yes"),
        ("`day minutes` / 2 - 0.25 = 50", "yes"),
        ("(age + 1) * 2 = 84", "yes"),
        ("age + 1 * 2 = 43", "yes"),
        ("10 - 3 - 2 = 5", "yes"),
        // The plan is missing.
        ("plan = \"gold\"", "no"),
        ("plan != \"gold\"", "no"),
        ("not plan = \"gold\"", "no"),
        ("plan not in (\"gold\")", "no"),
        ("plan is missing", "yes"),
        ("plan is not missing", "no"),
        ("not plan is missing", "no"),
        ("plan = \"gold\" or age = 41", "yes"),
        ("plan = \"gold\" and age = 0", "no"),
        ("not (plan = \"gold\" and age = 0)", "yes"),
        ("not (plan = \"gold\" and age = 41)", "no"),
        ("visits / 0 > 1", "no"),
        ("visits / 0 is missing", "yes"),
        ("1e308 * 10 is missing", "yes"),
    ] {
        let rule = format!("if {condition} then \"yes\" else \"no\"");
        assert_eq!(says(&rule, 41.0, Cell::Missing, Cell::Bool(false)), expected, "{condition}");
    }
}

#[test]
fn a_rule_for_numbers_computes() {
    for (rule, expected) in [
        ("2 * age + 10", "92"),
        ("if age > 40 then age * 2 else 7", "82"),
        ("if age > 50 then 1 else -age", "-41"),
        ("age / (visits - 3)", "nothing"),
        ("age - -1", "42"),
    ] {
        assert_eq!(says(rule, 41.0, Cell::Missing, Cell::Missing), expected, "{rule}");
    }
    assert_eq!(says("age", f64::INFINITY, Cell::Missing, Cell::Missing), "nothing");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (rule, expected) in [
        ("", "line 1, column 1: expected a feature, a number or a quoted text, got the end"),
        ("if age > 3", "line 1, column 11: expected “and”, “or” or “then”, got the end"),
        (
            "if age > 3 then yes",
            "line 1, column 20: expected the next “if”, or “else” and the answer where no condition holds, got the end",
        ),
        ("if age > 3 then yes\nelse no no", "line 2, column 9: expected the end of the rule, got “no”"),
        ("if age > 3 > 2 then yes else no", "line 1, column 12: expected “and”, “or” or “then”, got “>”"),
        ("if plan in gold then yes else no", "line 1, column 12: expected “(” and the values, as in (\"a\", \"b\"), got “gold”"),
        ("if plan = \"gold then yes else no", "line 1, column 11: the \" that opens here is never closed"),
        (
            "if päan ? 3 then yes else no",
            "line 1, column 9: “?” means nothing here; a name that is no plain word stands in `backticks`",
        ),
        ("if age > 3kg then yes else no", "line 1, column 10: “3kg” is neither a number nor a name"),
        ("if age > 1e999 then yes else no", "line 1, column 10: “1e999” is beyond what a number can be"),
        ("if age is 3 then yes else no", "line 1, column 11: expected “missing” or “not missing”, got 3"),
        ("if (age > 3 then yes else no", "line 1, column 13: expected “)”, got “then”"),
        ("\"yes\" score 1.5", "line 1, column 13: expected a score from 0 to 1, got 1.5"),
        ("if then > 3 then yes else no", "line 1, column 4: expected a feature, a number or a quoted text, got “then”"),
        // Read, and does not fit.
        (
            "if agee > 3 then yes else no",
            "line 1, column 4: there is no feature “agee”; did you mean “age”? (a text stands in \"quotes\")",
        ),
        (
            "if plan = gold then yes else no",
            "line 1, column 11: there is no feature “gold”; there are “age”, “visits”, “plan”, “member”, “day minutes” (a text stands in \"quotes\")",
        ),
        ("if plan > 3 then yes else no", "line 1, column 9: “>” has a text on the left and a number on the right"),
        ("if plan > \"a\" then yes else no", "line 1, column 9: “>” compares numbers, and this is a text; use “=”, “!=” or “in”"),
        ("if member = 1 then yes else no", "line 1, column 11: “=” has true or false on the left and a number on the right"),
        ("if age in (\"a\") then yes else no", "line 1, column 8: what is looked up is a number, and the list holds “a”"),
        ("if age then yes else no", "line 1, column 4: a condition must be true or false, and this is a number"),
        ("if age + plan > 3 then yes else no", "line 1, column 10: each side of “+” must be a number, and this is a text"),
        ("if member then yess else no", "line 1, column 16: “yess” is no class of this contract; did you mean “yes”?"),
        ("if member then maybe else no", "line 1, column 16: “maybe” is no class of this contract; the classes are “no”, “yes”"),
        ("age * 2", "line 1, column 5: expected a class, as in \"yes\"; only rules for regression compute their answers"),
    ] {
        let error = Rule::new(rule).fit(&contract(Task::Binary)).expect_err(rule);
        assert_eq!(error.to_string(), expected, "{rule}");
    }
    let scored = Rule::new("3 score 0.5").fit(&contract(Task::Regression)).expect_err("a number has no score");
    assert_eq!(scored.message, "a model of numbers has no scores; leave “score” out");
}

#[test]
fn length_depth_and_size_are_bounded() {
    let deep = format!("if {}age > 1{} then yes else no", "(".repeat(DEEPEST + 1), ")".repeat(DEEPEST + 1));
    assert!(Rule::new(deep).check().is_err_and(|error| error.message.contains("levels deep")));
    let nots = format!("if {} member then yes else no", "not ".repeat(DEEPEST + 1));
    assert!(Rule::new(nots).check().is_err());
    let wide = format!("1{}", "+1".repeat(MOST));
    assert!(Rule::new(wide).check().is_err_and(|error| error.message.contains("values and operators")));
    assert!(Rule::new("x".repeat(LONGEST + 1)).check().is_err_and(|error| error.message.contains("bytes")));
}

#[test]
fn a_rule_is_stored_as_its_text_even_if_it_is_none() {
    for text in ["if age > 3  then yes else no", "if if"] {
        let rule = Rule::new(text);
        let stored = serde_json::to_string(&rule).expect("text");
        assert_eq!(stored, serde_json::to_string(text).expect("text"));
        assert_eq!(serde_json::from_str::<Rule>(&stored).expect("a rule"), rule);
    }
    assert_eq!(
        Rule::new("if (age)>3 or(not(member)) then 'yes' else   `no`").to_string(),
        "if age > 3 or not member then \"yes\"\nelse no"
    );
}

fn expr() -> impl Strategy<Value = Expr> {
    let new = |node| Expr { at: At(0), node };
    let leaf = prop_oneof![
        (0.0..1e18f64).prop_map(Node::Number),
        (0u32..100).prop_map(|n| Node::Number(f64::from(n))),
        ".{0,6}".prop_map(Node::Text),
        any::<bool>().prop_map(Node::Bool),
        prop_oneof!["[a-z_]{1,5}", ".{0,6}"].prop_map(Node::Feature),
    ];
    let literal = prop_oneof![(-1e18..1e18f64).prop_map(Literal::Number), ".{0,6}".prop_map(Literal::Text)];
    let lists = prop::collection::vec(literal, 1..4);
    leaf.prop_map(new).prop_recursive(4, 40, 4, move |inner| {
        let one = inner.clone().prop_map(Box::new);
        let arithmetic =
            prop::sample::select(vec![Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply, Arithmetic::Divide]);
        let compare = prop::sample::select(vec![
            Compare::Equal,
            Compare::Unequal,
            Compare::Less,
            Compare::LessOrEqual,
            Compare::Greater,
            Compare::GreaterOrEqual,
        ]);
        prop_oneof![
            one.clone().prop_map(Node::Minus),
            (one.clone(), arithmetic, one.clone()).prop_map(|(left, operator, right)| Node::Arithmetic(left, operator, right)),
            (one.clone(), compare, one.clone()).prop_map(|(left, compare, right)| Node::Compare(left, compare, right)),
            (one.clone(), lists.clone(), any::<bool>()).prop_map(|(item, list, not)| Node::In { item, list, not }),
            (one.clone(), any::<bool>()).prop_map(|(item, not)| Node::Missing { item, not }),
            one.prop_map(Node::Not),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::And),
            prop::collection::vec(inner, 2..4).prop_map(Node::Or),
        ]
        .prop_map(new)
    })
}

fn tree() -> impl Strategy<Value = Tree> {
    let said = (expr(), prop::option::of(0.0..=1.0f64))
        .prop_map(|(what, score)| Said { what, score: score.map(|score| (At(0), score)) })
        .boxed();
    let case = (expr(), said.clone()).prop_map(|(when, then)| Case { when, then });
    (prop::collection::vec(case, 0..3), said).prop_map(|(cases, otherwise)| Tree { cases, otherwise })
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(tree in tree()) {
        let printed = tree.to_string();
        match parse::parse(&printed) {
            Ok(read) => prop_assert_eq!(read, tree, "{}", printed),
            // A large one may be beyond the bounds; nothing else may be wrong with it.
            Err(error) => prop_assert!(printed.len() > LONGEST || error.message.contains("at most"), "{}: {}", printed, error),
        }
    }

    #[test]
    fn whatever_it_says_it_says_without_a_panic(tree in tree(), number in any::<f64>(), regression in any::<bool>()) {
        let cell = |name: &str| match name.len() % 4 {
            0 => Cell::Number(number),
            1 => Cell::Text("a"),
            2 => Cell::Bool(true),
            _ => Cell::Missing,
        };
        if let Some(Answered::Value(value)) = evaluate::answer(&tree, regression, &cell) {
            prop_assert!(value.is_finite());
        }
        drop(fit::fit(&tree, &contract(Task::Binary)));
        drop(fit::fit(&tree, &contract(Task::Regression)));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}") {
        let rule = Rule::new(text);
        prop_assert_eq!(Rule::new(rule.text()), rule);
    }

    #[test]
    fn no_order_of_its_words_makes_it_panic(words in prop::collection::vec(prop::sample::select(vec![
        "if", "then", "else", "score", "and", "or", "not", "in", "is", "missing", "true", "age", "plan", "`x y`", "\"a\"", "0.5", "1e3",
        "(", ")", ",", "+", "-", "*", "/", "=", "!=", "<", ">=", "'", "`",
    ]), 0..40)) {
        let rule = Rule::new(words.join(" "));
        drop(rule.fit(&contract(Task::Binary)));
        drop(rule.answer(true, &|_| Cell::Missing));
        if rule.check().is_ok() {
            prop_assert_eq!(Rule::new(rule.to_string()).read, rule.read);
        }
    }
}
