//! Service and alert levels in the making, counted by the thousand.

use crate::Part;
use crate::alerts::{AlertKey, AlertLevels, Arrived};
use crate::mornings::MorningHours;
use crate::service::{Ended, Place, ServiceKey, ServiceLevels};
use secnet_model::SimTime;
use serde::{Deserialize, Serialize};

/// As many as wait to be counted together. Each item's rows and histogram buckets are far apart and, between two items of one
/// node, long out of the cache: counted one by one, requests took a tenth of a run over Great Britain.
const TOGETHER: usize = 1024;

/// Something that is counted in levels, in any order.
pub trait Counted: Copy {
    type Levels: Clone + Default + PartialEq;

    fn count(self, levels: &mut Self::Levels);
}

/// Counts as items come, part of a participant's state. What it counted is that of its levels, whenever it is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(
    serialize = "C: Serialize, C::Levels: Serialize",
    deserialize = "C: Deserialize<'de>, C::Levels: Deserialize<'de>"
))]
pub struct Tally<C: Counted> {
    levels: C::Levels,
    /// To be counted, at most [`TOGETHER`].
    last: Vec<C>,
}

/// Counts requests as they are asked for and answered.
pub type ServiceTally = Tally<CountedRequest>;
/// Counts alerts as they arrive.
pub type AlertTally = Tally<CountedAlert>;

impl<C: Counted> Default for Tally<C> {
    fn default() -> Self {
        Tally {
            levels: C::Levels::default(),
            last: Vec::new(),
        }
    }
}

impl<C: Counted> Tally<C> {
    #[inline]
    fn count(&mut self, counted: C) {
        if self.last.len() >= TOGETHER {
            self.settle();
        }
        self.last.push(counted);
    }

    #[cold]
    fn settle(&mut self) {
        let last = self.last.drain(..);
        last.for_each(|counted| counted.count(&mut self.levels));
    }

    pub fn levels(&self) -> C::Levels {
        let mut levels = self.levels.clone();
        self.last.iter().for_each(|counted| counted.count(&mut levels));
        levels
    }
}

impl<C: Counted> PartialEq for Tally<C> {
    /// By what was counted, not by what of it waits.
    fn eq(&self, other: &Tally<C>) -> bool {
        self.levels() == other.levels()
    }
}

/// Its rows are the account's own.
impl<C: Counted> Part for Tally<C> {
    fn memory_bytes(&self) -> usize {
        self.last.capacity() * size_of::<C>()
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CountedRequest {
    key: ServiceKey,
    place: Option<Place>,
    what: What,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum What {
    Opened { at: SimTime, wanted_by: MorningHours },
    Ended(Ended),
}

impl Counted for CountedRequest {
    type Levels = ServiceLevels;

    fn count(self, levels: &mut ServiceLevels) {
        let CountedRequest { key, place, what } = self;
        match what {
            What::Opened { at, wanted_by } => levels.opened(key, place, at, wanted_by),
            What::Ended(ended) => levels.ended(key, place, ended),
        }
    }
}

impl ServiceTally {
    /// Counts one more that was asked for at `at`, where openings are counted one by one.
    #[inline]
    pub fn opened(&mut self, key: ServiceKey, place: Option<Place>, at: SimTime, wanted_by: MorningHours) {
        let what = What::Opened { at, wanted_by };
        self.count(CountedRequest { key, place, what });
    }

    /// Counts one request's final answer.
    #[inline]
    pub fn ended(&mut self, key: ServiceKey, place: Option<Place>, ended: Ended) {
        let what = What::Ended(ended);
        self.count(CountedRequest { key, place, what });
    }

    pub fn add_to(&self, levels: &mut ServiceLevels) {
        levels.add(&self.levels);
        self.last.iter().for_each(|counted| counted.count(levels));
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CountedAlert {
    key: AlertKey,
    arrived: Arrived,
}

impl Counted for CountedAlert {
    type Levels = AlertLevels;

    fn count(self, levels: &mut AlertLevels) {
        levels.arrived(self.key, self.arrived);
    }
}

impl AlertTally {
    /// Counts an alert that arrives.
    #[inline]
    pub fn arrived(&mut self, key: AlertKey, arrived: Arrived) {
        self.count(CountedAlert { key, arrived });
    }

    /// Where what is rare is counted at once.
    pub fn at_once(&mut self) -> &mut AlertLevels {
        &mut self.levels
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::ServiceMode;
    use secnet_engine::Outcome;
    use secnet_model::{AlertCode, DeviceType, Region, ResponseCode, SimDuration, Srv, UserId};

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

    #[test]
    fn alerts_that_wait_count_as_alerts_counted_at_once() {
        let (mut tally, mut at_once) = (AlertTally::default(), AlertLevels::default());
        for number in 0..2 * TOGETHER as u64 + 3 {
            let key = AlertKey {
                alert: AlertCode::future_dated_succeeded(),
                user: UserId(number as u16 % 3),
                region: Region::ALL[number as usize % 4],
            };
            let raised_at = SimTime::from_secs(number * 41);
            let arrived = Arrived {
                raised_at,
                delivery_time: SimDuration::from_millis(number * 60),
                is_due: number % 5 > 0,
            };
            tally.arrived(key, arrived);
            at_once.arrived(key, arrived);
            let now = raised_at + SimDuration::from_secs(1);
            tally.at_once().record_copy(key, raised_at, now);
            at_once.record_copy(key, raised_at, now);
            if number % 500 == 0 {
                assert_eq!(tally.levels(), at_once, "after {number}");
            }
        }
        assert_eq!(tally.levels(), at_once);
    }
}
