//! What a seat says of itself and of its node.

use super::{Phase, Seat};
use crate::report::{self, LinkStatus, NodeReport, NodeStatus};
use secnet_accounts::Account;
use secnet_engine::trace::TraceBook;
use secnet_engine::{Carries, Ledger};
use secnet_model::SimTime;
use secnet_topology::live_requests::TakenRequest;
use secnet_topology::scenario::RequestParams;
use std::time::Duration;

impl Seat {
    /// How the node is.
    pub fn status(&mut self) -> NodeStatus {
        let links_up = self.links.iter().filter(|link| link.end.is_up()).count();
        let next_event = self.party.next_own();
        let links = self.links.iter().enumerate().map(|(index, link)| {
            let stats = link.end.stats();
            LinkStatus {
                neighbour: link.neighbour.clone(),
                up: link.end.is_up(),
                in_flight: stats.unacked_envelopes + stats.queued_envelopes,
                sent: stats.envelopes_sent,
                received: stats.envelopes_received,
                frames: stats.frames_sent,
                resends: stats.resends,
                promised_until: self.party.bound(index),
                // While it is not promised past our next event, we wait for it.
                holds_us_up: self.party.bound(index) <= next_event.min(self.end) && !link.closed_by_neighbour,
                out_of_credit: !link.end.has_credit(),
            }
        });
        let links: Vec<LinkStatus> = links.collect();
        NodeStatus {
            name: self.name.clone(),
            phase: match self.phase {
                Phase::Linking => report::Phase::Linking,
                Phase::Running { .. } => report::Phase::Running,
                Phase::Finished { .. } => report::Phase::Finished,
            },
            links_up: links_up as u32,
            links_total: self.links.len() as u32,
            settled: self.is_settled(),
            now: self.party.now(),
            next_event,
            horizon: self.party.horizon(),
            handled: self.party.handled(),
            queued: self.party.undelivered_count() as u64,
            lag_max_us: self.lag_max.as_micros() as u64,
            problem: self.problem.clone(),
            links,
        }
    }

    /// The ledger of the node's account as it stands.
    pub fn ledger(&self) -> Ledger {
        self.node().map(|node| node.ledger().clone()).unwrap_or_default()
    }

    /// The node's account as it stands.
    pub fn account(&self) -> Account {
        let node = self.node();
        node.map(|node| node.final_account(self.ended_at()))
            .unwrap_or_default()
    }

    /// Where emulated time has ended, or stands.
    fn ended_at(&self) -> SimTime {
        match self.phase {
            Phase::Finished { reached_end: true } => self.end,
            Phase::Linking | Phase::Running { .. } | Phase::Finished { reached_end: false } => {
                self.party.now()
            }
        }
    }

    /// All that was told of sampled items, with what has not ended. Given away: asked again, there is nothing.
    pub fn take_traces(&mut self) -> TraceBook {
        let at = self.ended_at();
        let mut open = Vec::new();
        if let Some(node) = self.node() {
            node.open_spans(at, &mut open);
        }
        let open: Vec<_> = open.into_iter().map(|span| (self.index, span)).collect();
        if let Some(export) = self.export.take() {
            export.offer(&open, Duration::ZERO);
        }
        let mut traces = std::mem::take(&mut self.traces);
        traces.spans.extend(open);
        traces
    }

    /// What the host of a settled node reports.
    pub fn report(&mut self) -> NodeReport {
        let mut carried = [0; secnet_engine::ItemKind::COUNT];
        let mut undelivered = 0;
        for envelope in self.party.undelivered() {
            undelivered += 1;
            if let Some(kind) = envelope.message.carries() {
                carried[kind as usize] += 1;
            }
        }
        NodeReport {
            name: self.name.clone(),
            index: self.index,
            reached_end: matches!(self.phase, Phase::Finished { reached_end: true }),
            now: self.party.now(),
            handled: self.party.handled(),
            undelivered,
            carried,
            violations: self.party.violations(),
            lag_max_us: self.lag_max.as_micros() as u64,
            turns_without_credit: self.turns_without_credit,
            links: self
                .links
                .iter()
                .map(|l| (l.neighbour.clone(), l.end.stats()))
                .collect(),
            requests_taken: self
                .requests_taken()
                .into_iter()
                .map(|taken| taken.request)
                .map(text_of)
                .collect(),
        }
    }

    /// The requests taken from outside and what became of them.
    pub fn requests_taken(&self) -> Vec<TakenRequest> {
        self.node().map(|node| node.requests_taken()).unwrap_or_default()
    }
}

fn text_of(request: RequestParams) -> String {
    serde_json::to_string(&request).unwrap_or_default()
}
