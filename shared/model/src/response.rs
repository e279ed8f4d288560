//! DUIS response codes (domain notes §2.3).

use core::fmt;
use serde::{Deserialize, Serialize};

/// What the DCC answers to a request (DUIS; domain.md §2.3), with the codes that secnet adds for answers DUIS gives otherwise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum ResponseCode {
    /// Success.
    I0,
    /// Accepted, access control passed; also non-device success without data.
    I99,
    /// User or role invalid.
    E1,
    /// The role may not use this service request.
    E2,
    /// The User's status does not allow requests.
    E3,
    /// The role is not the one responsible for this device at that time.
    E4,
    /// The device's status does not allow the service request.
    E5,
    /// Service request and device type differ.
    E11,
    /// Service request and command variant differ.
    E12,
    /// Wrong URL (web service) for the service request.
    E13,
    /// Not available as a local command.
    E17,
    /// The device is unknown.
    E19,
    /// The DCC cannot communicate with the device.
    E20,
    /// No response from the device.
    E21,
    /// Time-out of a future-dated request.
    E30,
    /// Time-out of a DSP-scheduled read.
    E31,
    /// HTTP 503: the DSP's queue is full; retry later. The HTTP level is modelled, no source gives it (domain notes §2.3).
    Busy,
    /// HTTP 503 from traffic management (SECMP0067): the User is above its allocation. No source gives the answer
    /// (domain notes §5.1).
    Throttled,
    /// Quarantined by anomaly detection and deleted. No response of DUIS: the User itself asked for it by file
    /// (domain notes §5.3).
    Deleted,
}

impl ResponseCode {
    /// In the order of their declaration.
    pub const ALL: [ResponseCode; 19] = [
        ResponseCode::I0,
        ResponseCode::I99,
        ResponseCode::E1,
        ResponseCode::E2,
        ResponseCode::E3,
        ResponseCode::E4,
        ResponseCode::E5,
        ResponseCode::E11,
        ResponseCode::E12,
        ResponseCode::E13,
        ResponseCode::E17,
        ResponseCode::E19,
        ResponseCode::E20,
        ResponseCode::E21,
        ResponseCode::E30,
        ResponseCode::E31,
        ResponseCode::Busy,
        ResponseCode::Throttled,
        ResponseCode::Deleted,
    ];

    /// As DUIS and the reports write it: `E20`.
    pub const fn code(self) -> &'static str {
        match self {
            ResponseCode::I0 => "I0",
            ResponseCode::I99 => "I99",
            ResponseCode::E1 => "E1",
            ResponseCode::E2 => "E2",
            ResponseCode::E3 => "E3",
            ResponseCode::E4 => "E4",
            ResponseCode::E5 => "E5",
            ResponseCode::E11 => "E11",
            ResponseCode::E12 => "E12",
            ResponseCode::E13 => "E13",
            ResponseCode::E17 => "E17",
            ResponseCode::E19 => "E19",
            ResponseCode::E20 => "E20",
            ResponseCode::E21 => "E21",
            ResponseCode::E30 => "E30",
            ResponseCode::E31 => "E31",
            ResponseCode::Busy => "503",
            ResponseCode::Throttled => "503-throttled",
            ResponseCode::Deleted => "deleted",
        }
    }

    /// What it says, for a reader who does not know the codes.
    pub const fn words(self) -> &'static str {
        match self {
            ResponseCode::I0 => "success",
            ResponseCode::I99 => "accepted, or success without data",
            ResponseCode::E1 => "User or role invalid",
            ResponseCode::E2 => "the role may not use this service request",
            ResponseCode::E3 => "the User's status does not allow requests",
            ResponseCode::E4 => "not the User responsible for this device at that time",
            ResponseCode::E5 => "the device's status does not allow the service request",
            ResponseCode::E11 => "service request and device type differ",
            ResponseCode::E12 => "service request and command variant differ",
            ResponseCode::E13 => "wrong web service for the service request",
            ResponseCode::E17 => "not available as a local command",
            ResponseCode::E19 => "the device is unknown",
            ResponseCode::E20 => "the DCC cannot communicate with the device",
            ResponseCode::E21 => "no response from the device",
            ResponseCode::E30 => "time-out of a future-dated request",
            ResponseCode::E31 => "time-out of a scheduled read",
            ResponseCode::Busy => "the DSP's queue is full",
            ResponseCode::Throttled => "the User is above its allocation (SECMP0067)",
            ResponseCode::Deleted => "quarantined by anomaly detection, and deleted",
        }
    }

    /// Whether it tells of success, or of acceptance.
    pub const fn is_success(self) -> bool {
        matches!(self, ResponseCode::I0 | ResponseCode::I99)
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
