//! Which events of the timeline a step of an item meets, for whoever tells of that step.

use super::{Selector, Timeline};
use crate::population::Population;
use secnet_engine::Step;
use secnet_model::{DeviceId, DeviceType, Region, SimTime, UserId};

/// A step of an item: where it was taken, when, and whose it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    pub step: Step,
    pub place: Place,
    /// The User it was taken for.
    pub user: Option<UserId>,
    /// The device it is about.
    pub device: Option<DeviceId>,
    pub begin: SimTime,
    pub end: SimTime,
}

/// The participant that took a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    User,
    Dsp,
    /// A CSP, or the S1SP.
    Provider(Region),
    Premises,
}

/// What an event disturbs.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Reach {
    /// A release, or a system nothing is emulated of.
    Nothing,
    Systems {
        dsp: bool,
        csps: Vec<Region>,
    },
    /// The gateway connections of these Users.
    Gateways(Vec<UserId>),
    /// The rights of these Users.
    Rights(Vec<UserId>),
    Coverage(Selector),
    Registration {
        from: Option<UserId>,
        selector: Selector,
    },
    Devices {
        device: Option<DeviceType>,
        selector: Selector,
    },
    /// Which of these devices the DSP serves.
    Status {
        device: DeviceType,
        selector: Selector,
    },
    /// The premises whose hubs the event exchanges; it has this place in the scenario.
    Exchange {
        event: usize,
    },
    /// The premises that the event's faults take off supply; it has this place in the scenario.
    Power {
        event: u32,
    },
}

impl Reach {
    fn meets(&self, moment: &Moment, timeline: &Timeline, population: &Population) -> bool {
        let is_there = || matches!(moment.place, Place::Premises | Place::Provider(_));
        let selected = |selector: &Selector| moment.device.is_some_and(|it| selector.selects(it.premises));
        let is_of = |users: &[UserId]| moment.user.is_some_and(|user| users.contains(&user));
        match self {
            Reach::Nothing => false,
            Reach::Systems { dsp, csps } => match moment.place {
                Place::Dsp => *dsp && is_done_by_the_dsp(moment.step),
                Place::Provider(region) => csps.contains(&region),
                Place::User | Place::Premises => false,
            },
            Reach::Gateways(users) => moment.step == Step::Kept && is_of(users),
            Reach::Rights(users) => moment.step == Step::AccessControl && is_of(users),
            Reach::Coverage(selector) => matches!(moment.place, Place::Provider(_)) && selected(selector),
            Reach::Registration { from, selector } => {
                moment.step == Step::AccessControl && moment.user == *from && selected(selector)
            }
            Reach::Devices { device, selector } => {
                let is_it = moment
                    .device
                    .is_some_and(|it| device.is_none_or(|device| device == it.device_type));
                moment.place == Place::Premises && is_it && selected(selector)
            }
            Reach::Status { device, selector } => {
                let is_it = moment.device.is_some_and(|it| it.device_type == *device);
                moment.step == Step::AccessControl && is_it && selected(selector)
            }
            Reach::Exchange { event } => {
                let meets = |device: DeviceId| {
                    let visit = timeline.exchanges().visit(population, device.premises);
                    visit.is_some_and(|visit| {
                        visit.event == *event && visit.begins <= moment.end && visit.ends > moment.begin
                    })
                };
                is_there() && moment.device.is_some_and(meets)
            }
            Reach::Power { event } => {
                let power_cuts = timeline.power_cuts();
                let meets = |device: DeviceId| {
                    let mut cuts = power_cuts.cuts(device.premises);
                    cuts.any(|cut| {
                        let goes_on = cut.since <= moment.end && cut.until > moment.begin;
                        let faults =
                            [cut.fault, cut.last_fault].map(|number| &power_cuts.faults()[number as usize]);
                        goes_on && faults.iter().any(|fault| fault.event == *event)
                    })
                };
                is_there() && moment.device.is_some_and(meets)
            }
        }
    }
}

/// Work of the DSP's own: not what it waits for while others work, or keeps on purpose.
fn is_done_by_the_dsp(step: Step) -> bool {
    !matches!(
        step,
        Step::Item | Step::Command | Step::HeldByDsp | Step::Quarantine | Step::Kept
    )
}

impl Timeline {
    /// The names of the events that go on during the step, where it is taken: in the order of their beginnings.
    pub fn met_by<'a>(&'a self, population: &'a Population, moment: Moment) -> impl Iterator<Item = &'a str> {
        self.events
            .iter()
            .take_while(move |event| event.begins <= moment.end)
            .filter(move |event| event.ends > moment.begin && event.reach.meets(&moment, self, population))
            .map(|event| event.name.as_str())
    }
}
