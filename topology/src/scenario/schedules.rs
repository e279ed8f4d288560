//! What the DSP reads by itself.

use super::Scenario;
use crate::check::Check;
use crate::units::{Span, TimeOfDay};
use crate::users::UserKind;
use schemars::JsonSchema;
use secnet_model::{DeviceType, Srv};
use serde::{Deserialize, Serialize};

const DAY: Span = Span::from_secs(86_400);

/// A daily schedule the DSP holds for each premises of a User's portfolio (SRV 5.1 sent before the scenario starts).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleParams {
    /// Which Users hold it: `suppliers`, `dnos`, `other_users`, or one User's name.
    pub from: String,
    /// A DSP-schedulable SRV.
    pub srv: String,
    /// Device type that is read, where the SRV allows several; the first its catalogue entry names otherwise. Gas is read of the
    /// premises the User supplies gas to.
    #[serde(default)]
    #[schemars(schema_with = "crate::words::device_type")]
    pub target: Option<DeviceType>,
    /// Share of the portfolio with the schedule.
    #[serde(default = "defaults::one")]
    pub share: f64,
    /// When the readings start (UTC).
    #[serde(default)]
    pub starts_at: TimeOfDay,
    /// Over how long the DSP spreads them evenly. Assumed.
    #[serde(default = "defaults::schedule_window")]
    pub window: Span,
    /// How far each reading strays from its even place, as a share of the time between two. Assumed.
    #[serde(default)]
    pub jitter: f64,
}

impl Check<'_> {
    pub(crate) fn schedules(&mut self, scenario: &Scenario) {
        for (i, schedule) in scenario.schedules.iter().enumerate() {
            let path = format!("schedules.{i}");
            let senders = self.senders(&path, &schedule.from);
            self.share(&format!("{path}.share"), schedule.share);
            self.share(&format!("{path}.jitter"), schedule.jitter);
            if schedule.window == Span::default() || schedule.window > DAY {
                self.wrong(
                    format!("{path}.window"),
                    format!("must be from 1us to 1d, not {}", schedule.window),
                );
            }
            let path = format!("{path}.srv");
            let Some(srv) = self.srv(&path, &schedule.srv) else {
                continue;
            };
            if !srv.entry().dsp_schedulable {
                let schedulable: Vec<&str> = Srv::all()
                    .filter(|srv| srv.entry().dsp_schedulable)
                    .map(Srv::number)
                    .collect();
                let message = format!(
                    "the DSP does not schedule {srv}; it schedules {}",
                    schedulable.join(", ")
                );
                self.wrong(&path, message);
            }
            self.roles(&path, srv, &senders);
            if let Some(target) = schedule.target {
                let path = format!("schedules.{i}.target");
                self.may_target(&path, srv, target);
                if let Some(dno) = senders
                    .iter()
                    .find(|user| user.kind == UserKind::Dno && target.is_gas())
                {
                    let message = format!(
                        "`{}` distributes electricity and reads no {}",
                        dno.name,
                        target.name()
                    );
                    self.wrong(path, message);
                }
            }
        }
    }
}

impl ScheduleParams {
    /// The type of device it reads with that SRV.
    pub fn device_type(&self, srv: Srv) -> Option<DeviceType> {
        self.target.or_else(|| srv.entry().targets.first().copied())
    }
}

mod defaults {
    use super::*;

    pub(super) fn one() -> f64 {
        1.0
    }

    pub(super) fn schedule_window() -> Span {
        Span::from_secs(6 * 3_600)
    }
}
