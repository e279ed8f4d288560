//! Firmware over the air: campaigns, and what the network and the devices do with an image.

use super::Scenario;
use crate::check::Check;
use crate::suggest::mend;
use crate::units::{Bytes, ExecuteAt, Span, TimeOfDay};
use schemars::JsonSchema;
use secnet_model::{Calendar, DeviceType, SimTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most devices one request lists (domain.md §9: 1,199,999 characters of 24 each).
pub const BATCH_DEVICES_MAX: u32 = 50_000;
/// DUIS's largest image (domain.md §9).
const IMAGE_MAX: Bytes = Bytes(10_240_000);
/// How many blocks an image may have.
const BLOCKS_MAX: u64 = 65_536;
const CAMPAIGNS_MAX: usize = 1_000;
const ROUNDS_MAX: u32 = 100;
const WAVES_MAX: usize = 16;

/// Suppliers give a model of their devices a new firmware: SRV 11.1, and 11.3 to activate it; 11.4 for PPMIDs, which activate it
/// themselves. Devices of SMETS2 only: those of SMETS1 get theirs otherwise.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignParams {
    /// Unique among the campaigns.
    pub name: String,
    /// Whose firmware it is: `ESME`, `GSME` or `PPMID`, or `CHF` for hubs, whose firmware Suppliers release as SECMP0024 proposed. It comes by
    /// the same requests, and hubs activate it themselves (assumed).
    #[schemars(schema_with = "crate::words::device_type")]
    pub device: DeviceType,
    /// Suppliers that run it, by name; all when empty. Each sends its own requests, and its image.
    #[serde(default)]
    pub suppliers: Vec<String>,
    /// Share of each Supplier's premises whose device is of the model.
    #[serde(default = "defaults::all")]
    pub share: f64,
    /// Size of the image, at most 10,240 kB (domain.md §9). Assumed, range 100 kB to 2 MB; about 750 kB is said to be typical.
    #[serde(default = "defaults::image")]
    pub image: Bytes,
    /// First request, after the epoch.
    #[serde(default)]
    pub starts_after: Span,
    /// Whether its requests come from `[[requests]]`, or from outside, with its name as their `campaign`: each lists the next devices. By themselves none
    /// go out then.
    #[serde(default)]
    pub by_hand: bool,
    /// Premises of a request, at most 50,000 (domain.md §9); it lists the devices of the model that stand there.
    #[serde(default = "defaults::batch_devices")]
    pub batch_devices: u32,
    /// Between one request of a Supplier and the next. Assumed, range 10 min to 7 d.
    #[serde(default = "defaults::batch_every")]
    pub batch_every: Span,
    /// From a device's word that the image is sound (8F72) to the Supplier's request to activate it (11.3). Assumed, range 0 s to 28 d.
    #[serde(default)]
    pub activate_after: Span,
    /// When Suppliers ask devices to activate it, once `activate_after` is over: a time of day or a date and time, UTC, all that are sound by then
    /// at once. As soon as it is over when absent. Assumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activate_at: Option<ExecuteAt>,
    /// Whether the request to activate it is future-dated: it goes out once `activate_after` is over, the device keeps it and executes it at
    /// `activate_at`, and tells what came of it (8F66, 8F67). Assumed.
    #[serde(default)]
    pub activate_future_dated: bool,
    /// Requests to activate it, in all, before the Supplier gives a device up that does not answer. Assumed, range 1 to 10.
    #[serde(default = "defaults::activations_max")]
    pub activations_max: u32,
    /// How long after no answer it asks again. Assumed, range 1 h to 7 d.
    #[serde(default = "defaults::activate_again_after")]
    pub activate_again_after: Span,
    /// How long after its request a Supplier gives up the devices it has not heard of. Assumed, range 7 to 60 d.
    #[serde(default = "defaults::give_up_after")]
    pub give_up_after: Span,
    /// How long after a device has taken to its new version the Supplier reads it back (11.2; of a hub, its electricity meter's): only then the
    /// device counts as updated, and one that does not answer, asked as often as for its activation, as lost. Not read back when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_back_after: Option<Span>,
    /// A safe launch: up to which share of the campaign's premises each wave goes, ascending, the last 1. One wave when empty.
    #[serde(default)]
    pub waves: Vec<f64>,
    /// From the last request of a wave to the first of the next. Assumed, range 1 to 14 d.
    #[serde(default = "defaults::soak")]
    pub soak: Span,
    /// A Supplier stops before a wave where more than this share failed of its devices whose fate it knows by then: unsound, refused to
    /// activate, or not heard of. It then lists no more, and asks none to activate. It does not stop when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_above: Option<f64>,
    /// This campaign rolls that one back, which has a `stop_above`, with the version before: a Supplier that stops it sends this image to all
    /// devices that its requests listed, request by request, `batch_every` from one to the next. Shares, waves, Suppliers and devices of a request are
    /// that one's, and nothing happens unless it stops. Assumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolls_back: Option<String>,
    /// Share of devices that find this image corrupt, where it is not `firmware.unsound_share`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsound_share: Option<f64>,
    /// Share of devices that are not heard of again once they run this image: a bad one.
    #[serde(default)]
    pub lost_share: f64,
}

/// What becomes of an image on its way, in all campaigns. No figure of the networks is public; each CSP's airtime is in its own section.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FirmwareParams {
    /// SECMP0009, a central library of images. With it an image is put there once for all Suppliers of a campaign, by its maker; their
    /// requests name it and bring only their lists, the DSP gives it to each CSP once, and a cell broadcasts it to the hubs of all of them
    /// together. Without it each Supplier sends its own with each of its requests. Only title and status of SECMP0009 are public
    /// (domain.md §9): what it does is assumed.
    pub central_library: bool,
    /// An image goes over the SM WAN in blocks of that size, the last filled up. Assumed, range 100 B to 2 kB.
    pub block: Bytes,
    /// CSPs distribute images from that time of day on, UTC. Assumed.
    pub not_before: TimeOfDay,
    /// Until that time of day; all day where it is `not_before`. Assumed.
    pub not_after: TimeOfDay,
    /// How long after the first image for a cell its broadcast begins, so that others of its request are served with it. Assumed, range
    /// 1 min to 1 d.
    pub gather: Span,
    /// Rounds of a broadcast: the whole image, then what any of its hubs has missed, again and again. What hubs miss even then goes to
    /// each by itself. Assumed, range 1 to 20.
    pub rounds_max: u32,
    /// A hub that missed more than this share of the first round, as it was without power or coverage, is served by itself. Assumed, range
    /// 0.1 to 1.
    pub alone_above_share: f64,
    /// How long a CSP waits before it tries hubs again that do not hear it. Assumed, range 10 min to 1 d.
    pub again_after: Span,
    /// How long a CSP tries, from the last image of a request for a cell on, before it reports failure (N61). Assumed, range 1 to 28 d.
    pub keep: Span,
    /// From hub to ESME, or PPMID, over the HAN: at least. Assumed, range 30 min to 12 h (domain.md §9).
    pub han_min: Span,
    /// From hub to ESME, or PPMID, over the HAN: on average. Assumed, range 2 to 12 h (domain.md §9).
    pub han_mean: Span,
    /// From hub to GSME, which sleeps: at least. Assumed, range 6 h to 5 d (domain.md §9).
    pub han_gas_min: Span,
    /// From hub to GSME, which sleeps: on average. Assumed, range 1 to 5 d (domain.md §9).
    pub han_gas_mean: Span,
    /// Share of devices that find their image corrupt (8F1C). Assumed, range 0 to 0.1 (domain.md §9: success 90 to 97 % first try).
    pub unsound_share: f64,
    /// Share of devices that are of another model than records say, which find any image unsound. Assumed, range 0 to 0.02.
    pub wrong_model_share: f64,
    /// Share of devices that have no room for an image, and find it unsound. Assumed, range 0 to 0.02.
    pub memory_full_share: f64,
    /// Share of devices that refuse to activate an image that is sound. Assumed, range 0 to 0.05.
    pub activation_refused_share: f64,
    /// Share of ESMEs whose activation interrupts their hub's supply for so long that it raises an outage alert, a false one: the defect
    /// that MP102 mended (domain.md §6). Assumed, range 0 to 0.2.
    pub false_outage_share: f64,
}

impl Default for FirmwareParams {
    fn default() -> FirmwareParams {
        FirmwareParams {
            central_library: false,
            block: Bytes(500),
            not_before: TimeOfDay::from_hour(0),
            not_after: TimeOfDay::from_hour(0),
            gather: Span::from_secs(3_600),
            rounds_max: 6,
            alone_above_share: 0.5,
            again_after: Span::from_secs(6 * 3_600),
            keep: Span::from_secs(7 * 86_400),
            han_min: Span::from_secs(2 * 3_600),
            han_mean: Span::from_secs(5 * 3_600),
            han_gas_min: Span::from_secs(86_400),
            han_gas_mean: Span::from_secs(2 * 86_400),
            unsound_share: 0.02,
            wrong_model_share: 0.0,
            memory_full_share: 0.0,
            activation_refused_share: 0.01,
            false_outage_share: 0.0,
        }
    }
}

impl CampaignParams {
    /// What its requests ask for: PPMIDs and hubs are given their image and activate it by the same request (domain.md §9).
    pub fn srv_number(&self) -> &'static str {
        if self.activates_itself() { "11.4" } else { "11.1" }
    }

    /// Whether its devices activate the image without being asked.
    pub fn activates_itself(&self) -> bool {
        self.device.activates_firmware_itself()
    }

    /// When a device is to be asked to activate the image that it has found sound by `now`.
    pub fn asks_at(&self, calendar: Calendar, now: SimTime) -> SimTime {
        let ready = now + self.activate_after.as_duration();
        match self.activate_at.filter(|_| !self.activate_future_dated) {
            // A date that is past is no reason to wait.
            Some(at) => at.of_request(calendar, ready).max(ready),
            None => ready,
        }
    }

    /// When a device that is asked at `now` is to activate its image; at once where there is no time.
    pub fn execution(&self, calendar: Calendar, now: SimTime) -> Option<SimTime> {
        let at = self.activate_at.filter(|_| self.activate_future_dated)?;
        Some(at.of_request(calendar, now)).filter(|at| *at > now)
    }
}

impl FirmwareParams {
    /// How many blocks an image takes.
    pub fn blocks(&self, image: Bytes) -> u32 {
        u32::try_from(image.0.div_ceil(self.block.0.max(1))).unwrap_or(u32::MAX)
    }
}

impl Check<'_> {
    pub(crate) fn firmware(&mut self, scenario: &Scenario) {
        self.firmware_params(&scenario.firmware);
        if scenario.campaigns.len() > CAMPAIGNS_MAX {
            let message = format!("there may be {CAMPAIGNS_MAX}, not {}", scenario.campaigns.len());
            self.wrong("campaigns", message);
        }
        let mut names = BTreeSet::new();
        for (i, campaign) in scenario.campaigns.iter().enumerate() {
            let path = format!("campaigns.{i}");
            if campaign.name.trim().is_empty() {
                self.wrong(format!("{path}.name"), "a campaign needs a name");
            } else if !names.insert(&campaign.name) {
                let message = format!("two campaigns are named `{}`", campaign.name);
                self.wrong(format!("{path}.name"), message);
            }
            self.campaign(&path, campaign, scenario);
        }
    }

    fn campaign(&mut self, path: &str, campaign: &CampaignParams, scenario: &Scenario) {
        let at = |key: &str| format!("{path}.{key}");
        if !matches!(
            campaign.device,
            DeviceType::Esme | DeviceType::Gsme | DeviceType::Ppmid | DeviceType::Chf
        ) {
            let message = format!(
                "Suppliers update `ESME`, `GSME`, `PPMID` and `CHF`, not `{}`",
                campaign.device.name()
            );
            self.wrong(at("device"), message);
        }
        for name in &campaign.suppliers {
            if !scenario.suppliers.iter().any(|supplier| supplier.name == *name) {
                let names = scenario.suppliers.iter().map(|supplier| supplier.name.as_str());
                self.wrong(
                    at("suppliers"),
                    format!("no Supplier `{name}`{}", mend(name, names)),
                );
            }
        }
        if let Some(other) = &campaign.rolls_back {
            self.rolls_back(&at("rolls_back"), campaign, other, scenario);
        }
        if campaign.by_hand && (campaign.stop_above.is_some() || campaign.rolls_back.is_some()) {
            let message = "whoever sends its requests stops, and rolls back, by hand too";
            self.wrong(at("by_hand"), message);
        }
        self.share(&at("share"), campaign.share);
        self.waves(&at("waves"), &campaign.waves);
        self.share(&at("lost_share"), campaign.lost_share);
        for (key, share) in [
            ("stop_above", campaign.stop_above),
            ("unsound_share", campaign.unsound_share),
        ] {
            if let Some(share) = share {
                self.share(&at(key), share);
            }
        }
        let blocks = scenario.firmware.blocks(campaign.image);
        if campaign.image == Bytes(0) || campaign.image > IMAGE_MAX {
            let message = format!("must be from 1B to {IMAGE_MAX}, not {}", campaign.image);
            self.wrong(at("image"), message);
        } else if u64::from(blocks) > BLOCKS_MAX {
            let message = format!(
                "makes {blocks} blocks of {}; {BLOCKS_MAX} are the most",
                scenario.firmware.block
            );
            self.wrong(at("image"), message);
        }
        if !(1..=BATCH_DEVICES_MAX).contains(&campaign.batch_devices) {
            let message = format!(
                "must be from 1 to {BATCH_DEVICES_MAX}, not {}",
                campaign.batch_devices
            );
            self.wrong(at("batch_devices"), message);
        }
        self.positive(&at("batch_every"), campaign.batch_every);
        if campaign.activate_at.is_some() && campaign.activates_itself() {
            let message = format!("a {} activates its image itself", campaign.device.name());
            self.wrong(at("activate_at"), message);
        }
        if campaign.activate_future_dated && campaign.activate_at.is_none() {
            self.wrong(at("activate_future_dated"), "needs `activate_at`, its time");
        }
        self.at_least_one(&at("activations_max"), campaign.activations_max);
        self.positive(&at("activate_again_after"), campaign.activate_again_after);
        self.positive(&at("give_up_after"), campaign.give_up_after);
        let batches = scenario
            .population
            .premises
            .div_ceil(campaign.batch_devices.max(1));
        if batches + WAVES_MAX as u32 > u32::from(u16::MAX) {
            let message = format!("makes {batches} requests; {} are the most", u16::MAX);
            self.wrong(at("batch_devices"), message);
        }
    }

    fn rolls_back(&mut self, path: &str, campaign: &CampaignParams, other: &str, scenario: &Scenario) {
        let before = scenario
            .campaigns
            .iter()
            .take_while(|it| it.name != campaign.name);
        let Some(found) = before.clone().find(|it| it.name == other) else {
            let names = before.map(|it| it.name.as_str());
            let message = format!("no campaign `{other}` before this one{}", mend(other, names));
            return self.wrong(path, message);
        };
        if found.device != campaign.device {
            let message = format!(
                "`{other}` updates {}, this one {}",
                found.device.name(),
                campaign.device.name()
            );
            self.wrong(path, message);
        }
        if found.stop_above.is_none() || found.waves.is_empty() || found.rolls_back.is_some() {
            let message =
                format!("`{other}` never stops: it needs `waves` and `stop_above`, and rolls nothing back");
            self.wrong(path, message);
        }
    }

    fn waves(&mut self, path: &str, waves: &[f64]) {
        if waves.len() > WAVES_MAX {
            self.wrong(path, format!("there may be {WAVES_MAX}, not {}", waves.len()));
        }
        let ascends = waves.first().is_none_or(|first| *first > 0.0)
            && waves.windows(2).all(|pair| pair[0] < pair[1])
            && waves.last().is_none_or(|last| *last == 1.0);
        if !ascends {
            self.wrong(
                path,
                format!("must ascend from more than 0 to 1, as [0.01, 0.1, 1.0] does, not {waves:?}"),
            );
        }
    }

    fn firmware_params(&mut self, params: &FirmwareParams) {
        if params.block == Bytes(0) {
            self.wrong("firmware.block", "must be at least 1B");
        }
        self.positive("firmware.gather", params.gather);
        if !(1..=ROUNDS_MAX).contains(&params.rounds_max) {
            let message = format!("must be from 1 to {ROUNDS_MAX}, not {}", params.rounds_max);
            self.wrong("firmware.rounds_max", message);
        }
        self.share("firmware.alone_above_share", params.alone_above_share);
        self.positive("firmware.again_after", params.again_after);
        self.positive("firmware.keep", params.keep);
        self.min_and_mean("firmware.han_mean", params.han_min, params.han_mean);
        self.min_and_mean("firmware.han_gas_mean", params.han_gas_min, params.han_gas_mean);
        self.share("firmware.unsound_share", params.unsound_share);
        self.share("firmware.wrong_model_share", params.wrong_model_share);
        self.share("firmware.memory_full_share", params.memory_full_share);
        self.share(
            "firmware.activation_refused_share",
            params.activation_refused_share,
        );
        self.share("firmware.false_outage_share", params.false_outage_share);
    }
}

mod defaults {
    use super::*;

    pub(super) fn all() -> f64 {
        1.0
    }

    pub(super) fn image() -> Bytes {
        Bytes(750_000)
    }

    pub(super) fn batch_devices() -> u32 {
        BATCH_DEVICES_MAX
    }

    pub(super) fn batch_every() -> Span {
        Span::from_secs(3_600)
    }

    pub(super) fn activations_max() -> u32 {
        3
    }

    pub(super) fn activate_again_after() -> Span {
        Span::from_secs(86_400)
    }

    pub(super) fn soak() -> Span {
        Span::from_secs(3 * 86_400)
    }

    pub(super) fn give_up_after() -> Span {
        Span::from_secs(28 * 86_400)
    }
}
