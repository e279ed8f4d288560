//! A Supplier's firmware campaigns: which requests go out when, whose image is where, and when a device is asked to activate it.
//!
//! It goes by what it is told: the DSP's warnings, N60 and N61, the devices' alerts, the answers to its requests. Of what it does not
//! hear it learns nothing, and gives it up in the end.

use secnet_accounts::campaigns::{CampaignNews, Progress};
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_engine::{Bits, ItemKind, Outcome};
use secnet_model::{AlertCode, DeviceId, DeviceType, SimDuration, SimTime, Srv, UserId};
use secnet_topology::scenario::CampaignParams;
use secnet_topology::{Campaign, World};
use secnet_user::Ask;
use secnet_wire::{DccAlert, DeviceAlert, ImageWarning, ServiceRequest};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Activate Firmware.
const ACTIVATE: &str = "11.3";
/// Read Firmware Version.
const READ_VERSION: &str = "11.2";

/// All campaigns of one Supplier.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Campaigns {
    running: Vec<Running>,
    /// When a device is to be asked to activate its image, or for its version.
    to_ask: BTreeSet<(SimTime, u16, u32)>,
    asks: VecDeque<Ask>,
    news: Vec<CampaignNews>,
    counts: Counts,
}

figures! {
    /// What Suppliers make of their firmware campaigns.
    struct Counts: "Suppliers' campaigns" in "supplier" {
        /// Campaigns that a Supplier stopped before a wave, as too many devices had failed.
        stopped: sum "campaigns" as "firmware.stopped" if nonzero,
        /// Those of them that the version before was sent after.
        rolled_back: sum "campaigns" as "firmware.rolled_back" if nonzero,
        /// Requests for the version of a device that has taken to its new one (SRV 11.2).
        read_back: sum "requests" as "firmware.read_back" if nonzero,
    }
}

/// One campaign. Budget: 2 bits for each device, 3 where versions are read back, but for those that are asked again.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Running {
    campaign: u16,
    user: UserId,
    next_batch: u16,
    /// The first batch whose devices have not been given up.
    oldest_batch: u16,
    /// When the next batch goes out, or the oldest is given up.
    next_at: SimTime,
    /// Places in the portfolio of the devices whose fate is not known.
    open: Bits,
    /// Those of them that told that their image is sound.
    sound: Bits,
    /// Those of these that have taken to their new version, which is to be read back.
    taken: Bits,
    /// How often a device was asked, to activate its image or for its version, where more than once.
    asked_again: BTreeMap<u32, u32>,
    /// Devices whose fate is known, other than left out or out of reach, and those of them that failed.
    known: u32,
    failed: u32,
    stopped: bool,
    /// Where it rolls another back.
    roll_back: Option<RollBack>,
    /// When its requests went out, where they come by hand.
    by_hand: Option<Vec<SimTime>>,
}

/// What there is to roll back: from when on, and how many of the other campaign's requests. Never and none, until it is stopped.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct RollBack {
    of: u16,
    from: SimTime,
    batches: u16,
}

impl Campaigns {
    pub fn begin(&mut self, user: UserId, world: &World) {
        let numbers = (0..world.scenario.campaigns.len()).map(|number| number as u16);
        let own = numbers.filter(|number| world.campaign(*number, user).is_some());
        self.running = own
            .map(|campaign| Running {
                campaign,
                user,
                next_batch: 0,
                oldest_batch: 0,
                next_at: match world.campaign(campaign, user) {
                    Some(own) if has_a_plan(own.params) => own.due(0),
                    _ => SimTime::NEVER,
                },
                open: Bits::default(),
                sound: Bits::default(),
                taken: Bits::default(),
                asked_again: BTreeMap::new(),
                known: 0,
                failed: 0,
                stopped: false,
                roll_back: world.rolls_back(campaign).map(|of| RollBack {
                    of,
                    from: SimTime::NEVER,
                    batches: 0,
                }),
                by_hand: world.scenario.campaigns[usize::from(campaign)]
                    .by_hand
                    .then(Vec::new),
            })
            .collect();
    }

    pub fn comes_due(&mut self, now: SimTime, world: &World) {
        // One that stops may begin another.
        while self.running.iter().any(|running| running.next_at <= now) {
            self.requests_come_due(now, world);
        }
        while self.to_ask.first().is_some_and(|(at, ..)| *at <= now) {
            let Some((at, number, place)) = self.to_ask.pop_first() else {
                break;
            };
            self.ask(at, number, place, world);
        }
    }

    fn requests_come_due(&mut self, now: SimTime, world: &World) {
        let mut stopped = Vec::new();
        for running in self.running.iter_mut().filter(|running| running.next_at <= now) {
            let Some(campaign) = world.campaign(running.campaign, running.user) else {
                running.next_at = SimTime::NEVER;
                continue;
            };
            while !running.stopped && running.due(&campaign, world, running.next_batch) <= now {
                let batch = running.next_batch;
                if running.is_to_stop(&campaign, batch) {
                    self.counts.stopped += 1;
                    running.stopped = true;
                    stopped.push((running.campaign, batch));
                    break;
                }
                running.next_batch += 1;
                if let Some(ask) = running.list(&campaign, batch, &mut self.news) {
                    self.asks.push_back(ask);
                }
            }
            while running.gives_up_at(&campaign, world) <= now {
                let batch = running.oldest_batch;
                running.oldest_batch += 1;
                running.end_batch(&campaign, batch, Outcome::NoResponse, &mut self.news);
            }
            running.next_at = running.next(&campaign, world);
        }
        for (campaign, batches) in stopped {
            self.roll_back(now, campaign, batches);
        }
    }

    /// A campaign has stopped after so many requests.
    fn roll_back(&mut self, now: SimTime, campaign: u16, batches: u16) {
        for running in &mut self.running {
            if let Some(roll_back) = running.roll_back.as_mut().filter(|it| it.of == campaign) {
                (roll_back.from, roll_back.batches) = (now, batches);
                running.next_at = now;
                self.counts.rolled_back += 1;
            }
        }
    }

    /// A person lists the next devices of a campaign: which of its requests that is.
    pub fn list_next(&mut self, now: SimTime, number: u16, world: &World) -> Option<u16> {
        let (running, campaign) = self.of(number, world)?;
        let batch = running.next_batch;
        let sent = running.by_hand.as_mut()?;
        if batch >= campaign.batches() {
            return Some(batch);
        }
        sent.push(now);
        running.next_batch += 1;
        let mut news = Vec::new();
        running.list(&campaign, batch, &mut news);
        running.next_at = running.next(&campaign, world);
        self.news.append(&mut news);
        Some(batch)
    }

    /// A device is to be asked now, where its fate is not known meanwhile.
    fn ask(&mut self, now: SimTime, number: u16, place: u32, world: &World) {
        let Some((running, campaign)) = self.of(number, world) else {
            return;
        };
        let Some(device) = campaign.device(place).filter(|_| running.open.has(place)) else {
            return;
        };
        let reads_back = running.taken.has(place);
        let news = match (reads_back, running.stopped) {
            (true, _) => None,
            (false, false) => Some(running.news(device, Progress::Asked)),
            (false, true) => {
                let news = running.end(place, device, Outcome::Stopped);
                self.news.push(news);
                return;
            }
        };
        self.counts.read_back += u64::from(reads_back);
        self.news.extend(news);
        let (number, device, execution) = match reads_back {
            true => (READ_VERSION, read_back_by(device), None),
            false => (ACTIVATE, device, campaign.params.execution(world.calendar, now)),
        };
        if let Some(srv) = Srv::from_number(number) {
            self.asks.push_back(Ask::Device {
                srv,
                device,
                execution,
            });
        }
    }

    /// The campaign with that number, where it is one of the Supplier's.
    fn of<'w>(&mut self, number: u16, world: &'w World) -> Option<(&mut Running, Campaign<'w>)> {
        let running = self
            .running
            .iter_mut()
            .find(|running| running.campaign == number)?;
        let campaign = world.campaign(number, running.user)?;
        Some((running, campaign))
    }

    pub fn take_ask(&mut self) -> Option<Ask> {
        self.asks.pop_front()
    }

    #[inline]
    pub fn take_news(&mut self) -> Option<CampaignNews> {
        self.news.pop()
    }

    pub fn note_warning(&mut self, warning: &ImageWarning, world: &World) {
        let (device, what) = (warning.image.device, Progress::Warned(warning.reason));
        let Some((running, campaign)) = self.of(warning.image.campaign, world) else {
            return;
        };
        if campaign
            .place(device)
            .is_some_and(|place| running.open.remove(place))
        {
            let news = running.news(device, what);
            self.news.push(news);
        }
    }

    pub fn note_batch_end(&mut self, campaign: u16, batch: u16, outcome: Outcome, world: &World) {
        if outcome == Outcome::Completed {
            return;
        }
        let mut news = Vec::new();
        if let Some((running, campaign)) = self.of(campaign, world) {
            running.end_batch(&campaign, batch, outcome, &mut news);
        }
        self.news.append(&mut news);
    }

    pub fn note_image(&mut self, alert: &DccAlert, delivered: bool, world: &World) {
        let (Some(device), Ok(number)) = (alert.about.device(), u16::try_from(alert.request)) else {
            return;
        };
        let Some((running, campaign)) = self.of(number, world) else {
            return;
        };
        let Some(place) = campaign.place(device).filter(|place| running.open.has(*place)) else {
            return;
        };
        let news = match delivered {
            true => running.news(device, Progress::AtHub),
            false => running.end(place, device, Outcome::NotDelivered),
        };
        self.news.push(news);
    }

    /// A device tells whether its image is sound, or that it executed what it held.
    pub fn note_alert(&mut self, now: SimTime, alert: &DeviceAlert, world: &World) {
        if let Some(command) = alert.command.filter(|it| it.srv.number() == ACTIVATE) {
            let outcome = match alert.alert == AlertCode::future_dated_succeeded() {
                true => Outcome::Completed,
                false => Outcome::DeviceError,
            };
            return self.asked_has_ended(now, command.srv, alert.device, outcome, world);
        }
        let is_sound = alert.alert == AlertCode::image_sound();
        if self.running.is_empty() || !(is_sound || alert.alert == AlertCode::image_unsound()) {
            return;
        }
        // Of several campaigns for such devices it is the one that is open for this device: the DSP lets but one at a time through.
        let found = self.running.iter_mut().find_map(|running| {
            let campaign = world.campaign(running.campaign, running.user)?;
            let place = campaign.place(alert.device)?;
            let is_new = running.open.has(place) && !running.sound.has(place);
            is_new.then_some((running, campaign, place))
        });
        let Some((running, campaign, place)) = found else {
            return;
        };
        let number = running.campaign;
        if !is_sound {
            let news = running.end(place, alert.device, Outcome::ImageUnsound);
            return self.news.push(news);
        }
        running.sound.insert(place);
        self.news.push(running.news(alert.device, Progress::Sound));
        match campaign.activates_itself() {
            true => self.has_taken(now, number, place, world),
            false => self.ask_at(campaign.params.asks_at(world.calendar, now), number, place, world),
        }
    }

    /// A device runs its new version, as it says.
    fn has_taken(&mut self, now: SimTime, number: u16, place: u32, world: &World) {
        let Some((running, campaign)) = self.of(number, world) else {
            return;
        };
        match campaign.params.read_back_after {
            Some(after) => {
                running.taken.insert(place);
                running.asked_again.remove(&place);
                self.ask_at(now + after.as_duration(), number, place, world);
            }
            None => {
                if let Some(device) = campaign.device(place) {
                    let news = running.end(place, device, Outcome::Completed);
                    self.news.push(news);
                }
            }
        }
    }

    fn ask_at(&mut self, at: SimTime, campaign: u16, place: u32, world: &World) {
        if at < world.horizon {
            self.to_ask.insert((at, campaign, place));
        }
    }

    /// A request of the Supplier's has ended, perhaps one to activate an image or for a version.
    pub fn note_end(
        &mut self,
        now: SimTime,
        request: &ServiceRequest,
        device: DeviceId,
        outcome: Outcome,
        world: &World,
    ) {
        let is_held = outcome == Outcome::Completed && request.timing.execution().is_some();
        // What the device has done with what it holds, it tells at its time.
        if !is_held {
            self.asked_has_ended(now, request.srv, device, outcome, world);
        }
    }

    /// A device has activated its image or told its version, or has not.
    fn asked_has_ended(&mut self, now: SimTime, srv: Srv, device: DeviceId, outcome: Outcome, world: &World) {
        if self.running.is_empty() || !matches!(srv.number(), ACTIVATE | READ_VERSION) {
            return;
        }
        let reads_back = srv.number() == READ_VERSION;
        let found = self.running.iter_mut().find_map(|running| {
            let campaign = world.campaign(running.campaign, running.user)?;
            let whose = device.premises.device(campaign.params.device);
            let place = campaign.place(whose)?;
            let is_asked =
                running.open.has(place) && running.sound.has(place) && running.taken.has(place) == reads_back;
            let is_its = match reads_back {
                true => read_back_by(whose) == device,
                false => whose == device,
            };
            (is_asked && is_its).then_some((running, campaign, place, whose))
        });
        let Some((running, campaign, place, whose)) = found else {
            return;
        };
        let number = running.campaign;
        let answered = matches!(
            outcome,
            Outcome::Completed | Outcome::DeviceError | Outcome::Refused
        );
        if !answered {
            let asked = running.asked_again.entry(place).or_insert(1);
            if *asked < campaign.params.activations_max {
                *asked += 1;
                let at = now + campaign.params.activate_again_after.as_duration();
                return self.ask_at(at, number, place, world);
            }
        }
        let ended = match (reads_back, outcome) {
            (false, Outcome::Completed) => return self.has_taken(now, number, place, world),
            // Whatever the answer, it is one.
            (true, Outcome::Completed | Outcome::DeviceError) => Outcome::Completed,
            // One that took to its version and does not answer is lost, whatever the network makes of it.
            (true, Outcome::NotDelivered) => Outcome::NoResponse,
            (_, outcome) => outcome,
        };
        let news = running.end(place, whose, ended);
        self.news.push(news);
    }
}

impl Running {
    fn news(&self, device: DeviceId, what: Progress) -> CampaignNews {
        CampaignNews {
            campaign: self.campaign,
            device,
            what,
        }
    }

    /// Whether too many devices have failed for a batch to go out that begins a wave.
    fn is_to_stop(&self, campaign: &Campaign, batch: u16) -> bool {
        let begins_a_wave = batch > 0 && campaign.wave(batch) != campaign.wave(batch - 1);
        let Some(stop_above) = campaign.params.stop_above.filter(|_| begins_a_wave) else {
            return false;
        };
        f64::from(self.failed) > stop_above * f64::from(self.known)
    }

    /// The devices of a batch are open from now on; the request for them, where there are any.
    fn list(&mut self, campaign: &Campaign, batch: u16, news: &mut Vec<CampaignNews>) -> Option<Ask> {
        let wave = campaign.wave(batch);
        let before = self.open.len();
        for place in campaign.places(batch) {
            if let Some(device) = campaign.device(place) {
                self.open.insert(place);
                news.push(self.news(device, Progress::Listed { wave }));
            }
        }
        let campaign_number = self.campaign;
        let srv = campaign.srv().filter(|_| self.open.len() > before)?;
        Some(Ask::Images {
            srv,
            campaign: campaign_number,
            batch,
        })
    }

    /// The fate of a device is known.
    fn end(&mut self, place: u32, device: DeviceId, outcome: Outcome) -> CampaignNews {
        self.open.remove(place);
        self.asked_again.remove(&place);
        let failed = matches!(
            outcome,
            Outcome::ImageUnsound | Outcome::DeviceError | Outcome::NoResponse
        );
        self.known += u32::from(failed || outcome == Outcome::Completed);
        self.failed += u32::from(failed);
        self.news(device, Progress::Ended(outcome))
    }

    /// When the next batch goes out, or the oldest is given up.
    fn next(&self, campaign: &Campaign, world: &World) -> SimTime {
        let due = match self.stopped {
            true => SimTime::NEVER,
            false => self.due(campaign, world, self.next_batch),
        };
        due.min(self.gives_up_at(campaign, world))
    }

    /// When a request goes out; "never" past the last, and past the horizon.
    fn due(&self, campaign: &Campaign, world: &World, batch: u16) -> SimTime {
        if let Some(sent) = &self.by_hand {
            return sent.get(usize::from(batch)).copied().unwrap_or(SimTime::NEVER);
        }
        let Some(roll_back) = self.roll_back else {
            return campaign.due(batch);
        };
        if batch >= roll_back.batches {
            return SimTime::NEVER;
        }
        let every = campaign.params.batch_every.as_micros();
        let due = roll_back.from + SimDuration(every.saturating_mul(batch.into()));
        Some(due)
            .filter(|due| *due < world.horizon)
            .unwrap_or(SimTime::NEVER)
    }

    /// When the devices of the oldest batch are given up; "never" where none has been sent since.
    fn gives_up_at(&self, campaign: &Campaign, world: &World) -> SimTime {
        match self.oldest_batch < self.next_batch {
            true => {
                self.due(campaign, world, self.oldest_batch) + campaign.params.give_up_after.as_duration()
            }
            false => SimTime::NEVER,
        }
    }

    /// All of a batch that are open end alike.
    fn end_batch(&mut self, campaign: &Campaign, batch: u16, outcome: Outcome, news: &mut Vec<CampaignNews>) {
        for place in campaign.places(batch) {
            if self.open.has(place)
                && let Some(device) = campaign.device(place)
            {
                news.push(self.end(place, device, outcome));
            }
        }
    }
}

/// Whether the campaign's requests go out by themselves from the start.
fn has_a_plan(params: &CampaignParams) -> bool {
    params.rolls_back.is_none() && !params.by_hand
}

/// Whom a device's version is read from: a hub is there when its electricity meter answers.
fn read_back_by(device: DeviceId) -> DeviceId {
    match device.device_type {
        DeviceType::Chf => device.premises.device(DeviceType::Esme),
        DeviceType::Esme
        | DeviceType::Gsme
        | DeviceType::Gpf
        | DeviceType::Ppmid
        | DeviceType::Hcalcs
        | DeviceType::Sapc
        | DeviceType::Ihd
        | DeviceType::Cad => device,
    }
}

impl Part for Campaigns {
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        let asked = self.to_ask.first().map(|(at, ..)| *at);
        let batches = self.running.iter().map(|running| running.next_at);
        batches.chain(asked).min().unwrap_or(SimTime::NEVER)
    }

    fn held(&self, kind: ItemKind) -> u64 {
        match kind {
            ItemKind::FirmwareUpdate => self
                .running
                .iter()
                .map(|running| u64::from(running.open.len()))
                .sum(),
            ItemKind::ServiceRequest
            | ItemKind::ScheduledRead
            | ItemKind::DeviceAlert
            | ItemKind::DccAlert => 0,
        }
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        if self.counts != Counts::default() {
            figures.put(Key::Whole, &self.counts);
        }
    }

    fn memory_bytes(&self) -> usize {
        let of = |running: &Running| {
            running.open.memory_bytes()
                + running.sound.memory_bytes()
                + running.taken.memory_bytes()
                + running.asked_again.len() * size_of::<(u32, u32)>()
        };
        self.running.iter().map(of).sum::<usize>() + self.to_ask.len() * size_of::<(SimTime, u16, u32)>()
    }
}
