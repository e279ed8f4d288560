//! Which share of its holder's portfolio a bulk schedule reads, and how a Modification lets it grow.

use secnet_model::{DeviceType, SimTime, Srv};
use secnet_topology::scenario::ScheduleParams;
use secnet_topology::{UserKind, World};

/// A share that grows evenly, or stays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    first: f64,
    /// "Never" for one that stays.
    grows_from: SimTime,
    over_micros: u64,
    last: f64,
}

impl Share {
    pub(super) fn of(
        world: &World,
        holder: UserKind,
        srv: Srv,
        device_type: DeviceType,
        params: &ScheduleParams,
    ) -> Share {
        let first = params.share;
        let parameters = &world.scenario.parameters;
        let growth = parameters.schedule_growth(&world.releases, holder, srv, device_type);
        match growth.filter(|(_, growth)| growth.to > first) {
            None => Share {
                first,
                grows_from: SimTime::NEVER,
                over_micros: 0,
                last: first,
            },
            Some((release, growth)) => Share {
                first,
                grows_from: release,
                over_micros: growth.over.as_micros(),
                last: growth.to,
            },
        }
    }

    pub(super) fn is_zero(self) -> bool {
        self.last <= 0.0
    }

    #[inline]
    pub(super) fn at(self, at: SimTime) -> f64 {
        if at < self.grows_from {
            return self.first;
        }
        let into = at.since(self.grows_from).as_micros();
        if into >= self.over_micros {
            return self.last;
        }
        self.first + (self.last - self.first) * (into as f64 / self.over_micros as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_stays_then_grows_evenly_then_stays() {
        let share = Share {
            first: 0.2,
            grows_from: SimTime::from_secs(100),
            over_micros: 50_000_000,
            last: 1.0,
        };
        for (seconds, expected) in [
            (0, 0.2),
            (99, 0.2),
            (100, 0.2),
            (125, 0.6),
            (150, 1.0),
            (9_000, 1.0),
        ] {
            let is = share.at(SimTime::from_secs(seconds));
            assert!((is - expected).abs() < 1e-12, "{seconds}: {is}");
        }
        let at_once = Share {
            over_micros: 0,
            ..share
        };
        assert_eq!(at_once.at(SimTime::from_secs(100)), 1.0);
    }
}
