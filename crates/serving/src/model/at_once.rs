//! Which runs are done on the caller's own thread: handing one over and back wakes two threads up, ten microseconds of work, which is as
//! much as a small model takes. Callers' threads are few and must not be held, so the run has to be short for certain.

use super::cost::Line;
use crate::inspect::OnnxInfo;

/// Longest expected run, seconds.
const SHORT: f64 = 50e-6;

/// Operators whose work is bounded by the sizes of their inputs. Loops, and whatever makes a tensor as large as a value says, are not among
/// them: one request could hold a thread for as long as a run may take.
const BOUNDED: &[&str] = &[
    "Abs",
    "Add",
    "And",
    "ArgMax",
    "ArgMin",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Ceil",
    "Clip",
    "Concat",
    "Constant",
    "Conv",
    "Div",
    "Elu",
    "Equal",
    "Erf",
    "Exp",
    "Flatten",
    "Floor",
    "Gather",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Greater",
    "GreaterOrEqual",
    "HardSigmoid",
    "Identity",
    "IsInf",
    "IsNaN",
    "LayerNormalization",
    "LeakyRelu",
    "Less",
    "LessOrEqual",
    "Log",
    "LogSoftmax",
    "MatMul",
    "Max",
    "MaxPool",
    "Mean",
    "Min",
    "Mul",
    "Neg",
    "Not",
    "Or",
    "PRelu",
    "Pow",
    "Reciprocal",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "Relu",
    "Reshape",
    "Round",
    "Selu",
    "Shape",
    "Sigmoid",
    "Sign",
    "Slice",
    "Softmax",
    "Softplus",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Sum",
    "Tanh",
    "TopK",
    "Transpose",
    "Unsqueeze",
    "Where",
    "Xor",
    "ai.onnx.ml.ArrayFeatureExtractor",
    "ai.onnx.ml.Binarizer",
    "ai.onnx.ml.CategoryMapper",
    "ai.onnx.ml.FeatureVectorizer",
    "ai.onnx.ml.Imputer",
    "ai.onnx.ml.LabelEncoder",
    "ai.onnx.ml.LinearClassifier",
    "ai.onnx.ml.LinearRegressor",
    "ai.onnx.ml.Normalizer",
    "ai.onnx.ml.OneHotEncoder",
    "ai.onnx.ml.SVMClassifier",
    "ai.onnx.ml.SVMRegressor",
    "ai.onnx.ml.Scaler",
    "ai.onnx.ml.TreeEnsemble",
    "ai.onnx.ml.TreeEnsembleClassifier",
    "ai.onnx.ml.TreeEnsembleRegressor",
    "ai.onnx.ml.ZipMap",
];

/// Whether a run's time follows from its rows alone: only the first dimension of each input is open, and every operator is bounded.
pub fn is_predictable(info: &OnnxInfo) -> bool {
    let fixed = |shape: &[i64]| shape.iter().skip(1).all(|&dim| dim >= 0);
    info.unranked.is_empty()
        && info.inputs.iter().all(|input| fixed(&input.shape))
        && info.operators.keys().all(|operator| BOUNDED.contains(&operator.as_str()))
}

/// Whether so many rows are expected to take next to nothing.
pub fn is_short(line: Line, rows: usize) -> bool {
    rows > 0 && line.known() && line.run(rows) <= SHORT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_be_short() {
        let line = |per_run, per_row| Line { per_run, per_row, sure: true };
        for (line, rows, short) in [
            (line(8e-6, 2e-6), 1, true),
            (line(8e-6, 2e-6), 21, true),
            (line(8e-6, 2e-6), 22, false),
            (line(8e-6, 2e-6), 0, false),
            (line(60e-6, 0.0), 1, false),
            (Line::default(), 1, false),
        ] {
            assert_eq!(is_short(line, rows), short, "{line:?} {rows}");
        }
    }
}
