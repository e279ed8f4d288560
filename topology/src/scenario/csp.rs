//! The Communications Service Providers.

use super::LinkParams;
use crate::check::Check;
use crate::units::{BitRate, Bytes, Span};
use schemars::JsonSchema;
use secnet_model::Region;
use serde::{Deserialize, Serialize};

const SLOTS_MAX: u32 = 65_536;
const FRAMES_MAX: u32 = 60_000;
const SLOT_MAX: Span = Span::from_secs(3_600);

/// The SM WAN of each CSP region.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CspRegions {
    /// CSP North: licensed long-range radio.
    #[serde(default = "CspParams::north")]
    pub north: CspParams,
    /// CSP Central: cellular with mesh.
    #[serde(default = "CspParams::cellular")]
    pub central: CspParams,
    /// CSP South: cellular with mesh.
    #[serde(default = "CspParams::cellular")]
    pub south: CspParams,
    /// 4G, the same in each region, for the hubs that a `hub_exchange` puts there. Its cells are other cells than the region's.
    #[serde(default = "CspParams::four_g", rename = "4g")]
    pub four_g: CspParams,
}

impl CspRegions {
    /// What the region was built with; `None` of SMETS1, whose premises are on no CSP's SM WAN.
    pub fn get(&self, region: Region) -> Option<&CspParams> {
        match region {
            Region::North => Some(&self.north),
            Region::Central => Some(&self.central),
            Region::South => Some(&self.south),
            Region::Smets1 => None,
        }
    }
}

impl Default for CspRegions {
    fn default() -> Self {
        CspRegions {
            north: CspParams::north(),
            central: CspParams::cellular(),
            south: CspParams::cellular(),
            four_g: CspParams::four_g(),
        }
    }
}

/// A CSP region's SM WAN. Rates and latencies are assumed; domain.md §8 gives the ranges they lie in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CspParams {
    /// Premises that share a cell.
    pub cell_premises: u32,
    /// What the premises of a cell share, towards them.
    pub downlink_rate: BitRate,
    /// What the premises of a cell share, from them.
    pub uplink_rate: BitRate,
    /// Octets the WAN adds to each GBCS message.
    pub overhead: Bytes,
    /// Shortest one-way latency, without transmission and waiting.
    pub latency_min: Span,
    /// Mean one-way latency, without transmission and waiting.
    pub latency_mean: Span,
    /// Chance that a transmission is lost.
    pub loss: f64,
    /// Share of premises whose coverage is lastingly poor.
    pub poor_coverage_share: f64,
    /// Chance that a transmission to or from them is lost, where it is more than `loss`.
    pub poor_coverage_loss: f64,
    /// Share of a cell's hours that are bad: weather, interference, work on a mast.
    pub bad_hours_share: f64,
    /// Chance that a transmission is lost in them, where it is more than without.
    pub bad_hours_loss: f64,
    /// Transmissions of a message in all before it counts as lost.
    pub transmissions_max: u32,
    /// Wait before a lost message is sent again.
    pub retransmit_after: Span,
    /// How long a command that cannot be sent, or is lost, stays in the CSP's hands before it is given up. As long as it takes when
    /// absent. Assumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_time_to_live: Option<Span>,
    /// Messages waiting per cell and direction beyond which the least urgent are refused.
    pub queue_limit: u32,
    /// Share of a cell's downlink that goes to firmware while there is some to distribute: other messages to its premises have the rest.
    /// Assumed, range 0.02 to 0.5.
    pub firmware_share: f64,
    /// Whether firmware is broadcast to all hubs of a cell at once, or goes to one hub after another. Assumed: radio broadcasts
    /// (domain.md §8).
    pub firmware_broadcast: bool,
    /// How hubs that have alerts at once get in each other's way. They do not when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contention: Option<ContentionParams>,
}

/// Random access of hubs with alerts to a cell's uplink: framed slotted ALOHA with geometric back-off. All of it is assumed: no figure of
/// the networks is public.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContentionParams {
    /// Slots of a frame. Assumed, range 4 to 256.
    pub slots: u32,
    /// How long a slot lasts. Assumed, range 10 ms to 1 s.
    pub slot: Span,
    /// Chance that a hub with an alert asks for the channel in a frame. Assumed, range 0.05 to 1.
    pub attempt_share: f64,
    /// Chance that of several hubs in one slot the strongest is heard. Assumed, range 0 to 0.5.
    pub capture_share: f64,
    /// Frames after which a hub gives an alert up. Assumed, range 8 to 1,000.
    pub frames_max: u32,
}

impl Default for ContentionParams {
    fn default() -> ContentionParams {
        ContentionParams {
            slots: 32,
            slot: Span::from_millis(50),
            attempt_share: 0.5,
            capture_share: 0.1,
            frames_max: 200,
        }
    }
}

impl CspParams {
    /// CSP North: licensed long-range radio.
    pub fn north() -> Self {
        CspParams {
            cell_premises: 1_000,
            downlink_rate: BitRate::from_bits_per_second(20_000),
            uplink_rate: BitRate::from_bits_per_second(20_000),
            overhead: Bytes(24),
            latency_min: Span::from_millis(1_000),
            latency_mean: Span::from_millis(3_000),
            loss: 0.01,
            poor_coverage_share: 0.0,
            poor_coverage_loss: 0.3,
            bad_hours_share: 0.0,
            bad_hours_loss: 0.1,
            transmissions_max: 4,
            retransmit_after: Span::from_secs(5),
            command_time_to_live: None,
            queue_limit: 500,
            firmware_share: 0.2,
            firmware_broadcast: true,
            contention: None,
        }
    }

    /// CSP Central and South: cellular with mesh.
    pub fn cellular() -> Self {
        CspParams {
            cell_premises: 500,
            downlink_rate: BitRate::from_bits_per_second(200_000),
            uplink_rate: BitRate::from_bits_per_second(100_000),
            overhead: Bytes(60),
            latency_min: Span::from_millis(300),
            latency_mean: Span::from_millis(1_200),
            loss: 0.005,
            poor_coverage_share: 0.0,
            poor_coverage_loss: 0.3,
            bad_hours_share: 0.0,
            bad_hours_loss: 0.1,
            transmissions_max: 4,
            retransmit_after: Span::from_secs(3),
            command_time_to_live: None,
            queue_limit: 500,
            firmware_share: 0.2,
            firmware_broadcast: false,
            contention: None,
        }
    }
}

impl CspParams {
    /// 4G hubs over a public network (domain.md §8), of which a cell's premises have a part. Assumed, all of it.
    pub fn four_g() -> Self {
        CspParams {
            cell_premises: 1_500,
            downlink_rate: BitRate::from_bits_per_second(1_000_000),
            uplink_rate: BitRate::from_bits_per_second(500_000),
            latency_min: Span::from_millis(80),
            latency_mean: Span::from_millis(300),
            loss: 0.002,
            retransmit_after: Span::from_secs(2),
            ..CspParams::cellular()
        }
    }

    /// The way between its cells and their premises.
    pub fn link(&self) -> LinkParams {
        LinkParams {
            latency_min: self.latency_min,
            latency_mean: self.latency_mean,
        }
    }
}

impl Default for CspParams {
    fn default() -> Self {
        CspParams::cellular()
    }
}

impl Check<'_> {
    /// `name` is its key under `csp`.
    pub(crate) fn csp(&mut self, name: &str, csp: &CspParams) {
        let path = |key: &str| format!("csp.{name}.{key}");
        self.link(&format!("csp.{name}"), &csp.link());
        self.at_least_one(&path("cell_premises"), csp.cell_premises);
        for (key, rate) in [
            ("downlink_rate", csp.downlink_rate),
            ("uplink_rate", csp.uplink_rate),
        ] {
            if rate.bits_per_second() == 0 {
                self.wrong(path(key), "must be more than zero");
            }
        }
        for (key, share) in [
            ("loss", csp.loss),
            ("poor_coverage_share", csp.poor_coverage_share),
            ("poor_coverage_loss", csp.poor_coverage_loss),
            ("bad_hours_share", csp.bad_hours_share),
            ("bad_hours_loss", csp.bad_hours_loss),
        ] {
            self.share(&path(key), share);
        }
        self.at_least_one(&path("transmissions_max"), csp.transmissions_max);
        if !(csp.firmware_share > 0.0 && csp.firmware_share < 1.0) {
            let message = format!("must be more than 0 and less than 1, not {}", csp.firmware_share);
            self.wrong(path("firmware_share"), message);
        }
        if let Some(span) = csp.command_time_to_live {
            self.positive(&path("command_time_to_live"), span);
        }
        if let Some(contention) = &csp.contention {
            let path = |key: &str| path(&format!("contention.{key}"));
            if !(1..=SLOTS_MAX).contains(&contention.slots) {
                let message = format!("must be from 1 to {SLOTS_MAX}, not {}", contention.slots);
                self.wrong(path("slots"), message);
            }
            self.positive(&path("slot"), contention.slot);
            if contention.slot > SLOT_MAX {
                self.wrong(path("slot"), format!("must be at most {SLOT_MAX}"));
            }
            self.share(&path("attempt_share"), contention.attempt_share);
            self.share(&path("capture_share"), contention.capture_share);
            if !(1..=FRAMES_MAX).contains(&contention.frames_max) {
                let message = format!("must be from 1 to {FRAMES_MAX}, not {}", contention.frames_max);
                self.wrong(path("frames_max"), message);
            }
        }
    }
}
