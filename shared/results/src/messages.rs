//! Messages and alerts between Users and the DCC: what the published monthly figures count (domain.md §7.1).

use crate::measure::share;
use crate::run_outcome::RunOutcome;
use secnet_accounts::figures::Key;
use secnet_accounts::{Account, Messages};
use serde::{Deserialize, Serialize};

/// The month of the published figures, July 2022 and August 2024.
const DAYS_A_MONTH: f64 = 31.0;
const DAY_S: f64 = 86_400.0;

/// A *message* is a service request, a pre-command, a signed pre-command or a service response: a read on demand is two, a price change
/// four, a scheduled read one. Acknowledgements (I99) and what is turned away at the door are none, alerts are counted apart. Assumed:
/// no source says how the published figures are counted.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct MessageKpis {
    pub messages: u64,
    pub service_requests: u64,
    pub pre_commands: u64,
    pub signed_pre_commands: u64,
    pub service_responses: u64,
    /// Messages about reads (SRVs 4.x), of all messages.
    pub reads_share: Option<f64>,
    /// Device alerts sent on to Users.
    pub device_alerts: u64,
    pub dcc_alerts: u64,
    /// At this rate; absent for runs of less than a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<MonthKpi>,
}

/// 31 days like those of the run.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct MonthKpi {
    pub messages: f64,
    /// … by the electricity and gas meters to be expected of the scenario's shares.
    pub messages_per_meter: Option<f64>,
    pub device_alerts: f64,
    pub dcc_alerts: f64,
}

impl MessageKpis {
    pub(crate) fn new(run: &RunOutcome, total: &Account) -> MessageKpis {
        let counted: Messages = total.figures.get(&Key::Whole).unwrap_or_default();
        let Messages {
            service_requests,
            signed_pre_commands,
            pre_commands,
            service_responses,
            messages_of_reads,
            device_alerts_sent_on: device_alerts,
            dcc_alerts,
        } = counted;
        let messages = counted.total();
        let days = run.scenario.horizon.as_duration().as_secs_f64() / DAY_S;
        let in_a_month = |count: u64| count as f64 * DAYS_A_MONTH / days;
        let population = &run.scenario.population;
        let meters =
            f64::from(population.premises) * population.enrolled_share * (1.0 + population.gas_share);
        MessageKpis {
            messages,
            service_requests,
            pre_commands,
            signed_pre_commands,
            service_responses,
            reads_share: share(messages_of_reads, messages),
            device_alerts,
            dcc_alerts,
            month: (days >= 1.0).then(|| MonthKpi {
                messages: in_a_month(messages),
                messages_per_meter: (meters > 0.0).then(|| in_a_month(messages) / meters),
                device_alerts: in_a_month(device_alerts),
                dcc_alerts: in_a_month(dcc_alerts),
            }),
        }
    }
}
