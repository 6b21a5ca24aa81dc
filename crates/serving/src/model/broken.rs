//! The place of a model that could not be loaded: it takes the same inputs and answers none, so that what is declared to answer in its
//! place does.

use super::gather::Gathering;
use super::queue::Queue;
use super::worker::Stats;
use super::{Model, Shared, Tuning};
use crate::inspect::OnnxInfo;
use contract::Contract;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

impl Model {
    /// Checks requests as the contract's model would, and fails each of them with `why`.
    pub fn in_place_of(contract: &Contract, why: String) -> Arc<Model> {
        let info = OnnxInfo {
            size: 0,
            ir_version: 0,
            opsets: Vec::new(),
            producer: String::new(),
            graph_name: String::new(),
            description: String::new(),
            inputs: contract.inputs.clone(),
            outputs: contract.outputs.clone(),
            non_tensor_outputs: Vec::new(),
            unranked: Vec::new(),
            operators: Default::default(),
            parameters: 0,
            classes: contract.classes.clone(),
            metadata: Default::default(),
        };
        let queue = Queue::new(1, Tuning::default());
        queue.close();
        let shared = Arc::new(Shared {
            runners: Vec::new(),
            watches: Vec::new(),
            at_once: false,
            inputs: info.inputs.clone(),
            outputs: info.outputs.clone(),
            queue,
            gathering: Gathering::default(),
            batchable: AtomicBool::new(false),
            run_limit: Duration::ZERO,
            divides: false,
            stats: Stats::default(),
            sessions: 0,
            memory: 0,
            broken: Some(why),
            kill: AtomicBool::new(false),
            info,
        });
        Arc::new(Model { shared, workers: Vec::new() })
    }
}
