//! What a driver hands over when a run has ended, whichever driver it was.

use crate::{Kpis, LedgerReport, Outage, Traces};
use secnet_accounts::Account;
use secnet_accounts::figures::ShownTable;
use secnet_engine::{ItemKind, Violations};
use secnet_model::address::Participant;
use secnet_model::{Region, SimTime, UserId};
use secnet_topology::scenario::Scenario;
use secnet_topology::timeline::Fault;

/// Everything known about a run that has ended.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// As processed: defaults filled in, overrides applied.
    pub scenario: Scenario,
    /// Names by [`UserId`].
    pub users: Vec<String>,
    /// The accounts of all nodes that could still give one, with the nodes' names.
    pub accounts: Vec<(String, Account)>,
    /// Items carried by messages nobody has handled.
    pub carried: [u64; ItemKind::COUNT],
    pub violations: Violations,
    pub lost_nodes: Vec<LostNode>,
    /// Whether emulated time reached the scenario's end.
    pub finished: bool,
    pub ended_at: SimTime,
    /// Of the items sampled.
    pub traces: Traces,
    /// Of the electricity network, as planned.
    pub faults: Vec<Fault>,
    /// By region, enrolled or not.
    pub premises: [u32; Region::ALL.len()],
}

/// A node that was gone before the run ended.
#[derive(Clone, Debug)]
pub struct LostNode {
    pub name: String,
    pub participant: Participant,
    /// The latest emulated time known of it.
    pub last_heard: SimTime,
    /// How it was lost, in words.
    pub note: String,
}

/// What a run has to say, computed from its [`RunOutcome`].
#[derive(Clone, PartialEq, Debug)]
pub struct RunReport {
    pub ledger: LedgerReport,
    pub kpis: Kpis,
    /// Those participants declared for the summary.
    pub tables: Vec<ShownTable>,
    pub outages: Vec<Outage>,
}

impl RunReport {
    pub fn all_verdicts_met(&self) -> bool {
        self.kpis.verdicts.iter().all(|verdict| verdict.met)
    }
}

impl LostNode {
    /// Whether nodes of its sort bring such items into the network, so that their openings may be recorded nowhere else.
    pub(crate) fn may_have_opened(&self, kind: ItemKind) -> bool {
        match self.participant {
            Participant::User(_) => matches!(kind, ItemKind::ServiceRequest | ItemKind::FirmwareUpdate),
            Participant::Dsp => matches!(kind, ItemKind::ScheduledRead | ItemKind::DccAlert),
            Participant::Premises(_) => kind == ItemKind::DeviceAlert,
            Participant::Csp(_) | Participant::S1sp => false,
        }
    }
}

impl RunOutcome {
    pub fn report(&self) -> RunReport {
        self.report_of(&self.total())
    }

    /// The same of the sum of all accounts, where it is known.
    pub fn report_of(&self, total: &Account) -> RunReport {
        let outages = Outage::all_of(self, total);
        RunReport {
            ledger: LedgerReport::new(self, total),
            kpis: Kpis::new(self, total, &outages),
            tables: total.figures.in_summary(),
            outages,
        }
    }

    /// Whether the run went to its end with every node.
    pub fn is_complete(&self) -> bool {
        self.finished && self.lost_nodes.is_empty()
    }

    /// The sum of all accounts.
    pub fn total(&self) -> Account {
        let mut total = Account::default();
        self.accounts.iter().for_each(|(_, account)| total.add(account));
        total
    }

    /// Electricity meters whose hub can tell of an outage, in a region or everywhere: those of SMETS2 that are enrolled, as the scenario's
    /// share has it.
    pub fn meters_with_hubs(&self, region: Option<Region>) -> f64 {
        let regions = Region::ALL.into_iter();
        let told_of = regions.filter(|of| *of != Region::Smets1 && region.is_none_or(|region| region == *of));
        let premises: u32 = told_of.map(|of| self.premises[of.index()]).sum();
        f64::from(premises) * self.scenario.population.enrolled_share
    }

    pub fn user_name(&self, user: UserId) -> String {
        self.users
            .get(user.index())
            .cloned()
            .unwrap_or_else(|| format!("user-{}", user.0))
    }
}
