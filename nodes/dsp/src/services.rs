//! What the DSP does with each service request variant beyond what the catalogue says, by SRV number, in a table.

use secnet_model::Srv;
use std::sync::LazyLock;

/// The DCC's own services the emulation tells apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NonDeviceService {
    /// 5.1
    CreateSchedule,
    /// 5.2
    ReadSchedule,
    /// 5.3
    DeleteSchedule,
    /// 8.2
    ReadInventory,
    /// 8.3
    DecommissionDevice,
    /// 8.4
    UpdateInventory,
    /// 12.2
    PreNotify,
    /// 12.1
    RequestWanMatrix,
    /// 11.1, 11.4
    UpdateFirmware,
    /// Accepted and answered, without an effect here.
    Other,
}

/// What the DSP's records learn from a device's success.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Learnt {
    Nothing,
    /// 8.1.1
    Commissioned,
    /// 6.23: the sender holds the device's credentials.
    CredentialsReplaced,
    /// 11.3: the device runs the version it was given.
    FirmwareActivated,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SrvRules {
    /// Meaningful for non-device services only.
    pub non_device: NonDeviceService,
    /// Meaningful for device services only.
    pub learnt: Learnt,
    /// Part of installing and commissioning: 8.x and 6.2x (domain.md §5.1; which 6.2x is assumed: 6.2 and 6.20–6.29).
    pub install_and_commission: bool,
    /// Initiates enrolment (SEC M8.6(g)): pre-notification, joining and commissioning. Which ones do is assumed.
    pub enrols: bool,
    /// Vends (2.2, 1.5) and supply (7.x): urgent beside install-and-commission (domain.md §5.1).
    pub vend_or_supply: bool,
    /// Open to suspended devices: 11.2 since 4 November 2021 (domain.md §9); 11.3, which mends the cause, is assumed.
    pub open_when_suspended: bool,
}

impl SrvRules {
    #[inline]
    pub fn of(srv: Srv) -> SrvRules {
        static RULES: LazyLock<Vec<SrvRules>> =
            LazyLock::new(|| Srv::all().map(|srv| rules(srv.number())).collect());
        RULES[usize::from(srv.index())]
    }
}

fn rules(number: &str) -> SrvRules {
    SrvRules {
        non_device: match number {
            "5.1" => NonDeviceService::CreateSchedule,
            "5.2" => NonDeviceService::ReadSchedule,
            "5.3" => NonDeviceService::DeleteSchedule,
            "8.2" => NonDeviceService::ReadInventory,
            "8.3" => NonDeviceService::DecommissionDevice,
            "8.4" => NonDeviceService::UpdateInventory,
            "12.2" => NonDeviceService::PreNotify,
            "12.1" => NonDeviceService::RequestWanMatrix,
            "11.1" | "11.4" => NonDeviceService::UpdateFirmware,
            _ => NonDeviceService::Other,
        },
        learnt: match number {
            "8.1.1" => Learnt::Commissioned,
            "6.23" => Learnt::CredentialsReplaced,
            "11.3" => Learnt::FirmwareActivated,
            _ => Learnt::Nothing,
        },
        install_and_commission: number.starts_with("8.") || number.starts_with("6.2"),
        enrols: matches!(number, "8.1.1" | "12.2") || number.starts_with("8.7."),
        vend_or_supply: matches!(number, "2.2" | "1.5") || number.starts_with("7."),
        open_when_suspended: matches!(number, "11.2" | "11.3"),
    }
}
