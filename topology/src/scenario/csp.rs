//! The Communications Service Providers.

use super::LinkParams;
use crate::check::Check;
use crate::units::{BitRate, Bytes, Span};
use schemars::JsonSchema;
use secnet_model::Region;
use serde::{Deserialize, Serialize};

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
}

impl CspRegions {
    /// `None` of SMETS1, whose premises are on no CSP's SM WAN.
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
        }
    }
}

impl CspParams {
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
    pub(crate) fn csp(&mut self, region: Region, csp: &CspParams) {
        let path = |key: &str| format!("csp.{region}.{key}");
        self.link(&format!("csp.{region}"), &csp.link());
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
        if let Some(span) = csp.command_time_to_live {
            self.positive(&path("command_time_to_live"), span);
        }
    }
}
