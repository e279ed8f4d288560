//! An electricity distribution network operator (DNO) as a DCC User: it reads meters and network data in its licence areas as
//! electricity distributor, sets voltage thresholds, and hears of outages and voltages.
//!
//! Not here: what all Users do alike, the state machine itself among it (`secnet-user`).

pub mod control_room;

use control_room::ControlRoom;
use secnet_accounts::figures::Figures;
use secnet_engine::Outcome;
use secnet_model::{AlertRecipient, DeviceId, DeviceType, ResponseCode, Role, SimTime};
use secnet_topology::World;
use secnet_user::{Ask, Desk, Part, Pinged};
use secnet_wire::{DeviceAlert, ServiceRequest};
use serde::{Deserialize, Serialize};

/// What a distribution network operator is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DnoDesk {
    control_room: ControlRoom,
}

impl Part for DnoDesk {
    #[inline]
    fn next_deadline(&self, world: &World) -> SimTime {
        self.control_room.next_deadline(world)
    }

    fn figures(&self, world: &World, figures: &mut Figures) {
        self.control_room.figures(world, figures);
    }

    fn memory_bytes(&self) -> usize {
        self.control_room.memory_bytes()
    }
}

impl Desk for DnoDesk {
    const SCHEDULES: &'static [&'static str] = &["4.10"];

    /// A distributor has no business with gas; of the hub it may read the logs.
    fn roles_for(device_type: DeviceType) -> &'static [Role] {
        match device_type {
            DeviceType::Esme | DeviceType::Chf | DeviceType::Hcalcs | DeviceType::Sapc => {
                &[Role::ElectricityDistributor]
            }
            DeviceType::Gsme | DeviceType::Gpf | DeviceType::Ppmid | DeviceType::Ihd | DeviceType::Cad => &[],
        }
    }

    /// AD1, 8F35, 8F36 and the voltage alerts (domain.md §4), and what its own commands cause.
    fn expects(recipient: AlertRecipient) -> bool {
        matches!(recipient, AlertRecipient::Dno | AlertRecipient::CommandSender)
    }

    fn comes_due(&mut self, now: SimTime, _world: &World) {
        self.control_room.comes_due(now);
    }

    fn take_ask(&mut self) -> Option<Ask> {
        self.control_room.take_ask()
    }

    #[inline]
    fn note_alert(&mut self, now: SimTime, alert: &DeviceAlert, world: &World) {
        self.control_room.note_alert(now, alert, world);
    }

    #[inline]
    fn note_end(
        &mut self,
        now: SimTime,
        request: &ServiceRequest,
        device: DeviceId,
        code: ResponseCode,
        _outcome: Outcome,
        world: &World,
    ) -> Option<Pinged> {
        self.control_room.note_end(now, request.srv, device, code, world)
    }
}
