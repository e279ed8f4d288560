//! Virtual round trips per second in a steady state: Supplier, DSP, CSP, premises, CSP, DSP, Supplier, with every check on.

use crate::bench::Effort;
use crate::bench::scenarios::{self, RESPONSE_TIME_S, RoundTrips};
use crate::network;
use crate::virtual_run::threads_by_region;
use anyhow::ensure;
use secnet_accounts::{Account, Accountable};
use secnet_engine::{Envelope, ItemKind, Outcome, Pace, VirtualDriver, Watch};
use secnet_fabric::BoxedParticipant;
use secnet_model::SimTime;
use secnet_topology::{Layout, World};
use secnet_wire::Message;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PREMISES: u32 = 1_000_000;
/// Emulated seconds before the measurement: several times the response time, so that the number in flight has settled.
const WARM_UP_S: u64 = 30;
/// Round trips measured.
const ROUND_TRIPS: f64 = 2_000_000.0;
const ROUND_TRIPS_QUICK: f64 = 400_000.0;

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub in_flight_aimed_at: u32,
    pub threads: usize,
    pub round_trips_per_second: f64,
    /// Mean of the requests open at the beginning and at the end of the measurement.
    pub in_flight: f64,
    pub events_per_round_trip: f64,
    pub round_trips: u64,
    pub wall_seconds: f64,
    pub emulated_seconds: f64,
}

pub fn measure(in_flight: u32, threads: usize, effort: Effort) -> anyhow::Result<Figure> {
    let round_trips = match effort {
        Effort::Quick => ROUND_TRIPS_QUICK,
        Effort::Full => ROUND_TRIPS,
    };
    let measured_s = (round_trips * RESPONSE_TIME_S / f64::from(in_flight)).ceil() as u64;
    let world = scenarios::round_trips(RoundTrips {
        in_flight,
        premises: PREMISES,
        suppliers: 4,
        areas: &[],
        horizon_s: WARM_UP_S + measured_s,
        traced: 0.0,
    })?;
    let mut stretch = Stretch::new(&world, threads);
    stretch.run_to(SimTime::from_secs(WARM_UP_S))?;
    let before = stretch.account();
    let (wall, events) = stretch.run_to(world.horizon)?;
    let after = stretch.account();
    let completed = |account: &Account| {
        account
            .ledger
            .closed(ItemKind::ServiceRequest, Outcome::Completed)
    };
    ensure!(
        completed(&after) == after.ledger.closed_total(ItemKind::ServiceRequest),
        "not every request was a round trip: {:?}",
        after.ledger
    );
    let done = completed(&after) - completed(&before);
    let open = |account: &Account| account.held[ItemKind::ServiceRequest as usize] as f64;
    Ok(Figure {
        in_flight_aimed_at: in_flight,
        threads,
        round_trips_per_second: done as f64 / wall.as_secs_f64(),
        in_flight: (open(&before) + open(&after)) / 2.0,
        events_per_round_trip: events as f64 / done as f64,
        round_trips: done,
        wall_seconds: wall.as_secs_f64(),
        emulated_seconds: measured_s as f64,
    })
}

/// A virtual run in stretches of emulated time, so that one can be timed without the others.
pub struct Stretch {
    layout: Layout,
    thread_of: Vec<usize>,
    nodes: Vec<BoxedParticipant>,
    under_way: Vec<Envelope<Message>>,
    spans_max: usize,
}

impl Stretch {
    pub fn new(world: &Arc<World>, threads: usize) -> Stretch {
        let layout = world.layout();
        Stretch {
            thread_of: threads_by_region(&layout, threads),
            nodes: network::build_all(world, &layout),
            under_way: Vec::new(),
            spans_max: world.scenario.tracing.spans_max as usize,
            layout,
        }
    }

    /// Runs on to `end`; the wall time that took, and the events.
    pub fn run_to(&mut self, end: SimTime) -> anyhow::Result<(Duration, u64)> {
        let driver = VirtualDriver {
            network: Arc::new(self.layout.network.clone()),
            nodes: std::mem::take(&mut self.nodes),
            thread_of: self.thread_of.clone(),
            end,
            pace: Pace::Max,
            spans_max: self.spans_max,
        };
        let under_way = std::mem::take(&mut self.under_way);
        let start = Instant::now();
        let finished = driver.go_on(under_way, &Watch::default());
        let wall = start.elapsed();
        ensure!(
            finished.violations.total() == 0,
            "the engine's contract was broken: {:?}",
            finished.violations
        );
        self.nodes = finished.nodes;
        self.under_way = finished.undelivered;
        Ok((wall, finished.events))
    }

    /// The sum of all accounts.
    pub fn account(&self) -> Account {
        let mut sum = Account::default();
        self.nodes.iter().for_each(|node| sum.add(&node.account()));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_in_stretches_does_what_a_run_in_one_does() {
        let world = scenarios::round_trips(RoundTrips {
            in_flight: 500,
            premises: 5_000,
            suppliers: 2,
            areas: &[],
            horizon_s: 20,
            traced: 0.0,
        })
        .unwrap();
        let mut accounts = Vec::new();
        for (threads, ends) in [(1, vec![80]), (1, vec![3, 7, 80]), (2, vec![5, 80])] {
            let mut stretch = Stretch::new(&world, threads);
            for end in ends {
                stretch.run_to(SimTime::from_secs(end)).unwrap();
            }
            assert_eq!(stretch.under_way.len(), 0);
            accounts.push(stretch.account());
        }
        assert!(
            accounts[0]
                .ledger
                .closed(ItemKind::ServiceRequest, Outcome::Completed)
                > 1_000
        );
        assert_eq!(accounts[0], accounts[1]);
        assert_eq!(accounts[0], accounts[2]);
    }

    #[test]
    fn as_many_requests_are_in_flight_as_were_aimed_at() {
        let world = scenarios::round_trips(RoundTrips {
            in_flight: 5_000,
            premises: 50_000,
            suppliers: 1,
            areas: &[],
            horizon_s: 60,
            traced: 0.0,
        })
        .unwrap();
        let mut stretch = Stretch::new(&world, 1);
        stretch.run_to(SimTime::from_secs(40)).unwrap();
        let open = stretch.account().held[ItemKind::ServiceRequest as usize] as f64;
        assert!((open / 5_000.0 - 1.0).abs() < 0.06, "{open}");
    }
}
