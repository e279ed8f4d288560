//! Firmware campaigns of random scenarios.

use crate::dice::Dice;
use secnet_model::DeviceType;
use secnet_topology::scenario::{CampaignParams, FirmwareParams};
use secnet_topology::{Bytes, Scenario, Span, TimeOfDay};

impl Dice {
    /// How firmware goes about, and campaigns of which there is something to see before the horizon: from dice of their own.
    pub(crate) fn add_firmware(&mut self, scenario: &mut Scenario) {
        scenario.firmware = self.firmware();
        let regions = [
            &mut scenario.csp.north,
            &mut scenario.csp.central,
            &mut scenario.csp.south,
        ];
        for csp in regions {
            csp.firmware_broadcast = self.once_in(2);
            csp.firmware_share = self.one_of(&[0.01, 0.5, 0.9]);
        }
        for number in 0..self.one_of(&[0, 0, 1, 2]) {
            let campaign = self.campaign(number, scenario);
            scenario.campaigns.push(campaign);
        }
        scenario.firmware.central_library = self.once_in(3);
        scenario.dsp.suspensions_per_second = self.one_of(&[1, 100]);
        scenario.firmware.wrong_model_share = self.one_of(&[0.0, 0.2]);
        scenario.firmware.memory_full_share = self.one_of(&[0.0, 0.2]);
    }

    fn firmware(&mut self) -> FirmwareParams {
        let span = |dice: &mut Dice, seconds: &[u64]| Span::from_secs(dice.one_of(seconds));
        let (han_min, han_gas_min) = (span(self, &[0, 0, 2, 60]), span(self, &[0, 600]));
        FirmwareParams {
            central_library: false,
            block: Bytes(self.one_of(&[64, 500])),
            not_before: TimeOfDay::from_hour(self.one_of(&[0, 0, 7, 22])),
            not_after: TimeOfDay::from_hour(self.one_of(&[0, 0, 9])),
            gather: span(self, &[1, 1, 600]),
            rounds_max: self.one_of(&[1, 3, 6]),
            alone_above_share: self.one_of(&[0.0, 0.5, 1.0]),
            again_after: span(self, &[60, 3_600]),
            keep: span(self, &[600, 86_400]),
            han_min,
            han_mean: Span::from_micros(han_min.as_micros() + self.below(20_000_000)),
            han_gas_min,
            han_gas_mean: Span::from_micros(han_gas_min.as_micros() + self.below(600_000_000)),
            unsound_share: self.one_of(&[0.0, 0.1, 0.3, 1.0]),
            wrong_model_share: 0.0,
            memory_full_share: 0.0,
            activation_refused_share: self.one_of(&[0.0, 0.1, 0.3, 1.0]),
            false_outage_share: self.one_of(&[0.0, 0.3]),
        }
    }

    fn campaign(&mut self, number: u64, scenario: &Scenario) -> CampaignParams {
        let horizon = scenario.horizon.as_micros();
        let suppliers = scenario.suppliers.iter().map(|supplier| supplier.name.clone());
        CampaignParams {
            name: format!("campaign {number}"),
            device: self.one_of(&[
                DeviceType::Esme,
                DeviceType::Esme,
                DeviceType::Gsme,
                DeviceType::Ppmid,
                DeviceType::Chf,
            ]),
            suppliers: suppliers.filter(|_| self.once_in(3)).collect(),
            share: self.one_of(&[0.1, 0.5, 1.0]),
            image: Bytes(self.one_of(&[1, 1, 2_000, 40_000])),
            starts_after: Span::from_micros(self.below(horizon / 8 + 1)),
            batch_devices: self.one_of(&[50, 700, 50_000]),
            batch_every: Span::from_secs(self.one_of(&[1, 300, 3_600])),
            activate_after: Span::from_secs(self.one_of(&[0, 0, 900])),
            activate_at: None,
            activate_future_dated: false,
            rolls_back: None,
            by_hand: false,
            activations_max: self.one_of(&[1, 3]),
            activate_again_after: Span::from_secs(self.one_of(&[60, 3_600])),
            give_up_after: Span::from_secs(self.one_of(&[300, 7_200, 86_400])),
            read_back_after: self.once_in(2).then(|| Span::from_secs(self.one_of(&[1, 600]))),
            waves: match self.once_in(3) {
                true => vec![0.1, 0.5, 1.0],
                false => Vec::new(),
            },
            soak: Span::from_secs(self.one_of(&[0, 900])),
            stop_above: self.once_in(2).then(|| self.one_of(&[0.0, 0.1, 1.0])),
            unsound_share: self.once_in(3).then(|| self.one_of(&[0.0, 0.5])),
            lost_share: self.one_of(&[0.0, 0.0, 0.2, 1.0]),
        }
    }
}
