//! The SMETS1 Service Provider.

use super::{LinkParams, sizing};
use crate::check::{Check, SERVERS_MAX};
use crate::units::{BitRate, Bytes, Span};
use schemars::JsonSchema;
use secnet_model::SimDuration;
use serde::{Deserialize, Serialize};

/// The SMETS1 Service Provider (S1SP), the Dual Control Organisation (DCO) beside it, and the cellular hubs it reaches: one for all
/// SMETS1 premises, where there are several in truth. All its figures are assumed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct S1spParams {
    /// Messages that its head end deals with side by side: requests, responses and alerts, in order of arrival. Assumed.
    pub servers: u32,
    /// Time one of them takes, whatever its length. Assumed.
    pub service_time: Span,
    /// What a server takes in or hands on: a long message keeps it busy for longer. Assumed.
    pub server_rate: BitRate,
    /// Octets the cellular network adds to each message. Assumed.
    pub overhead: Bytes,
    /// Messages waiting beyond which new ones are lost. Assumed.
    pub queue_limit: u32,
    /// The number of premises the servers and the queue limit are meant for, as with the DSP's. As they stand when absent.
    pub sized_for_premises: Option<u32>,
    /// Time the DCO takes to check a critical request, which no User signs a pre-command for. Assumed.
    pub dual_control_time: Span,
    /// Time the code of a vend takes, which is made inside the DCC for SMETS1 (domain.md §10.1). Assumed.
    pub vend_code_time: Span,
    /// Shortest time until a hub that was woken by a short message (SMS) is there. Assumed.
    pub wake_up_min: Span,
    /// Mean of that time. Assumed.
    pub wake_up_mean: Span,
    /// Chance that a short message does not wake its hub. Assumed.
    pub wake_up_loss: f64,
    /// Short messages in all before a hub counts as out of reach. Assumed.
    pub wake_ups_max: u32,
    /// Wait before the next short message is sent. Assumed.
    pub wake_up_again_after: Span,
    /// Short messages that a read of network data (4.10) takes, one after the other, whether the hub is awake or not (MP312,
    /// domain.md §8).
    pub network_data_wake_ups: u32,
    /// How long a hub stays awake after the last it was sent. Assumed.
    pub awake_for: Span,
    /// Shortest one-way latency to and from a hub that is awake. Assumed.
    pub latency_min: Span,
    /// Mean of that latency. Assumed.
    pub latency_mean: Span,
    /// Chance that a transmission is lost. Assumed.
    pub loss: f64,
    /// Transmissions of a message in all before it counts as lost. Assumed.
    pub transmissions_max: u32,
    /// Wait before a lost message is sent again. Assumed.
    pub retransmit_after: Span,
    /// Neighbouring premises that one mast serves: what an event's `cells` count. Assumed.
    pub cell_premises: u32,
}

impl Default for S1spParams {
    fn default() -> S1spParams {
        S1spParams {
            servers: 16,
            service_time: Span::from_millis(5),
            server_rate: BitRate::from_bits_per_second(1_000_000),
            overhead: Bytes(60),
            queue_limit: 100_000,
            sized_for_premises: None,
            dual_control_time: Span::from_millis(200),
            vend_code_time: Span::from_millis(100),
            wake_up_min: Span::from_millis(1_500),
            wake_up_mean: Span::from_millis(4_000),
            wake_up_loss: 0.02,
            wake_ups_max: 3,
            wake_up_again_after: Span::from_secs(20),
            network_data_wake_ups: 2,
            awake_for: Span::from_secs(60),
            latency_min: Span::from_millis(300),
            latency_mean: Span::from_millis(1_200),
            loss: 0.005,
            transmissions_max: 4,
            retransmit_after: Span::from_secs(3),
            cell_premises: 500,
        }
    }
}

impl S1spParams {
    /// The time a message of that length takes, and for how long its server is busy where there are so many premises.
    pub fn service(&self, bytes: u32, premises: u32) -> (SimDuration, SimDuration) {
        let bits = (u64::from(bytes) + self.overhead.0) * 8;
        let transfer = SimDuration(bits * 1_000_000 / self.server_rate.bits_per_second().max(1));
        let time = self.service_time.as_duration() + transfer;
        (time, sizing::busy_time(self.scale(premises), time))
    }

    /// How many messages may wait where there are so many premises.
    pub fn queue_limit_for(&self, premises: u32) -> usize {
        sizing::queue_limit(self.scale(premises), self.queue_limit)
    }

    fn scale(&self, premises: u32) -> Option<f64> {
        sizing::scale(self.sized_for_premises, premises)
    }

    /// The way to and from its hubs.
    pub fn link(&self) -> LinkParams {
        LinkParams {
            latency_min: self.latency_min,
            latency_mean: self.latency_mean,
        }
    }
}

impl Check<'_> {
    pub(crate) fn s1sp(&mut self, s1sp: &S1spParams) {
        self.link("s1sp", &s1sp.link());
        if !(1..=SERVERS_MAX).contains(&s1sp.servers) {
            let message = format!("there must be 1 to {SERVERS_MAX}, not {}", s1sp.servers);
            self.wrong("s1sp.servers", message);
        }
        if s1sp.server_rate.bits_per_second() == 0 {
            self.wrong("s1sp.server_rate", "must be more than zero");
        }
        self.min_and_mean("s1sp.wake_up_mean", s1sp.wake_up_min, s1sp.wake_up_mean);
        for (key, share) in [("wake_up_loss", s1sp.wake_up_loss), ("loss", s1sp.loss)] {
            self.share(&format!("s1sp.{key}"), share);
        }
        for (key, number) in [
            ("wake_ups_max", s1sp.wake_ups_max),
            ("network_data_wake_ups", s1sp.network_data_wake_ups),
            ("transmissions_max", s1sp.transmissions_max),
        ] {
            let path = format!("s1sp.{key}");
            self.at_least_one(&path, number);
            if number > TRIES_MAX {
                self.wrong(path, format!("must be from 1 to {TRIES_MAX}, not {number}"));
            }
        }
        self.at_least_one("s1sp.cell_premises", s1sp.cell_premises);
    }
}

/// More would be no emulation of a network that gives up.
const TRIES_MAX: u32 = 255;
