//! Which devices a firmware campaign's requests list: as Supplier and DSP both work out, so that no message has to carry a list.
//!
//! A campaign may go in waves, each up to a greater share, with time in between to see how the last one did.
//!
//! A Supplier's premises are in an order of their own (its portfolio). The campaign is for the first of them, by its share; its requests
//! (SRV 11.1, or 11.4) take so many of these at a time, one after another, and list the devices that stand there.

use crate::population::Portfolio;
use crate::scenario::CampaignParams;
use crate::world::World;
use secnet_model::{DeviceId, DeviceType, PremisesId, SimTime, Srv, UserId};
use std::ops::Range;

/// One Supplier's part in a campaign.
#[derive(Clone, Debug)]
pub struct Campaign<'w> {
    world: &'w World,
    pub params: &'w CampaignParams,
    /// Whose requests' lists it has: its own, or the campaign's that it rolls back.
    lists: &'w CampaignParams,
    portfolio: Portfolio,
    premises: u32,
}

impl World {
    /// The Supplier's part in the campaign with that number; `None` where there is none.
    pub fn campaign(&self, number: u16, supplier: UserId) -> Option<Campaign<'_>> {
        let params = self.scenario.campaigns.get(usize::from(number))?;
        let lists = match self.rolls_back(number) {
            Some(other) => &self.scenario.campaigns[usize::from(other)],
            None => params,
        };
        let name = &self.scenario.suppliers.get(supplier.index())?.name;
        if !lists.suppliers.is_empty() && !lists.suppliers.contains(name) {
            return None;
        }
        let portfolio = match params.device.is_gas() {
            true => self.population.gas_portfolio(supplier),
            false => self.population.portfolio(supplier),
        };
        Some(Campaign {
            world: self,
            params,
            lists,
            premises: (f64::from(portfolio.len()) * lists.share).round() as u32,
            portfolio,
        })
    }

    /// The campaign that the one with that number rolls back, where it is to.
    pub fn rolls_back(&self, number: u16) -> Option<u16> {
        let campaign = self.scenario.campaigns.get(usize::from(number))?;
        self.scenario.campaign_number(campaign.rolls_back.as_ref()?)
    }

    /// Whether the campaign with that number is for the device, whichever Supplier's it is.
    pub fn is_campaign_for(&self, number: u16, device: DeviceId) -> bool {
        let supplier = self.population.first_supplier(device);
        let campaign = supplier.and_then(|supplier| self.campaign(number, supplier));
        campaign.is_some_and(|campaign| {
            let place = campaign.place(device);
            place.and_then(|place| campaign.device(place)) == Some(device)
        })
    }

    /// Whether there is a campaign with that number, for devices of that type.
    pub fn has_campaign(&self, number: u16, device_type: DeviceType) -> bool {
        let params = self.scenario.campaigns.get(usize::from(number));
        params.is_some_and(|params| params.device == device_type)
    }
}

impl<'w> Campaign<'w> {
    pub fn srv(&self) -> Option<Srv> {
        Srv::from_number(self.params.srv_number())
    }

    /// Whether its devices need no request to activate the image.
    pub fn activates_itself(&self) -> bool {
        self.params.activates_itself()
    }

    /// How many requests it has.
    pub fn batches(&self) -> u16 {
        self.waves().map(|wave| self.batches_of(&wave)).sum::<u32>() as u16
    }

    fn batches_of(&self, wave: &Range<u32>) -> u32 {
        (wave.end - wave.start).div_ceil(self.lists.batch_devices.max(1))
    }

    /// The places in the portfolio that each wave is for.
    fn waves(&self) -> impl Iterator<Item = Range<u32>> + '_ {
        let shares: &[f64] = match &self.lists.waves[..] {
            [] => &[1.0],
            shares => shares,
        };
        let edges = shares
            .iter()
            .map(|share| (f64::from(self.premises) * share).round() as u32);
        edges.scan(0, |start, end| {
            let wave = *start..end;
            *start = end;
            Some(wave)
        })
    }

    /// A request by its number: its wave, when it is due, and the places it is for; `None` past the last.
    fn batch(&self, number: u16) -> Option<(u8, SimTime, Range<u32>)> {
        let every = self.params.batch_every.as_micros();
        let mut left = u32::from(number);
        let mut at = self.params.starts_after.as_micros();
        for (wave, places) in (0..).zip(self.waves()) {
            let batches = self.batches_of(&places);
            let of_wave = left.min(batches.saturating_sub(1));
            at = at.saturating_add(every.saturating_mul(of_wave.into()));
            if left < batches {
                let size = self.lists.batch_devices;
                let start = places.start + left * size;
                let end = start.saturating_add(size).min(places.end);
                return Some((wave, SimTime(at), start..end));
            }
            left -= batches;
            if batches > 0 {
                at = at.saturating_add(self.params.soak.as_micros());
            }
        }
        None
    }

    /// When a request is due by the plan; "never" past the last, and past the horizon. What is rolled back has no plan.
    pub fn due(&self, batch: u16) -> SimTime {
        let due = self.batch(batch).map(|(_, due, _)| due);
        due.filter(|due| *due < self.world.horizon)
            .unwrap_or(SimTime::NEVER)
    }

    /// The wave a request belongs to, from 0.
    pub fn wave(&self, batch: u16) -> u8 {
        self.batch(batch).map_or(0, |(wave, ..)| wave)
    }

    /// The places in the portfolio that a request is for; none past the last.
    pub fn places(&self, batch: u16) -> Range<u32> {
        self.batch(batch).map_or(0..0, |(.., places)| places)
    }

    /// The place of a device that the campaign is for.
    pub fn place(&self, device: DeviceId) -> Option<u32> {
        let population = &self.world.population;
        let is_there =
            device.device_type == self.params.device && device.premises.0 < population.premises_count();
        let by_gas = self.params.device.is_gas();
        let place = is_there.then(|| population.place_in_portfolio(device.premises, by_gas))??;
        (place < self.premises && self.portfolio.get(place) == device.premises).then_some(place)
    }

    /// The device at a place, where one of SMETS2 stands there.
    pub fn device(&self, place: u32) -> Option<DeviceId> {
        if place >= self.premises {
            return None;
        }
        let (population, premises): (_, PremisesId) = (&self.world.population, self.portfolio.get(place));
        let device_type = self.params.device;
        let is_listed = population.has_device(premises, device_type) && !population.is_smets1(premises);
        is_listed.then(|| premises.device(device_type))
    }

    /// The devices a request lists.
    pub fn devices(&self, batch: u16) -> impl Iterator<Item = DeviceId> + use<'_, 'w> {
        self.places(batch).filter_map(|place| self.device(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn world(campaign: &str) -> World {
        let scenario = format!(
            r#"
                name = "campaigns"
                horizon = "30d"
                [population]
                premises = 3_000
                smets1_share = 0.3
                enrolled_share = 0.8
                gas_share = 0.7
                dual_fuel_share = 0.6
                [[suppliers]]
                name = "A"
                share = 0.5
                [[suppliers]]
                name = "B"
                share = 0.3
                [[suppliers]]
                name = "C"
                share = 0.2
                [[campaigns]]
                name = "c"
                {campaign}
            "#
        );
        World::new(crate::parse("test", &scenario, &[]).unwrap()).unwrap()
    }

    #[test]
    fn requests_list_each_device_of_the_share_once_and_know_its_place() {
        for (device_type, by_gas) in [
            (DeviceType::Esme, false),
            (DeviceType::Gsme, true),
            (DeviceType::Ppmid, false),
        ] {
            let device = device_type.name();
            let world = world(&format!("device = \"{device}\"\nshare = 0.4\nbatch_devices = 70"));
            let mut seen = BTreeSet::new();
            for supplier in (0..3).map(UserId) {
                let campaign = world.campaign(0, supplier).unwrap();
                let of_supplier = match by_gas {
                    true => world.population.gas_portfolio(supplier).len(),
                    false => world.population.portfolio(supplier).len(),
                };
                let premises = (f64::from(of_supplier) * 0.4).round() as u32;
                assert_eq!(u32::from(campaign.batches()), premises.div_ceil(70));
                let mut place = 0;
                for batch in 0..campaign.batches() {
                    assert_eq!(campaign.places(batch).start, place);
                    place = campaign.places(batch).end;
                    for listed in campaign.devices(batch) {
                        assert!(seen.insert(listed) && !world.population.is_smets1(listed.premises));
                        let known = campaign.place(listed).unwrap();
                        assert!(campaign.places(batch).contains(&known) && world.is_campaign_for(0, listed));
                        assert_eq!(campaign.device(known), Some(listed));
                    }
                }
                assert_eq!(place, premises);
                assert!(campaign.devices(campaign.batches()).next().is_none());
                assert!(campaign.due(campaign.batches()).is_never());
            }
            // Of other premises nobody knows a place.
            let others = (0..3_000).map(|p| PremisesId(p).device(device_type));
            for other in others.filter(|other| !seen.contains(other)) {
                let lists = |supplier| {
                    let campaign = world.campaign(0, supplier).unwrap();
                    campaign
                        .place(other)
                        .is_some_and(|place| campaign.device(place).is_some())
                };
                assert!(!(0..3).map(UserId).any(lists) && !world.is_campaign_for(0, other));
            }
            assert!(seen.len() > 100, "{device}: {}", seen.len());
        }
    }

    #[test]
    fn waves_come_one_after_another_with_time_in_between() {
        // 1,500 premises: 15, then 150, then all, 100 a request.
        let world = world(
            "device = \"ESME\"\nstarts_after = \"1h\"\nbatch_devices = 100\nbatch_every = \"2h\"\nwaves = [0.01, 0.1, 1.0]\nsoak = \"3d\"",
        );
        let campaign = world.campaign(0, UserId(0)).unwrap();
        let hours = |batch| campaign.due(batch).as_whole_secs() / 3_600;
        let batch = |batch| (campaign.wave(batch), campaign.places(batch), hours(batch));
        assert_eq!(batch(0), (0, 0..15, 1));
        assert_eq!(batch(1), (1, 15..115, 73));
        assert_eq!(batch(2), (1, 115..150, 75));
        assert_eq!(batch(3), (2, 150..250, 147));
        assert_eq!(batch(16), (2, 1_450..1_500, 173));
        assert_eq!(campaign.batches(), 17);
        assert!(campaign.due(17).is_never());
    }

    #[test]
    fn only_those_named_run_it() {
        let world = world("device = \"ESME\"\nsuppliers = [\"B\"]");
        let runs: Vec<bool> = (0..4)
            .map(|user| world.campaign(0, UserId(user)).is_some())
            .collect();
        assert_eq!(runs, [false, true, false, false]);
        assert!(world.campaign(1, UserId(1)).is_none());
    }
}
