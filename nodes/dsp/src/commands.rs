//! The commands that are out: what each belongs to, and until when its answer is waited for.

use crate::correlation::{Correlations, Outstanding};
use crate::readings;
use crate::timeouts::{TimeoutClasses, Timeouts};
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, ServiceLevels, figures};
use secnet_engine::ItemKind;
use secnet_model::{RequestId, SimTime};
use secnet_topology::World;
use secnet_wire::CommandOrigin;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Commands {
    correlations: Correlations,
    timeouts: Timeouts,
    /// Readings are items of the DSP's own, from when they are started.
    scheduled_reads: u64,
    counts: Counts,
}

figures! {
    /// What became of commands.
    struct Counts: "DSP's commands" in "dsp" {
        /// Commands sent to CSPs.
        commands: sum "commands",
        /// Commands without an answer in time.
        time_outs: sum "commands" says "commands without an answer in time",
        /// Commands that a CSP could not deliver.
        undeliverable: sum "commands",
        /// Responses to commands that had ended.
        late_responses: sum "responses",
    }
}

figures! {
    /// The commands that are out.
    struct UnderWay: "DSP's commands under way" in "dsp" {
        /// Commands under way.
        outstanding: sum "commands",
    }
}

impl Commands {
    pub fn new(classes: &TimeoutClasses) -> Commands {
        Commands {
            correlations: Correlations::new(),
            timeouts: Timeouts::new(classes.count()),
            scheduled_reads: 0,
            counts: Counts::default(),
        }
    }

    /// Whether there is no room for one more.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.correlations.is_full()
    }

    /// A reading is started, which [`Commands::ended`] ends.
    pub fn reading_started(&mut self) {
        self.scheduled_reads += 1;
    }

    /// A command goes out at `at`; the reference its answer is to name. `None` when there is no room.
    #[inline]
    pub fn send(
        &mut self,
        classes: &TimeoutClasses,
        at: SimTime,
        command: Outstanding,
        is_smets1: bool,
    ) -> Option<u32> {
        let (slot, correlation) = self.correlations.insert(command)?;
        let (class, timeout) = classes.of(command.srv, command.origin, is_smets1);
        self.timeouts.watch(slot, class, at + timeout);
        self.counts.commands += 1;
        Some(correlation)
    }

    /// The command a response is for; `None` for a late one or a duplicate.
    #[inline]
    pub fn answered(&mut self, correlation: u32, id: &RequestId) -> Option<Outstanding> {
        let Some((slot, command)) = self.correlations.take(correlation, id) else {
            self.counts.late_responses += 1;
            return None;
        };
        self.timeouts.forget(slot);
        Some(command)
    }

    /// The command a CSP could not deliver.
    pub fn undelivered(&mut self, correlation: u32, id: &RequestId) -> Option<Outstanding> {
        let command = self.answered(correlation, id)?;
        self.counts.undeliverable += 1;
        Some(command)
    }

    /// One that has had no answer in time; asked again until there is none.
    #[inline]
    pub fn take_expired(&mut self, now: SimTime) -> Option<Outstanding> {
        while let Some(slot) = self.timeouts.take_expired(now) {
            if let Some(command) = self.correlations.release(slot) {
                self.counts.time_outs += 1;
                return Some(command);
            }
        }
        None
    }

    /// Its User is told, or will be.
    #[inline]
    pub fn ended(&mut self, command: &Outstanding) {
        if command.origin == CommandOrigin::Scheduled {
            self.scheduled_reads -= 1;
        }
    }

    /// Those that are out.
    pub fn iter(&self) -> impl Iterator<Item = &Outstanding> {
        self.correlations.iter()
    }
}

impl Part for Commands {
    /// While the DSP is out nothing is given up.
    #[inline]
    fn next_deadline(&self, world: &World) -> SimTime {
        world.timeline.dsp_servers().opens(self.timeouts.earliest())
    }

    fn held(&self, kind: ItemKind) -> u64 {
        match kind {
            ItemKind::ScheduledRead => self.scheduled_reads,
            ItemKind::ServiceRequest
            | ItemKind::DeviceAlert
            | ItemKind::DccAlert
            | ItemKind::FirmwareUpdate => 0,
        }
    }

    fn unanswered(&self, world: &World, at: SimTime, levels: &mut ServiceLevels) {
        let readings = self
            .iter()
            .filter(|command| command.origin == CommandOrigin::Scheduled);
        for reading in readings {
            if let Some(device) = reading.id.target.device() {
                let (key, place) = readings::counts_as(world, reading.id.originator, reading.srv, device);
                levels.unanswered(key, Some(place), reading.started_at, at);
            }
        }
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        figures.put(Key::Whole, &self.counts);
        let outstanding = self.correlations.len().into();
        figures.put(Key::Whole, &UnderWay { outstanding });
    }
}
