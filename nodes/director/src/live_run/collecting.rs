//! From what the processes reported to the outcome of the run.

use super::assignment::Network;
use super::processes::Process;
use crate::network::participant;
use crate::run_facts::RunFacts;
use anyhow::anyhow;
use secnet_accounts::Account;
use secnet_engine::trace::TraceBook;
use secnet_engine::{ItemKind, Ledger, NodeIndex, Pace, Violations};
use secnet_fabric::report::{NodeReport, ProcessResult};
use secnet_model::SimTime;
use secnet_results::run_outcome::LostNode;
use secnet_results::{RunOutcome, Traces};
use secnet_topology::live_requests::parse_request;
use secnet_topology::{Layout, World};
use std::collections::BTreeMap;
use std::time::Duration;

/// `ran_for` is the wall time from the start of emulated time to its end; `None` if it never started.
pub(super) fn outcome(
    network: &Network<'_>,
    processes: &[Process],
    ran_for: Option<Duration>,
) -> anyhow::Result<(RunOutcome, RunFacts)> {
    let mut collection = Collection::new(network.world, network.layout, network.pace, ran_for);
    collection.facts.processes = processes.len() as u32;
    for process in processes {
        match (&process.result, &process.lost) {
            (Some(result), _) => collection.add_result(result),
            (None, Some(why)) => {
                for &node in &process.spec.nodes {
                    let name = network.layout.network.name(node);
                    let status = process.nodes().find(|status| status.name == name);
                    let last_heard = status.map_or(SimTime::ZERO, |status| status.now);
                    collection.add_lost(node, last_heard, why, process.ledgers.get(name));
                }
            }
            (None, None) => {}
        }
    }
    collection.into_outcome()
}

/// What has been collected of a run.
pub struct Collection<'a> {
    world: &'a World,
    layout: &'a Layout,
    pace: Pace,
    outcome: RunOutcome,
    facts: RunFacts,
    traces: TraceBook,
    /// By node, not by process: reports list nodes in the order of the layout, whatever the hosting.
    accounts: BTreeMap<NodeIndex, (String, Account)>,
    /// As JSON, with the node that took them.
    requests_taken: Vec<(NodeIndex, String)>,
}

impl<'a> Collection<'a> {
    /// Nothing yet. `ran_for`: wall time from the start of emulated time; `None` if it never started.
    pub fn new(
        world: &'a World,
        layout: &'a Layout,
        pace: Pace,
        ran_for: Option<Duration>,
    ) -> Collection<'a> {
        let users = world.users.iter().map(|user| user.name.clone());
        Collection {
            world,
            layout,
            pace,
            outcome: RunOutcome {
                scenario: world.scenario.clone(),
                users: users.collect(),
                accounts: Vec::new(),
                carried: [0; ItemKind::COUNT],
                violations: Violations::default(),
                lost_nodes: Vec::new(),
                finished: ran_for.is_some(),
                ended_at: SimTime::ZERO,
                traces: Traces::default(),
                faults: world.timeline.power_cuts().faults().to_vec(),
                premises: world.population.premises_by_region(),
            },
            facts: RunFacts {
                threads: layout.kinds.len() as u32,
                running: ran_for.unwrap_or_default(),
                ..RunFacts::default()
            },
            traces: TraceBook::default(),
            accounts: BTreeMap::new(),
            requests_taken: Vec::new(),
        }
    }

    /// What a process reported in the end.
    pub fn add_result(&mut self, result: &ProcessResult) {
        self.traces.append(result.traces.clone());
        self.facts.spans.exported += result.spans_exported;
        self.facts.spans.not_exported += result.spans_not_exported;
        for (report, account) in &result.nodes {
            self.add_report(report);
            self.accounts
                .insert(report.index, (report.name.clone(), account.clone()));
        }
    }

    fn add_report(&mut self, report: &NodeReport) {
        let outcome = &mut self.outcome;
        outcome.finished &= report.reached_end;
        outcome.violations.add(&report.violations);
        outcome.ended_at = outcome.ended_at.max(report.now.min(self.world.end));
        for (sum, carried) in outcome.carried.iter_mut().zip(report.carried) {
            *sum += carried;
        }
        self.facts.events += report.handled;
        for (_, stats) in &report.links {
            self.facts.frames_sent += stats.frames_sent;
            self.facts.frames_resent += stats.resends;
        }
        if self.pace != Pace::Max {
            let lag = Duration::from_micros(report.lag_max_us);
            self.facts.lag_max.insert(report.name.clone(), lag);
        }
        let taken = report.requests_taken.iter();
        self.requests_taken
            .extend(taken.map(|text| (report.index, text.clone())));
    }

    /// What is known of a node that was lost: when it last told how it was, and its ledger then.
    pub fn add_lost(&mut self, node: NodeIndex, last_heard: SimTime, why: &str, ledger: Option<&Ledger>) {
        self.outcome.finished = false;
        let name = self.layout.network.name(node).to_owned();
        self.outcome.lost_nodes.push(LostNode {
            name: name.clone(),
            participant: participant(self.layout, node),
            last_heard,
            note: why.to_owned(),
        });
        if let Some(ledger) = ledger {
            let account = Account {
                ledger: ledger.clone(),
                ..Account::default()
            };
            self.accounts.insert(node, (name, account));
        }
    }

    /// What became of the run.
    pub fn into_outcome(self) -> anyhow::Result<(RunOutcome, RunFacts)> {
        let Collection {
            world,
            layout,
            pace: _,
            mut outcome,
            mut facts,
            traces,
            accounts,
            mut requests_taken,
        } = self;
        outcome.accounts = accounts.into_values().collect();
        // What came from outside is the scenario's from now on: it can be run again.
        requests_taken.sort_by_key(|(node, _)| *node);
        for (_, text) in requests_taken {
            let request = parse_request(text.as_bytes());
            let request = request
                .map_err(|problem| anyhow!("a request that was taken cannot be recorded: {problem}"))?;
            outcome.scenario.requests.push(request);
        }
        (facts.spans.kept, facts.spans.dropped) = (traces.spans.len() as u64, traces.dropped);
        outcome.traces = Traces::new(world, layout, traces);
        if outcome.finished && outcome.lost_nodes.is_empty() {
            outcome.ended_at = world.end;
        }
        Ok((outcome, facts))
    }
}
