//! `ledger.json`: whether everything that entered the network is accounted for, and how it left.

use crate::digest::digest;
use crate::run_outcome::RunOutcome;
use secnet_accounts::Account;
use secnet_engine::{ItemKind, Ledger, Outcome, Violations};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts by a name of [`ItemKind`] or [`Outcome`].
pub type CountsByName = BTreeMap<String, u64>;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LedgerReport {
    /// Of `ended_at_us`, `outcomes`, `fingerprint` and `counters`, which are the same for every driver, sharding and hosting.
    pub digest: String,
    /// Nothing is unexplained.
    pub balanced: bool,
    /// The run went to its end with every node.
    pub complete: bool,
    /// Emulated time at the end, in microseconds since the scenario's epoch.
    pub ended_at_us: u64,
    /// By the name of the [`ItemKind`].
    pub outcomes: BTreeMap<String, KindReport>,
    /// Of every closing: what, which item and when.
    pub fingerprint: String,
    /// The nodes' figures by name, added up.
    pub counters: CountsByName,
    /// What went with nodes that were lost; absent when none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<LostReport>,
    pub violations: Violations,
    /// Who had the items in flight at the end, by the name of the [`ItemKind`].
    pub custody: BTreeMap<String, CustodyReport>,
    /// Node by node: depends on sharding, and so is no part of the digest.
    pub nodes: Vec<NodeReport>,
}

/// `opened + opened_unrecorded = the sum of all outcomes + in_flight + unexplained`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct KindReport {
    pub opened: u64,
    /// Items that must have been opened by a lost node, as others closed them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub opened_unrecorded: u64,
    /// Held by nodes or carried by messages at the end.
    pub in_flight: u64,
    /// Positive: items that vanished; negative: items that came from nowhere, or were closed twice.
    #[serde(default)]
    pub unexplained: i64,
    /// Each outcome's count.
    #[serde(flatten)]
    pub closed: CountsByName,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CustodyReport {
    pub held: u64,
    pub carried: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LostReport {
    pub nodes: Vec<LostNodeReport>,
    /// Items closed as lost in the crash, by the name of the [`ItemKind`]: those the nodes above held between them, or had closed
    /// without anybody else's knowing.
    pub items: CountsByName,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LostNodeReport {
    pub name: String,
    /// The latest emulated time known of it.
    pub last_heard_us: u64,
    pub note: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NodeReport {
    pub name: String,
    pub opened: CountsByName,
    pub closed: BTreeMap<String, CountsByName>,
    pub held: CountsByName,
}

/// What the digest covers.
#[derive(Serialize)]
struct Covered<'a> {
    ended_at_us: u64,
    outcomes: &'a BTreeMap<String, KindReport>,
    fingerprint: &'a str,
    counters: &'a CountsByName,
}

impl LedgerReport {
    /// `total` is the sum of the run's accounts.
    pub fn new(run: &RunOutcome, total: &Account) -> LedgerReport {
        let mut ledger = total.ledger.clone();
        let mut report = LedgerReport {
            digest: String::new(),
            balanced: true,
            complete: run.is_complete(),
            ended_at_us: run.ended_at.as_micros(),
            outcomes: BTreeMap::new(),
            fingerprint: ledger.fingerprint().to_string(),
            counters: total.figures.by_name(),
            lost: None,
            violations: run.violations,
            custody: BTreeMap::new(),
            nodes: run
                .accounts
                .iter()
                .map(|(name, account)| NodeReport::new(name, account))
                .collect(),
        };
        let mut items_lost = CountsByName::new();
        for kind in ItemKind::ALL {
            let custody = CustodyReport {
                held: total.held[*kind as usize],
                carried: run.carried[*kind as usize],
            };
            let is_unused =
                ledger.opened(*kind) + ledger.closed_total(*kind) + custody.held + custody.carried == 0;
            if kind.is_of_some_scenarios() && is_unused {
                continue;
            }
            let before = ledger.closed(*kind, Outcome::LostInCrash);
            let kind_report = balance(&mut ledger, *kind, &custody, run);
            let lost = ledger.closed(*kind, Outcome::LostInCrash) - before;
            if lost > 0 {
                items_lost.insert(kind.name().to_owned(), lost);
            }
            report.balanced &= kind_report.unexplained == 0;
            report.outcomes.insert(kind.name().to_owned(), kind_report);
            report.custody.insert(kind.name().to_owned(), custody);
        }
        if !run.lost_nodes.is_empty() {
            let nodes = run.lost_nodes.iter().map(|node| LostNodeReport {
                name: node.name.clone(),
                last_heard_us: node.last_heard.as_micros(),
                note: node.note.clone(),
            });
            report.lost = Some(LostReport {
                nodes: nodes.collect(),
                items: items_lost,
            });
        }
        report.digest = report.digest_of_content();
        report
    }

    /// What `digest` must be; another value in a file says that the file was changed.
    pub fn digest_of_content(&self) -> String {
        digest(&Covered {
            ended_at_us: self.ended_at_us,
            outcomes: &self.outcomes,
            fingerprint: &self.fingerprint,
            counters: &self.counters,
        })
    }
}

/// Adds a kind up. With nodes lost, what is missing was lost with them and is closed as such, and what is too much was opened by them;
/// the latter only where a lost node is of the sort that opens such items.
fn balance(ledger: &mut Ledger, kind: ItemKind, custody: &CustodyReport, run: &RunOutcome) -> KindReport {
    let in_flight = custody.held + custody.carried;
    let opened = ledger.opened(kind);
    let missing = i128::from(opened) - i128::from(ledger.closed_total(kind)) - i128::from(in_flight);
    let (mut opened_unrecorded, mut unexplained) = (0, 0);
    if missing > 0 && !run.lost_nodes.is_empty() {
        ledger.close_lost_in_crash(kind, missing as u64);
    } else if missing < 0 && run.lost_nodes.iter().any(|node| node.may_have_opened(kind)) {
        opened_unrecorded = missing.unsigned_abs() as u64;
    } else {
        unexplained = missing as i64;
    }
    let closed = Outcome::ALL
        .iter()
        .map(|outcome| (*outcome, ledger.closed(kind, *outcome)))
        .filter(|(outcome, count)| *count > 0 || !outcome.is_of_a_modification())
        .map(|(outcome, count)| (outcome.name().to_owned(), count))
        .collect();
    KindReport {
        opened,
        opened_unrecorded,
        in_flight,
        unexplained,
        closed,
    }
}

impl NodeReport {
    fn new(name: &str, account: &secnet_accounts::Account) -> NodeReport {
        let ledger = &account.ledger;
        let closed =
            |kind: ItemKind| nonzero(Outcome::ALL.iter().map(|o| (o.name(), ledger.closed(kind, *o))));
        NodeReport {
            name: name.to_owned(),
            opened: nonzero(
                ItemKind::ALL
                    .iter()
                    .map(|kind| (kind.name(), ledger.opened(*kind))),
            ),
            closed: ItemKind::ALL
                .iter()
                .map(|kind| (kind.name().to_owned(), closed(*kind)))
                .filter(|(_, outcomes)| !outcomes.is_empty())
                .collect(),
            held: nonzero(
                ItemKind::ALL
                    .iter()
                    .map(|kind| (kind.name(), account.held[*kind as usize])),
            ),
        }
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

pub(crate) fn nonzero<'a>(counts: impl Iterator<Item = (&'a str, u64)>) -> CountsByName {
    counts
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LostNode;
    use crate::sample;
    use expect_test::expect;
    use secnet_accounts::figures::Key;
    use secnet_model::address::Participant;
    use secnet_model::{PremisesId, Region, SimTime};

    fn lost(name: &str, participant: Participant) -> LostNode {
        let note = "its process was killed".to_owned();
        LostNode {
            name: name.to_owned(),
            participant,
            last_heard: SimTime::from_secs(60),
            note,
        }
    }

    fn kind(report: &LedgerReport, kind: ItemKind) -> &KindReport {
        &report.outcomes[kind.name()]
    }

    #[test]
    fn what_is_held_and_carried_balances_what_was_opened() {
        let report = LedgerReport::new(&sample::run(), &sample::run().total());
        assert!(report.balanced && report.complete);
        let mut shown = report.outcomes[ItemKind::DeviceAlert.name()].clone();
        shown.closed.retain(|_, count| *count > 0);
        expect![[r#"{"opened":6,"in_flight":1,"unexplained":0,"delivered":4,"lost_on_wan":1}"#]]
            .assert_eq(&serde_json::to_string(&shown).unwrap());
        assert_eq!(
            report.custody["service_request"],
            CustodyReport { held: 1, carried: 0 }
        );
        let always = Outcome::ALL
            .iter()
            .filter(|outcome| !outcome.is_of_a_modification());
        assert_eq!(
            report.outcomes["service_request"].closed.len(),
            always.count(),
            "zeros are stated"
        );
    }

    #[test]
    fn another_sharding_has_the_same_digest() {
        let (one, three) = (
            LedgerReport::new(&sample::run(), &sample::run().total()),
            LedgerReport::new(
                &sample::run_in_other_shards(),
                &sample::run_in_other_shards().total(),
            ),
        );
        assert_eq!(one.digest, three.digest);
        assert_ne!(one.nodes, three.nodes);
        expect!["619abeca2b8ef3d730f55d37b9ad572bf8bf2c818b806aa752991bbb60b74612"].assert_eq(&one.digest);
    }

    #[test]
    fn a_changed_count_time_or_counter_changes_the_digest() {
        let digest = |change: fn(&mut crate::RunOutcome)| {
            let mut run = sample::run();
            change(&mut run);
            LedgerReport::new(&run, &run.total()).digest
        };
        let unchanged = digest(|_| {});
        let (kind, outcome) = (ItemKind::DeviceAlert, Outcome::Delivered);
        assert_ne!(unchanged, digest(|run| run.ended_at = SimTime::from_secs(4_201)));
        assert_ne!(unchanged, digest(|run| run.carried[0] = 1));
        assert_ne!(
            unchanged,
            digest(|run| run.accounts[0]
                .1
                .figures
                .put(Key::Whole, &sample::BusyAnswers { busy_answers: 1 }))
        );
        let close = |run: &mut crate::RunOutcome, micros| {
            run.accounts[1]
                .1
                .ledger
                .close(kind, outcome, [1, 2], SimTime(micros));
        };
        let mut runs = [sample::run(), sample::run()];
        close(&mut runs[0], 5);
        close(&mut runs[1], 6);
        assert_ne!(
            LedgerReport::new(&runs[0], &runs[0].total()).digest,
            LedgerReport::new(&runs[1], &runs[1].total()).digest
        );
        assert_eq!(
            unchanged,
            digest(|run| run.violations.promise_broken = 1),
            "violations are the driver's"
        );
    }

    #[test]
    fn an_item_that_vanished_unbalances_the_ledger() {
        let mut run = sample::run();
        run.accounts[1].1.held = [0; ItemKind::COUNT];
        let report = LedgerReport::new(&run, &run.total());
        assert!(!report.balanced);
        assert_eq!(kind(&report, ItemKind::ServiceRequest).unexplained, 1);
        assert_eq!(kind(&report, ItemKind::DeviceAlert).unexplained, 0);
    }

    #[test]
    fn an_item_from_nowhere_unbalances_the_ledger() {
        let mut run = sample::run();
        run.carried[ItemKind::DccAlert as usize] = 2;
        let report = LedgerReport::new(&run, &run.total());
        assert!(!report.balanced);
        assert_eq!(kind(&report, ItemKind::DccAlert).unexplained, -2);
    }

    #[test]
    fn what_a_lost_node_held_is_lost_with_it_and_the_rest_still_balances() {
        let mut run = sample::run();
        run.carried = [0; ItemKind::COUNT];
        run.lost_nodes
            .push(lost("csp-north", Participant::Csp(Region::North)));
        let report = LedgerReport::new(&run, &run.total());
        assert!(report.balanced && !report.complete);
        assert_eq!(kind(&report, ItemKind::DeviceAlert).closed["lost_in_crash"], 1);
        let lost = report.lost.unwrap();
        assert_eq!(lost.items, CountsByName::from([("device_alert".to_owned(), 1)]));
        assert_eq!(lost.nodes[0].name, "csp-north");
    }

    #[test]
    fn what_a_lost_node_had_opened_is_told_from_items_out_of_nowhere() {
        let mut run = sample::run();
        run.accounts.retain(|(name, _)| name != "premises-north");
        run.lost_nodes
            .push(lost("premises-north", Participant::Premises(PremisesId(0))));
        let report = LedgerReport::new(&run, &run.total());
        assert!(report.balanced);
        assert_eq!(kind(&report, ItemKind::DeviceAlert).opened_unrecorded, 6);

        run.carried[ItemKind::DccAlert as usize] = 1;
        let report = LedgerReport::new(&run, &run.total());
        assert!(!report.balanced, "premises open no DCC alerts");
        assert_eq!(kind(&report, ItemKind::DccAlert).unexplained, -1);
    }
}
