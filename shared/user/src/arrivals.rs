//! Open arrivals: a Poisson process whose rate follows the day's shape. The n-th arrival is found by inverting the
//! cumulative rate, hour by hour, at the sum of n unit exponentials; each arrival costs one draw.
//!
//! Not here: what arrives.

use crate::day_shape::HOURS;
use secnet_accounts::Part;
use secnet_engine::deadlines::Deadlines;
use secnet_model::{SimDuration, SimTime};
use secnet_topology::scenario::Ramp;
use secnet_topology::{LocalTime, World};
use serde::{Deserialize, Serialize};

const HOUR_MICROS: u64 = 3_600_000_000;
const DAY_MICROS: u64 = HOURS as u64 * HOUR_MICROS;

/// The process's parameters for one User and workload.
#[derive(Clone, Debug)]
pub struct ArrivalProcess {
    pattern: Pattern,
    /// Of a Poisson process.
    ramp: Option<Ramp>,
    starts_at: SimTime,
    /// No arrival at or after it.
    ends_at: SimTime,
}

#[derive(Clone, Debug)]
enum Pattern {
    /// Arrivals per microsecond in each hour of the local day.
    Poisson {
        rates: [f64; HOURS],
        local_time: LocalTime,
    },
    Even(Even),
}

/// So many arrivals in a span.
#[derive(Clone, Copy, Debug)]
struct Even {
    count: u64,
    within: SimDuration,
}

/// How far the process has come.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Arrivals {
    /// The latest arrival in microseconds, with its fraction, so that rounding never adds up.
    position_micros: f64,
    /// The number of the next arrival, from 0.
    pub n: u64,
    /// When the next arrival is; "never" past the end.
    pub next_at: SimTime,
}

/// The next arrival of each workload, by the workload's place.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Vec<Arrivals>", into = "Vec<Arrivals>")]
pub struct NextArrivals {
    arrivals: Vec<Arrivals>,
    /// Follows from the arrivals.
    due: Deadlines,
}

impl From<Vec<Arrivals>> for NextArrivals {
    fn from(arrivals: Vec<Arrivals>) -> NextArrivals {
        let mut due = Deadlines::new(arrivals.len());
        for (place, arrivals) in arrivals.iter().enumerate() {
            due.set(place, arrivals.next_at);
        }
        NextArrivals { arrivals, due }
    }
}

impl From<NextArrivals> for Vec<Arrivals> {
    fn from(next: NextArrivals) -> Vec<Arrivals> {
        next.arrivals
    }
}

impl FromIterator<Arrivals> for NextArrivals {
    fn from_iter<I: IntoIterator<Item = Arrivals>>(arrivals: I) -> NextArrivals {
        Vec::from_iter(arrivals).into()
    }
}

impl Part for NextArrivals {
    #[inline]
    fn next_deadline(&self, _: &World) -> SimTime {
        self.due.earliest()
    }

    fn memory_bytes(&self) -> usize {
        self.arrivals.capacity() * size_of::<Arrivals>()
    }
}

impl NextArrivals {
    /// How many workloads there are.
    pub fn len(&self) -> usize {
        self.arrivals.len()
    }

    pub fn is_empty(&self) -> bool {
        self.arrivals.is_empty()
    }

    /// The place of a workload whose arrival is here.
    #[inline]
    pub fn due(&self, now: SimTime) -> Option<usize> {
        (self.due.earliest() <= now).then(|| self.due.earliest_index())
    }

    /// The number of that workload's next arrival.
    #[inline]
    pub fn number(&self, place: usize) -> u64 {
        self.arrivals[place].n
    }

    /// Goes on to that workload's next arrival; `exponential` is the draw with that arrival's number.
    #[inline]
    pub fn advance(&mut self, place: usize, process: &ArrivalProcess, exponential: f64) {
        let arrivals = &mut self.arrivals[place];
        process.advance(arrivals, exponential);
        self.due.set(place, arrivals.next_at);
    }
}

impl ArrivalProcess {
    /// `per_day` arrivals on an average day, distributed over its hours by `shape` (mean 1), and multiplied by a ramp.
    pub fn new(
        per_day: f64,
        shape: [f64; HOURS],
        ramp: Option<Ramp>,
        local_time: LocalTime,
        starts_at: SimTime,
        ends_at: SimTime,
    ) -> ArrivalProcess {
        ArrivalProcess {
            pattern: Pattern::Poisson {
                rates: shape.map(|relative| relative * per_day / DAY_MICROS as f64),
                local_time,
            },
            ramp,
            starts_at,
            ends_at,
        }
    }

    /// So many arrivals at even distances within a span.
    pub fn even(count: u64, starts_at: SimTime, within: SimDuration, ends_at: SimTime) -> ArrivalProcess {
        ArrivalProcess {
            pattern: Pattern::Even(Even { count, within }),
            ramp: None,
            starts_at,
            ends_at,
        }
    }

    /// The process before its first arrival; `exponential` is draw 0.
    pub fn start(&self, exponential: f64) -> Arrivals {
        let mut arrivals = Arrivals {
            position_micros: self.starts_at.as_micros() as f64,
            n: 0,
            next_at: SimTime::ZERO,
        };
        self.find_next(&mut arrivals, exponential);
        arrivals
    }

    /// Goes on to the next arrival; `exponential` is the draw with that arrival's number.
    #[inline]
    pub fn advance(&self, arrivals: &mut Arrivals, exponential: f64) {
        arrivals.n += 1;
        self.find_next(arrivals, exponential);
    }

    #[inline]
    fn find_next(&self, arrivals: &mut Arrivals, exponential: f64) {
        let (rates, local_time) = match &self.pattern {
            Pattern::Poisson { rates, local_time } => (rates, local_time),
            Pattern::Even(even) => {
                arrivals.next_at = even.arrival(arrivals.n, self.starts_at, self.ends_at);
                return;
            }
        };
        let mut position = arrivals.position_micros;
        let mut remaining = exponential;
        loop {
            let whole = position as u64;
            if whole >= self.ends_at.as_micros() {
                arrivals.next_at = SimTime::NEVER;
                return;
            }
            let of_day = local_time.micros_of_day(SimTime(whole));
            let rate = rates[(of_day / HOUR_MICROS) as usize];
            let hour_end = whole + HOUR_MICROS - of_day % HOUR_MICROS;
            if let Some(ramp) = &self.ramp {
                let until = ramp.next_edge(SimTime(whole)).0.min(hour_end);
                match ramped(rate, ramp, position, until, remaining) {
                    Reached::At(at) => {
                        position = at;
                        break;
                    }
                    Reached::NotYet(left) => {
                        remaining = left;
                        position = until as f64;
                        continue;
                    }
                }
            }
            let in_this_hour = rate * (hour_end as f64 - position);
            if remaining < in_this_hour {
                position += remaining / rate;
                break;
            }
            remaining -= in_this_hour;
            position = hour_end as f64;
        }
        arrivals.position_micros = position;
        let at = SimTime(position as u64);
        arrivals.next_at = if at < self.ends_at { at } else { SimTime::NEVER };
    }
}

/// Whether the cumulative rate has come to what remained of it.
enum Reached {
    At(f64),
    NotYet(f64),
}

/// Between two edges a ramp's multiple is `m + s·x`, and the cumulative rate `rate·(m·x + s·x²/2)`.
fn ramped(rate: f64, ramp: &Ramp, position: f64, until: u64, remaining: f64) -> Reached {
    let (multiple, slope) = (ramp.multiple(position), ramp.slope(SimTime(position as u64)));
    let x = until as f64 - position;
    let in_it = rate * (multiple * x + slope * x * x / 2.0);
    if remaining >= in_it {
        return Reached::NotYet(remaining - in_it);
    }
    let wanted = remaining / rate;
    let root = (multiple * multiple + 2.0 * slope * wanted).max(0.0).sqrt();
    Reached::At((position + 2.0 * wanted / (multiple + root)).min(until as f64))
}

impl Even {
    /// When the `n`-th is, in the middle of its part of the span.
    fn arrival(self, n: u64, starts_at: SimTime, ends_at: SimTime) -> SimTime {
        if n >= self.count {
            return SimTime::NEVER;
        }
        let parts = u128::from(self.within.as_micros()) * u128::from(2 * n + 1);
        let after = u64::try_from(parts / u128::from(2 * self.count)).unwrap_or(u64::MAX);
        let at = starts_at + SimDuration(after);
        if at < ends_at { at } else { SimTime::NEVER }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::day_shape::hourly_rates;
    use secnet_engine::Draws;
    use secnet_engine::draw::Stream;
    use secnet_model::Calendar;
    use secnet_topology::Span;
    use secnet_topology::scenario::{DayShape, RampParams};

    const STREAM: Stream = Stream::named("test-arrivals");
    const MIDNIGHT: Calendar = Calendar {
        epoch_unix_seconds: 0,
    };

    fn arrivals_of(process: &ArrivalProcess, seed: u64) -> Vec<SimTime> {
        let draws = Draws::new(seed);
        let mut arrivals = process.start(draws.exponential(STREAM, 0, 0));
        let mut times = Vec::new();
        while !arrivals.next_at.is_never() {
            times.push(arrivals.next_at);
            process.advance(&mut arrivals, draws.exponential(STREAM, 0, times.len() as u64));
        }
        times
    }

    fn days(count: u64) -> SimTime {
        SimTime::from_secs(86_400 * count)
    }

    fn process(per_day: f64, shape: DayShape, calendar: Calendar, ends_at: SimTime) -> ArrivalProcess {
        let local_time = LocalTime::new(calendar, ends_at);
        ArrivalProcess::new(
            per_day,
            hourly_rates(shape),
            None,
            local_time,
            SimTime::ZERO,
            ends_at,
        )
    }

    #[test]
    fn counts_per_day_have_the_mean_and_variance_of_a_poisson_process() {
        for shape in [
            DayShape::Flat,
            DayShape::OfficeHours,
            DayShape::EveningPeak,
            DayShape::Overnight,
        ] {
            let times = arrivals_of(&process(200.0, shape, MIDNIGHT, days(2_000)), 3);
            let mut counts = vec![0.0; 2_000];
            times
                .iter()
                .for_each(|at| counts[(at.as_whole_secs() / 86_400) as usize] += 1.0);
            let mean = counts.iter().sum::<f64>() / 2_000.0;
            let variance = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / 1_999.0;
            // Standard errors: 0.32 of the mean, 6.3 of the variance.
            assert!((mean - 200.0).abs() < 1.3, "{shape:?}: mean {mean}");
            assert!((variance - 200.0).abs() < 26.0, "{shape:?}: variance {variance}");
        }
    }

    #[test]
    fn arrivals_follow_the_shape_whatever_the_epochs_time_of_day() {
        for epoch_hour in [0, 7, 22] {
            let calendar = Calendar {
                epoch_unix_seconds: epoch_hour * 3_600,
            };
            let times = arrivals_of(&process(24_000.0, DayShape::EveningPeak, calendar, days(20)), 5);
            let mut by_hour = [0.0; 24];
            times
                .iter()
                .for_each(|at| by_hour[(calendar.second_of_day(*at) / 3_600) as usize] += 1.0);
            for (hour, expected) in hourly_rates(DayShape::EveningPeak).into_iter().enumerate() {
                let expected = expected * 20_000.0;
                let error = (by_hour[hour] - expected) / expected.sqrt();
                assert!(
                    error.abs() < 4.5,
                    "epoch {epoch_hour}, hour {hour}: {error} standard errors"
                );
            }
        }
    }

    #[test]
    fn in_summer_the_evening_peak_begins_at_four_utc() {
        let first_of_july_2026 = Calendar {
            epoch_unix_seconds: 1_782_864_000,
        };
        let times = arrivals_of(
            &process(24_000.0, DayShape::EveningPeak, first_of_july_2026, days(20)),
            6,
        );
        let in_hour = |hour: u64| {
            times
                .iter()
                .filter(|at| at.as_whole_secs() / 3_600 % 24 == hour)
                .count() as f64
        };
        for (hour, before) in [(16, 15), (19, 20)] {
            assert!(
                (in_hour(hour) / in_hour(before) - 15.0 / 4.0).abs() < 0.2,
                "{hour}"
            );
        }
    }

    #[test]
    fn gaps_are_exponential_even_at_rates_near_the_clocks_resolution() {
        // 200,000 a second: a mean gap of 5 µs on a clock of 1 µs.
        let times = arrivals_of(
            &process(
                200_000.0 * 86_400.0,
                DayShape::Flat,
                MIDNIGHT,
                SimTime::from_secs(1),
            ),
            8,
        );
        assert!(
            (times.len() as f64 - 200_000.0).abs() < 4.5 * 200_000_f64.sqrt(),
            "{}",
            times.len()
        );
        assert!(times.is_sorted());
    }

    #[test]
    fn arrivals_keep_within_the_workloads_first_and_last_moment() {
        let (starts_at, ends_at) = (SimTime::from_secs(5_000), SimTime::from_secs(9_000));
        let process = ArrivalProcess::new(
            1e6,
            [1.0; 24],
            None,
            LocalTime::new(MIDNIGHT, ends_at),
            starts_at,
            ends_at,
        );
        let times = arrivals_of(&process, 1);
        assert!(times.iter().all(|at| (starts_at..ends_at).contains(at)));
        let expected = 1e6 / 86_400.0 * 4_000.0;
        assert!((times.len() as f64 - expected).abs() < 4.5 * expected.sqrt());
    }

    fn ramped(from: f64, to: f64, ends_at: SimTime) -> ArrivalProcess {
        let ramp = RampParams {
            name: "ramp".to_owned(),
            workloads: Vec::new(),
            from,
            to,
            starts_after: Span::from_secs(2 * 3_600),
            over: Span::from_secs(6 * 3_600),
        };
        let local_time = LocalTime::new(MIDNIGHT, ends_at);
        ArrivalProcess::new(
            2e5,
            [1.0; HOURS],
            Some(ramp.ramp()),
            local_time,
            SimTime::ZERO,
            ends_at,
        )
    }

    #[test]
    fn a_ramp_multiplies_the_rate_hour_by_hour_up_and_down() {
        let hours = 10;
        for (from, to) in [(1.0, 4.0), (3.0, 0.5), (2.0, 2.0)] {
            let times = arrivals_of(&ramped(from, to, SimTime::from_secs(hours * 3_600)), 3);
            for hour in 0..hours {
                // In the middle of the hour; the ramp is even, and its edges are on the hour.
                let along = ((hour as f64 + 0.5 - 2.0) / 6.0).clamp(0.0, 1.0);
                let expected = 2e5 / 24.0 * (from + (to - from) * along);
                let seen = times
                    .iter()
                    .filter(|at| at.as_whole_secs() / 3_600 == hour)
                    .count() as f64;
                assert!(
                    (seen - expected).abs() < 4.5 * expected.sqrt(),
                    "{from} to {to}, hour {hour}: {seen} of {expected}"
                );
            }
        }
        let ended = arrivals_of(&ramped(1.0, 0.0, days(2)), 3);
        assert!(ended.last().unwrap().as_whole_secs() < 8 * 3_600);
    }

    #[test]
    fn a_ramp_of_one_changes_no_arrival() {
        let ends_at = SimTime::from_secs(9 * 3_600);
        let plain = arrivals_of(&process(2e5, DayShape::Flat, MIDNIGHT, ends_at), 5);
        let times = arrivals_of(&ramped(1.0, 1.0, ends_at), 5);
        assert_eq!(times.len(), plain.len());
        assert!(times.iter().zip(&plain).all(|(a, b)| a.0.abs_diff(b.0) <= 1));
    }

    #[test]
    fn a_workload_without_requests_never_arrives() {
        assert_eq!(
            arrivals_of(&process(0.0, DayShape::Flat, MIDNIGHT, days(400)), 1),
            []
        );
        let before_midnight = Calendar {
            epoch_unix_seconds: 7 * 3_600,
        };
        let overnight = process(
            1e6,
            DayShape::Overnight,
            before_midnight,
            SimTime::from_secs(17 * 3_600),
        );
        assert_eq!(arrivals_of(&overnight, 1), []);
    }
}
