//! What premises cost while nothing happens in them.

use anyhow::Context;
use secnet_csp::Csp;
use secnet_model::{PremisesId, Region};
use secnet_premises::Premises;
use secnet_topology::World;
use serde::Serialize;
use std::sync::Arc;

/// All of Great Britain's.
const PREMISES: u32 = 30_000_000;
/// Linux's page on the machines this is built for.
const PAGE_BYTES: u64 = 4_096;

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub premises: u32,
    /// What the nodes say of themselves: premises with their next background alerts, cells in both directions.
    pub counted_bytes_per_premises: f64,
    /// By how much the process grew: world, CSPs and premises.
    pub resident_bytes_per_premises: f64,
}

impl Figure {
    /// The larger of the two: pages nobody has touched are not resident.
    pub fn bytes_per_premises(&self) -> f64 {
        self.counted_bytes_per_premises
            .max(self.resident_bytes_per_premises)
    }
}

pub fn measure() -> anyhow::Result<Figure> {
    let before = resident_bytes()?;
    let text = format!(
        "name = \"idle\"\nhorizon = \"1d\"\n[population]\npremises = {PREMISES}\n[[suppliers]]\nname = \"S\"\nshare = 1.0\n"
    );
    let scenario = secnet_topology::parse("idle", &text, &[]).map_err(|e| anyhow::anyhow!("{e}"))?;
    let world = Arc::new(World::new(scenario).map_err(|e| anyhow::anyhow!("{e}"))?);
    let regions: Vec<(Csp, Premises)> = Region::CSPS
        .into_iter()
        .map(|region| {
            let range = world.population.region_range(region);
            let premises = Premises::new(&world, PremisesId(range.start), PremisesId(range.end));
            (Csp::new(&world, region), premises)
        })
        .collect();
    let grown = resident_bytes()?.saturating_sub(before);
    let counted: usize = regions
        .iter()
        .map(|(csp, premises)| csp.memory_bytes() + premises.memory_bytes())
        .sum();
    Ok(Figure {
        premises: PREMISES,
        counted_bytes_per_premises: counted as f64 / f64::from(PREMISES),
        resident_bytes_per_premises: grown as f64 / f64::from(PREMISES),
    })
}

fn resident_bytes() -> anyhow::Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").context("cannot read /proc/self/statm")?;
    let pages: u64 = statm
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .context("/proc/self/statm does not say how much is resident")?;
    Ok(pages * PAGE_BYTES)
}
