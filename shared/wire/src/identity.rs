//! What draws about a message are keyed by: who it is, never when it came.

use crate::freight::Freight;

/// Two words that tell a message from every other in its direction. The top byte of `n` is zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The first word.
    pub id: u64,
    /// The second.
    pub n: u64,
}

const EUI64_LOW: u64 = 0x00FF_FFFF_FFFF_FFFF;

impl Identity {
    /// Of any message.
    #[inline]
    pub fn of(freight: &Freight) -> Identity {
        match freight {
            Freight::Command(command) => Identity::of_request(command.id),
            Freight::Response(response) => Identity::of_request(response.id),
            Freight::Alert(alert) => Identity {
                // A request's first word has no top bit.
                id: ALERT | u64::from(alert.number),
                n: alert.device.eui64().0 & EUI64_LOW,
            },
        }
    }

    /// Of a request's command or response.
    #[inline]
    pub fn of_request(id: secnet_model::RequestId) -> Identity {
        let [id, target] = id.identity();
        Identity {
            id,
            n: target & EUI64_LOW,
        }
    }
}

const ALERT: u64 = 1 << 63;
