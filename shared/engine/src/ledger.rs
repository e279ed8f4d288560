//! The ledger: whatever enters the network leaves it with exactly one named outcome.
//!
//! An item is opened once, by the participant that brings it into the network, and closed once. In between
//! it is in somebody's custody: held by a node, or carried by a message under way ([`Carries`](crate::Carries)).
//! At the end `opened == closed + held + carried` must hold for each kind, the four counted in different places.

use crate::fingerprint::Fingerprint;
use secnet_model::SimTime;
use serde::{Deserialize, Serialize};

macro_rules! named_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident => $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_meta])* $variant,)* }

        impl $name {
            /// In the order of their declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];
            /// How many there are.
            pub const COUNT: usize = $name::ALL.len();

            /// The name reports and files use.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(crate) use named_enum;

named_enum! {
    /// What the ledger accounts for.
    ItemKind {
        /// A service request a User sent, from first submission to its final answer. Retries are the same item.
        ServiceRequest => "service_request",
        /// One reading the DSP starts on behalf of a schedule.
        ScheduledRead => "scheduled_read",
        /// An alert a device raised.
        DeviceAlert => "device_alert",
        /// An alert the DCC raised.
        DccAlert => "dcc_alert",
        /// A firmware image for one device, from the Supplier's request to what became of it.
        FirmwareUpdate => "firmware_update",
    }
}

impl ItemKind {
    /// Whether only some scenarios have any. Reports name such a kind only where there was one.
    pub const fn is_of_some_scenarios(self) -> bool {
        matches!(self, ItemKind::FirmwareUpdate)
    }
}

named_enum! {
    /// How an item left the network.
    Outcome {
        /// Answered with success.
        Completed => "completed",
        /// Refused by access control (E1–E5, E11–E13, E17, E19).
        Refused => "refused",
        /// The pre-command did not match the User's own request.
        PreCommandMismatch => "pre_command_mismatch",
        /// The device answered with an error.
        DeviceError => "device_error",
        /// E20: the DCC could not reach the device.
        NotDelivered => "not_delivered",
        /// E21: no answer in time.
        NoResponse => "no_response",
        /// E30: a future-dated request ran out of time.
        FutureDatedTimeOut => "future_dated_time_out",
        /// E31: a scheduled read ran out of time.
        ScheduleTimeOut => "schedule_time_out",
        /// Refused for overload as often as the User was willing to try.
        GaveUpOverload => "gave_up_overload",
        /// An alert handed to its recipient.
        Delivered => "delivered",
        /// An alert lost on the SM WAN after every retry.
        LostOnWan => "lost_on_wan",
        /// An alert dropped because a CSP queue was full.
        DroppedQueueFull => "dropped_queue_full",
        /// An alert nobody in this scenario is registered to receive.
        NoRecipient => "no_recipient",
        /// In the custody of a process that was lost.
        LostInCrash => "lost_in_crash",
        /// An alert another of its device and code speaks for (SECMP0062): the consolidated alert's count includes it.
        Suppressed => "suppressed",
        /// Above the User's allocation (SECMP0067) as often as it was willing to try.
        Throttled => "throttled",
        /// Held by anomaly detection and deleted (SECMP0008).
        QuarantinedDeleted => "quarantined_deleted",
        /// Its User's gateway was down for longer than the DSP keeps what it could not deliver.
        Undelivered => "undelivered",
        /// An alert whose hub had no energy left to send it.
        LostPower => "lost_power",
        /// An outage alert the CSP did not pass on, because others of its fault had told of it (MP096).
        Rationed => "rationed",
        /// The device found its firmware image unsound (8F1C).
        ImageUnsound => "image_unsound",
        /// Its Supplier stopped the firmware campaign before the device was asked to activate its image.
        Stopped => "stopped",
    }
}

impl Outcome {
    /// Whether whoever brought the item into the network got what it wanted.
    pub const fn is_success(self) -> bool {
        matches!(self, Outcome::Completed | Outcome::Delivered)
    }

    /// Whether only a SEC Modification or an event brings it about. Reports name such an outcome only where there was one, so
    /// that a network without it is reported as ever.
    pub const fn is_of_a_modification(self) -> bool {
        matches!(
            self,
            Outcome::Suppressed
                | Outcome::Throttled
                | Outcome::QuarantinedDeleted
                | Outcome::Undelivered
                | Outcome::LostPower
                | Outcome::Rationed
                | Outcome::ImageUnsound
                | Outcome::Stopped
        )
    }
}

/// What a node has opened and closed, by kind of item and outcome.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    opened: [u64; ItemKind::COUNT],
    closed: [[u64; Outcome::COUNT]; ItemKind::COUNT],
    fingerprint: Fingerprint,
}

impl Ledger {
    /// Counts an item as opened.
    pub fn open(&mut self, kind: ItemKind) {
        self.opened[kind as usize] += 1;
    }

    /// Closes an item; `id` are two words that tell it from every other of its kind.
    pub fn close(&mut self, kind: ItemKind, outcome: Outcome, id: [u64; 2], at: SimTime) {
        self.closed[kind as usize][outcome as usize] += 1;
        let what = (kind as u64) << 8 | outcome as u64;
        self.fingerprint.note([what, id[0], id[1], at.0]);
    }

    /// Closes items whose holder is gone: their number is all that is known.
    pub fn close_lost_in_crash(&mut self, kind: ItemKind, count: u64) {
        self.closed[kind as usize][Outcome::LostInCrash as usize] += count;
    }

    /// How many items of a kind it opened.
    pub fn opened(&self, kind: ItemKind) -> u64 {
        self.opened[kind as usize]
    }

    /// How many items of a kind it closed with an outcome.
    pub fn closed(&self, kind: ItemKind, outcome: Outcome) -> u64 {
        self.closed[kind as usize][outcome as usize]
    }

    /// How many items of a kind it closed.
    pub fn closed_total(&self, kind: ItemKind) -> u64 {
        self.closed[kind as usize].iter().sum()
    }

    /// The sum of hashes of all it closed.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Takes in another node's.
    pub fn add(&mut self, other: &Ledger) {
        for kind in 0..ItemKind::COUNT {
            self.opened[kind] += other.opened[kind];
            for outcome in 0..Outcome::COUNT {
                self.closed[kind][outcome] += other.closed[kind][outcome];
            }
        }
        self.fingerprint.add(&other.fingerprint);
    }
}
