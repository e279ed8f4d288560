//! An energy Supplier as a DCC User. It deals with electricity devices as import Supplier (export Supplier where the service
//! is for export) and with gas devices as gas Supplier; vends to its prepayment premises (SRV 2.2), sends tariffs and
//! prices, and has daily readings scheduled.
//!
//! Its portfolio is the premises it supplies electricity to; workloads that only deal with gas devices draw from the
//! premises it supplies gas to. It runs firmware campaigns for its meters and PPMIDs ([`campaigns`]). Which SRVs, how often and whether to prepayment premises only is the scenario's affair.
//!
//! Not here: what all Users do alike, the state machine itself among it (`secnet-user`).

pub mod campaigns;

use campaigns::Campaigns;
use secnet_accounts::campaigns::CampaignNews;
use secnet_accounts::figures::Figures;
use secnet_engine::{ItemKind, Outcome};
use secnet_model::{AlertRecipient, DeviceId, DeviceType, ResponseCode, Role, SimTime, UserId};
use secnet_topology::World;
use secnet_user::{Ask, Desk, Part, Pinged};
use secnet_wire::{DccAlert, DeviceAlert, ImageWarning, ServiceRequest};
use serde::{Deserialize, Serialize};

/// What an energy Supplier is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SupplierDesk {
    campaigns: Campaigns,
}

impl Part for SupplierDesk {
    #[inline]
    fn next_deadline(&self, world: &World) -> SimTime {
        self.campaigns.next_deadline(world)
    }

    fn held(&self, kind: ItemKind) -> u64 {
        self.campaigns.held(kind)
    }

    fn figures(&self, world: &World, figures: &mut Figures) {
        self.campaigns.figures(world, figures);
    }

    fn memory_bytes(&self) -> usize {
        self.campaigns.memory_bytes()
    }
}

impl Desk for SupplierDesk {
    const SCHEDULES: &'static [&'static str] = &["4.6.1", "4.8.1"];

    /// The fuel decides; hub and in-home devices serve both, and the import Supplier is there for every premises.
    fn roles_for(device_type: DeviceType) -> &'static [Role] {
        match device_type {
            DeviceType::Gsme | DeviceType::Gpf => &[Role::GasSupplier],
            DeviceType::Esme | DeviceType::Hcalcs | DeviceType::Sapc => {
                &[Role::ImportSupplier, Role::ExportSupplier]
            }
            DeviceType::Chf | DeviceType::Ppmid | DeviceType::Ihd | DeviceType::Cad => {
                &[Role::ImportSupplier, Role::GasSupplier, Role::ExportSupplier]
            }
        }
    }

    /// Outages and voltages are the distributor's (domain.md §4).
    fn expects(recipient: AlertRecipient) -> bool {
        matches!(
            recipient,
            AlertRecipient::Supplier | AlertRecipient::CommandSender
        )
    }
    fn begin(&mut self, user: UserId, world: &World) {
        self.campaigns.begin(user, world);
    }

    fn comes_due(&mut self, now: SimTime, world: &World) {
        self.campaigns.comes_due(now, world);
    }

    fn list_next(&mut self, now: SimTime, campaign: u16, world: &World) -> Option<u16> {
        self.campaigns.list_next(now, campaign, world)
    }

    fn take_ask(&mut self) -> Option<Ask> {
        self.campaigns.take_ask()
    }

    #[inline]
    fn take_news(&mut self) -> Option<CampaignNews> {
        self.campaigns.take_news()
    }

    #[inline]
    fn note_alert(&mut self, now: SimTime, alert: &DeviceAlert, world: &World) {
        self.campaigns.note_alert(now, alert, world);
    }

    fn note_image(&mut self, alert: &DccAlert, delivered: bool, world: &World) {
        self.campaigns.note_image(alert, delivered, world);
    }

    fn note_warning(&mut self, warning: &ImageWarning, world: &World) {
        self.campaigns.note_warning(warning, world);
    }

    fn note_batch_end(&mut self, campaign: u16, batch: u16, outcome: Outcome, world: &World) {
        self.campaigns.note_batch_end(campaign, batch, outcome, world);
    }

    #[inline]
    fn note_end(
        &mut self,
        now: SimTime,
        request: &ServiceRequest,
        device: DeviceId,
        _code: ResponseCode,
        outcome: Outcome,
        world: &World,
    ) -> Option<Pinged> {
        self.campaigns.note_end(now, request, device, outcome, world);
        None
    }
}
