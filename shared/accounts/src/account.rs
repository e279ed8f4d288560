//! What one node has to say for itself when asked.

use crate::alerts::RaisedAlerts;
use crate::campaigns::CampaignTallies;
use crate::faults::FaultTallies;
use crate::figures::Figures;
use crate::firmware_cells::FirmwareCells;
use crate::load::Load;
use crate::{AlertLevels, ServiceLevels};
use secnet_engine::{ItemKind, Ledger, Span};
use secnet_model::SimTime;
use secnet_wire::codec::CodecError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A node's part of the run's results: what it opened and closed, what is in its custody, what it measured.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Account {
    pub ledger: Ledger,
    /// Items in the node's custody, by [`ItemKind`].
    pub held: [u64; ItemKind::COUNT],
    pub service: ServiceLevels,
    /// Device alerts raised.
    pub raised: RaisedAlerts,
    /// Device alerts delivered.
    pub alerts: AlertLevels,
    /// What became of the alerts of each fault of the electricity network.
    pub faults: FaultTallies,
    /// What became of the devices of each firmware campaign.
    pub campaigns: CampaignTallies,
    /// What firmware came to in each of its cells.
    pub firmware_cells: FirmwareCells,
    /// How busy its servers and channels were.
    pub load: Load,
    pub figures: Figures,
}

impl Account {
    pub fn add(&mut self, other: &Account) {
        self.ledger.add(&other.ledger);
        for (sum, held) in self.held.iter_mut().zip(other.held) {
            *sum += held;
        }
        self.service.add(&other.service);
        self.raised.add(&other.raised);
        self.alerts.add(&other.alerts);
        self.faults.add(&other.faults);
        self.campaigns.add(&other.campaigns);
        self.firmware_cells.add(&other.firmware_cells);
        self.load.add(&other.load);
        self.figures.add(&other.figures);
    }

    /// The figures by the names of the ledger report.
    pub fn counters(&self) -> BTreeMap<String, u64> {
        self.figures.by_name()
    }
}

/// A node that can be asked for its account and for its state at any moment between two inputs.
pub trait Accountable {
    fn account(&self) -> Account;

    /// Adds what was asked for and has no answer at `at`, when emulated time has ended: it counts too.
    fn unanswered(&self, _at: SimTime, _levels: &mut ServiceLevels) {}

    /// The account with which a run ends.
    fn final_account(&self, at: SimTime) -> Account {
        let mut account = self.account();
        self.unanswered(at, &mut account.service);
        account
    }

    /// The account's ledger alone: it is asked for several times a second.
    fn ledger(&self) -> &Ledger;

    /// The steps of sampled items that had begun and not ended when the run ended, at `at`.
    fn open_spans(&self, _at: SimTime, _spans: &mut Vec<Span>) {}

    /// The node's whole state, so that an equal node can be made of it. Fails on a state beyond
    /// [`STATE_BYTES_MAX`](secnet_wire::codec::STATE_BYTES_MAX).
    fn save(&self) -> Result<Vec<u8>, CodecError>;
}

impl<T: Accountable + ?Sized> Accountable for Box<T> {
    fn account(&self) -> Account {
        (**self).account()
    }

    fn unanswered(&self, at: SimTime, levels: &mut ServiceLevels) {
        (**self).unanswered(at, levels);
    }

    fn ledger(&self) -> &Ledger {
        (**self).ledger()
    }

    fn open_spans(&self, at: SimTime, spans: &mut Vec<Span>) {
        (**self).open_spans(at, spans);
    }

    fn save(&self) -> Result<Vec<u8>, CodecError> {
        (**self).save()
    }
}
