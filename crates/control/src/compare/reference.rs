//! The reference, frozen: what every chunk is compared with.

use super::blocks::Blocks;
use super::columns::Columns;
use super::feature::{Feature, Values};
use super::judge::Levels;
use super::options::Options;
use super::peek::Typical;
use super::rows::{Batch, Column, Dictionary, Input, NONE, Rows};
use super::together::Together;
use super::truth::{Answers, Classes, Concept, Truth};
use contract::Task;

/// Everything that is known from the reference.
pub struct Reference {
    pub columns: Columns,
    pub features: Vec<Feature>,
    pub prediction: Option<Feature>,
    /// Of the score that stands for all: that of the positive class, or the first.
    pub score: Option<Feature>,
    pub truth: Option<Truth>,
    pub concept: Option<Concept>,
    pub together: Option<Together>,
    pub levels: Levels,
    score_column: Option<usize>,
}

impl Reference {
    /// Reads the reference and freezes it. The dictionaries go on growing with the current rows.
    pub fn read(
        options: &Options,
        input: &Input,
        task: Option<Task>,
        id: Option<String>,
        typical: Typical,
        dictionaries: &mut Vec<Dictionary>,
    ) -> Result<Self, String> {
        let columns = Columns::choose(options, input, task == Some(Task::Regression), id)?;
        *dictionaries = columns.dictionaries();
        let table = Rows::open(input)?.all(&columns.names, &columns.wanted, dictionaries, options.limits.cells)?;
        if table.rows == 0 {
            return Err(format!("{}: the file has a head and no rows.", input.name()));
        }
        let blocks = Blocks::cut(&table, &columns, &options.chunks, typical, dictionaries);
        let levels = Levels::new(options.alerts_per_week, typical.length, tests(&columns, task));
        let (each, threshold) = (levels.each, options.threshold);
        let fit = |name: &str, column: usize| {
            let values = values_of(&table, column, dictionaries);
            Feature::fit(name, values, &blocks, each, threshold, options.exact)
        };
        let features: Vec<Feature> = columns.features.iter().enumerate().map(|(column, (name, _))| fit(name, column)).collect();
        let prediction = columns.prediction.map(|column| fit("prediction", column));
        let mut truth = None;
        let mut concept = None;
        let mut score_column = columns.scores.first().copied();
        if let Some(task) = task.filter(|_| columns.prediction.is_some() || !columns.scores.is_empty()) {
            let classes = match task {
                Task::Regression => Classes::default(),
                _ => Classes::find(options, &columns, dictionaries, task == Task::Binary)?,
            };
            let positive = classes.of_scores.iter().position(|class| class + 1 == classes.names.len());
            score_column = positive.map_or(score_column, |at| columns.scores.get(at).copied());
            let mut answers = answers(&table, 0..table.rows, &columns, dictionaries, &classes, task);
            if task == Task::Regression {
                answers.features = numbers_of(&features, &table, 0..table.rows, dictionaries);
            }
            let fitted = Truth::fit(task, classes, &answers, &blocks, each);
            let errors: Vec<f64> = blocks.ordered().filter_map(|row| fitted.error(&answers, row)).collect();
            concept = (!errors.is_empty()).then(|| Concept::new(&errors));
            truth = Some(fitted);
        }
        let score = score_column.map(|column| fit("score", column));
        let together = Together::fit(&features, &table, &blocks, dictionaries);
        Ok(Self { columns, features, prediction, score, truth, concept, together, levels, score_column })
    }
}

impl Reference {
    /// The column that [`Self::score`] is of.
    pub fn score_column(&self) -> Option<usize> {
        self.score_column
    }
}

/// Tests of one chunk: three per feature, those of the answers, of the outcomes, and one of all features together.
fn tests(columns: &Columns, task: Option<Task>) -> usize {
    let answers = usize::from(columns.prediction.is_some()) + usize::from(!columns.scores.is_empty());
    let outcomes = if task.is_some() && answers > 0 { 4 } else { 0 };
    3 * columns.features.len() + 3 * answers + outcomes + 1
}

/// The values of a column of a batch.
pub fn values_of<'a>(batch: &'a Batch, column: usize, dictionaries: &'a [Dictionary]) -> Values<'a> {
    match &batch.columns[column] {
        Column::Numbers(values) => Values::Numbers(values),
        _ => Values::Codes(batch.codes(column), &dictionaries[column]),
    }
}

/// Answers and outcomes of some rows of a batch; the outcomes are those of the label column.
pub fn answers<'a>(
    batch: &'a Batch,
    rows: std::ops::Range<usize>,
    columns: &Columns,
    dictionaries: &[Dictionary],
    classes: &Classes,
    task: Task,
) -> Answers<'a> {
    let scores = columns.scores.iter().map(|column| &batch.numbers(*column)[rows.clone()]).collect();
    if task == Task::Regression {
        return Answers {
            predicted_value: columns.prediction.map_or(&[][..], |column| &batch.numbers(column)[rows.clone()]),
            truth_value: columns.label.map_or(Vec::new(), |column| batch.numbers(column)[rows.clone()].to_vec()),
            scores,
            ..Answers::default()
        };
    }
    let classed = |column: Option<usize>| {
        let Some(column) = column else { return Vec::new() };
        let table = classes.table(&dictionaries[column]);
        let class = |code: &u32| table.get(*code as usize).copied().flatten().map_or(NONE, |class| class as u32);
        batch.codes(column)[rows.clone()].iter().map(class).collect()
    };
    Answers { predicted: classed(columns.prediction), truth: classed(columns.label), scores, ..Answers::default() }
}

/// Every feature as numbers, for an error model: categories by their rank in the baseline.
pub fn numbers_of(
    features: &[Feature],
    batch: &Batch,
    rows: std::ops::Range<usize>,
    dictionaries: &[Dictionary],
) -> Vec<Vec<f64>> {
    let column = |(column, feature): (usize, &Feature)| match &batch.columns[column] {
        Column::Numbers(values) => values[rows.clone()].to_vec(),
        _ => {
            let ranks = feature.ranks(&dictionaries[column]);
            let rank = |code: &u32| ranks.get(*code as usize).copied().flatten().map_or(f64::NAN, |rank| rank as f64);
            batch.codes(column)[rows.clone()].iter().map(rank).collect()
        }
    };
    features.iter().enumerate().map(column).collect()
}
