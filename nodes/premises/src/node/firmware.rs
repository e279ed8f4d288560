//! Images that come to hubs, devices that verify them, and those that are told to run them.

use super::Premises;
use super::alerts::Cause;
use crate::firmware::{Activation, Next, Verified};
use secnet_engine::Outbox;
use secnet_model::{AlertCode, DeviceId, DeviceType, SimDuration, SimTime};
use secnet_wire::{DeviceResult, Image, Message};

impl Premises {
    pub(super) fn image(&mut self, now: SimTime, image: &Image) {
        let device = image.device;
        let is_of_it = self.world.has_campaign(image.campaign, device.device_type);
        if !self.shard.contains(&device.premises.0) || !is_of_it {
            self.state.counts.misrouted += 1;
            return;
        }
        self.state.firmware.arrives(now, &self.world, image);
    }

    /// What firmware is due next.
    pub(super) fn firmware(&mut self, out: &mut Outbox<Message>) {
        match self.state.firmware.take_next() {
            None => {}
            Some(Next::Comes(at, device, campaign)) => self.verify(at, device, campaign, out),
            Some(Next::Tells(at, premises)) => {
                let (hub, code) = (premises.device(DeviceType::Chf), AlertCode::power_outage());
                let after = SimDuration::ZERO;
                self.raise(at, hub, code, Cause::Outage { after }, 1.0, out);
            }
        }
    }

    /// An image has come over its HAN.
    fn verify(&mut self, at: SimTime, device: DeviceId, campaign: u16, out: &mut Outbox<Message>) {
        let is_there = self
            .world
            .population
            .has_device(device.premises, device.device_type);
        let works_from = self.world.works_from(device.premises, at);
        if !is_there || works_from.is_never() || self.is_gone(at, device) {
            return self.state.firmware.is_lost();
        }
        if works_from > at {
            return self.state.firmware.waits(works_from, device, campaign);
        }
        let verified = self
            .state
            .firmware
            .verify(&self.world, self.shard.start, at, device, campaign);
        let (alert, false_outage) = match verified {
            Verified::Sound { false_outage } => (AlertCode::image_sound(), false_outage),
            Verified::Unsound => (AlertCode::image_unsound(), false),
        };
        self.raise(at, device, alert, Cause::Device, 1.0, out);
        if false_outage {
            self.cut_off(at, device);
        }
    }

    /// A device that takes to its new version cuts its hub off for so long that it takes that for an outage.
    fn cut_off(&mut self, since: SimTime, device: DeviceId) {
        let at = since + self.world.scenario.power.hold.as_duration();
        self.state.firmware.tells_of_outage(at, device.premises);
    }

    /// The device answers a request to activate its image.
    pub(super) fn activate(&mut self, answered_at: SimTime, device: DeviceId) -> DeviceResult {
        let activation = self
            .state
            .firmware
            .activate(&self.world, self.shard.start, device);
        match activation {
            Activation::Done { false_outage } => {
                if false_outage {
                    self.cut_off(answered_at, device);
                }
                DeviceResult::Success
            }
            Activation::DoneBefore => DeviceResult::Success,
            Activation::Refused | Activation::NoImage => DeviceResult::Error,
        }
    }
}
