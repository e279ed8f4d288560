//! What the DCC believes: the Smart Metering Inventory and the registration data.
//!
//! The population and the timeline are the base: a device nobody touched has the status the population gives it, a
//! premises the Supplier it had at first or a takeover gave it. What commands change is laid over it. The records may be wrong: the
//! devices and the radio know better, and nobody asks them.
//!
//! Not here: relations between the devices of a premises, so that an unjoin (8.8.1, 8.8.2) changes nothing; what an update
//! of the inventory (8.4) says, which is only counted.

mod cpl;
mod overlay;
mod rights;
mod versions;

use cpl::Cpl;
use overlay::Overlay;
pub use rights::Right;
use rights::Rights;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_model::{DeviceId, DeviceStatus, DeviceType, PremisesId, Role, SimTime, Srv, UserId};
use secnet_topology::{UserKind, World};
use secnet_wire::Image;
use serde::{Deserialize, Serialize};

/// What is laid over the base; plain data, in one order, saved with the DSP.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Records {
    /// Where it is not the population's.
    statuses: Overlay<DeviceStatus>,
    /// Who holds a device's Supplier credentials, where it is not the premises' first Supplier.
    credentials: Overlay<UserId>,
    rights: Rights,
    cpl: Cpl,
    counts: Counts,
    /// Whether owners of schedules are looked at before each reading: something is or will be other than the base.
    changes: bool,
}

impl Records {
    pub fn new(world: &World) -> Records {
        let in_default = |user: &&secnet_topology::UserEntry| !world.timeline.defaults_at(user.id).is_never();
        Records {
            statuses: Overlay::default(),
            credentials: Overlay::default(),
            changes: !world.timeline.takeovers().is_empty()
                || !world.timeline.cpl_removals().is_empty()
                || world.users.iter().any(|user| in_default(&user)),
            rights: Rights::new(world),
            cpl: Cpl::new(world),
            counts: Counts::default(),
        }
    }

    /// `None` for a device that is not in the inventory.
    #[inline]
    pub fn status(&self, world: &World, device: DeviceId) -> Option<DeviceStatus> {
        let status = recorded(&self.statuses, world, device);
        if status == Some(DeviceStatus::Commissioned) && self.is_off_the_cpl(device) {
            return Some(DeviceStatus::Suspended);
        }
        status
    }

    /// Whether the device is in service: a version that is off the Central Products List suspends that, and does not end it.
    #[inline]
    pub fn in_service(&self, world: &World, device: DeviceId) -> bool {
        recorded(&self.statuses, world, device) == Some(DeviceStatus::Commissioned)
    }

    /// Whether the device is suspended as its version is off the Central Products List.
    #[inline]
    pub fn is_off_the_cpl(&self, device: DeviceId) -> bool {
        !self.cpl.is_empty() && self.cpl.is_suspended(device)
    }

    /// The devices the inventory lists for a premises.
    pub fn devices(&self, world: &World, premises: PremisesId) -> u32 {
        if self.statuses.is_empty() {
            return world.population.devices(premises).count() as u32;
        }
        let is_listed =
            |device_type: &DeviceType| self.status(world, premises.device(*device_type)).is_some();
        DeviceType::ALL
            .iter()
            .filter(|device_type| is_listed(device_type))
            .count() as u32
    }

    #[inline]
    pub fn electricity_supplier(&self, world: &World, premises: PremisesId, at: SimTime) -> UserId {
        let first = world.population.electricity_supplier(premises);
        match world.timeline.takeovers() {
            none if none.is_empty() => first,
            takeovers => takeovers.supplier(first, premises, at),
        }
    }

    /// `None` where there is no gas.
    #[inline]
    pub fn gas_supplier(&self, world: &World, premises: PremisesId, at: SimTime) -> Option<UserId> {
        let first = world.population.gas_supplier(premises)?;
        Some(match world.timeline.takeovers() {
            none if none.is_empty() => first,
            takeovers => takeovers.supplier(first, premises, at),
        })
    }

    /// The Supplier registered for the device's fuel; `None` for gas where there is none.
    #[inline]
    pub fn supplier(&self, world: &World, device: DeviceId, at: SimTime) -> Option<UserId> {
        match device.device_type.is_gas() {
            true => self.gas_supplier(world, device.premises, at),
            false => Some(self.electricity_supplier(world, device.premises, at)),
        }
    }

    /// The distributor of the premises' area, where the scenario has one.
    #[inline]
    pub fn dno(&self, world: &World, premises: PremisesId) -> Option<UserId> {
        world.population.dno(premises)
    }

    /// E3 where it has not.
    #[inline]
    pub fn has_right(&self, user: UserId, srv: Srv, role: Role, at: SimTime) -> bool {
        self.rights.has(user, srv, role, at)
    }

    /// Who holds the Supplier credentials on a device: the registered Supplier of old until 6.23 replaced them.
    pub fn credentials_holder(&self, world: &World, device: DeviceId) -> Option<UserId> {
        self.credentials
            .get(device)
            .or_else(|| world.population.first_supplier(device))
    }

    /// Whether a schedule of the owner's may read the device. What Users created is read whatever was true of the
    /// base, so that only changes count.
    #[inline]
    pub fn may_read(&self, world: &World, owner: UserId, srv: Srv, device: DeviceId, at: SimTime) -> bool {
        !self.changes || self.owner_may_read(world, owner, srv, device, at)
    }

    fn owner_may_read(&self, world: &World, owner: UserId, srv: Srv, device: DeviceId, at: SimTime) -> bool {
        let user = world.users.get(owner.index());
        let kind = user.map(|user| user.kind);
        let role = match kind {
            Some(UserKind::OtherUser) => user
                .and_then(|user| user.roles.iter().find(|role| srv.entry().roles.contains(*role)))
                .unwrap_or(Role::OtherUser),
            Some(UserKind::Dno) => Role::ElectricityDistributor,
            Some(UserKind::Supplier) | None if device.device_type.is_gas() => Role::GasSupplier,
            Some(UserKind::Supplier) | None => Role::ImportSupplier,
        };
        if !self.rights.has(owner, srv, role, at)
            || self
                .statuses
                .get(device)
                .is_some_and(|status| status != DeviceStatus::Commissioned)
            || self.is_off_the_cpl(device)
        {
            return false;
        }
        let takeovers = world.timeline.takeovers();
        if takeovers.is_empty() || kind != Some(UserKind::Supplier) {
            return true;
        }
        let supplies = self.supplier(world, device, at) == Some(owner);
        // The hub serves both fuels.
        let by_gas = || self.gas_supplier(world, device.premises, at) == Some(owner);
        supplies || device.device_type == DeviceType::Chf && by_gas()
    }
}

figures! {
    /// What was written into the DSP's records.
    struct Counts: "DSP's records" in "dsp" {
        /// Changes of a device's entry in the Smart Metering Inventory.
        inventory_updates: sum "updates" if nonzero,
        /// Devices notified before they were installed.
        pre_notifications: sum "devices" if nonzero,
    }
}

impl Part for Records {
    #[inline]
    fn next_deadline(&self, world: &World) -> SimTime {
        match self.cpl.is_empty() {
            true => SimTime::NEVER,
            false => self.cpl.next_deadline(world),
        }
    }

    fn figures(&self, world: &World, figures: &mut Figures) {
        figures.put(Key::Whole, &self.counts);
        self.cpl.figures(world, figures);
    }

    /// What is laid over the base.
    fn memory_bytes(&self) -> usize {
        self.statuses.memory_bytes()
            + self.credentials.memory_bytes()
            + self.rights.memory_bytes()
            + self.cpl.memory_bytes()
    }
}

/// What changes them.
impl Records {
    /// 8.1.1 succeeded. A device that has left the inventory's service in the meantime does not come back.
    pub fn commissioned(&mut self, world: &World, device: DeviceId) {
        match self.status(world, device) {
            None
            | Some(DeviceStatus::Commissioned | DeviceStatus::Decommissioned | DeviceStatus::Withdrawn) => {}
            Some(
                DeviceStatus::Pending
                | DeviceStatus::Whitelisted
                | DeviceStatus::InstalledNotCommissioned
                | DeviceStatus::Suspended
                | DeviceStatus::Recovery
                | DeviceStatus::Recovered,
            ) => self.set_status(device, DeviceStatus::Commissioned),
        }
    }

    /// The next devices whose version is off the Central Products List are suspended, at or before `now`: when, and which.
    pub fn take_suspended(&mut self, world: &World, now: SimTime) -> Option<(SimTime, Vec<DeviceId>)> {
        let statuses = &self.statuses;
        let in_service = |device| recorded(statuses, world, device) == Some(DeviceStatus::Commissioned);
        self.cpl.take_due(world, now, in_service)
    }

    /// The image has come to the device's hub.
    pub fn image_sent(&mut self, image: &Image) {
        self.cpl.image_sent(image.device, image.campaign);
    }

    /// The device runs the image it was sent last; whether it is suspended for that.
    pub fn activated(&mut self, world: &World, device: DeviceId, now: SimTime) -> bool {
        let in_service = self.in_service(world, device);
        self.cpl.activated(world, now, device, in_service)
    }

    /// 8.3.
    pub fn decommissioned(&mut self, device: DeviceId) {
        self.set_status(device, DeviceStatus::Decommissioned);
    }

    /// 12.2: a device the inventory does not know, for a premises there is, is expected there from now on.
    pub fn pre_notified(&mut self, world: &World, device: DeviceId) {
        let exists = device.premises.0 < world.population.premises_count();
        if exists && self.status(world, device).is_none() {
            self.set_status(device, DeviceStatus::Pending);
            self.counts.pre_notifications += 1;
        }
    }

    /// 8.4.
    pub fn inventory_updated(&mut self) {
        self.counts.inventory_updates += 1;
    }

    /// 6.23 succeeded. Whose credentials were replaced, where they were another's.
    pub fn credentials_replaced(
        &mut self,
        world: &World,
        device: DeviceId,
        holder: UserId,
    ) -> Option<UserId> {
        let replaced = self
            .credentials_holder(world, device)
            .filter(|before| *before != holder)?;
        self.credentials.set(device, holder);
        Some(replaced)
    }

    /// The User is without the right from `from` on.
    pub fn withdraw(&mut self, user: UserId, right: Right, from: SimTime) {
        self.rights.withdraw(user, right, from);
        self.changes = true;
    }

    fn set_status(&mut self, device: DeviceId, status: DeviceStatus) {
        self.statuses.set(device, status);
        self.changes = true;
    }
}

/// What the inventory has written of a device.
#[inline]
fn recorded(statuses: &Overlay<DeviceStatus>, world: &World, device: DeviceId) -> Option<DeviceStatus> {
    if !statuses.is_empty()
        && let Some(status) = statuses.get(device)
    {
        return Some(status);
    }
    world.population.device_status(device)
}
