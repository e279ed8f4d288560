//! From an alert a device raises to the SM WAN, by way of the Modifications that keep or suppress some.

use super::{Premises, region_of};
use crate::alerts::alert_bytes;
use crate::modifications::Raised;
use crate::storms::StormAlert;
use secnet_engine::trace::SpanLink;
use secnet_engine::{ItemKind, Outbox, Outcome, Step};
use secnet_model::{Address, AlertCode, DeviceId, PremisesId, SimDuration, SimTime};
use secnet_topology::HubPower;
use secnet_wire::{DeviceAlert, Message, OfCommand};

/// Why a device raises an alert.
#[derive(Clone, Copy)]
pub(super) enum Cause {
    Device,
    /// A future-dated command whose time has come (8F66, 8F67).
    Command {
        of: OfCommand,
        /// To the command's trace, where it has one.
        link: Option<SpanLink>,
    },
    /// The supply has been off for as long as the hub holds; it sends this long after.
    Outage {
        after: SimDuration,
    },
    /// The supply is back, and the premises works then.
    Restoration {
        works_at: SimTime,
    },
}

impl Cause {
    fn command(self) -> Option<OfCommand> {
        match self {
            Cause::Command { of, .. } => Some(of),
            Cause::Device | Cause::Outage { .. } | Cause::Restoration { .. } => None,
        }
    }

    fn link(self) -> Option<SpanLink> {
        match self {
            Cause::Command { link, .. } => link,
            Cause::Device | Cause::Outage { .. } | Cause::Restoration { .. } => None,
        }
    }
}

impl Premises {
    /// A device raises an alert of its own accord, where it is still there.
    pub(super) fn raise_itself(
        &mut self,
        now: SimTime,
        device: DeviceId,
        alert: AlertCode,
        size_factor: f64,
        out: &mut Outbox<Message>,
    ) {
        if self.is_as_planned() {
            self.raise(now, device, alert, Cause::Device, size_factor, out);
        } else if self.is_paused(device.premises, now) {
            self.state.counts.paused_alerts += 1;
        } else if !self.is_gone(now, device) {
            self.raise(now, device, alert, Cause::Device, size_factor, out);
        }
    }

    pub(super) fn raise(
        &mut self,
        now: SimTime,
        device: DeviceId,
        alert: AlertCode,
        cause: Cause,
        size_factor: f64,
        out: &mut Outbox<Message>,
    ) {
        self.state.counts.alerts_raised += 1;
        self.state.ledger.open(ItemKind::DeviceAlert);
        let region = self.world.population.region_of(device.premises);
        self.state.raised.record(&self.world, alert, region, now);
        let number = self.state.premises.next_alert(device.premises);
        let trace = self.world.sampler.device_alert(device, alert, number);
        let bytes = alert_bytes(self.world.draws, device, alert, number, size_factor);
        let raised = DeviceAlert {
            device,
            alert,
            command: cause.command(),
            number,
            bytes,
            raised_at: now,
            throttled: None,
        };
        let at_hub = match cause {
            Cause::Outage { after } => now + after,
            Cause::Restoration { works_at } => works_at + self.hub.alert_delay(device, number),
            Cause::Device | Cause::Command { .. } => now + self.hub.alert_delay(device, number),
        };
        let has_wan = self.world.has_wan(device.premises, at_hub);
        if !has_wan || self.world.hub_power(device.premises, at_hub) == HubPower::Off {
            self.state.counts.alerts_without_coverage += u64::from(!has_wan);
            let outcome = match has_wan {
                false => Outcome::LostOnWan,
                true => Outcome::LostPower,
            };
            self.close(now, &raised, outcome);
            if let Some(trace) = trace {
                let item = trace.span(Step::Item, now, now).linked(cause.link());
                out.trace(item.ended(outcome));
            }
            return;
        }
        let item = trace.map(|trace| {
            let item = trace.span(Step::Item, now, at_hub).linked(cause.link());
            item.bytes(u32::from(bytes))
        });
        match self.state.modifications.alert_raised(now, &raised) {
            Raised::Send => {}
            Raised::Keep => {
                item.into_iter().for_each(|item| out.trace(item));
                return;
            }
            Raised::Suppress => {
                item.into_iter()
                    .for_each(|item| out.trace(item.ended(Outcome::Suppressed)));
                return self.close(now, &raised, Outcome::Suppressed);
            }
        }
        item.into_iter().for_each(|item| out.trace(item));
        self.send_alert(at_hub, raised, out);
    }

    /// The alert leaves the network here.
    fn close(&mut self, now: SimTime, alert: &DeviceAlert, outcome: Outcome) {
        let state = &mut self.state;
        state
            .ledger
            .close(ItemKind::DeviceAlert, outcome, alert.identity(), now);
        state.faults.closed(&self.world, alert, outcome, now);
    }

    /// From the hub, at `at`.
    fn send_alert(&mut self, at: SimTime, alert: DeviceAlert, out: &mut Outbox<Message>) {
        let technology = self.world.technology(alert.device.premises, at);
        let due = at + self.uplink.alert_latency(technology, alert.device, alert.number);
        let sampler = &self.world.sampler;
        if let Some(trace) = sampler.device_alert(alert.device, alert.alert, alert.number) {
            out.trace(trace.span(Step::ToCell, at, due).bytes(u32::from(alert.bytes)));
        }
        let premises = alert.device.premises;
        let (from, to) = (Address::premises(premises), Address::provider(self.region));
        let seq = self.state.premises.next_sequence(premises);
        out.send(from, to, seq, due, Message::DeviceAlert(alert));
    }

    /// Modifications go live, and all alerts they kept until now go out.
    pub(super) fn send_kept(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        self.state.modifications.go_live(now);
        while let Some(alert) = self.state.modifications.due(now) {
            self.send_alert(now, alert, out);
        }
    }

    pub(super) fn storm(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        let region = region_of(&self.world, PremisesId(self.shard.start));
        let (events, population) = (&mut self.state.storm_events, &self.world.population);
        let Some(StormAlert {
            device,
            alert,
            size_factor,
        }) = self.storms.take_next(events, population, &region, &self.shard)
        else {
            return;
        };
        self.raise_itself(now, device, alert, size_factor, out);
    }
}
