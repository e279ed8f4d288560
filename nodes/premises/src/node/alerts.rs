//! From an alert a device raises to the SM WAN, by way of the Modifications that keep or suppress some.

use super::{Premises, region_of};
use crate::alerts::alert_bytes;
use crate::modifications::Raised;
use crate::storms::StormAlert;
use secnet_engine::trace::SpanLink;
use secnet_engine::{ItemKind, Outbox, Outcome, Step};
use secnet_model::{Address, AlertCode, DeviceId, PremisesId, SimTime, UserId};
use secnet_wire::{DeviceAlert, Message};

/// Why a device raises an alert.
#[derive(Clone, Copy)]
pub(super) enum Cause {
    Device,
    /// A future-dated command whose time has come (8F66, 8F67).
    Command {
        sender: UserId,
        /// To the command's trace, where it has one.
        link: Option<SpanLink>,
    },
}

impl Cause {
    fn sender(self) -> Option<UserId> {
        match self {
            Cause::Device => None,
            Cause::Command { sender, .. } => Some(sender),
        }
    }

    fn link(self) -> Option<SpanLink> {
        match self {
            Cause::Device => None,
            Cause::Command { link, .. } => link,
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
        if self.is_as_planned() || !self.is_gone(now, device) {
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
        if !self.world.population.has_wan(device.premises) {
            self.state.counts.alerts_without_coverage += 1;
            let id = device.alert_identity(number);
            self.state
                .ledger
                .close(ItemKind::DeviceAlert, Outcome::LostOnWan, id, now);
            if let Some(trace) = trace {
                let item = trace.span(Step::Item, now, now).linked(cause.link());
                out.trace(item.ended(Outcome::LostOnWan));
            }
            return;
        }
        let bytes = alert_bytes(self.world.draws, device, alert, number, size_factor);
        let raised = DeviceAlert {
            device,
            alert,
            command_sender: cause.sender(),
            number,
            bytes,
            raised_at: now,
            throttled: None,
        };
        let at_hub = now + self.hub.alert_delay(device, number);
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
                let id = device.alert_identity(number);
                let ledger = &mut self.state.ledger;
                return ledger.close(ItemKind::DeviceAlert, Outcome::Suppressed, id, now);
            }
        }
        item.into_iter().for_each(|item| out.trace(item));
        self.send_alert(at_hub, raised, out);
    }

    /// From the hub, at `at`.
    fn send_alert(&mut self, at: SimTime, alert: DeviceAlert, out: &mut Outbox<Message>) {
        let due = at + self.uplink.alert_latency(alert.device, alert.number);
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
