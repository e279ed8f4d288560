//! From a firmware request to an image for each of its devices, and from a CSP's report to the Supplier.

use super::Dsp;
use crate::access_control::Register;
use crate::delays::Leg;
use crate::inventory;
use crate::services::{Learnt, NonDeviceService, SrvRules};
use secnet_engine::Outbox;
use secnet_model::{Address, DccAlertCode, DeviceId, SimTime, UserId};
use secnet_topology::World;
use secnet_wire::{Image, ImageReport, ImageWarning, Message, OfCommand, ServiceRequest, Timing};
use std::sync::Arc;

impl Dsp {
    /// Passes the image on for each device of the list that may have it (domain.md §9), and answers with a warning for each that may not.
    /// The size of the answer.
    pub(super) fn distribute(
        &mut self,
        served: SimTime,
        request: &ServiceRequest,
        out: &mut Outbox<Message>,
    ) -> u32 {
        let (world, user): (Arc<World>, _) = (Arc::clone(&self.world), request.id.originator);
        let warnings = match request.timing {
            Timing::Images { campaign, batch } => {
                self.distribute_batch(&world, served, (user, campaign, batch), out)
            }
            // One that is no campaign's has an effect on nobody.
            Timing::Now | Timing::At { .. } | Timing::Daily { .. } => 0,
        };
        let (service, target) = (NonDeviceService::UpdateFirmware, request.id.target);
        inventory::answer_bytes(&world, &self.state.records, service, target, warnings)
    }

    /// How many devices are left out.
    fn distribute_batch(
        &mut self,
        world: &World,
        served: SimTime,
        (user, campaign, batch): (UserId, u16, u16),
        out: &mut Outbox<Message>,
    ) -> u32 {
        let Some(own) = world.campaign(campaign, user) else {
            return 0;
        };
        let image_bytes = own.params.image.0;
        self.state.images.received(world, campaign, image_bytes);
        let mut warnings = 0;
        for device in own.devices(batch) {
            let image = Image {
                device,
                campaign,
                user,
            };
            let [key, n] = image.identity();
            let register = Register {
                world,
                records: &self.state.records,
                at: self.taken(served),
            };
            match self.state.images.admit(register, &image) {
                Ok(()) => {
                    let region = world.population.region_of(device.premises);
                    self.state.images.passed_on(world, &image, region, image_bytes);
                    let due = served + self.delays.of(Leg::Image, key, n);
                    self.send(Address::provider(region), due, Message::Image(image), out);
                }
                Err(reason) => {
                    warnings += 1;
                    let due = served + self.delays.of(Leg::Warning, key, n);
                    let warning = ImageWarning { image, reason };
                    self.send(Address::user(user), due, Message::ImageWarning(warning), out);
                }
            }
        }
        warnings
    }

    /// N60 or N61 to the Supplier that asked. It costs the DSP's servers nothing, as other alerts of the DCC's own (assumed).
    pub(super) fn image_report(&mut self, now: SimTime, report: &ImageReport, out: &mut Outbox<Message>) {
        let ImageReport { image, delivered } = *report;
        if !self.state.images.reported(&image, delivered) {
            return;
        }
        if delivered {
            self.state.records.image_sent(&image);
        }
        let code = match delivered {
            true => DccAlertCode::N60,
            false => DccAlertCode::N61,
        };
        let (about, campaign) = (image.device.eui64(), u64::from(image.campaign));
        self.alert_user(now, image.user, code, about, campaign, out);
    }

    /// N49 to the Supplier of each device that is suspended as its version is off the Central Products List.
    pub(super) fn suspended(&mut self, now: SimTime, devices: &[DeviceId], out: &mut Outbox<Message>) {
        for device in devices {
            if let Some(user) = self.state.records.supplier(&self.world, *device, now) {
                self.alert_user(now, user, DccAlertCode::N49, device.eui64(), 0, out);
            }
        }
    }

    /// A device has executed a future-dated command. Of what others did it had learnt when they were taken (assumed).
    pub(super) fn executed(
        &mut self,
        at: SimTime,
        command: OfCommand,
        device: DeviceId,
        out: &mut Outbox<Message>,
    ) {
        if SrvRules::of(command.srv).learnt == Learnt::FirmwareActivated {
            self.activated(at, device, out);
        }
    }

    /// A device has told that its image is sound: one that activates it itself runs it.
    pub(super) fn image_is_sound(&mut self, at: SimTime, device: DeviceId, out: &mut Outbox<Message>) {
        if device.device_type.activates_firmware_itself() {
            self.activated(at, device, out);
        }
    }

    /// A device runs the image it was sent last, whose version may be off the Central Products List by now.
    pub(super) fn activated(&mut self, at: SimTime, device: DeviceId, out: &mut Outbox<Message>) {
        if self.state.records.activated(&self.world, device, at) {
            self.suspended(at, &[device], out);
        }
    }
}
