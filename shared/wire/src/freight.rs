//! What travels between the premises and who carries it to them. One exhaustive type: the next kind of message on the WAN cannot go
//! without airtime, class, identity or account.

use crate::direction::Direction;
use crate::{Command, DeviceAlert, DeviceResponse, Message};
use secnet_model::{PremisesId, RequestId};
use serde::{Deserialize, Serialize};

/// A message to or from a premises.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum Freight {
    /// Towards the premises.
    Command(Command),
    /// From the premises.
    Response(DeviceResponse),
    /// From the premises.
    Alert(DeviceAlert),
}

impl Freight {
    /// Which way it goes.
    #[inline]
    pub const fn direction(&self) -> Direction {
        match self {
            Freight::Command(_) => Direction::Downlink,
            Freight::Response(_) | Freight::Alert(_) => Direction::Uplink,
        }
    }

    /// GBCS size.
    #[inline]
    pub fn bytes(&self) -> u32 {
        match self {
            Freight::Command(command) => command.bytes,
            Freight::Response(response) => response.bytes,
            Freight::Alert(alert) => u32::from(alert.bytes),
        }
    }

    /// The premises it goes to or comes from; `None` where the request names no device.
    #[inline]
    pub fn premises(&self) -> Option<PremisesId> {
        let of_request = |id: &RequestId| id.target.device().map(|device| device.premises);
        match self {
            Freight::Command(command) => of_request(&command.id),
            Freight::Response(response) => of_request(&response.id),
            Freight::Alert(alert) => Some(alert.device.premises),
        }
    }

    /// Whether it is a device alert, an item of its own.
    pub const fn is_alert(&self) -> bool {
        matches!(self, Freight::Alert(_))
    }
}

impl From<Freight> for Message {
    fn from(freight: Freight) -> Message {
        match freight {
            Freight::Command(command) => Message::Command(command),
            Freight::Response(response) => Message::DeviceResponse(response),
            Freight::Alert(alert) => Message::DeviceAlert(alert),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freight_takes_no_more_room_than_a_message() {
        assert!(size_of::<Freight>() <= size_of::<Message>());
    }
}
