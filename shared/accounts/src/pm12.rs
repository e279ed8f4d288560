//! PM12.1 and PM12.2 of the DCC's Performance Measurement Methodology: of the outage alerts a CSP *received* those it forwarded, in
//! fixed three-minute slices of the day, apart by whether a slice has up to 50 hubs or more (domain.md §6 and §14: PMM, page 23).
//!
//! What the radio lost is outside the measure: it says nothing of the DNO's success.

use crate::Part;
use crate::figures;
use crate::figures::{Figures, Key};
use secnet_model::{Calendar, Region, SimTime};
use secnet_topology::World;
use serde::{Deserialize, Serialize};

const SLICE_SECONDS: u64 = 180;
const FEW_HUBS_MAX: u64 = 50;

figures! {
    /// Outage alerts by the slices they were received in.
    pub struct Pm12: "CSPs, PM12" in "csp" {
        /// Outage alerts received in slices with up to 50 hubs.
        pub few_received: sum "alerts" as "pm12_1_received" if nonzero,
        /// Those of them forwarded to the DSP.
        pub few_forwarded: sum "alerts" as "pm12_1_forwarded" if nonzero,
        /// Outage alerts received in slices with more hubs.
        pub many_received: sum "alerts" as "pm12_2_received" if nonzero,
        /// Those of them forwarded to the DSP.
        pub many_forwarded: sum "alerts" as "pm12_2_forwarded" if nonzero,
    }
}

/// One region's, part of a CSP's state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pm12Slices {
    region: Region,
    over: Pm12,
    /// The slice that goes on, counted from 1970.
    slice: u64,
    received: u64,
    forwarded: u64,
}

impl Pm12Slices {
    pub fn new(region: Region) -> Pm12Slices {
        Pm12Slices {
            region,
            over: Pm12::default(),
            slice: 0,
            received: 0,
            forwarded: 0,
        }
    }

    /// An outage alert has come in. A hub sends one for each outage.
    pub fn received(&mut self, calendar: &Calendar, now: SimTime, forwarded: bool) {
        let slice = (calendar.epoch_unix_seconds + now.as_whole_secs()) / SLICE_SECONDS;
        if slice != self.slice {
            self.over = self.with_this_slice();
            (self.slice, self.received, self.forwarded) = (slice, 0, 0);
        }
        self.received += 1;
        self.forwarded += u64::from(forwarded);
    }

    fn with_this_slice(&self) -> Pm12 {
        let mut all = self.over;
        match self.received <= FEW_HUBS_MAX {
            true => {
                all.few_received += self.received;
                all.few_forwarded += self.forwarded;
            }
            false => {
                all.many_received += self.received;
                all.many_forwarded += self.forwarded;
            }
        }
        all
    }
}

impl Part for Pm12Slices {
    fn figures(&self, _world: &World, figures: &mut Figures) {
        let all = self.with_this_slice();
        if all != Pm12::default() {
            figures.put(Key::Region(self.region), &all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_counts_as_one_of_few_hubs_up_to_the_fiftieth() {
        let mut slices = Pm12Slices::new(Region::North);
        // A minute into a slice.
        let calendar = Calendar {
            epoch_unix_seconds: 1_774_994_460,
        };
        let mut burst = |start: u64, hubs: u64| {
            (0..hubs).for_each(|i| slices.received(&calendar, SimTime::from_secs(start), i % 2 == 0));
        };
        burst(0, 30);
        burst(119, 20);
        burst(120, 51);
        burst(3_600, 4);
        assert_eq!(
            slices.with_this_slice(),
            Pm12 {
                few_received: 54,
                few_forwarded: 27,
                many_received: 51,
                many_forwarded: 26,
            }
        );
    }
}
