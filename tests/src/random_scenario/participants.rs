//! Who takes part, and how slow, small and unreliable each is.

use super::Sort;
use crate::dice::{DAY, Dice, HOUR, MIN, MS, S, US};
use secnet_model::{Region, licence_areas};
use secnet_topology::scenario::{
    AlertsTailParams, CspParams, DnoParams, DspParams, LinkParams, PopulationParams, PremisesParams,
    ProfileParams, Retry, S1spParams, SupplierParams, UserParams,
};
use secnet_topology::{BitRate, Bytes, Span};

/// Shortest delays of links between data centres. A microsecond is rare: threads then wait for each other at every event.
pub(super) const DATA_CENTRE: [u64; 10] =
    [US, MS, 10 * MS, 40 * MS, 40 * MS, 40 * MS, 100 * MS, S, S, 20 * S];

impl Dice {
    pub(super) fn population(&mut self, sort: Sort) -> PopulationParams {
        let codes = licence_areas().iter().map(|area| (area.code, area.region));
        // A third of the scenarios has one region, a third one area or a few, a third all of them.
        let areas: Vec<String> = match self.below(3) {
            0 => {
                let only = self.one_of(&Region::ALL);
                codes
                    .filter(|(_, region)| *region == only)
                    .map(|(code, _)| code.to_owned())
                    .collect()
            }
            1 => codes
                .filter(|_| self.once_in(4))
                .map(|(code, _)| code.to_owned())
                .collect(),
            _ => Vec::new(),
        };
        let not_commissioned_share = self.share(0.01);
        PopulationParams {
            premises: self.premises_count(sort),
            areas,
            enrolled_share: self.share(1.0),
            smets1_share: self.one_of(&[0.0, 0.0, 0.4, 1.0]),
            gas_share: self.share(0.72),
            dual_fuel_share: self.share(0.85),
            prepayment_share: self.share(0.13),
            no_wan_share: self.share(0.007),
            no_4g_share: 0.1,
            patchy_wan_share: self.one_of(&[0.0, 0.0, 0.1, 1.0]),
            patchy_wan_every: self.span(&[US, MIN, HOUR, DAY]),
            patchy_wan_outage_mean: self.span(&[0, MIN, HOUR, DAY]),
            ppmid_share: self.share(0.75),
            not_commissioned_share,
            suspended_share: self.share(0.002).min(1.0 - not_commissioned_share),
        }
    }

    pub(super) fn premises_count(&mut self, sort: Sort) -> u32 {
        let (least, most) = match sort {
            Sort::Street => (1, 8),
            Sort::Rush | Sort::Ordinary => self.one_of(&[(50, 300), (300, 1_000), (1_000, 3_000)]),
        };
        self.between(least, most) as u32
    }

    pub(super) fn suppliers(&mut self) -> Vec<SupplierParams> {
        let weights: Vec<u64> = (0..self.between(1, 5)).map(|_| self.below(100)).collect();
        let sum = weights.iter().sum::<u64>();
        let share = |i: usize| match (sum, i) {
            (0, 0) => 1.0,
            (0, _) => 0.0,
            _ => weights[i] as f64 / sum as f64,
        };
        (0..weights.len())
            .map(|i| SupplierParams {
                name: format!("Supplier {i}"),
                share: share(i),
                prepayment_share: self.once_in(4).then(|| self.share(0.5)),
                no_wan_share: self.once_in(4).then(|| self.share(0.1)),
                export: self.once_in(2),
                suspended: self.once_in(8),
            })
            .collect()
    }

    /// Up to three, each with some of the areas nobody has yet; not all areas need have one.
    pub(super) fn dnos(&mut self) -> Vec<DnoParams> {
        let count = self.below(4);
        let mut dnos: Vec<DnoParams> = (0..count)
            .map(|i| DnoParams {
                name: format!("DNO {i}"),
                areas: Vec::new(),
            })
            .collect();
        for area in licence_areas() {
            let owner = self.below(count + 1) as usize;
            if let Some(dno) = dnos.get_mut(owner) {
                dno.areas.push(area.code.to_owned());
            }
        }
        dnos
    }

    pub(super) fn user(&mut self) -> UserParams {
        let signing_time_min = self.span(&[0, 50 * MS, 5 * S]);
        let retry_backoff = self.span(&[US, 100 * MS, 2 * S, MIN]);
        UserParams {
            signing_time_min,
            signing_time_mean: self.at_least(signing_time_min, &[0, 200 * MS, MIN]),
            retry: self.one_of(&[Retry::None, Retry::Fixed, Retry::Exponential]),
            attempts_max: self.between(1, 8) as u32,
            retry_backoff,
            retry_backoff_max: self.at_least(retry_backoff, &[0, MIN, HOUR]),
            patience: self.span(&[0, S, MIN, HOUR]),
            ..UserParams::default()
        }
    }

    pub(super) fn link(&mut self, least: &[u64]) -> LinkParams {
        let latency_min = self.span(least);
        LinkParams {
            latency_min,
            latency_mean: self.at_least(latency_min, &[0, MS, 100 * MS, 5 * S]),
        }
    }

    pub(super) fn dsp(&mut self) -> DspParams {
        let usual = DspParams {
            timeout_min: self.span(&[S, MIN, HOUR]),
            timeout_in_target_response_times: self.one_of(&[1e-6, 0.5, 2.0]),
            refuses_unseen_targets: self.once_in(2),
            ..DspParams::default()
        };
        // One in three is overloaded as soon as two requests meet.
        if self.once_in(3) {
            DspParams {
                servers: self.between(1, 3) as u32,
                service_time: self.span(&[0, 10 * MS, S, 20 * S]),
                queue_limit: self.below(5) as u32,
                retry_after: self.span(&[0, S, MIN]),
                ..usual
            }
        } else {
            usual
        }
    }

    pub(super) fn csp(&mut self, usual: CspParams) -> CspParams {
        if self.once_in(2) {
            return usual;
        }
        let link = self.link(&[US, 300 * MS, S, MIN]);
        let rate = [1, 100, 20_000, 1_000_000];
        CspParams {
            cell_premises: self.one_of(&[1, 7, 64, 5_000]),
            downlink_rate: BitRate::from_bits_per_second(self.one_of(&rate)),
            uplink_rate: BitRate::from_bits_per_second(self.one_of(&rate)),
            overhead: Bytes(self.one_of(&[0, 24, 2_000])),
            latency_min: link.latency_min,
            latency_mean: link.latency_mean,
            loss: self.one_of(&[0.0, 0.05, 0.6, 1.0]),
            poor_coverage_share: self.one_of(&[0.0, 0.0, 0.1, 1.0]),
            poor_coverage_loss: self.one_of(&[0.0, 0.3, 1.0]),
            bad_hours_share: self.one_of(&[0.0, 0.0, 0.2]),
            bad_hours_loss: self.one_of(&[0.0, 0.3, 1.0]),
            transmissions_max: self.between(1, 5) as u32,
            retransmit_after: self.span(&[0, MS, 3 * S, 5 * MIN]),
            command_time_to_live: self.once_in(3).then(|| self.span(&[US, S, 10 * MIN])),
            queue_limit: self.one_of(&[0, 1, 4, 500]),
            firmware_share: usual.firmware_share,
            firmware_broadcast: usual.firmware_broadcast,
            contention: None,
        }
    }

    /// The network that hubs are exchanged to.
    pub(super) fn four_g(&mut self) -> CspParams {
        let usual = CspParams::four_g();
        CspParams {
            firmware_broadcast: self.once_in(2),
            ..self.csp(usual)
        }
    }

    pub(super) fn s1sp(&mut self) -> S1spParams {
        let usual = S1spParams::default();
        if self.once_in(2) {
            return usual;
        }
        let link = self.link(&[US, 300 * MS, S, MIN]);
        let wake_up_min = self.span(&[0, S, MIN]);
        S1spParams {
            servers: self.between(1, 3) as u32,
            service_time: self.span(&[0, 10 * MS, S, 20 * S]),
            server_rate: BitRate::from_bits_per_second(self.one_of(&[1, 1_000, 1_000_000])),
            overhead: Bytes(self.one_of(&[0, 60, 2_000])),
            queue_limit: self.one_of(&[0, 1, 4, 500]),
            sized_for_premises: self.one_of(&[None, Some(10), Some(30_000_000)]),
            dual_control_time: self.span(&[0, S, HOUR]),
            vend_code_time: self.span(&[0, S]),
            wake_up_min,
            wake_up_mean: self.at_least(wake_up_min, &[0, S, HOUR]),
            wake_up_loss: self.one_of(&[0.0, 0.05, 0.6, 1.0]),
            wake_ups_max: self.between(1, 5) as u32,
            wake_up_again_after: self.span(&[0, MS, 20 * S, 5 * MIN]),
            network_data_wake_ups: self.between(1, 3) as u32,
            awake_for: self.span(&[0, S, HOUR]),
            latency_min: link.latency_min,
            latency_mean: link.latency_mean,
            loss: self.one_of(&[0.0, 0.05, 0.6, 1.0]),
            transmissions_max: self.between(1, 5) as u32,
            retransmit_after: self.span(&[0, MS, 3 * S, 5 * MIN]),
            cell_premises: self.one_of(&[1, 7, 64, 5_000]),
        }
    }

    fn profile(&mut self) -> ProfileParams {
        ProfileParams {
            interval: Span::from_micros(self.one_of(&[30 * MIN, HOUR, DAY])),
            days_on_demand_max: self.one_of(&[1, 31, 397]),
            days_scheduled: self.one_of(&[1, 1, 7]),
        }
    }

    pub(super) fn premises(&mut self) -> PremisesParams {
        let han_delay_min = self.span(&[0, 300 * MS, MIN]);
        PremisesParams {
            han_delay_min,
            han_delay_mean: self.at_least(han_delay_min, &[0, S, HOUR]),
            gsme_poll_interval: self.span(&[US, S, 30 * MIN, DAY]),
            clock_error_max: self.span(&[0, S, MIN, HOUR]),
            // Often enough that the few scheduled reads meet one.
            device_error_share: self.share(0.05),
            future_dated_failure_share: self.share(0.002),
            alerts_per_premises_per_day: 0.0,
            profile: self.profile(),
            alerts_tail: AlertsTailParams::default(),
        }
    }
}
