//! What stands where.

use crate::units::Span;
use schemars::JsonSchema;
use secnet_model::DeviceType;
use serde::{Deserialize, Serialize};

/// The premises and what is in them. Every premises is a function of the seed and its index.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PopulationParams {
    /// Number of premises in the emulated areas, enrolled or not.
    pub premises: u32,
    /// Licence areas by code (`EPN`), in proportion to their customers; all fourteen when empty.
    #[serde(default)]
    pub areas: Vec<String>,
    /// Share of premises with an enrolled, working smart metering system.
    #[serde(default = "defaults::enrolled_share")]
    pub enrolled_share: f64,
    /// Share of premises whose devices are SMETS1, in every area alike: they are behind the SMETS1 Service Provider, not on a CSP's
    /// SM WAN (domain.md §14: 12 m of 32 m meters in August 2024).
    #[serde(default)]
    pub smets1_share: f64,
    /// Share of enrolled premises with gas meters as well (domain.md §7.2: 13.1 m gas to 18.1 m electricity).
    #[serde(default = "defaults::gas_share")]
    pub gas_share: f64,
    /// Share of premises with gas whose two fuels have one Supplier. Assumed.
    #[serde(default = "defaults::dual_fuel_share")]
    pub dual_fuel_share: f64,
    /// Share in prepayment mode (domain.md §7.2: 13 % at the end of 2021).
    #[serde(default = "defaults::prepayment_share")]
    pub prepayment_share: f64,
    /// Share of enrolled premises without SM WAN coverage (domain.md §8: 0.5–0.75 %).
    #[serde(default = "defaults::no_wan_share")]
    pub no_wan_share: f64,
    /// Share of premises that 4G does not reach: their hubs are not exchanged (the event `hub_exchange`). Assumed, as with the networks there
    /// are; range 0 to 0.03.
    #[serde(default = "defaults::no_wan_share")]
    pub no_4g_share: f64,
    /// Share of premises whose coverage comes and goes, so that commands are tried in vain and alerts are lost while it is gone: no
    /// record says so. Assumed: 1.6 m of 34.8 m meters did not work in smart mode for a while (domain.md §14).
    #[serde(default)]
    pub patchy_wan_share: f64,
    /// How often it goes: once in each such span, at any moment of it. Assumed.
    #[serde(default = "defaults::patchy_wan_every")]
    pub patchy_wan_every: Span,
    /// For how long on average, no longer than until the span is over. Assumed.
    #[serde(default = "defaults::patchy_wan_outage_mean")]
    pub patchy_wan_outage_mean: Span,
    /// Share of enrolled premises with a PPMID. Assumed: brings devices per home to the published 4.2.
    #[serde(default = "defaults::ppmid_share")]
    pub ppmid_share: f64,
    /// Share of enrolled premises whose meters are installed but not commissioned. Assumed.
    #[serde(default = "defaults::not_commissioned_share")]
    pub not_commissioned_share: f64,
    /// Share of enrolled premises whose meters are suspended. Assumed.
    #[serde(default = "defaults::suspended_share")]
    pub suspended_share: f64,
}

impl PopulationParams {
    /// The share of enrolled premises that have such a device.
    pub fn share_with(&self, device_type: DeviceType) -> f64 {
        match device_type {
            DeviceType::Esme | DeviceType::Chf => 1.0,
            DeviceType::Gsme | DeviceType::Gpf => self.gas_share,
            DeviceType::Ppmid => self.ppmid_share,
            DeviceType::Hcalcs | DeviceType::Sapc | DeviceType::Ihd | DeviceType::Cad => 0.0,
        }
    }
}

mod defaults {
    use super::Span;

    pub(super) fn enrolled_share() -> f64 {
        1.0
    }

    pub(super) fn gas_share() -> f64 {
        0.72
    }

    pub(super) fn dual_fuel_share() -> f64 {
        0.85
    }

    pub(super) fn prepayment_share() -> f64 {
        0.13
    }

    pub(super) fn no_wan_share() -> f64 {
        0.007
    }

    pub(super) fn patchy_wan_every() -> Span {
        Span::from_secs(86_400)
    }

    pub(super) fn patchy_wan_outage_mean() -> Span {
        Span::from_secs(3 * 3_600)
    }

    pub(super) fn ppmid_share() -> f64 {
        0.75
    }

    pub(super) fn not_commissioned_share() -> f64 {
        0.01
    }

    pub(super) fn suspended_share() -> f64 {
        0.002
    }
}
