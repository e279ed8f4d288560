//! Hubs that engineers exchange for hubs of 4G, home by home: who is visited when, and which network a premises is on from then on.
//!
//! A rule, as the others: it costs the same for ten premises as for seven million. The moment of each visit is drawn evenly from the hours
//! in which engineers work.

use super::selector::Selector;
use crate::events::EventParams;
use crate::local_time::LocalTime;
use crate::population::Population;
use crate::units::TimeOfDay;
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{Calendar, PremisesId, Region, SimDuration, SimTime, Technology};
use std::ops::Range;

/// Assumed, where an event does not say.
const WORKS_FROM: TimeOfDay = TimeOfDay::from_hour(8);
const WORKS_TO: TimeOfDay = TimeOfDay::from_hour(18);
const TAKES: SimDuration = SimDuration::from_secs(45 * 60);

const DAY_SECONDS: u64 = 86_400;
/// 1 January 1970 was a Thursday, where Monday is 0.
const FIRST_WEEKDAY: u64 = 3;
const SATURDAY: u64 = 5;
const VISITED_AT: Stream = Stream::named("hub-exchange-visited-at");
const CHOSEN: Stream = Stream::named("hub-exchange-chosen");

/// All programmes of exchange.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Exchanges {
    programmes: Vec<Programme>,
}

#[derive(Clone, PartialEq, Debug)]
struct Programme {
    /// Its place among the scenario's events.
    event: usize,
    hours: WorkingHours,
    takes: SimDuration,
    selector: Selector,
    /// Of the premises selected, those that are visited.
    share: f64,
    draws: Draws,
}

/// When a hub is exchanged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Visit {
    /// The old hub is off from here on.
    pub begins: SimTime,
    /// The new one works from here on.
    pub ends: SimTime,
    /// The event's place in the scenario.
    pub event: usize,
}

/// The hours in which engineers work within a time, by the clocks, from Monday to Friday.
#[derive(Clone, PartialEq, Eq, Debug)]
struct WorkingHours {
    spans: Vec<Range<SimTime>>,
    in_all: SimDuration,
    of_a_day: SimDuration,
}

/// When engineers begin and end on a working day.
pub(crate) fn working_hours(event: &EventParams) -> (TimeOfDay, TimeOfDay) {
    let from = event.works_from.unwrap_or(WORKS_FROM);
    (from, event.works_to.unwrap_or(WORKS_TO))
}

impl Exchanges {
    pub(super) fn new(
        events: &[(usize, &EventParams)],
        clocks: (Calendar, &LocalTime),
        population: &Population,
        draws: Draws,
    ) -> Exchanges {
        let programme = |(event, params): &(usize, &EventParams)| {
            let (from, to) = working_hours(params);
            let hours = WorkingHours::within(params.during(), from..to, clocks);
            let mut selector = Selector::all_of(params, *event, population, draws);
            // Behind the S1SP's head end no hub is exchanged.
            let on_a_csp = 0..population.region_range(Region::Smets1).start;
            selector.narrow(std::slice::from_ref(&on_a_csp));
            let rate = params.per_million_premises_per_working_day;
            let by_rate = rate.map(|rate| (rate / 1e6 * hours.days()).min(1.0));
            Programme {
                event: *event,
                takes: params.takes.map_or(TAKES, Into::into),
                share: params.share.or(by_rate).unwrap_or(1.0),
                hours,
                selector,
                draws,
            }
        };
        Exchanges {
            programmes: events.iter().map(programme).collect(),
        }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.programmes.is_empty()
    }

    /// The first visit to a premises that 4G reaches.
    pub fn visit(&self, population: &Population, premises: PremisesId) -> Option<Visit> {
        let visits = self.programmes.iter().filter_map(|it| it.visit(premises));
        visits.min().filter(|_| population.has_4g(premises))
    }

    /// The network that the premises' hub is of: of the old one until the new one works.
    #[inline]
    pub fn technology(&self, population: &Population, premises: PremisesId, at: SimTime) -> Technology {
        match !self.is_empty() && self.has_been_exchanged(population, premises, at) {
            true => Technology::FourG,
            false => Technology::Legacy,
        }
    }

    #[cold]
    fn has_been_exchanged(&self, population: &Population, premises: PremisesId, at: SimTime) -> bool {
        self.visit(population, premises)
            .is_some_and(|visit| visit.ends <= at)
    }
}

impl Programme {
    fn visit(&self, premises: PremisesId) -> Option<Visit> {
        let (id, event) = (u64::from(premises.0), self.event as u64);
        let is_chosen = || self.share >= 1.0 || self.draws.chance(self.share, CHOSEN.variant(event), id, 0);
        if self.hours.in_all == SimDuration::ZERO || !self.selector.selects(premises) || !is_chosen() {
            return None;
        }
        let drawn = self
            .draws
            .below(self.hours.in_all.0, VISITED_AT.variant(event), id, 0);
        let begins = self.hours.at(SimDuration(drawn));
        Some(Visit {
            begins,
            ends: begins + self.takes,
            event: self.event,
        })
    }
}

impl WorkingHours {
    fn within(
        during: Range<SimTime>,
        of_day: Range<TimeOfDay>,
        (calendar, local_time): (Calendar, &LocalTime),
    ) -> WorkingHours {
        let epoch = calendar.epoch_unix_seconds;
        let (from, to) = (of_day.start.second_of_day(), of_day.end.second_of_day());
        let after_epoch = |unix_seconds: u64| SimTime::from_secs(unix_seconds.saturating_sub(epoch));
        let day_of = |at: SimTime| (epoch + at.as_whole_secs()) / DAY_SECONDS;
        let of_date = |day: u64| {
            let midnight = day * DAY_SECONDS;
            // Clocks change at night: what they say at noon holds for the working day.
            let noon = after_epoch(midnight + DAY_SECONDS / 2);
            let ahead_seconds = local_time.ahead_of_utc(calendar, noon).0 / 1_000_000;
            let at = |second: u64| after_epoch((midnight + second).saturating_sub(ahead_seconds));
            at(from).max(during.start)..at(to).min(during.end)
        };
        let days = day_of(during.start)..=day_of(during.end);
        let working_days = days.filter(|day| (day + FIRST_WEEKDAY) % 7 < SATURDAY);
        let spans: Vec<Range<SimTime>> = working_days
            .map(of_date)
            .filter(|span| !span.is_empty())
            .collect();
        WorkingHours {
            in_all: SimDuration(spans.iter().map(|span| span.end.since(span.start).0).sum()),
            of_a_day: SimDuration::from_secs(to.saturating_sub(from)),
            spans,
        }
    }

    /// Working days; what is cut off counts as a part of one.
    fn days(&self) -> f64 {
        self.in_all.0 as f64 / self.of_a_day.0.max(1) as f64
    }

    /// The moment when so much of them is over; it must be less than they come to.
    fn at(&self, over: SimDuration) -> SimTime {
        let mut left = over.0;
        for span in &self.spans {
            let lasts = span.end.since(span.start).0;
            if left < lasts {
                return span.start + SimDuration(left);
            }
            left -= lasts;
        }
        SimTime::NEVER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(epoch_unix_seconds: u64, during_h: Range<u64>) -> WorkingHours {
        let calendar = Calendar { epoch_unix_seconds };
        let local_time = LocalTime::new(calendar, SimTime::from_secs(during_h.end * 3_600));
        let during = SimTime::from_secs(during_h.start * 3_600)..SimTime::from_secs(during_h.end * 3_600);
        WorkingHours::within(during, WORKS_FROM..WORKS_TO, (calendar, &local_time))
    }

    fn in_hours(hours: &WorkingHours) -> Vec<(u64, u64)> {
        let hour = |at: SimTime| at.as_whole_secs() / 3_600;
        hours
            .spans
            .iter()
            .map(|span| (hour(span.start), hour(span.end)))
            .collect()
    }

    #[test]
    fn engineers_work_from_monday_to_friday_by_the_clocks() {
        // Thursday 26 March 2026; the clocks go forward in the night to Sunday 29.
        let thursday = 1_774_483_200;
        let found = hours(thursday, 0..6 * 24);
        assert_eq!(in_hours(&found), [(8, 18), (32, 42), (103, 113), (127, 137)]);
        assert_eq!(found.days(), 4.0);
        assert_eq!(
            found.at(SimDuration::from_secs(25 * 3_600)).as_whole_secs() / 3_600,
            108
        );
    }

    #[test]
    fn a_day_that_is_cut_off_counts_as_a_part_of_one() {
        let monday = 1_770_595_200;
        let found = hours(monday, 13..34);
        assert_eq!(in_hours(&found), [(13, 18), (32, 34)]);
        assert_eq!(found.days(), 0.7);
        assert_eq!(in_hours(&hours(monday, 19..31)), []);
    }
}
