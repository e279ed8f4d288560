//! What a process tells besides its results: spans as they come, metrics at each status.

use crate::report::{LinkStatus, ProcessNews};
use secnet_telemetry::{MetricsEndpoint, NodeReading, SpanExport};

/// What is told while the process runs, to whoever the environment names.
pub(crate) struct Telling {
    pub export: Option<SpanExport>,
    pub metrics: Option<MetricsEndpoint>,
}

impl Telling {
    pub(crate) fn tell(&mut self, news: &ProcessNews) {
        let Some(metrics) = &mut self.metrics else {
            return;
        };
        for node in &news.status.nodes {
            let in_flight = |link: &LinkStatus| (link.neighbour.clone(), link.in_flight);
            let ledger = news.ledgers.iter().find(|(name, _)| *name == node.name);
            metrics.tell(&NodeReading {
                node: node.name.clone(),
                emulated_seconds: node.now.as_secs_f64(),
                lag_seconds: node.lag_max_us as f64 / 1e6,
                events: node.handled,
                waiting: node.queued,
                in_flight: node.links.iter().map(in_flight).collect(),
                ledger: ledger.map(|(_, ledger)| ledger.clone()),
            });
        }
    }
}
