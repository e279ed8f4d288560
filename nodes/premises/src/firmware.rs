//! Firmware in the field: images on their way from hub to device, those that devices hold and found sound, those they run.
//!
//! Keyed by the premises, so that where shards are cut changes nothing.

use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::Bits;
use secnet_engine::draw::Stream;
use secnet_model::{DeviceId, DeviceType, PremisesId, SimTime, Technology};
use secnet_topology::{Span, World};
use secnet_wire::Image;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

const HAN: Stream = Stream::named("firmware-han");
const WRONG_MODEL: Stream = Stream::named("firmware-wrong-model");
const MEMORY_FULL: Stream = Stream::named("firmware-memory-full");
const UNSOUND: Stream = Stream::named("firmware-unsound");
const REFUSED: Stream = Stream::named("firmware-activation-refused");
const LOST: Stream = Stream::named("firmware-lost");
const FALSE_OUTAGE: Stream = Stream::named("firmware-false-outage");

/// Budget: two bits, with a bad image three, for each premises from the shard's first to the last that has had an image, for each campaign; 20 B for each image
/// on its way over a HAN.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Firmware {
    /// When an image has come over the HAN, and the device has looked at it.
    under_way: BinaryHeap<Reverse<(SimTime, DeviceId, u16)>>,
    /// When a hub tells of an outage that there is not.
    false_outages: BinaryHeap<Reverse<(SimTime, PremisesId)>>,
    /// By campaign: premises whose device holds a sound image and does not run it.
    sound: BTreeMap<u16, Bits>,
    /// By campaign: premises whose device runs its image.
    running: BTreeMap<u16, Bits>,
    /// By campaign: premises whose device is not heard of again since it ran its image.
    lost: BTreeMap<u16, Bits>,
    counts: Counts,
}

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// An image has come over the HAN.
    Comes(SimTime, DeviceId, u16),
    /// A hub tells of an outage that there is not.
    Tells(SimTime, PremisesId),
}

/// What a device makes of an image that has come to it whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verified {
    /// A PPMID or a hub runs it; whether that cuts the hub off for so long that it raises an outage alert.
    Sound {
        false_outage: bool,
    },
    Unsound,
}

/// What a device makes of a request to activate the image it holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activation {
    /// It runs the image; whether that cuts its hub off for so long that it raises an outage alert.
    Done {
        false_outage: bool,
    },
    /// It ran it before.
    DoneBefore,
    Refused,
    /// It holds no image.
    NoImage,
}

figures! {
    /// What devices do with firmware.
    struct Counts: "premises, firmware" in "premises" {
        /// Images that came to a hub.
        images: sum "images" as "firmware.images" if nonzero,
        /// Images for a device that is gone, or whose hub never works again.
        without_device: sum "images" as "firmware.without_device" if nonzero,
        /// Devices that are not heard of again since they ran their image.
        lost: sum "devices" as "firmware.lost" if nonzero,
        /// Times an image had to wait on its way over the HAN for the return of supply.
        waits: sum "waits" as "firmware.waits_for_supply" if nonzero,
        /// Images that devices found sound.
        sound: sum "images" as "firmware.sound" if nonzero,
        /// Images that devices found unsound.
        unsound: sum "images" as "firmware.unsound" if nonzero,
        /// Those of them that were corrupt.
        corrupt: sum "images" as "firmware.unsound_corrupt" if nonzero,
        /// Those of them that were for another model than the device is of, a hub of 4G among them.
        wrong_model: sum "images" as "firmware.unsound_wrong_model" if nonzero,
        /// Those of them that the device had no room for.
        memory_full: sum "images" as "firmware.unsound_memory_full" if nonzero,
        /// Images that devices activated.
        activated: sum "images" as "firmware.activated" if nonzero,
        /// Sound images that devices refused to activate.
        refused: sum "images" as "firmware.activations_refused" if nonzero,
        /// Outage alerts raised because of an activation (MP102).
        false_outages: sum "alerts" as "firmware.false_outage_alerts" if nonzero,
    }
}

impl Firmware {
    /// An image has come to a hub, for a device behind it.
    pub fn arrives(&mut self, now: SimTime, world: &World, image: &Image) {
        let params = &world.scenario.firmware;
        let (min, mean) = match image.device.device_type {
            DeviceType::Gsme => (params.han_gas_min, params.han_gas_mean),
            // The hub's own.
            DeviceType::Chf => (Span::default(), Span::default()),
            DeviceType::Esme
            | DeviceType::Gpf
            | DeviceType::Ppmid
            | DeviceType::Hcalcs
            | DeviceType::Sapc
            | DeviceType::Ihd
            | DeviceType::Cad => (params.han_min, params.han_mean),
        };
        let [id, n] = image.identity();
        let han = world.draws.delay(min.into(), mean.into(), HAN, id, n);
        self.counts.images += 1;
        self.under_way
            .push(Reverse((now + han, image.device, image.campaign)));
    }

    /// Nobody is there to take an image.
    pub fn is_lost(&mut self) {
        self.counts.without_device += 1;
    }

    /// A hub that is cut off tells of an outage then.
    pub fn tells_of_outage(&mut self, at: SimTime, premises: PremisesId) {
        self.false_outages.push(Reverse((at, premises)));
    }

    /// What is due next; of two at one moment, what a hub tells.
    pub fn take_next(&mut self) -> Option<Next> {
        let told = self.false_outages.peek().map(|Reverse((at, _))| *at);
        let come = self.under_way.peek().map(|Reverse((at, ..))| *at);
        match told.is_some_and(|told| come.is_none_or(|come| told <= come)) {
            true => self
                .false_outages
                .pop()
                .map(|Reverse((at, hub))| Next::Tells(at, hub)),
            false => self
                .under_way
                .pop()
                .map(|Reverse((at, device, campaign))| Next::Comes(at, device, campaign)),
        }
    }

    /// The device, or its hub, has no power: the image goes on when both have.
    pub fn waits(&mut self, until: SimTime, device: DeviceId, campaign: u16) {
        self.counts.waits += 1;
        self.under_way.push(Reverse((until, device, campaign)));
    }

    /// The device has the image whole, in the shard that begins there.
    pub fn verify(
        &mut self,
        world: &World,
        first: u32,
        at: SimTime,
        device: DeviceId,
        campaign: u16,
    ) -> Verified {
        let place = device.premises.0 - first;
        let params = &world.scenario.campaigns[usize::from(campaign)];
        if let Some(fault) = fault(world, at, device, campaign) {
            self.counts.unsound += 1;
            *match fault {
                Fault::Corrupt => &mut self.counts.corrupt,
                Fault::WrongModel => &mut self.counts.wrong_model,
                Fault::MemoryFull => &mut self.counts.memory_full,
            } += 1;
            return Verified::Unsound;
        }
        self.counts.sound += 1;
        let false_outage = match params.activates_itself() {
            true => self.run(world, place, device, campaign),
            false => {
                self.sound.entry(campaign).or_default().insert(place);
                false
            }
        };
        Verified::Sound { false_outage }
    }

    /// The device runs its image from now on; whether that cuts its hub off for long.
    fn run(&mut self, world: &World, place: u32, device: DeviceId, campaign: u16) -> bool {
        let (id, n) = (device.eui64().0, u64::from(campaign));
        self.running.entry(campaign).or_default().insert(place);
        self.counts.activated += 1;
        let lost_share = world.scenario.campaigns[usize::from(campaign)].lost_share;
        if world.draws.chance(lost_share, LOST, id, n) {
            self.lost.entry(campaign).or_default().insert(place);
            self.counts.lost += 1;
        }
        let share = world.scenario.firmware.false_outage_share;
        let false_outage = matches!(device.device_type, DeviceType::Esme | DeviceType::Chf)
            && world.draws.chance(share, FALSE_OUTAGE, id, n);
        self.counts.false_outages += u64::from(false_outage);
        false_outage
    }

    /// Whether some device is not heard of any more.
    #[inline]
    pub fn any_lost(&self) -> bool {
        !self.lost.is_empty()
    }

    /// Whether the device, or its hub, is not heard of any more.
    pub fn has_lost(&self, world: &World, first: u32, at: SimTime, device: DeviceId) -> bool {
        let place = device.premises.0 - first;
        // One that is lost is exchanged as any, and the new one works.
        let is_still = |of: DeviceType| {
            of != DeviceType::Chf || world.technology(device.premises, at) == Technology::Legacy
        };
        self.lost.iter().any(|(campaign, lost)| {
            let of = world.scenario.campaigns[usize::from(*campaign)].device;
            (of == device.device_type || of == DeviceType::Chf) && lost.has(place) && is_still(of)
        })
    }

    /// The device is asked to activate the image it holds.
    pub fn activate(&mut self, world: &World, first: u32, device: DeviceId) -> Activation {
        let (place, id) = (device.premises.0 - first, device.eui64().0);
        let is_for =
            |campaign: u16| world.scenario.campaigns[usize::from(campaign)].device == device.device_type;
        let holds =
            |(campaign, held): (&u16, &Bits)| (is_for(*campaign) && held.has(place)).then_some(*campaign);
        // The latest, where it was sent several.
        let Some(campaign) = self.sound.iter().rev().find_map(holds) else {
            let runs = self.running.iter().rev().find_map(holds).is_some();
            return if runs {
                Activation::DoneBefore
            } else {
                Activation::NoImage
            };
        };
        let (params, n) = (&world.scenario.firmware, u64::from(campaign));
        if world
            .draws
            .chance(params.activation_refused_share, REFUSED, id, n)
        {
            self.counts.refused += 1;
            return Activation::Refused;
        }
        if let Some(sound) = self.sound.get_mut(&campaign) {
            sound.remove(place);
        }
        let false_outage = self.run(world, place, device, campaign);
        Activation::Done { false_outage }
    }
}

/// Why a device finds an image unsound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    /// What came is not what was sent.
    Corrupt,
    /// It is for another model than the device is of, whatever records say.
    WrongModel,
    MemoryFull,
}

fn fault(world: &World, at: SimTime, device: DeviceId, campaign: u16) -> Option<Fault> {
    let (params, firmware) = (
        &world.scenario.campaigns[usize::from(campaign)],
        &world.scenario.firmware,
    );
    let (id, n) = (device.eui64().0, u64::from(campaign));
    let is_of_4g = || {
        device.device_type == DeviceType::Chf && world.technology(device.premises, at) == Technology::FourG
    };
    // What model a device is of does not change from campaign to campaign.
    let is_another = || world.draws.chance(firmware.wrong_model_share, WRONG_MODEL, id, 0);
    if is_of_4g() || is_another() {
        return Some(Fault::WrongModel);
    }
    let unsound_share = params.unsound_share.unwrap_or(firmware.unsound_share);
    if world.draws.chance(unsound_share, UNSOUND, id, n) {
        return Some(Fault::Corrupt);
    }
    let is_full = world.draws.chance(firmware.memory_full_share, MEMORY_FULL, id, n);
    is_full.then_some(Fault::MemoryFull)
}

impl Part for Firmware {
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        let come = self.under_way.peek().map(|Reverse((at, ..))| *at);
        let told = self.false_outages.peek().map(|Reverse((at, _))| *at);
        come.into_iter().chain(told).min().unwrap_or(SimTime::NEVER)
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        if self.counts != Counts::default() {
            figures.put(Key::Whole, &self.counts);
        }
    }

    fn memory_bytes(&self) -> usize {
        let bits = self
            .sound
            .values()
            .chain(self.running.values())
            .chain(self.lost.values());
        bits.map(Bits::memory_bytes).sum::<usize>()
            + self.under_way.capacity() * size_of::<Reverse<(SimTime, DeviceId, u16)>>()
            + self.false_outages.capacity() * size_of::<Reverse<(SimTime, PremisesId)>>()
    }
}
