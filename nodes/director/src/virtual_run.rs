//! Runs a network in virtual time, in this process.

use crate::network;
use crate::progress::Progress;
use secnet_engine::trace::TraceBook;
use secnet_engine::{Carries, ItemKind, NodeIndex, Pace, VirtualDriver, Watch};
use secnet_model::SimTime;
use secnet_results::{Accountable, RunOutcome, SpanCounts, Traces};
use secnet_telemetry::SpanExport;
use secnet_topology::{Layout, NodeKind, World};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a driver tells besides the outcome: facts of this run alone.
#[derive(Clone, Debug, Default)]
pub struct RunFacts {
    pub processes: u32,
    pub threads: u32,
    pub lag_max: BTreeMap<String, Duration>,
    pub events: u64,
    /// How long a live network ran, in wall time, without starting it and collecting its accounts.
    pub running: Duration,
    /// Frames between processes, and how many of them were sent again.
    pub frames_sent: u64,
    pub frames_resent: u64,
    /// What became of the spans of sampled items.
    pub spans: SpanCounts,
}

/// Runs to the end, or until `watch` is told to stop.
pub fn run(
    world: &Arc<World>,
    layout: &Layout,
    threads: usize,
    pace: Pace,
    watch: &Watch,
    progress: &Progress,
    export: Option<SpanExport>,
) -> (RunOutcome, RunFacts) {
    let thread_of = threads_by_region(layout, threads);
    let threads = thread_of.iter().max().map_or(1, |last| last + 1);
    let driver = VirtualDriver {
        network: Arc::new(layout.network.clone()),
        nodes: network::build_all(world, layout),
        thread_of,
        end: world.end,
        pace,
        spans_max: world.scenario.tracing.spans_max as usize,
    };
    let done = AtomicBool::new(false);
    let finished = std::thread::scope(|scope| {
        let shown = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let (now, events) = watch.progress();
                progress.show(now.min(world.end), events, None, None);
                std::thread::park_timeout(Duration::from_millis(100));
            }
        });
        let finished = driver.run(watch);
        done.store(true, Ordering::Relaxed);
        shown.thread().unpark();
        finished
    });
    let mut carried = [0; ItemKind::COUNT];
    for kind in finished
        .undelivered
        .iter()
        .filter_map(|envelope| envelope.message.carries())
    {
        carried[kind as usize] += 1;
    }
    let accounts = layout
        .network
        .nodes
        .iter()
        .cloned()
        .zip(finished.nodes.iter().map(Accountable::account));
    let ended_at = if finished.reached_end {
        world.end
    } else {
        finished.last_event.min(world.end)
    };
    let mut traces = finished.traces;
    for (index, node) in finished.nodes.iter().enumerate() {
        let mut open = Vec::new();
        node.open_spans(ended_at, &mut open);
        let member = NodeIndex(index as u16);
        traces.spans.extend(open.into_iter().map(|span| (member, span)));
    }
    let spans = SpanCounts {
        kept: traces.spans.len() as u64,
        dropped: traces.dropped,
        ..exported(export, &traces)
    };
    let outcome = RunOutcome {
        scenario: world.scenario.clone(),
        users: world.users.iter().map(|user| user.name.clone()).collect(),
        accounts: accounts.collect(),
        carried,
        violations: finished.violations,
        lost_nodes: Vec::new(),
        finished: finished.reached_end,
        ended_at,
        traces: Traces::new(world, layout, traces),
    };
    let mut facts = RunFacts {
        processes: 1,
        threads: threads as u32,
        events: finished.events,
        spans,
        ..RunFacts::default()
    };
    if pace != Pace::Max {
        facts.lag_max.insert("virtual".to_owned(), finished.lag_max);
    }
    (outcome, facts)
}

/// Spans have been kept until now: the endpoint gets them when nobody waits any more.
fn exported(export: Option<SpanExport>, traces: &TraceBook) -> SpanCounts {
    let Some(export) = export else {
        return SpanCounts::default();
    };
    export.offer_patiently(&traces.spans);
    let counts = export.finish();
    SpanCounts {
        exported: counts.exported,
        not_exported: counts.dropped,
        ..SpanCounts::default()
    }
}

/// Regions side by side: the DSP and the Users on the first thread, each CSP with its premises on one of the others.
pub fn threads_by_region(layout: &Layout, threads: usize) -> Vec<usize> {
    let others = threads.saturating_sub(1);
    let mut regions = Vec::new();
    let mut thread_of_region = |region| {
        let known = regions.iter().position(|other| *other == region);
        let place = known.unwrap_or_else(|| {
            regions.push(region);
            regions.len() - 1
        });
        if others == 0 { 0 } else { 1 + place % others }
    };
    let thread = |kind: &NodeKind| match kind {
        NodeKind::Dsp | NodeKind::User(_) => 0,
        NodeKind::Csp(region) | NodeKind::Premises { region, .. } => thread_of_region(*region),
    };
    layout.kinds.iter().map(thread).collect()
}

/// When a run that was stopped had got to, for messages.
pub fn reached(outcome: &RunOutcome) -> SimTime {
    outcome.ended_at
}
