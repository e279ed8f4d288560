//! Which Modifications are switched on, from when, and with which parameters.

use crate::dice::{Dice, HOUR, MIN, MS, S};
use secnet_topology::modifications::secmp0008::{AnomalyDetectionParams, DccLimit, UserLimit};
use secnet_topology::modifications::secmp0062::Secmp0062Params;
use secnet_topology::modifications::secmp0067::{Allocation, Counted, Secmp0067Params, ThresholdReading};
use secnet_topology::modifications::{ModificationParams, ModificationSwitches, Switch};
use secnet_topology::{Bytes, DateTime};

impl Dice {
    #[allow(
        clippy::needless_update,
        reason = "a Modification that is added must not break this"
    )]
    pub(super) fn switches(&mut self, epoch: DateTime) -> ModificationSwitches {
        ModificationSwitches {
            secmp0008: self.switch(epoch),
            secmp0028: self.switch(epoch),
            // Alerts that repeat are rare, so that what becomes of them needs more tries.
            secmp0062: match self.once_in(2) {
                true => Switch::On,
                false => self.switch(epoch),
            },
            secmp0067: self.switch(epoch),
            ..ModificationSwitches::default()
        }
    }

    /// The first midnight is within about every third run.
    pub(super) fn switch(&mut self, epoch: DateTime) -> Switch {
        match self.below(6) {
            0 | 1 => Switch::On,
            2 => Switch::From(epoch.date().tomorrow()),
            3 => Switch::AsOf,
            _ => Switch::Off,
        }
    }

    /// So tight that what is switched on is felt even by little traffic.
    pub(super) fn parameters(&mut self) -> ModificationParams {
        let secmp0067 = Secmp0067Params {
            system_capacity: Some(self.one_of(&[0.001, 0.1, 10.0])),
            operating_threshold: self.one_of(&[0.01, 0.8, 1.0]),
            allocated_share: self.share(0.8),
            allocation: self.one_of(&[
                Allocation::EnrolledMeters,
                Allocation::Role,
                Allocation::Equal,
                Allocation::Forecast,
            ]),
            counts: self.one_of(&[Counted::Requests, Counted::Services]),
            burst: self.one_of(&[1, 20]),
            monitored_min: self.one_of(&[0, 1, 100]),
            throttles_signed_pre_commands: self.one_of(&[false, true]),
            allocation_floor: self.share(0.01),
            monitoring_window: self.span(&[MS, S, MIN, HOUR]),
            threshold_reading: self.one_of(&[
                ThresholdReading::PerUserShare,
                ThresholdReading::EqualShare,
                ThresholdReading::WholeSystem,
                ThresholdReading::Headroom,
            ]),
            retry_after: self.span(&[0, MS, S, MIN]),
            ..Secmp0067Params::default()
        };
        let window = self.span(&[S, MIN, HOUR]);
        let secmp0062 = Secmp0062Params {
            threshold: self.between(1, 3) as u32,
            window,
            period: self.at_least(window, &[0, MIN, HOUR]),
            dcc_alerts: self.once_in(2),
            // The DCC's own repeat where quarantine's are not left out.
            excluded: match self.once_in(2) {
                true => Vec::new(),
                false => Secmp0062Params::default().excluded,
            },
            ..Secmp0062Params::default()
        };
        let release_delay_min = self.span(&[0, S, 10 * MIN]);
        let secmp0008 = AnomalyDetectionParams {
            live_from: None,
            window: self.span(&[S, MIN, HOUR]),
            user_limits: vec![UserLimit {
                per_premises: self.one_of(&[0.0, 0.01, 1.0]),
                ..UserLimit::default()
            }],
            dcc_limits: vec![DccLimit {
                srvs: vec!["4.x".to_owned()],
                per_premises: self.one_of(&[0.0, 0.1, 1.0]),
            }],
            payload_max: self.once_in(2).then_some(Bytes(1_500)),
            release_share: self.share(0.5),
            release_delay_min,
            release_delay_mean: self.at_least(release_delay_min, &[0, MIN, HOUR]),
            batch: self.between(1, 4) as u32,
            batch_every: self.span(&[0, S, 10 * MIN]),
        };
        ModificationParams {
            secmp0067,
            secmp0062,
            secmp0008,
            ..ModificationParams::default()
        }
    }
}
