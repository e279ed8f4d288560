//! Future-dated commands the devices hold, each executed at its time (8F66, or 8F67 where it fails then).

use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::{DeviceId, DeviceType, PremisesId, RequestId, SimDuration, SimTime, Srv, UserId};
use secnet_topology::World;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const EXECUTION_FAILS: Stream = Stream::named("future-dated-execution-fails");

const CLOCK_ERROR: Stream = Stream::named("device-clock-error");

/// Devices' clocks, by which they execute what they hold.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    draws: Draws,
    error_max: SimDuration,
}

impl Clocks {
    pub fn of(world: &World) -> Clocks {
        Clocks {
            draws: world.draws,
            error_max: world.scenario.premises.clock_error_max.as_duration(),
        }
    }

    /// When it is `time` by the device's clock, which is as far ahead or behind all the time.
    pub fn shows(&self, device: DeviceId, time: SimTime) -> SimTime {
        let error_max = self.error_max.as_micros();
        let late = self
            .draws
            .below(2 * error_max + 1, CLOCK_ERROR, device.eui64().0, 0);
        SimTime((time.0 + late).saturating_sub(error_max))
    }
}

/// A command in a device. Ordered by time, then premises, then request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct HeldCommand {
    pub at: SimTime,
    pub premises: PremisesId,
    pub originator: UserId,
    pub device_type: DeviceType,
    pub counter: u64,
    pub srv: Srv,
}

impl HeldCommand {
    pub fn new(at: SimTime, device: DeviceId, request: RequestId, srv: Srv) -> HeldCommand {
        HeldCommand {
            at,
            premises: device.premises,
            originator: request.originator,
            device_type: device.device_type,
            counter: request.counter,
            srv,
        }
    }

    pub fn request(&self) -> RequestId {
        RequestId {
            originator: self.originator,
            target: self.device().eui64(),
            counter: self.counter,
        }
    }

    pub fn device(&self) -> DeviceId {
        self.premises.device(self.device_type)
    }

    /// Whether the device cannot do at its time what it was told before.
    pub fn fails(&self, draws: Draws, share: f64) -> bool {
        let [id, n] = self.request().identity();
        draws.chance(share, EXECUTION_FAILS, id, n)
    }
}

/// What the devices of a shard hold, the earliest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HeldCommands {
    by_time: BinaryHeap<Reverse<HeldCommand>>,
}

impl HeldCommands {
    pub fn hold(&mut self, command: HeldCommand) {
        self.by_time.push(Reverse(command));
    }

    pub fn take_next(&mut self) -> Option<HeldCommand> {
        self.by_time.pop().map(|Reverse(command)| command)
    }

    pub fn len(&self) -> usize {
        self.by_time.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_time.is_empty()
    }
}

figures! {
    /// What devices hold until its time.
    struct Standing: "premises, future-dated" in "premises" {
        /// Future-dated commands that wait for their time.
        future_dated_held: sum "commands",
    }
}

impl Part for HeldCommands {
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        self.by_time
            .peek()
            .map_or(SimTime::NEVER, |Reverse(command)| command.at)
    }

    fn memory_bytes(&self) -> usize {
        self.by_time.capacity() * size_of::<Reverse<HeldCommand>>()
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        let future_dated_held = self.by_time.len() as u64;
        figures.put(Key::Whole, &Standing { future_dated_held });
    }
}
