//! A closed loop: every connection sends its next request when the last one is answered.

use crate::Plan;
use crate::client::Client;
use crate::seen::Seen;
use anyhow::Result;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::spawn_local;

/// Between two tries of a connection that cannot be opened.
const AGAIN: Duration = Duration::from_millis(100);

pub async fn run(plan: Rc<Plan>) -> Result<Seen> {
    let seen = Rc::new(RefCell::new(Seen::default()));
    let of = plan.options.connections;
    // All connections are there before the clock starts, opened at once.
    let opening: Vec<_> = (0..of)
        .map(|index| {
            let plan = plan.clone();
            spawn_local(async move { Client::connect(&plan, index, of).await })
        })
        .collect();
    let mut clients = Vec::with_capacity(of);
    for client in opening {
        match client.await? {
            Ok(client) => clients.push(client),
            Err(failure) => seen.borrow_mut().failed(&failure),
        }
    }
    anyhow::ensure!(!clients.is_empty(), "no connection could be opened");
    let start = Instant::now() + if plan.options.requests.is_some() { Duration::ZERO } else { plan.warm_up() };
    let end = start + plan.seconds();
    let left = Rc::new(Cell::new(plan.options.requests));
    let running: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let (plan, seen, left) = (plan.clone(), seen.clone(), left.clone());
            spawn_local(async move {
                loop {
                    let sent = Instant::now();
                    match left.get() {
                        Some(0) => return,
                        Some(n) => left.set(Some(n - 1)),
                        None if sent >= end => return,
                        None => {}
                    }
                    let outcome = client.exchange(&plan).await;
                    let counts = left.get().is_some() || (sent >= start && Instant::now() < end);
                    match outcome {
                        Ok(checked) if counts => {
                            let mut seen = seen.borrow_mut();
                            seen.answered(sent);
                            if checked {
                                seen.checked();
                            }
                        }
                        Ok(_) => {}
                        Err(failure) => {
                            if counts {
                                seen.borrow_mut().failed(&failure);
                            }
                            tokio::time::sleep(AGAIN).await;
                        }
                    }
                }
            })
        })
        .collect();
    for task in running {
        task.await?;
    }
    let mut seen = seen.take();
    seen.took = if plan.options.requests.is_some() { start.elapsed() } else { plan.seconds() };
    Ok(seen)
}
