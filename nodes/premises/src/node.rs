//! A shard of premises as a node: its parts, its inputs, and which of the modules below each is a matter for.

mod alerts;
mod commands;
mod firmware;
mod power;

use crate::alerts::{Background, Upcoming};
use crate::answer::Answers;
use crate::changes::{Changes, Effects};
use crate::firmware::Firmware;
use crate::future_dated::{Clocks, HeldCommands};
use crate::hub::Hub;
use crate::modifications::Modifications;
use crate::power::{PowerMoments, PowerPassed};
use crate::store::PremisesStates;
use crate::storms::{StormEvents, Storms};
use crate::uplink::Uplink;
use secnet_accounts::alerts::RaisedAlerts;
use secnet_accounts::faults::FaultTallies;
use secnet_accounts::{Account, Accountable, Part, figures, part, parts};
use secnet_engine::{Input, Ledger, Node, Outbox};
use secnet_model::{PremisesId, Region, SimTime};
use secnet_topology::{TakesRequests, World};
use secnet_wire::Message;
use secnet_wire::codec::{CodecError, Problem, STATE_BYTES_MAX, decode_value, encode_value};
use std::ops::Range;
use std::sync::Arc;

const STATE_NAME: &str = "the state of a shard of premises";

/// The premises `first..end` of one region.
pub struct Premises {
    world: Arc<World>,
    region: Region,
    shard: Range<u32>,
    hub: Hub,
    clocks: Clocks,
    answers: Answers,
    uplink: Uplink,
    background: Background,
    storms: Storms,
    power: PowerMoments,
    effects: Effects,
    state: PremisesShardState,
}

parts! {
    /// Everything about a shard that changes.
    pub struct PremisesShardState {
        premises: PremisesStates,
        held: HeldCommands,
        upcoming: Upcoming,
        storm_events: StormEvents,
        power: PowerPassed,
        firmware: Firmware,
        modifications: Modifications,
        changes: Changes,
        ledger: Ledger,
        raised: RaisedAlerts,
        faults: FaultTallies,
        counts: Counts,
    }
}

figures! {
    /// What premises count.
    struct Counts: "premises" in "premises" {
        /// Commands from the CSP.
        commands: sum "commands",
        /// Commands for a device that is not there.
        absent_devices: sum "commands" as "commands_to_absent_devices",
        /// Commands that a device answered with an error.
        device_errors: sum "commands",
        /// Commands that waited for a GSME to fetch them.
        gsme_commands: sum "commands",
        /// Time for which they waited.
        gsme_waiting_us: sum "µs",
        /// Commands that a gas proxy answered in its meter's place.
        gpf_commands: sum "commands",
        /// How old what it mirrors was, all of them together.
        gpf_mirror_age_us: sum "µs",
        /// Future-dated commands that a device took.
        future_dated_stored: sum "commands",
        /// Future-dated commands executed.
        future_dated_executed: sum "commands",
        /// Future-dated commands whose execution failed.
        future_dated_failed: sum "commands",
        /// Alerts that devices raised.
        alerts_raised: sum "alerts",
        /// Alerts raised where there is no coverage.
        alerts_without_coverage: sum "alerts",
        /// Commands to devices that are gone: none is answered.
        gone_commands: sum "commands" as "commands_to_gone_devices" if nonzero,
        /// Future-dated commands held by devices that were gone at their time.
        gone_future_dated: sum "commands" as "future_dated_in_gone_devices" if nonzero,
        /// Commands that came, or were being answered, while a supply was cut: none is answered.
        unpowered_commands: sum "commands" as "commands_without_power" if nonzero,
        /// Future-dated commands executed late, when a cut was over.
        late_future_dated: sum "commands" as "future_dated_late" if nonzero,
        /// Alerts that devices would have raised, had they had power.
        paused_alerts: sum "alerts" as "alerts_not_raised_without_power" if nonzero,
        /// Messages nobody should send to premises.
        misrouted: sum "messages",
    }
}

impl Node for Premises {
    type Message = Message;

    fn handle(&mut self, now: SimTime, input: Input<'_, Message>, out: &mut Outbox<Message>) {
        match input {
            Input::Deadline => self.wake(now, out),
            Input::Message(envelope) => match &envelope.message {
                Message::Command(command) => self.command(now, command, out),
                Message::Image(image) => self.image(now, image),
                Message::ServiceRequest(_)
                | Message::ImageReport(_)
                | Message::ImageWarning(_)
                | Message::Acknowledgement(_)
                | Message::Undeliverable(_)
                | Message::DeviceResponse(_)
                | Message::ServiceResponse(_)
                | Message::DeviceAlert(_)
                | Message::DccAlert(_)
                | Message::PushedAgain(_)
                | Message::AlertCopy(_) => self.state.counts.misrouted += 1,
            },
        }
    }

    #[inline]
    fn next_deadline(&self) -> SimTime {
        self.state.next_deadline(&self.world)
    }
}

impl Premises {
    /// The premises `first..end` must lie in one region.
    pub fn new(world: &Arc<World>, first: PremisesId, end: PremisesId) -> Premises {
        let background = Background::of_shard(world, first, end);
        let power = PowerMoments::of_shard(world, &(first.0..end.0));
        let state = PremisesShardState {
            premises: PremisesStates::new(first, end),
            held: HeldCommands::default(),
            upcoming: background.begin(),
            storm_events: Storms::of(world, world.population.region_of(first))
                .begin(background.blocks(), &region_of(world, first)),
            power: power.begin(),
            firmware: Firmware::default(),
            modifications: Modifications::new(world),
            changes: Changes::default(),
            ledger: Ledger::default(),
            raised: RaisedAlerts::default(),
            faults: FaultTallies::default(),
            counts: Counts::default(),
        };
        Premises::with_state(world, first, end, (background, power), state)
    }

    /// A shard that goes on from what [`save`](Accountable::save) wrote. Another shard's state is refused.
    pub fn restore(
        world: &Arc<World>,
        first: PremisesId,
        end: PremisesId,
        saved: &[u8],
    ) -> Result<Premises, CodecError> {
        let state: PremisesShardState = decode_value(STATE_NAME, saved, STATE_BYTES_MAX)?;
        if !state.premises.is_for(first, end) {
            let problem = Problem::Invalid(format!("is not that of premises {}..{}", first.0, end.0));
            return Err(CodecError {
                what: STATE_NAME.to_owned(),
                problem,
            });
        }
        Ok(Premises::with_state(
            world,
            first,
            end,
            (
                Background::of_shard(world, first, end),
                PowerMoments::of_shard(world, &(first.0..end.0)),
            ),
            state,
        ))
    }

    fn with_state(
        world: &Arc<World>,
        first: PremisesId,
        end: PremisesId,
        (background, power): (Background, PowerMoments),
        state: PremisesShardState,
    ) -> Premises {
        let region = world.population.region_of(first);
        Premises {
            region,
            shard: first.0..end.0,
            hub: Hub::of(world),
            clocks: Clocks::of(world),
            answers: Answers::new(world.draws, &world.scenario.premises),
            uplink: Uplink::of(world, region),
            background,
            storms: Storms::of(world, region),
            power,
            effects: Effects::default(),
            state,
            world: Arc::clone(world),
        }
    }

    /// Bytes this shard's state takes. Idle premises: 0.06 B for their place in the directory and 0.06 B for their block's
    /// next alert, each (tested to be below the 32 B the design allows).
    pub fn memory_bytes(&self) -> usize {
        self.state.memory_bytes()
    }

    /// Does what is due, in order. At one moment alerts Modifications kept go first, then what power cuts cause, then held commands, then
    /// images that have come over a HAN and what their activation has hubs tell, then what devices raise.
    fn wake(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        loop {
            let next = self.next_deadline();
            if next > now {
                return;
            }
            let (state, world) = (&mut self.state, &*self.world);
            if state.modifications.next_deadline(world) == next {
                self.send_kept(next, out);
            } else if state.power.next_deadline(world) == next {
                self.power(next, out);
            } else if state.held.next_deadline(world) == next {
                if let Some(held) = state.held.take_next() {
                    self.execute(held, out);
                }
            } else if state.firmware.next_deadline(world) == next {
                self.firmware(out);
            } else if state.upcoming.next_deadline(world) == next {
                let population = &self.world.population;
                if let Some((device, alert)) = self.background.take_next(&mut state.upcoming, population) {
                    self.raise_itself(next, device, alert, 1.0, out);
                }
            } else {
                self.storm(next, out);
            }
        }
    }
}

impl TakesRequests for Premises {}

impl Accountable for Premises {
    fn account(&self) -> Account {
        Account {
            raised: self.state.raised.clone(),
            faults: self.state.faults.clone(),
            ..part::account(&self.state, &self.state.ledger, &self.world)
        }
    }

    fn ledger(&self) -> &Ledger {
        &self.state.ledger
    }

    fn save(&self) -> Result<Vec<u8>, CodecError> {
        encode_value(STATE_NAME, &self.state, STATE_BYTES_MAX)
    }
}

fn region_of(world: &World, premises: PremisesId) -> Range<u32> {
    world
        .population
        .region_range(world.population.region_of(premises))
}
