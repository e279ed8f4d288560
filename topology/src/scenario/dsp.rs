//! The Data Service Provider.

use super::sizing;
use crate::units::Span;
use schemars::JsonSchema;
use secnet_model::SimDuration;
use serde::{Deserialize, Serialize};

/// The Data Service Provider.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DspParams {
    /// Requests and responses served side by side. Assumed.
    pub servers: u32,
    /// Time one of them takes. Assumed.
    pub service_time: Span,
    /// Requests waiting beyond which new ones are answered Busy. Assumed.
    pub queue_limit: u32,
    /// The number of premises the servers and the queue limit are meant for: with another number a server is busy for longer or
    /// shorter after each service, and the queue limit is scaled, so that the capacity per premises and the longest wait stay
    /// what they are. A service takes as long as ever. As they stand when absent.
    pub sized_for_premises: Option<u32>,
    /// Whether a request is refused (E11) for a type of device that the RTDS vectors have no example of with its SRV. Assumed: the vectors
    /// have one device each and are a lower bound, but no public source lists the others.
    pub refuses_unseen_targets: bool,
    /// What a Busy answer asks the User to wait. Assumed.
    pub retry_after: Span,
    /// A command without an answer is given up this many times the SRV's target response time after it was sent. Assumed.
    pub timeout_in_target_response_times: f64,
    /// Shortest such time-out. Assumed: a sleeping GSME answers after up to half an hour.
    pub timeout_min: Span,
    /// How often the DSP tries again to push what a User did not take. Assumed.
    pub push_again_every: Span,
    /// For how long it tries before it waits for the User's gateway to open (domain.md §14).
    pub push_again_for: Span,
    /// For how long it keeps what it could not push (domain.md §14).
    pub undelivered_kept_for: Span,
    /// How many devices it suspends in a second, once a version is off the Central Products List. Assumed, range 10 to 10,000.
    pub suspensions_per_second: u32,
}

impl Default for DspParams {
    fn default() -> Self {
        DspParams {
            servers: 16,
            service_time: Span::from_micros(2_000),
            queue_limit: 20_000,
            sized_for_premises: None,
            refuses_unseen_targets: true,
            retry_after: Span::from_secs(2),
            timeout_in_target_response_times: 2.0,
            timeout_min: Span::from_secs(3_600),
            push_again_every: Span::from_secs(30),
            push_again_for: Span::from_secs(300),
            undelivered_kept_for: Span::from_secs(2 * 86_400),
            suspensions_per_second: 100,
        }
    }
}

impl DspParams {
    /// How long a server is busy with one where there are so many premises.
    pub fn busy_time_for(&self, premises: u32) -> SimDuration {
        sizing::busy_time(self.scale(premises), self.service_time.as_duration())
    }

    pub fn queue_limit_for(&self, premises: u32) -> usize {
        sizing::queue_limit(self.scale(premises), self.queue_limit)
    }

    /// After how long a command with that target response time is given up: a multiple of it, but not less than the shortest time-out
    /// allowed (both assumed).
    pub fn timeout(&self, target_response_time: SimDuration) -> SimDuration {
        let multiple = target_response_time.as_secs_f64() * self.timeout_in_target_response_times;
        SimDuration::from_secs_f64(multiple)
            .max(self.timeout_min.as_duration())
            .max(SimDuration(1))
    }

    /// Requests, responses and alerts it can serve.
    pub fn services_per_second(&self, premises: u32) -> f64 {
        let time = self.busy_time_for(premises).as_secs_f64();
        f64::from(self.servers.max(1)) / time.max(1e-6)
    }

    /// What a run with so many premises says of the network the DSP is sized for, and what not; `None` where it is that network.
    pub fn slice(&self, premises: u32) -> Option<String> {
        let scale = self.scale(premises)?;
        Some(format!(
            "The DSP is sized for {} premises and has {scale:.4} of its servers' time here: its throughput, its longest wait and all \
             that happens on the WAN are as with all of them, in proportion; the ordinary wait for a server is {:.1} times as long.",
            self.sized_for_premises.unwrap_or_default(),
            1.0 / scale
        ))
    }

    /// How many times as many premises as it is sized for.
    fn scale(&self, premises: u32) -> Option<f64> {
        sizing::scale(self.sized_for_premises, premises)
    }
}
