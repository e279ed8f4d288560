//! Access control: whether a request may be served, decided from the request and the records alone.
//!
//! The checks run in this order, and the first that fails gives the code. DUIS lists the codes but no public source
//! gives their order (assumed): first who asks (E1, E2, E3), then the request's form (E17, E12, E13), then
//! the device (E19, E11, E4, E5). Meanings: domain.md §2.3.
//!
//! A request the DSP holds until its time is looked at again when it comes due ([`check_again`]).
//!
//! Not here: consent for other Users' reads, dates of responsibility (a Supplier is responsible from the moment it takes a
//! premises over), schema and signature checks, anomaly detection, overload (`service_process`).

use crate::future_dated::Held;
use crate::records::Records;
use crate::services::{NonDeviceService, SrvRules};
use secnet_model::{
    DeviceId, DeviceStatus, DeviceType, Eui64, FutureDating, ResponseCode, Role, SimTime, Srv, SrvEntry,
    Technology, UserId,
};
use secnet_topology::{UserEntry, World};
use secnet_wire::{CommandOrigin, Image, ServiceRequest, WarningReason};

/// What an accepted request asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Accepted {
    /// CV8: the DCC answers it.
    NonDevice(NonDeviceService),
    /// CV4: the pre-command goes back for signing.
    PreCommand,
    /// CV2, CV6: the command goes back for local delivery.
    Local,
    /// CV1, CV3, CV5, CV7: the command goes over the SM WAN, now or at its time. The copy CV3 and CV7 bring
    /// back for local delivery travels with the acknowledgement and has no size of its own.
    Command { device: DeviceId, origin: CommandOrigin },
}

/// What access control goes by.
#[derive(Clone, Copy)]
pub struct Register<'a> {
    pub world: &'a World,
    pub records: &'a Records,
    /// When it looks.
    pub at: SimTime,
}

/// The whole of access control.
pub fn check(register: Register<'_>, request: &ServiceRequest) -> Result<Accepted, ResponseCode> {
    let entry = request.srv.entry();
    let user = user_holds_role(register.world, request)?;
    role_may_use(entry, request.role)?;
    register.has_right(user.id, request.srv, request.role)?;
    available_locally(entry, request)?;
    variant_fits(register.world, entry, request)?;
    web_service_fits(request)?;
    if !entry.is_device_service() {
        return check_non_device(register, request);
    }
    let (device, status) = register.known_device(request.id.target)?;
    device_type_fits(register, entry, device.device_type)?;
    register.responsible(device, request.id.originator, request.role)?;
    status_allows(status, request.srv)?;
    Ok(if !request.variant.goes_over_wan() {
        if request.variant.is_local() {
            Accepted::Local
        } else {
            Accepted::PreCommand
        }
    } else {
        Accepted::Command {
            device,
            origin: origin(entry, request),
        }
    })
}

/// Access control of a request the DSP has held until its time: once more whatever may have changed since it was accepted.
pub fn check_again(register: Register<'_>, held: &Held) -> Result<DeviceId, ResponseCode> {
    let Held { id, srv, role } = *held;
    register.has_right(id.originator, srv, role)?;
    let (device, status) = register.known_device(id.target)?;
    register.responsible(device, id.originator, role)?;
    status_allows(status, srv)?;
    Ok(device)
}

/// E1: the originator is a User and holds the role it claims.
fn user_holds_role<'w>(world: &'w World, request: &ServiceRequest) -> Result<&'w UserEntry, ResponseCode> {
    match world.users.get(request.id.originator.index()) {
        Some(user) if user.roles.contains(request.role) => Ok(user),
        _ => Err(ResponseCode::E1),
    }
}

/// E2: the role may use the service request (DUIS's role matrix).
fn role_may_use(entry: &SrvEntry, role: Role) -> Result<(), ResponseCode> {
    if entry.roles.contains(role) {
        Ok(())
    } else {
        Err(ResponseCode::E2)
    }
}

/// E17: a request for local delivery is of a service available locally.
fn available_locally(entry: &SrvEntry, request: &ServiceRequest) -> Result<(), ResponseCode> {
    if request.variant.is_local() && !entry.allows_local() {
        Err(ResponseCode::E17)
    } else {
        Ok(())
    }
}

/// E12: the command variant is one the service request has. So is, for want of a public code, an execution time on a
/// service request that cannot be future-dated (assumed; DUIS's schema would not let it through).
fn variant_fits(world: &World, entry: &SrvEntry, request: &ServiceRequest) -> Result<(), ResponseCode> {
    let dated = entry.is_device_service() && request.timing.execution().is_some();
    let device = request.id.target.device();
    let allowed = match device.is_some_and(|device| world.population.is_smets1(device.premises)) {
        true => entry.allows_variant_on_smets1(request.variant),
        false => entry.allows_variant(request.variant),
    };
    if !allowed || dated && entry.future_dated == FutureDating::NotAllowed {
        return Err(ResponseCode::E12);
    }
    Ok(())
}

/// E13: it was posted to the URL of its variant's web service.
fn web_service_fits(request: &ServiceRequest) -> Result<(), ResponseCode> {
    if request.service == request.variant.web_service() {
        Ok(())
    } else {
        Err(ResponseCode::E13)
    }
}

/// E11: the service request is for devices of this type, as far as that is known.
fn device_type_fits(
    register: Register<'_>,
    entry: &SrvEntry,
    device_type: DeviceType,
) -> Result<(), ResponseCode> {
    if entry.may_target(device_type) || !register.world.scenario.dsp.refuses_unseen_targets {
        Ok(())
    } else {
        Err(ResponseCode::E11)
    }
}

impl Register<'_> {
    /// E3: the User is not suspended, as far as this request goes. Which code a User is told that has lost some of its rights only
    /// is assumed.
    fn has_right(self, user: UserId, srv: Srv, role: Role) -> Result<(), ResponseCode> {
        if self.records.has_right(user, srv, role, self.at) {
            Ok(())
        } else {
            Err(ResponseCode::E3)
        }
    }

    /// E19: the device is in the Smart Metering Inventory.
    fn known_device(self, target: Eui64) -> Result<(DeviceId, DeviceStatus), ResponseCode> {
        let device = target.device().ok_or(ResponseCode::E19)?;
        let status = self.records.status(self.world, device).ok_or(ResponseCode::E19)?;
        Ok((device, status))
    }

    /// E4: the User is the one responsible for the device in the role it claims.
    fn responsible(self, device: DeviceId, user: UserId, role: Role) -> Result<(), ResponseCode> {
        let (world, records, premises) = (self.world, self.records, device.premises);
        let may_be = may_be_responsible(role, device.device_type);
        let is_responsible = match role {
            Role::ImportSupplier | Role::ExportSupplier => {
                may_be && records.electricity_supplier(world, premises, self.at) == user
            }
            Role::GasSupplier => may_be && records.gas_supplier(world, premises, self.at) == Some(user),
            Role::ElectricityDistributor => may_be && records.dno(world, premises) == Some(user),
            // Whose area or agent it is, is not emulated: who holds the role, is.
            Role::GasTransporter | Role::RegisteredSupplierAgent | Role::OtherUser => may_be,
        };
        if is_responsible {
            Ok(())
        } else {
            Err(ResponseCode::E4)
        }
    }
}

/// Whether a role is responsible for devices of this type at all: the gas roles for the gas meter, its proxy and the
/// hub, the electricity roles for all that is not gas, the agents and other Users for any.
pub fn may_be_responsible(role: Role, device_type: DeviceType) -> bool {
    match role {
        Role::ImportSupplier | Role::ExportSupplier | Role::ElectricityDistributor => !device_type.is_gas(),
        Role::GasSupplier | Role::GasTransporter => device_type.is_gas() || device_type == DeviceType::Chf,
        Role::RegisteredSupplierAgent | Role::OtherUser => true,
    }
}

/// E5: the device's status allows the service request. Apart from 11.2 (domain.md §9) the lists are assumed.
fn status_allows(status: DeviceStatus, srv: Srv) -> Result<(), ResponseCode> {
    let rules = SrvRules::of(srv);
    let allowed = match status {
        DeviceStatus::Commissioned => true,
        DeviceStatus::InstalledNotCommissioned | DeviceStatus::Recovery | DeviceStatus::Recovered => {
            rules.install_and_commission || srv.number() == "11.2"
        }
        DeviceStatus::Pending | DeviceStatus::Whitelisted => srv.number().starts_with("8."),
        DeviceStatus::Suspended => rules.open_when_suspended,
        DeviceStatus::Decommissioned | DeviceStatus::Withdrawn => false,
    };
    if allowed { Ok(()) } else { Err(ResponseCode::E5) }
}

/// The device rules for the DCC's own services: schedules are about a device the User is responsible for, and so is
/// decommissioning; an inventory is read by anybody about any known device (8.2 is open to a future Supplier); the
/// rest may name devices no inventory holds yet. Requests that name no device but the DCC itself pass (assumed).
fn check_non_device(register: Register<'_>, request: &ServiceRequest) -> Result<Accepted, ResponseCode> {
    let service = SrvRules::of(request.srv).non_device;
    let names_device = request.id.target != Eui64::DCC;
    match service {
        NonDeviceService::CreateSchedule => schedule_fits(register, request)?,
        NonDeviceService::ReadSchedule | NonDeviceService::DeleteSchedule => own_device(register, request)?,
        NonDeviceService::DecommissionDevice if names_device => own_device(register, request)?,
        NonDeviceService::ReadInventory if names_device => {
            register.known_device(request.id.target)?;
        }
        NonDeviceService::DecommissionDevice
        | NonDeviceService::ReadInventory
        | NonDeviceService::UpdateInventory
        | NonDeviceService::PreNotify
        | NonDeviceService::RequestWanMatrix
        | NonDeviceService::UpdateFirmware
        | NonDeviceService::Other => {}
    }
    Ok(Accepted::NonDevice(service))
}

/// Whether a device of a firmware request's list may have the image (domain.md §9: it exists, is commissioned, is the User's and one that
/// the image is for, and the version is on the Central Products List). One that is suspended as its own version is off that list may: it is
/// how it comes back. That the inventory knows of a hub's exchange at once is assumed, as is the order of the checks.
pub fn image_fits(register: Register<'_>, image: &Image) -> Result<(), WarningReason> {
    let (world, device) = (register.world, image.device);
    let (_, status) = register
        .known_device(device.eui64())
        .map_err(|_| WarningReason::Unknown)?;
    if status != DeviceStatus::Commissioned && !register.records.is_off_the_cpl(device) {
        return Err(WarningReason::NotCommissioned);
    }
    let role = match device.device_type.is_gas() {
        true => Role::GasSupplier,
        false => Role::ImportSupplier,
    };
    register
        .responsible(device, image.user, role)
        .map_err(|_| WarningReason::NotResponsible)?;
    let is_hub = device.device_type == DeviceType::Chf;
    if is_hub && world.technology(device.premises, register.at) != Technology::Legacy {
        return Err(WarningReason::NotApplicable);
    }
    if world.is_off_the_cpl(device, world.version_of(image.campaign), register.at) {
        return Err(WarningReason::InvalidVersion);
    }
    Ok(())
}

/// E19 and E4 for a service of the DCC's own.
fn own_device(register: Register<'_>, request: &ServiceRequest) -> Result<(), ResponseCode> {
    let (device, _) = register.known_device(request.id.target)?;
    register.responsible(device, request.id.originator, request.role)
}

/// 5.1: the device rules hold for the service request to be scheduled. DUIS has codes of its own for it (E0501xx),
/// whose meanings are not public; an SRV that cannot be scheduled counts as one not for the device (E11, assumed).
fn schedule_fits(register: Register<'_>, request: &ServiceRequest) -> Result<(), ResponseCode> {
    let (device, status) = register.known_device(request.id.target)?;
    let scheduled = scheduled_srv(request).ok_or(ResponseCode::E11)?;
    role_may_use(scheduled.entry(), request.role)?;
    device_type_fits(register, scheduled.entry(), device.device_type)?;
    register.responsible(device, request.id.originator, request.role)?;
    status_allows(status, scheduled)
}

/// The SRV that 5.1 and 5.3 name, if it can be scheduled.
pub fn scheduled_srv(request: &ServiceRequest) -> Option<Srv> {
    request.timing.daily().filter(|srv| srv.entry().dsp_schedulable)
}

/// Who holds the command until its time. Where DUIS allows both (6.23), the DSP does (assumed).
fn origin(entry: &SrvEntry, request: &ServiceRequest) -> CommandOrigin {
    match entry.future_dated {
        _ if request.timing.execution().is_none() => CommandOrigin::OnDemand,
        FutureDating::NotAllowed => CommandOrigin::OnDemand,
        FutureDating::HeldByDevice => CommandOrigin::HeldByDevice,
        FutureDating::HeldByDsp | FutureDating::HeldByDspOrDevice => CommandOrigin::HeldByDsp,
    }
}
