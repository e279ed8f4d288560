//! What is particular to a kind of User, as its node crate states it: what it may do, and what it makes of what it hears.

use secnet_accounts::Part;
use secnet_model::{AlertRecipient, DeviceId, DeviceType, PremisesId, ResponseCode, Role, SimTime, Srv};
use secnet_topology::World;
use secnet_wire::DeviceAlert;
use serde::Serialize;
use serde::de::DeserializeOwned;
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

    /// Its deadline, as [`Part::next_deadline`] gave it, is here; the next one is later.
    fn comes_due(&mut self, _now: SimTime, _world: &World) {}

    /// A device's alert came in.
    #[inline]
    fn note_alert(&mut self, _now: SimTime, _alert: &DeviceAlert, _world: &World) {}

    /// A request of its own to a device has ended, however it did.
    #[inline]
    fn note_end(
        &mut self,
        _now: SimTime,
        _srv: Srv,
        _device: DeviceId,
        _code: ResponseCode,
        _world: &World,
    ) -> Option<Pinged> {
        None
    }

    /// A request it wants sent now; asked again until there is none, after [`Desk::comes_due`].
    fn take_ask(&mut self) -> Option<Ask> {
        None
    }
}

/// A request a desk wants sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    pub srv: Srv,
    pub device: DeviceId,
}

/// What a DNO learned by asking a meter that was said to be out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pinged {
    pub premises: PremisesId,
    pub answered: bool,
    /// It was asked for the last time, and did not answer.
    pub silent: bool,
}
