//! Emulated seconds per second where there is little or nothing to do, and in the demo.

use crate::bench::live;
use crate::bench::round_trips::Stretch;
use crate::bench::scenarios;
use secnet_engine::ItemKind;
use secnet_topology::Bus;
use secnet_topology::World;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// Requests in a day with little traffic.
const FEW: u32 = 2_000;

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub scenario: String,
    pub driver: &'static str,
    pub emulated_seconds_per_second: f64,
    pub emulated_seconds: f64,
    pub wall_seconds: f64,
    pub requests: u64,
    pub events: u64,
    /// Between processes.
    pub frames: u64,
}

pub fn measure_virtual() -> anyhow::Result<Vec<Figure>> {
    let days = [
        ("a day without traffic", scenarios::quiet_day(0)?),
        ("a day with little traffic", scenarios::quiet_day(FEW)?),
        ("the demo", scenarios::demo()?),
    ];
    let mut figures = Vec::new();
    for (name, world) in days {
        let mut stretch = Stretch::new(&world, 1);
        let (wall, events) = stretch.run_to(world.end)?;
        let requests = stretch.account().ledger.opened(ItemKind::ServiceRequest);
        figures.push(Figure::new(name, "virtual", &world, wall, requests, events, 0));
    }
    Ok(figures)
}

pub fn measure_live() -> anyhow::Result<Vec<Figure>> {
    let days = [
        ("a day without traffic", scenarios::quiet_day(0)?),
        ("a day with little traffic", scenarios::quiet_day(FEW)?),
    ];
    let mut figures = Vec::new();
    for (name, world) in days {
        let (outcome, facts) = live::run(&world, Bus::default())?;
        let requests = outcome.total().ledger.opened(ItemKind::ServiceRequest);
        figures.push(Figure::new(
            name,
            "live",
            &world,
            facts.running,
            requests,
            facts.events,
            facts.frames_sent,
        ));
    }
    Ok(figures)
}

impl Figure {
    fn new(
        scenario: &str,
        driver: &'static str,
        world: &Arc<World>,
        wall: Duration,
        requests: u64,
        events: u64,
        frames: u64,
    ) -> Figure {
        Figure {
            scenario: scenario.to_owned(),
            driver,
            emulated_seconds_per_second: world.end.as_secs_f64() / wall.as_secs_f64().max(1e-9),
            emulated_seconds: world.end.as_secs_f64(),
            wall_seconds: wall.as_secs_f64(),
            requests,
            events,
            frames,
        }
    }
}
