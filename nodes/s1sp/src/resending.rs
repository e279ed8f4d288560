//! What a hub has to send again, or gives up: the only thing the S1SP waits for.

use secnet_accounts::Part;
use secnet_engine::ItemKind;
use secnet_model::SimTime;
use secnet_topology::World;
use secnet_wire::Freight;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A response or an alert whose first transmission was lost.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Late {
    pub freight: Freight,
    /// Whether it is received in the end.
    pub received: bool,
    pub tries: u32,
}

/// By the moment each is received or given up; of two at one moment the one that was sent first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Resending {
    late: BTreeMap<(SimTime, u64), Late>,
    taken: u64,
    alerts: u64,
}

impl Resending {
    pub fn insert(&mut self, at: SimTime, late: Late) {
        self.taken += 1;
        self.alerts += u64::from(late.freight.is_alert());
        self.late.insert((at, self.taken), late);
    }

    /// One that is due at or before `now`, and when it is.
    pub fn take_due(&mut self, now: SimTime) -> Option<(SimTime, Late)> {
        let first = self.late.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((at, _), late) = first.remove_entry();
        self.alerts -= u64::from(late.freight.is_alert());
        Some((at, late))
    }
}

impl Part for Resending {
    #[inline]
    fn next_deadline(&self, _: &World) -> SimTime {
        self.late
            .first_key_value()
            .map_or(SimTime::NEVER, |((at, _), _)| *at)
    }

    fn held(&self, kind: ItemKind) -> u64 {
        match kind {
            ItemKind::DeviceAlert => self.alerts,
            ItemKind::ServiceRequest
            | ItemKind::ScheduledRead
            | ItemKind::DccAlert
            | ItemKind::FirmwareUpdate => 0,
        }
    }

    fn memory_bytes(&self) -> usize {
        self.late.len() * size_of::<((SimTime, u64), Late)>()
    }
}
