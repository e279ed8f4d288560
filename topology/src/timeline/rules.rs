//! What events change for whole classes of premises at once: coverage, Suppliers, devices that are gone. A rule costs the same
//! for ten premises as for ten million.

use super::selector::Selector;
use secnet_model::{DeviceId, DeviceType, PremisesId, SimDuration, SimTime, UserId};
use std::ops::Range;

/// Premises the SM WAN does not reach for a time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CoverageLosses {
    pub(super) losses: Vec<CoverageLoss>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct CoverageLoss {
    pub during: Range<SimTime>,
    /// How long after its beginning and its end the CSP's coverage database says so.
    pub noticed_after: Option<SimDuration>,
    pub selector: Selector,
}

impl CoverageLosses {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.losses.is_empty()
    }

    /// The radio's truth: whether an event keeps the SM WAN from the premises at that moment.
    #[inline]
    pub fn lost(&self, premises: PremisesId, at: SimTime) -> bool {
        self.losses
            .iter()
            .any(|loss| loss.during.contains(&at) && loss.selector.selects(premises))
    }

    /// What the CSP's coverage database believes at that moment.
    #[inline]
    pub fn recorded_lost(&self, premises: PremisesId, at: SimTime) -> bool {
        self.losses.iter().any(|loss| {
            loss.recorded().is_some_and(|recorded| recorded.contains(&at)) && loss.selector.selects(premises)
        })
    }
}

impl CoverageLoss {
    fn recorded(&self) -> Option<Range<SimTime>> {
        let later = |moment: SimTime, by: SimDuration| {
            if moment.is_never() { moment } else { moment + by }
        };
        self.noticed_after
            .map(|by| later(self.during.start, by)..later(self.during.end, by))
    }
}

/// Which Supplier's premises went to which other, in order of time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Takeovers {
    pub(super) takeovers: Vec<Takeover>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Takeover {
    pub at: SimTime,
    /// When both Suppliers learn of it.
    pub told_at: SimTime,
    pub from: UserId,
    pub to: UserId,
    /// Over how long the gaining Supplier replaces credentials from `told_at` on.
    pub credentials_within: Option<SimDuration>,
    pub(super) selector: Selector,
}

impl Takeover {
    /// Whether it takes the premises, were they the losing Supplier's.
    #[inline]
    pub fn takes(&self, premises: PremisesId) -> bool {
        self.selector.selects(premises)
    }
}

impl Takeovers {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.takeovers.is_empty()
    }

    /// Who supplies a fuel at that moment which `first` supplied when the scenario began.
    #[inline]
    pub fn supplier(&self, first: UserId, premises: PremisesId, at: SimTime) -> UserId {
        let mut supplier = first;
        for takeover in &self.takeovers {
            if takeover.at > at {
                break;
            }
            if takeover.from == supplier && takeover.takes(premises) {
                supplier = takeover.to;
            }
        }
        supplier
    }

    /// The same as the Suppliers believe, who know at that moment of the takeovers they have been told of.
    #[inline]
    pub fn supplier_as_told(&self, first: UserId, premises: PremisesId, at: SimTime) -> UserId {
        self.suppliers_as_told(first, premises, at)
            .last()
            .unwrap_or(first)
    }

    /// All Suppliers that have been told by that moment that the fuel is theirs, in order; `first` is the first.
    #[inline]
    pub fn suppliers_as_told(
        &self,
        first: UserId,
        premises: PremisesId,
        at: SimTime,
    ) -> impl Iterator<Item = UserId> {
        let told = self
            .takeovers
            .iter()
            .filter(move |takeover| takeover.told_at <= at);
        let mut supplier = first;
        let then = told.filter_map(move |takeover| {
            let takes = takeover.from == supplier && takeover.takes(premises);
            takes.then(|| {
                supplier = takeover.to;
                supplier
            })
        });
        std::iter::once(first).chain(then)
    }

    /// From whose first premises the Supplier gains some, directly or through others, at most; in order.
    pub fn losers_to(&self, winner: UserId) -> Vec<UserId> {
        if !self.takeovers.iter().any(|takeover| takeover.to == winner) {
            return Vec::new();
        }
        let mut losers: Vec<UserId> = self.takeovers.iter().map(|takeover| takeover.from).collect();
        losers.sort_unstable();
        losers.dedup();
        losers.retain(|loser| *loser != winner);
        losers
    }

    /// When the Supplier is first told that it has gained something; "never" where it gains nothing.
    pub fn first_told(&self, winner: UserId) -> SimTime {
        let gains = self.takeovers.iter().filter(|takeover| takeover.to == winner);
        gains
            .map(|takeover| takeover.told_at)
            .min()
            .unwrap_or(SimTime::NEVER)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Takeover> {
        self.takeovers.iter()
    }
}

/// Devices that are gone from their premises while no record says so.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Removals {
    pub(super) removals: Vec<Removal>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Removal {
    pub at: SimTime,
    /// All devices of the premises, the hub included, when absent.
    pub device: Option<DeviceType>,
    pub selector: Selector,
}

impl Removals {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.removals.is_empty()
    }

    /// Whether the device is gone at that moment.
    #[inline]
    pub fn removed(&self, device: DeviceId, at: SimTime) -> bool {
        self.removals.iter().any(|removal| {
            removal.at <= at
                && removal.device.is_none_or(|gone| gone == device.device_type)
                && removal.selector.selects(device.premises)
        })
    }
}
