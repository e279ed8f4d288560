//! What has changed in the field since the scenario began: supply states, commissioning, devices taken off the HAN.
//!
//! Only premises where something changed are kept. Keyed by the premises, so that where shards are cut changes nothing.
//! A command's effect stands as soon as the command has reached the hub.

use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_model::{DeviceId, DeviceType, PremisesId, Srv};
use secnet_topology::World;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a meter does with the supply (domain.md §1: SRV 7.1 to 7.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Supply {
    #[default]
    Enabled,
    Disabled,
    /// Off until someone at the premises switches it on.
    Armed,
}

/// Budget: 16 B with its premises (tested).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Change {
    electricity: Supply,
    gas: Supply,
    commissioned: Devices,
    unjoined: Devices,
}

/// A set of a premises' devices, by type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Devices(u16);

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Changes {
    by_premises: BTreeMap<PremisesId, Change>,
}

/// What a service does to the device that carries it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    Supply(Supply),
    Commission,
    /// Assumed: the device leaves the HAN and answers no more until it is joined again.
    Unjoin,
    Join,
    /// Of the firmware image the device holds ([`crate::firmware`]).
    Activate,
}

impl Effect {
    /// `None` for the many services that change nothing kept here.
    pub fn of(srv: Srv) -> Option<Effect> {
        EFFECTS
            .iter()
            .find(|(number, _)| *number == srv.number())
            .map(|(_, effect)| *effect)
    }
}

/// What each service of the catalogue changes, looked up by its place there.
#[derive(Clone, Debug)]
pub struct Effects(Vec<Option<Effect>>);

impl Default for Effects {
    fn default() -> Effects {
        Effects(Srv::all().map(Effect::of).collect())
    }
}

impl Effects {
    #[inline]
    pub fn of(&self, srv: Srv) -> Option<Effect> {
        self.0[usize::from(srv.index())]
    }
}

const EFFECTS: [(&str, Effect); 9] = [
    ("7.1", Effect::Supply(Supply::Enabled)),
    ("7.2", Effect::Supply(Supply::Disabled)),
    ("7.3", Effect::Supply(Supply::Armed)),
    ("8.1.1", Effect::Commission),
    ("8.7.1", Effect::Join),
    ("8.7.2", Effect::Join),
    ("8.8.1", Effect::Unjoin),
    ("8.8.2", Effect::Unjoin),
    ("11.3", Effect::Activate),
];

impl Changes {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.by_premises.is_empty()
    }

    /// Premises where something changed.
    pub fn len(&self) -> usize {
        self.by_premises.len()
    }

    pub fn apply(&mut self, effect: Effect, device: DeviceId) {
        let kept = self.by_premises.get(&device.premises).copied();
        let mut change = kept.unwrap_or_default();
        match effect {
            Effect::Supply(supply) => change.switch(device.device_type, supply),
            Effect::Commission => change.commissioned.add(device.device_type),
            Effect::Unjoin => change.unjoined.add(device.device_type),
            Effect::Join => change.unjoined.remove(device.device_type),
            Effect::Activate => {}
        }
        match change == Change::default() {
            true => self.by_premises.remove(&device.premises),
            false => self.by_premises.insert(device.premises, change),
        };
    }

    pub fn supply(&self, device: DeviceId) -> Supply {
        let change = self.by_premises.get(&device.premises);
        change.map_or(Supply::Enabled, |change| match device.device_type {
            DeviceType::Gsme => change.gas,
            DeviceType::Esme
            | DeviceType::Gpf
            | DeviceType::Chf
            | DeviceType::Hcalcs
            | DeviceType::Ppmid
            | DeviceType::Sapc
            | DeviceType::Ihd
            | DeviceType::Cad => change.electricity,
        })
    }

    /// Whether a command commissioned the device since the scenario began.
    pub fn commissioned(&self, device: DeviceId) -> bool {
        let change = self.by_premises.get(&device.premises);
        change.is_some_and(|change| change.commissioned.has(device.device_type))
    }

    #[inline]
    pub fn unjoined(&self, device: DeviceId) -> bool {
        let change = self.by_premises.get(&device.premises);
        change.is_some_and(|change| change.unjoined.has(device.device_type))
    }

    /// Supplies that commands left disabled or armed.
    pub fn supplies_off(&self) -> u64 {
        let off = |supply: Supply| u64::from(supply != Supply::Enabled);
        let changes = self.by_premises.values();
        changes
            .map(|change| off(change.electricity) + off(change.gas))
            .sum()
    }
}

figures! {
    /// What commands left changed.
    struct Standing: "premises, changes" in "premises" {
        /// Meters whose supply a command has switched off.
        supplies_off: sum "meters" if nonzero,
    }
}

impl Part for Changes {
    fn memory_bytes(&self) -> usize {
        self.by_premises.len() * size_of::<(PremisesId, Change)>()
    }

    fn figures(&self, _world: &World, figures: &mut Figures) {
        let supplies_off = self.supplies_off();
        figures.put(Key::Whole, &Standing { supplies_off });
    }
}

impl Change {
    /// Arming a supply that is enabled leaves it enabled. Assumed.
    fn switch(&mut self, device_type: DeviceType, supply: Supply) {
        let state = match device_type {
            DeviceType::Esme => &mut self.electricity,
            DeviceType::Gsme => &mut self.gas,
            DeviceType::Gpf
            | DeviceType::Chf
            | DeviceType::Hcalcs
            | DeviceType::Ppmid
            | DeviceType::Sapc
            | DeviceType::Ihd
            | DeviceType::Cad => return,
        };
        *state = match (supply, *state) {
            (Supply::Armed, Supply::Enabled) => Supply::Enabled,
            (supply, _) => supply,
        };
    }
}

impl Devices {
    fn add(&mut self, device_type: DeviceType) {
        self.0 |= 1 << device_type.index();
    }

    fn remove(&mut self, device_type: DeviceType) {
        self.0 &= !(1 << device_type.index());
    }

    fn has(self, device_type: DeviceType) -> bool {
        self.0 & 1 << device_type.index() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_premises_costs_at_most_16_bytes_and_one_changed_back_nothing() {
        assert!(size_of::<(PremisesId, Change)>() <= 16);
        let mut changes = Changes::default();
        let meter = PremisesId(7).device(DeviceType::Esme);
        changes.apply(Effect::Supply(Supply::Disabled), meter);
        assert_eq!((changes.len(), changes.supplies_off()), (1, 1));
        changes.apply(Effect::Supply(Supply::Enabled), meter);
        assert!(changes.is_empty());
    }

    #[test]
    fn each_fuel_has_its_own_supply_and_only_one_that_is_off_can_be_armed() {
        let (electricity, gas) = (
            PremisesId(7).device(DeviceType::Esme),
            PremisesId(7).device(DeviceType::Gsme),
        );
        let mut changes = Changes::default();
        for (to, expected) in [
            (Supply::Armed, Supply::Enabled),
            (Supply::Disabled, Supply::Disabled),
            (Supply::Disabled, Supply::Disabled),
            (Supply::Armed, Supply::Armed),
            (Supply::Enabled, Supply::Enabled),
        ] {
            changes.apply(Effect::Supply(to), gas);
            assert_eq!(changes.supply(gas), expected);
            assert_eq!(changes.supply(electricity), Supply::Enabled);
        }
    }

    #[test]
    fn services_have_their_effects_by_the_catalogue_s_numbers() {
        assert!(
            EFFECTS
                .iter()
                .all(|(number, _)| Srv::from_number(number).is_some())
        );
        assert_eq!(
            Srv::from_number("7.2").and_then(Effect::of),
            Some(Effect::Supply(Supply::Disabled))
        );
        assert_eq!(Srv::from_number("7.4").and_then(Effect::of), None);
    }
}
