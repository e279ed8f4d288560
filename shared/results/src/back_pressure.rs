//! What Users feel when the DSP throttles them or is overloaded: who was turned away how often, who got there in the
//! end and when, and how even that was. All of it follows from service levels and figures.

use crate::measure::{Quantiles, share};
use crate::run_outcome::RunOutcome;
use secnet_accounts::Account;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::service::ServiceLevel;
use secnet_accounts::traffic_management::UserTraffic;
use secnet_engine::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct BackPressureKpis {
    /// By name. Scheduled reads are not among a User's requests: the DSP starts them.
    pub by_user: Vec<UserBackPressure>,
    pub fairness: FairnessKpis,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct UserBackPressure {
    pub user: String,
    /// All that were asked for.
    pub requests: u64,
    /// Submissions, retries included.
    pub attempts: u64,
    /// Completed without a retry, of those due.
    pub first_attempt_share: Option<f64>,
    /// Completed in the end, of those due.
    pub eventual_share: Option<f64>,
    /// From the first submission to the answer, of the answered requests.
    pub time_to_success_s: Option<Quantiles>,
    /// Given up after a last refusal for overload.
    pub gave_up_overload: u64,
    /// Given up after having been throttled for the last time.
    pub gave_up_throttled: u64,
    /// What traffic management did; absent without SECMP0067.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<ManagedKpi>,
}

/// In the windows in which traffic was managed (SECMP0067), but for `throttled` which is of the whole run.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct ManagedKpi {
    /// Answers that told the User to wait.
    pub throttled: u64,
    /// Requests at the DSP's door, retries included.
    pub asked: u64,
    pub admitted: u64,
    /// The lesser of what it asked for and its limit, period by period.
    pub entitled: u64,
    /// Entitled to, and not admitted, period by period.
    pub short: u64,
    /// Admitted of what it was entitled to: less than 1 where the rule turned away what it promises.
    pub admitted_to_entitled: Option<f64>,
}

/// Jain's index over the Users: 1 when all fare alike, 1/n when one has everything.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FairnessKpis {
    /// Of the shares of requests completed in the end.
    pub eventual_success: Option<f64>,
    /// Of what each User was admitted to what it was entitled to, while traffic was managed.
    pub admitted_to_entitled: Option<f64>,
}

impl BackPressureKpis {
    pub(crate) fn new(run: &RunOutcome, total: &Account) -> BackPressureKpis {
        let mut levels = BTreeMap::<String, ServiceLevel>::new();
        for (key, level) in total.service.iter() {
            if key.mode != secnet_accounts::ServiceMode::Scheduled {
                levels.entry(run.user_name(key.user)).or_default().add(level);
            }
        }
        let by_user: Vec<UserBackPressure> = levels
            .iter()
            .map(|(user, level)| UserBackPressure::new(user, level, &total.figures))
            .collect();
        let fairness = FairnessKpis {
            eventual_success: jain(by_user.iter().filter_map(|user| user.eventual_share)),
            admitted_to_entitled: jain(
                by_user
                    .iter()
                    .filter_map(|user| user.managed?.admitted_to_entitled),
            ),
        };
        BackPressureKpis { by_user, fairness }
    }

    /// Whether anybody was turned away.
    pub fn was_felt(&self) -> bool {
        let turned_away = |user: &UserBackPressure| {
            user.gave_up_overload + user.gave_up_throttled > 0
                || user.managed.is_some_and(|managed| managed.throttled > 0)
        };
        self.by_user.iter().any(turned_away)
    }
}

impl UserBackPressure {
    fn new(user: &str, level: &ServiceLevel, figures: &Figures) -> UserBackPressure {
        let due = level.due();
        UserBackPressure {
            user: user.to_owned(),
            requests: level.opened,
            attempts: level.attempts,
            first_attempt_share: share(level.completed_at_first_attempt, due),
            eventual_share: share(level.completed(), due),
            time_to_success_s: Quantiles::of(&level.response_times),
            gave_up_overload: level.outcome(Outcome::GaveUpOverload),
            gave_up_throttled: level.outcome(Outcome::Throttled),
            managed: ManagedKpi::new(user, figures),
        }
    }
}

impl ManagedKpi {
    fn new(user: &str, figures: &Figures) -> Option<ManagedKpi> {
        let traffic: UserTraffic = figures.get(&Key::User(user.to_owned()))?;
        Some(ManagedKpi {
            throttled: traffic.throttled,
            asked: traffic.asked,
            admitted: traffic.admitted,
            entitled: traffic.entitled,
            short: traffic.short,
            admitted_to_entitled: share(traffic.entitled.saturating_sub(traffic.short), traffic.entitled),
        })
    }
}

/// Jain's fairness index, to six decimals; `None` of nobody or nothing.
pub(crate) fn jain(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        count += 1.0;
        sum += value;
        squares += value * value;
    }
    (squares > 0.0).then(|| (sum * sum / (count * squares) * 1e6).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn jains_index_is_one_for_equals_and_one_nth_where_one_has_all() {
        let jain = |values: &[f64]| super::jain(values.iter().copied());
        assert_eq!(jain(&[0.3, 0.3, 0.3]), Some(1.0));
        assert_eq!(jain(&[1.0, 0.0, 0.0, 0.0]), Some(0.25));
        assert_eq!(jain(&[2.0, 1.0]), Some(0.9));
        assert_eq!((jain(&[]), jain(&[0.0])), (None, None));
    }

    #[test]
    fn nobody_is_turned_away_where_there_is_room() {
        let run = sample::run();
        let kpis = BackPressureKpis::new(&run, &run.total());
        assert!(!kpis.was_felt());
        let requests: u64 = kpis.by_user.iter().map(|user| user.requests).sum();
        assert_eq!(requests, 6, "the sample's two scheduled reads are the DSP's");
        assert!(kpis.by_user.iter().all(|user| user.managed.is_none()));
    }

    #[test]
    fn figures_say_what_traffic_management_did_to_a_user() {
        let traffic = UserTraffic {
            throttled: 40,
            priority_requests: 0,
            asked: 100,
            admitted: 60,
            entitled: 50,
            short: 5,
        };
        let mut figures = Figures::default();
        figures.put(Key::User("Alba Energy".to_owned()), &traffic);
        let managed = ManagedKpi::new("Alba Energy", &figures).unwrap();
        assert_eq!((managed.throttled, managed.asked), (40, 100));
        assert_eq!(managed.admitted_to_entitled, Some(0.9));
        assert_eq!(ManagedKpi::new("Alba", &figures), None);
    }
}
