//! Service levels in the making, counted by the hundred.

use crate::Part;
use crate::mornings::MorningHours;
use crate::service::{Ended, Place, ServiceKey, ServiceLevels};
use secnet_model::SimTime;
use serde::{Deserialize, Serialize};

/// As many as wait to be counted together. Each request's rows and histogram buckets are far apart and, between two requests of one
/// node, long out of the cache: counted one by one they took a tenth of a run over Great Britain.
const TOGETHER: usize = 1024;

/// Counts requests as they are asked for and answered, part of a participant's state. What it counted is that of
/// [`ServiceLevels`], whenever it is asked.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ServiceTally {
    levels: ServiceLevels,
    /// To be counted, at most [`TOGETHER`].
    last: Vec<Counted>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Counted {
    key: ServiceKey,
    place: Option<Place>,
    what: What,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum What {
    Opened { at: SimTime, wanted_by: MorningHours },
    Ended(Ended),
}

impl ServiceTally {
    /// Counts one more that was asked for at `at`, where openings are counted one by one.
    #[inline]
    pub fn opened(&mut self, key: ServiceKey, place: Option<Place>, at: SimTime, wanted_by: MorningHours) {
        let what = What::Opened { at, wanted_by };
        self.count(Counted { key, place, what });
    }

    /// Counts one request's final answer.
    #[inline]
    pub fn ended(&mut self, key: ServiceKey, place: Option<Place>, ended: Ended) {
        let what = What::Ended(ended);
        self.count(Counted { key, place, what });
    }

    #[inline]
    fn count(&mut self, counted: Counted) {
        if self.last.len() >= TOGETHER {
            self.settle();
        }
        self.last.push(counted);
    }

    #[cold]
    fn settle(&mut self) {
        add_each(&mut self.levels, &self.last);
        self.last.clear();
    }

    pub fn add_to(&self, levels: &mut ServiceLevels) {
        levels.add(&self.levels);
        add_each(levels, &self.last);
    }

    pub fn levels(&self) -> ServiceLevels {
        let mut levels = self.levels.clone();
        add_each(&mut levels, &self.last);
        levels
    }
}

impl PartialEq for ServiceTally {
    /// By what was counted, not by what of it waits.
    fn eq(&self, other: &ServiceTally) -> bool {
        self.levels() == other.levels()
    }
}

fn add_each(levels: &mut ServiceLevels, counted: &[Counted]) {
    for Counted { key, place, what } in counted {
        match what {
            What::Opened { at, wanted_by } => levels.opened(*key, *place, *at, *wanted_by),
            What::Ended(ended) => levels.ended(*key, *place, *ended),
        }
    }
}

/// Its rows are the account's own.
impl Part for ServiceTally {
    fn memory_bytes(&self) -> usize {
        self.last.capacity() * size_of::<Counted>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::ServiceMode;
    use secnet_engine::Outcome;
    use secnet_model::{DeviceType, ResponseCode, SimDuration, Srv, UserId};

    #[test]
    fn what_waits_counts_as_what_was_counted_at_once() {
        let (mut tally, mut at_once) = (ServiceTally::default(), ServiceLevels::default());
        for number in 0..3 * TOGETHER as u32 + 1 {
            let key = ServiceKey {
                srv: Srv::from_number(if number % 3 == 0 { "4.1.1" } else { "7.4" }).unwrap(),
                mode: ServiceMode::ALL[number as usize % 2],
                user: UserId(number as u16 % 5),
                region: None,
            };
            let place = (number % 7 > 0).then_some(Place {
                area: number as u8 % 14,
                device_type: DeviceType::ALL[number as usize % 2],
            });
            let asked_at = SimTime::from_secs(u64::from(number) * 41);
            let ended = Ended {
                outcome: [Outcome::Completed, Outcome::NoResponse][number as usize / 2 % 2],
                code: ResponseCode::I0,
                asked_at,
                response_time: SimDuration::from_millis(u64::from(number) * 37),
                attempts: 1 + number % 2,
                in_time_for: MorningHours::default(),
            };
            tally.opened(key, place, asked_at, MorningHours::default());
            at_once.opened(key, place, asked_at, MorningHours::default());
            tally.ended(key, place, ended);
            at_once.ended(key, place, ended);
            if number % 500 == 0 {
                assert_eq!(tally.levels(), at_once, "after {number}");
            }
        }
        let mut twice = tally.levels();
        tally.add_to(&mut twice);
        at_once.add(&at_once.clone());
        assert_eq!(twice, at_once);
    }
}
