//! Runs a network in virtual time, in this process.

use crate::cancellation::Cancellation;
use crate::network;
use crate::progress::Progress;
use crate::run_facts::RunFacts;
use secnet_accounts::Accountable;
use secnet_engine::trace::TraceBook;
use secnet_engine::virtual_driver::Finished;
use secnet_engine::{Carries, ItemKind, Node, NodeIndex, Pace, VirtualDriver, Watch};
use secnet_model::Region;
use secnet_results::{RunOutcome, SpanCounts, Traces};
use secnet_telemetry::SpanExport;
use secnet_topology::{Layout, NodeKind, World};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What is run, and how.
pub struct VirtualRun<'a> {
    pub world: &'a Arc<World>,
    pub layout: &'a Layout,
    pub threads: usize,
    pub pace: Pace,
    /// Says how far the run has got.
    pub watch: &'a Watch,
    pub cancellation: &'a Cancellation,
    pub progress: &'a Progress,
    pub export: Option<SpanExport>,
}

/// How often the progress is shown, and a cancellation looked for.
const LOOK: Duration = Duration::from_millis(100);

/// Runs to the end, or until it is cancelled.
pub fn run(run: VirtualRun<'_>) -> (RunOutcome, RunFacts) {
    let VirtualRun {
        world,
        layout,
        threads,
        pace,
        watch,
        cancellation,
        progress,
        export,
    } = run;
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
    let finished = driven(driver, watch, cancellation, progress);
    let mut carried = [0; ItemKind::COUNT];
    for kind in finished
        .undelivered
        .iter()
        .filter_map(|envelope| envelope.message.carries())
    {
        carried[kind as usize] += 1;
    }
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
    // A node's account is much of its state again: none is kept beside it.
    let nodes = finished.nodes.into_iter();
    let accounts = nodes.map(|node| node.final_account(ended_at));
    let accounts = layout.network.nodes.iter().cloned().zip(accounts).collect();
    let spans = SpanCounts {
        kept: traces.spans.len() as u64,
        dropped: traces.dropped,
        ..exported(export, &traces)
    };
    let outcome = RunOutcome {
        scenario: world.scenario.clone(),
        users: world.users.iter().map(|user| user.name.clone()).collect(),
        accounts,
        carried,
        violations: finished.violations,
        lost_nodes: Vec::new(),
        finished: finished.reached_end,
        ended_at,
        traces: Traces::new(world, layout, traces),
        faults: world.timeline.power_cuts().faults().to_vec(),
        premises: world.population.premises_by_region(),
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

/// Runs the network, with an eye on it from a thread of its own.
fn driven<N: Node<Message: Copy + Send>>(
    driver: VirtualDriver<N>,
    watch: &Watch,
    cancellation: &Cancellation,
    progress: &Progress,
) -> Finished<N> {
    let (end, done) = (driver.end, AtomicBool::new(false));
    std::thread::scope(|scope| {
        let shown = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                if cancellation.is_stopped() {
                    watch.stop();
                }
                let (now, events) = watch.progress();
                progress.show(now.min(end), events, None, None);
                std::thread::park_timeout(LOOK);
            }
        });
        let finished = driver.run(watch);
        done.store(true, Ordering::Relaxed);
        shown.thread().unpark();
        finished
    })
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
        NodeKind::S1sp => thread_of_region(Region::Smets1),
        NodeKind::Csp(region) | NodeKind::Premises { region, .. } => thread_of_region(*region),
    };
    layout.kinds.iter().map(thread).collect()
}
