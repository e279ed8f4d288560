//! Command variants and the DCC's web services (domain notes §2.1, §2.2).

use serde::{Deserialize, Serialize};

/// What a User asks to be done with its request. DUIS enumerates nine values; the ninth was not identified.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum CommandVariant {
    /// CV1: non-critical, command over the WAN.
    NonCriticalWan = 1,
    /// CV2: non-critical, command returned for local delivery by hand-held terminal.
    NonCriticalLocal = 2,
    /// CV3: CV1 and CV2.
    NonCriticalWanAndLocal = 3,
    /// CV4: critical, pre-command returned for signing.
    CriticalPreCommand = 4,
    /// CV5: signed pre-command, over the WAN.
    SignedWan = 5,
    /// CV6: signed pre-command, command returned for local delivery.
    SignedLocal = 6,
    /// CV7: CV5 and CV6.
    SignedWanAndLocal = 7,
    /// CV8: non-device service.
    NonDevice = 8,
}

/// The DCC's web services, each at a URL of its own; a request at the wrong one is refused with E13.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum WebService {
    /// Critical requests, to be transformed into pre-commands.
    Transform,
    /// Requests that the DCC answers itself.
    NonDevice,
    /// Non-critical requests and signed pre-commands.
    SendCommand,
}

impl CommandVariant {
    /// In the order of their numbers.
    pub const ALL: [CommandVariant; 8] = [
        CommandVariant::NonCriticalWan,
        CommandVariant::NonCriticalLocal,
        CommandVariant::NonCriticalWanAndLocal,
        CommandVariant::CriticalPreCommand,
        CommandVariant::SignedWan,
        CommandVariant::SignedLocal,
        CommandVariant::SignedWanAndLocal,
        CommandVariant::NonDevice,
    ];

    /// The web service this variant must be sent to.
    pub const fn web_service(self) -> WebService {
        match self {
            CommandVariant::NonCriticalWan
            | CommandVariant::NonCriticalWanAndLocal
            | CommandVariant::SignedWan
            | CommandVariant::SignedWanAndLocal => WebService::SendCommand,
            CommandVariant::NonCriticalLocal | CommandVariant::SignedLocal | CommandVariant::NonDevice => {
                WebService::NonDevice
            }
            CommandVariant::CriticalPreCommand => WebService::Transform,
        }
    }

    /// Whether a command goes over the SM WAN.
    pub const fn goes_over_wan(self) -> bool {
        matches!(self.web_service(), WebService::SendCommand)
    }

    /// Whether a command is handed back for local delivery.
    pub const fn is_local(self) -> bool {
        matches!(
            self,
            CommandVariant::NonCriticalLocal
                | CommandVariant::NonCriticalWanAndLocal
                | CommandVariant::SignedLocal
                | CommandVariant::SignedWanAndLocal
        )
    }

    /// Whether the variant carries a signed pre-command.
    pub const fn is_signed(self) -> bool {
        matches!(
            self,
            CommandVariant::SignedWan | CommandVariant::SignedLocal | CommandVariant::SignedWanAndLocal
        )
    }

    /// Whether the variant carries a critical request, before or after signing.
    pub const fn is_critical(self) -> bool {
        matches!(
            self,
            CommandVariant::CriticalPreCommand
                | CommandVariant::SignedWan
                | CommandVariant::SignedLocal
                | CommandVariant::SignedWanAndLocal
        )
    }
}
