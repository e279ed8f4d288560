//! DP095 at the DSP: who owes what, whose cover is drawn, and whose rights are withdrawn. The DCC's billing stands beside the
//! DSP here, since it goes by the same registration data.

mod party;
#[cfg(test)]
mod tests;

use crate::modifications::{Due, Modification};
use crate::records::{Records, Right};
use crate::service_process::Capacity;
use party::{Party, Terms, divided};
use secnet_accounts::Part;
use secnet_accounts::figures::{Figures, Key};
use secnet_model::{DeviceStatus, DeviceType, PremisesId, SimDuration, SimTime, UserId};
use secnet_topology::{UserKind, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The state of the DCC's accounts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CreditCover {
    terms: Terms,
    invoiced_after: SimDuration,
    due_after: SimDuration,
    withdrawal_begins_after: SimDuration,
    withdrawal_step: SimDuration,
    /// By User.
    parties: Vec<Party>,
    /// What happens next; in order, so that what comes first is done first.
    agenda: BTreeSet<(SimTime, Matter)>,
}

/// Of two at one moment the first listed comes first: an invoice is settled before cover is reviewed and a month counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
enum Matter {
    Settle {
        month: u32,
    },
    Withdraw {
        user: UserId,
        right: Right,
    },
    Invoice {
        month: u32,
    },
    /// The first cover is lodged.
    Open,
    MonthEnds {
        month: u32,
    },
}

impl Modification for CreditCover {
    fn new(world: &World) -> Option<CreditCover> {
        let params = &world.scenario.parameters.dp095;
        let live = world.releases.dp095;
        let stops_at = |user: &str| {
            let of_user = params.stops_paying.iter().filter(|stops| stops.user == user);
            let first = of_user.map(|stops| stops.after).min();
            first.map_or(SimTime::NEVER, |after| SimTime::ZERO + after.into())
        };
        let parties = world.users.iter().map(|user| {
            let pence_per_meter = match user.kind {
                UserKind::Supplier => params.supplier_pence_per_meter,
                UserKind::Dno => params.dno_pence_per_meter,
                UserKind::OtherUser => 0,
            };
            Party::new(pence_per_meter.into(), stops_at(&user.name))
        });
        Some(CreditCover {
            terms: Terms {
                uninvoiced_months: params.uninvoiced_months,
                unsecured_credit_factor: params.unsecured_credit_factor,
                maximum_credit_value: u64::from(params.maximum_credit_value_pounds) * 100,
                de_minimis: u64::from(params.de_minimis_pounds) * 100,
            },
            invoiced_after: params.invoiced_after.into(),
            due_after: params.due_after.into(),
            withdrawal_begins_after: params.withdrawal_begins_after.into(),
            withdrawal_step: params.withdrawal_step.into(),
            parties: parties.collect(),
            agenda: BTreeSet::from([
                (live, Matter::Open),
                (world.next_month(live), Matter::MonthEnds { month: 0 }),
            ]),
        })
    }

    fn due(&mut self, now: SimTime, world: &World, records: &Records, _capacity: Capacity) -> Option<Due> {
        while let Some((at, matter)) = self.agenda.first().copied().filter(|(at, _)| *at <= now) {
            self.agenda.pop_first();
            match matter {
                Matter::Settle { month } => self.settle(at, month),
                Matter::Withdraw { user, right } => {
                    self.parties[user.index()].account.rights_lost += 1;
                    return Some(Due::Withdraw(user, right));
                }
                Matter::Invoice { month } => {
                    self.review(at);
                    self.agenda
                        .insert((at + self.due_after, Matter::Settle { month }));
                }
                Matter::Open => {
                    self.count_meters(at, world, records);
                    self.review(at);
                }
                Matter::MonthEnds { month } => self.month_ends(at, month, world, records),
            }
        }
        None
    }
}

impl Part for CreditCover {
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.agenda.first().map_or(SimTime::NEVER, |(at, _)| *at)
    }

    fn figures(&self, world: &World, figures: &mut Figures) {
        for (user, party) in world.users.iter().zip(&self.parties) {
            figures.put(Key::User(user.name.clone()), &party.account());
        }
    }
}

impl CreditCover {
    fn month_ends(&mut self, at: SimTime, month: u32, world: &World, records: &Records) {
        self.count_meters(at, world, records);
        self.parties.iter_mut().for_each(|party| party.charge(month));
        self.agenda
            .insert((at + self.invoiced_after, Matter::Invoice { month }));
        let next = Matter::MonthEnds { month: month + 1 };
        self.agenda.insert((world.next_month(at), next));
    }

    /// The enrolled meters each User is charged for, as the registration data have them.
    fn count_meters(&mut self, at: SimTime, world: &World, records: &Records) {
        self.parties.iter_mut().for_each(|party| party.meters = 0);
        let is_enrolled = |premises: PremisesId, device_type: DeviceType| {
            let status = records.status(world, premises.device(device_type));
            status.is_some_and(is_enrolled)
        };
        for premises in (0..world.population.premises_count()).map(PremisesId) {
            if is_enrolled(premises, DeviceType::Esme) {
                let supplier = records.electricity_supplier(world, premises, at);
                self.count_one(Some(supplier));
                self.count_one(records.dno(world, premises));
            }
            if is_enrolled(premises, DeviceType::Gsme) {
                self.count_one(records.gas_supplier(world, premises, at));
            }
        }
    }

    fn count_one(&mut self, user: Option<UserId>) {
        if let Some(party) = user.and_then(|user| self.parties.get_mut(user.index())) {
            party.meters += 1;
        }
    }

    fn review(&mut self, at: SimTime) {
        for party in self.parties.iter_mut().filter(|party| party.pays(at)) {
            party.account.cover = self.terms.cover(party.value_at_risk(self.terms));
        }
    }

    /// The month's invoice is to be paid.
    fn settle(&mut self, at: SimTime, month: u32) {
        let charges: Vec<u64> = self.parties.iter().map(|party| party.invoice(month)).collect();
        let mut unpaid = 0;
        let mut in_default = Vec::new();
        for (user, party) in (0..).map(UserId).zip(&mut self.parties) {
            let shortfall = party.settle(at, month);
            unpaid += shortfall;
            if shortfall > 0 && party.defaulted_at.is_none() {
                party.defaulted_at = Some(at);
                in_default.push(user);
            }
        }
        let pays = |(party, charge): (&Party, &u64)| if party.pays(at) { *charge } else { 0 };
        let weights: Vec<u64> = self.parties.iter().zip(&charges).map(pays).collect();
        for (party, part) in self.parties.iter_mut().zip(divided(unpaid, &weights)) {
            party.account.socialised += part;
        }
        for user in in_default {
            self.withdraw_rights(at, user);
        }
    }

    fn withdraw_rights(&mut self, defaulted_at: SimTime, user: UserId) {
        let mut at = defaulted_at + self.withdrawal_begins_after;
        for right in Right::ALL {
            self.agenda.insert((at, Matter::Withdraw { user, right }));
            at += self.withdrawal_step;
        }
    }
}

/// Whether a charge is due for a meter of that status: it has been commissioned and is in service, or on its way back.
fn is_enrolled(status: DeviceStatus) -> bool {
    match status {
        DeviceStatus::Commissioned
        | DeviceStatus::Suspended
        | DeviceStatus::Recovery
        | DeviceStatus::Recovered => true,
        DeviceStatus::Pending
        | DeviceStatus::Whitelisted
        | DeviceStatus::InstalledNotCommissioned
        | DeviceStatus::Decommissioned
        | DeviceStatus::Withdrawn => false,
    }
}
