//! Hubs that tell of an outage, meters that tell of its end, and what goes on meanwhile.

use super::Premises;
use super::alerts::Cause;
use crate::power::PowerMoment;
use secnet_accounts::faults::PowerNews;
use secnet_engine::Outbox;
use secnet_model::{AlertCode, DeviceType, PremisesId, SimTime};
use secnet_wire::Message;
use std::sync::Arc;

impl Premises {
    pub(super) fn power(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        let Some(moment) = self.power.take_next(&mut self.state.power) else {
            return;
        };
        let fault = &self.world.timeline.power_cuts().faults()[moment.fault as usize];
        let premises = fault.first.max(self.shard.start)..fault.end.min(self.shard.end);
        for premises in premises.map(PremisesId) {
            let population = &self.world.population;
            if population.is_smets1(premises) || !population.has_device(premises, DeviceType::Chf) {
                continue;
            }
            match moment.what {
                PowerNews::Outage => self.outage(now, premises, moment, out),
                PowerNews::Restoration => self.restoration(now, premises, moment, out),
            }
        }
    }

    /// The hub tells of an outage, where the fault is what took its supply and has not given it back.
    fn outage(&mut self, now: SimTime, premises: PremisesId, moment: PowerMoment, out: &mut Outbox<Message>) {
        let began = self
            .world
            .timeline
            .power_cuts()
            .cuts(premises)
            .find(|cut| cut.fault == moment.fault);
        let Some(cut) = began.filter(|cut| self.world.outage_at(cut) == now) else {
            return;
        };
        let hub = premises.device(DeviceType::Chf);
        self.state.faults.of(cut.fault).meters_out += 1;
        if self.is_gone(now, hub) {
            return;
        }
        self.state.faults.of(cut.fault).outage.raised += 1;
        let after = self.world.outage_alert_spread(self.region, premises, &cut);
        let cause = Cause::Outage { after };
        self.raise(now, hub, AlertCode::power_outage(), cause, 1.0, out);
    }

    /// The meter tells that its supply is back, once it and its hub work.
    fn restoration(
        &mut self,
        now: SimTime,
        premises: PremisesId,
        moment: PowerMoment,
        out: &mut Outbox<Message>,
    ) {
        let world = Arc::clone(&self.world);
        let mut cuts = world.timeline.power_cuts().cuts(premises);
        let Some(cut) = cuts.find(|cut| cut.last_fault == moment.fault && cut.until == now) else {
            return;
        };
        let was_outage = !world.outage_at(&cut).is_never();
        let tally = self.state.faults.of(cut.fault);
        tally.meters_restored += 1;
        tally.meters_interrupted += u32::from(!was_outage);
        if world.is_never_back(premises, &cut) {
            tally.hubs_never_back += 1;
            return;
        }
        let works_at = world.works_from(premises, now);
        let meter = premises.device(DeviceType::Esme);
        let next = cuts.next().map_or(SimTime::NEVER, |next| next.since);
        // Cut again before it is up, it has nothing to tell of this time.
        if works_at.is_never() || next <= works_at || self.is_gone(now, meter) {
            return;
        }
        self.state.faults.of(cut.fault).restoration.raised += 1;
        let cause = Cause::Restoration { works_at };
        let code = AlertCode::supply_restored(was_outage);
        self.raise(now, meter, code, cause, 1.0, out);
        if was_outage && world.loses_clock(premises, &cut) {
            let code = AlertCode::clock_out_of_tolerance();
            self.raise(now, meter, code, cause, 1.0, out);
        }
    }

    /// Whether nothing in the premises raises an alert by itself: its supply is cut, or it does not work yet.
    pub(super) fn is_paused(&self, premises: PremisesId, at: SimTime) -> bool {
        self.world.works_from(premises, at) > at
    }
}
