//! What is measured: workloads, forms, loads, and which servers take part in which.

use super::contestants::Line;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Workload {
    A,
    B,
    C,
    D,
    E,
}

impl Workload {
    pub const ALL: [Workload; 5] = [Workload::A, Workload::B, Workload::C, Workload::D, Workload::E];

    /// Its name in `benches/models/cases.json`.
    pub fn case(self) -> &'static str {
        match self {
            Workload::A | Workload::D => "a",
            Workload::B => "b",
            Workload::C => "c",
            Workload::E => "e",
        }
    }

    pub fn model(self) -> Model {
        match self {
            Workload::A | Workload::B | Workload::D => Model::Trees,
            Workload::C => Model::Picture,
            Workload::E => Model::Layers,
        }
    }

    /// Requests that were never sent before, percent.
    pub fn unique(self) -> u32 {
        if self == Workload::D { 10 } else { 0 }
    }

    pub fn title(self) -> &'static str {
        match self {
            Workload::A => "(a) gradient boosting, 20 features, 100 trees of depth 5, 1 row",
            Workload::B => "(b) the same, 32 rows",
            Workload::C => "(c) small convolutional network, 602,112 bytes of input",
            Workload::D => "(d) as (a), 90 % of the requests repeat",
            Workload::E => "(e) multilayer perceptron of 200,000 weights, 1 row: what batches bring",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Model {
    Trees,
    Picture,
    Layers,
}

impl Model {
    pub const ALL: [Model; 3] = [Model::Trees, Model::Picture, Model::Layers];

    pub fn name(self) -> &'static str {
        match self {
            Model::Trees => "trees",
            Model::Picture => "picture",
            Model::Layers => "layers",
        }
    }

    pub fn file(self) -> String {
        format!("benches/models/{}.onnx", self.name())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Json,
    Binary,
}

impl Form {
    pub fn word(self) -> &'static str {
        match self {
            Form::Json => "JSON",
            Form::Binary => "binary",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Load {
    /// Connections that each send their next request when the last is answered.
    Closed(usize),
    /// Poisson arrivals at a percentage of what the server did with [`BUSY`] connections in the same round.
    Poisson(u32),
    /// 100,000 requests over 1,000 connections that open at once.
    Burst,
}

/// Connections whose throughput counts as a server's capacity.
pub const BUSY: usize = 32;

impl Load {
    pub fn title(self) -> String {
        match self {
            Load::Closed(1) => "1 connection".to_owned(),
            Load::Closed(n) => format!("{n} connections"),
            Load::Poisson(percent) => format!("Poisson {percent} %"),
            Load::Burst => "100,000 requests, 1,000 connections".to_owned(),
        }
    }
}

/// One thing to measure for one line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    pub workload: Workload,
    pub form: Form,
    pub load: Load,
}

/// Everything that is measured of `line`, in the order in which it is.
pub fn of(line: Line, workloads: &[Workload], quick: bool) -> Vec<Cell> {
    let mut cells = Vec::new();
    for &workload in workloads {
        if !line.takes_part(workload) {
            continue;
        }
        for form in [Form::Json, Form::Binary] {
            if line.dialect(form).is_none() || (workload == Workload::E && form == Form::Json) {
                continue;
            }
            let mut loads = vec![Load::Closed(1), Load::Closed(BUSY)];
            if !quick {
                // A thousand pictures at once are 600 MB that say nothing about a server.
                if workload != Workload::C {
                    loads.push(Load::Closed(1_000));
                }
                loads.extend([Load::Poisson(50), Load::Poisson(90)]);
                if workload == Workload::A && form == Form::Json && matches!(line, Line::Slipway | Line::Floor) {
                    loads.push(Load::Burst);
                }
            }
            cells.extend(loads.into_iter().map(|load| Cell { workload, form, load }));
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_known_before_it_is_used() {
        for line in Line::ALL {
            let cells = of(line, &Workload::ALL, false);
            for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| matches!(cell.load, Load::Poisson(_))) {
                assert!(cells[..at].contains(&Cell { load: Load::Closed(BUSY), ..*cell }), "{line:?} {cell:?}");
            }
        }
    }

    #[test]
    fn quick_is_one_workload_under_two_loads() {
        let cells = of(Line::Slipway, &[Workload::A], true);
        assert_eq!(cells.len(), 4);
        assert!(of(Line::BentoMl, &[Workload::A], true).iter().all(|cell| cell.form == Form::Json));
    }
}
