//! The readings the DSP started by itself, as the service levels count them: its Users know only of those that reached them, and by DCC alerts of those that failed.

use crate::correlation::Outstanding;
use crate::schedules::ScheduledRead;
use secnet_accounts::service::Place;
use secnet_accounts::{Ended, MorningHours, Part, ServiceKey, ServiceLevels, ServiceMode, ServiceTally};
use secnet_engine::Outcome;
use secnet_model::{DeviceId, ResponseCode, SimTime, Srv, UserId};
use secnet_topology::World;
use secnet_wire::ServiceResponse;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Readings {
    tally: ServiceTally,
}

impl Readings {
    #[inline]
    pub fn started(&mut self, world: &World, read: &ScheduledRead) {
        let (key, place) = counts_as(world, read.id.originator, read.srv, read.device);
        self.tally
            .opened(key, Some(place), read.at, MorningHours::due(world, read.at));
    }

    /// It has no response.
    pub fn failed(
        &mut self,
        world: &World,
        at: SimTime,
        command: &Outstanding,
        outcome: Outcome,
        code: ResponseCode,
    ) {
        let Some(device) = command.id.target.device() else {
            return;
        };
        let (key, place) = counts_as(world, command.id.originator, command.srv, device);
        let ended = Ended {
            outcome,
            code,
            asked_at: command.started_at,
            response_time: at.since(command.started_at),
            attempts: 1,
            in_time_for: MorningHours::default(),
        };
        self.tally.ended(key, Some(place), ended);
    }

    /// Its User's gateway was closed for too long.
    pub fn dropped(&mut self, world: &World, now: SimTime, response: &ServiceResponse) {
        let Some(device) = response.id.target.device() else {
            return;
        };
        let (key, place) = counts_as(world, response.id.originator, response.srv, device);
        let ended = Ended {
            outcome: Outcome::Undelivered,
            code: response.code,
            asked_at: response.started_at,
            response_time: now.since(response.started_at),
            attempts: 1,
            in_time_for: MorningHours::default(),
        };
        self.tally.ended(key, Some(place), ended);
    }
}

/// The rows of the service levels a reading counts in.
#[inline]
pub fn counts_as(world: &World, owner: UserId, srv: Srv, device: DeviceId) -> (ServiceKey, Place) {
    let key = ServiceKey {
        srv,
        mode: ServiceMode::Scheduled,
        user: owner,
        region: Some(world.population.region_of(device.premises)),
    };
    (key, Place::of(&world.population, device))
}

impl Part for Readings {
    fn unanswered(&self, _world: &World, _at: SimTime, levels: &mut ServiceLevels) {
        self.tally.add_to(levels);
    }
}
