//! What is particular to a kind of User, as its node crate states it: what it may do, and what it makes of what it hears.

use secnet_accounts::Part;
use secnet_accounts::campaigns::CampaignNews;
use secnet_engine::Outcome;
use secnet_model::{
    AlertRecipient, DeviceId, DeviceType, PremisesId, ResponseCode, Role, SimTime, Srv, UserId,
};
use secnet_topology::World;
use secnet_wire::{DccAlert, DeviceAlert, ImageWarning, ServiceRequest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// One kind of User. Its fields are its own state, a [`Part`] of the User's: saved, counted and woken with it.
///
/// What it hears of comes once: duplicates do not reach it.
pub trait Desk: Part + Clone + Debug + Default + Serialize + DeserializeOwned + Send + 'static {
    /// What it has read daily where it creates schedules (SRV 5.1) itself. Assumed.
    const SCHEDULES: &'static [&'static str];

    /// The roles in which it deals with devices of a type, the most fitting first.
    fn roles_for(device_type: DeviceType) -> &'static [Role];

    /// Whether alerts to such a recipient concern it.
    fn expects(recipient: AlertRecipient) -> bool;

    /// Before anything else: whose desk it is.
    fn begin(&mut self, _user: UserId, _world: &World) {}

    /// Its deadline, as [`Part::next_deadline`] gave it, is here; the next one is later.
    fn comes_due(&mut self, _now: SimTime, _world: &World) {}

    /// A device's alert came in.
    #[inline]
    fn note_alert(&mut self, _now: SimTime, _alert: &DeviceAlert, _world: &World) {}

    /// The DSP tells what became of a firmware image on its way to a device's hub (N60, N61).
    fn note_image(&mut self, _alert: &DccAlert, _delivered: bool, _world: &World) {}

    /// The DSP leaves a device of a firmware request out.
    fn note_warning(&mut self, _warning: &ImageWarning, _world: &World) {}

    /// A firmware request has ended, however it did.
    fn note_batch_end(&mut self, _campaign: u16, _batch: u16, _outcome: Outcome, _world: &World) {}

    /// What it learnt about firmware campaigns; asked again until there is none, after each input.
    #[inline]
    fn take_news(&mut self) -> Option<CampaignNews> {
        None
    }

    /// A request of its own to a device has ended, however it did.
    #[inline]
    fn note_end(
        &mut self,
        _now: SimTime,
        _request: &ServiceRequest,
        _device: DeviceId,
        _code: ResponseCode,
        _outcome: Outcome,
        _world: &World,
    ) -> Option<Pinged> {
        None
    }

    /// A request lists the next devices of a campaign that is by hand: which of its requests that makes it.
    fn list_next(&mut self, _now: SimTime, _campaign: u16, _world: &World) -> Option<u16> {
        None
    }

    /// A request it wants sent now; asked again until there is none, after [`Desk::comes_due`].
    fn take_ask(&mut self) -> Option<Ask> {
        None
    }
}

/// A request a desk wants sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Ask {
    /// About a device, to be executed then where there is a time.
    Device {
        srv: Srv,
        device: DeviceId,
        execution: Option<SimTime>,
    },
    /// For the devices of a firmware campaign's batch.
    Images { srv: Srv, campaign: u16, batch: u16 },
}

/// What a DNO learned by asking a meter that was said to be out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pinged {
    pub premises: PremisesId,
    pub answered: bool,
    /// It was asked for the last time, and did not answer.
    pub silent: bool,
}
