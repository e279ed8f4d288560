//! Firmware images, against what the model's arithmetic says.

use crate::rig::{REGION, Rig, command, ms};
use secnet_accounts::Accountable;
use secnet_model::{Address, DeviceType, PremisesId, UserId};
use secnet_topology::{Scenario, Span, TimeOfDay};
use secnet_wire::{Image, ImageReport, Message};

/// 100 blocks of 100 B. With half of 8 kbit/s a block takes 200 ms.
const CAMPAIGN: &str = r#"
    [firmware]
    block = "100B"
    gather = "1min"
    [[campaigns]]
    name = "c"
    device = "ESME"
    image = "10kB"
"#;
const BLOCK_MS: u64 = 200;
const BLOCKS: u64 = 100;

fn rig(more: &str, broadcast: bool, edit: impl FnOnce(&mut Scenario)) -> Rig {
    Rig::with(&format!("{CAMPAIGN}\n{more}"), |scenario| {
        scenario.csp.north.firmware_share = 0.5;
        scenario.csp.north.firmware_broadcast = broadcast;
        scenario.horizon = Span::from_secs(40 * 86_400);
        edit(scenario);
    })
}

fn image(premises: u32) -> Image {
    Image {
        device: PremisesId(premises).device(DeviceType::Esme),
        campaign: 0,
        user: UserId(0),
    }
}

impl Rig {
    fn image(&mut self, at_ms: u64, premises: u32) {
        self.arrive(ms(at_ms), Address::DSP, Message::Image(image(premises)));
    }

    /// When hubs had the image, in milliseconds, the second of latency taken off; and what the DSP was told.
    fn images(&self) -> (Vec<(u64, u32)>, Vec<ImageReport>) {
        let (mut images, mut reports) = (Vec::new(), Vec::new());
        for envelope in &self.sent {
            match envelope.message {
                Message::Image(image) => {
                    images.push((envelope.due.0 / 1_000 - 1_000, image.device.premises.0));
                }
                Message::ImageReport(report) => reports.push(report),
                _ => {}
            }
        }
        (images, reports)
    }

    fn figure(&self, name: &str) -> u64 {
        let counters = self.csp.account().counters();
        counters
            .get(&format!("csp.{REGION}.firmware.{name}"))
            .copied()
            .unwrap_or_default()
    }
}

#[test]
fn a_broadcast_takes_the_image_at_its_share_of_the_rate_for_all_hubs_at_once() {
    let mut rig = rig("", true, |_| {});
    rig.image(0, 3);
    rig.image(30_000, 7);
    rig.finish();
    let (images, reports) = rig.images();
    let ends = 60_000 + BLOCKS * BLOCK_MS;
    assert_eq!(images, [(ends, 3), (ends, 7)]);
    assert!(reports.iter().all(|report| report.delivered) && reports.len() == 2);
    assert_eq!(rig.figure("broadcast_blocks"), BLOCKS);
    assert_eq!(rig.figure("bytes"), BLOCKS * 100);
}

#[test]
fn an_image_of_the_central_library_is_broadcast_once_for_all_suppliers() {
    // For a premises of each of two Suppliers; each image is reported to the one that had it sent.
    for (library, broadcasts) in [(true, 1), (false, 2)] {
        let mut rig = rig("", true, |scenario| {
            scenario.firmware.central_library = library;
            let mut other = scenario.suppliers[0].clone();
            (scenario.suppliers[0].share, other.share) = (0.5, 0.5);
            other.name = "Dim".to_owned();
            scenario.suppliers.push(other);
        });
        let population = &rig.world.population;
        let of = |supplier: u16| {
            let mut own = (0..population.premises_count()).map(PremisesId);
            own.find(|premises| population.electricity_supplier(*premises) == UserId(supplier))
                .unwrap()
        };
        let mut sent: Vec<Image> = [0, 1]
            .map(|supplier| Image {
                user: UserId(supplier),
                ..image(of(supplier).0)
            })
            .into();
        for image in &sent {
            rig.arrive(ms(0), Address::DSP, Message::Image(*image));
        }
        rig.finish();
        assert_eq!(rig.figure("rounds"), broadcasts);
        assert_eq!(rig.figure("bytes"), broadcasts * BLOCKS * 100);
        let mut reported: Vec<Image> = rig.images().1.iter().map(|report| report.image).collect();
        for images in [&mut sent, &mut reported] {
            images.sort_by_key(|image| image.user);
        }
        assert_eq!(reported, sent);
    }
}

#[test]
fn hubs_by_themselves_are_served_one_after_another() {
    let mut rig = rig("", false, |_| {});
    rig.image(0, 3);
    rig.image(5_000, 7);
    rig.image(6_000, 5);
    rig.finish();
    let took = BLOCKS * BLOCK_MS;
    assert_eq!(rig.images().0, [(took, 3), (2 * took, 5), (3 * took, 7)]);
    assert_eq!(rig.figure("alone_blocks"), 3 * BLOCKS);
}

#[test]
fn other_messages_have_the_rest_of_the_downlink_meanwhile() {
    let mut rig = rig("", false, |_| {});
    // 100 octets take 100 ms of the whole, 200 ms of the half.
    rig.command(0, command(1, 1, 100));
    rig.image(1_000, 3);
    rig.command(2_000, command(2, 1, 100));
    rig.command(1_000 + BLOCKS * BLOCK_MS, command(3, 1, 100));
    rig.finish();
    assert_eq!(
        rig.delivered(),
        [(1_100, 1), (3_200, 2), (2_100 + BLOCKS * BLOCK_MS, 3)]
    );
}

#[test]
fn rounds_and_blocks_are_those_of_independent_losses() {
    // 4,000 cells of 20 hubs.
    let (cells, hubs, loss) = (4_000u32, 20, 0.2);
    let mut rig = rig("", true, |scenario| {
        scenario.population.premises = cells * hubs;
        scenario.csp.north.cell_premises = hubs;
        scenario.csp.north.loss = loss;
        scenario.firmware.rounds_max = 100;
    });
    (0..cells * hubs).for_each(|premises| rig.image(0, premises));
    rig.finish();
    assert_eq!(rig.images().0.len() as u32, cells * hubs);
    // Of n hubs none misses a block after r rounds: (1 − pʳ)ⁿ.
    let none_misses =
        |rounds: i32, blocks: f64| (1.0 - f64::powi(loss, rounds)).powf(f64::from(hubs) * blocks);
    let rounds: f64 = (0..60).map(|round| 1.0 - none_misses(round, BLOCKS as f64)).sum();
    let blocks: f64 = (0..60)
        .map(|round| BLOCKS as f64 * (1.0 - none_misses(round, 1.0)))
        .sum();
    let close = |name: &str, expected: f64| {
        let mean = rig.figure(name) as f64 / f64::from(cells);
        assert!(
            (mean / expected - 1.0).abs() < 0.01,
            "{name}: {mean} of {expected}"
        );
    };
    close("rounds", rounds);
    close("broadcast_blocks", blocks);
    close("bytes", blocks * 100.0);
    assert_eq!(rig.figure("alone_blocks"), 0);
}

#[test]
fn a_campaign_to_hubs_by_themselves_takes_its_octets_over_its_airtime() {
    let loss = 0.1;
    let mut rig = rig("", false, |scenario| {
        scenario.population.premises = 500;
        scenario.csp.north.cell_premises = 500;
        scenario.csp.north.loss = loss;
    });
    (0..500).for_each(|premises| rig.image(0, premises));
    rig.finish();
    let last = rig.images().0.iter().map(|(at, _)| *at).max().unwrap() as f64;
    let expected = 500.0 * (BLOCKS * BLOCK_MS) as f64 / (1.0 - loss);
    assert!((last / expected - 1.0).abs() < 0.01, "{last} of {expected}");
    assert_eq!(rig.figure("alone_blocks") * BLOCK_MS, last as u64);
}

#[test]
fn a_campaign_limited_to_hours_of_the_day_takes_the_sum_of_its_windows() {
    // Three hours a night; 1,000 hubs at 20 s each are 5 h 33 min 20 s.
    let mut rig = rig("", false, |scenario| {
        scenario.population.premises = 1_000;
        scenario.csp.north.cell_premises = 1_000;
        scenario.firmware.not_before = TimeOfDay::from_hour(23);
        scenario.firmware.not_after = TimeOfDay::from_hour(2);
    });
    (0..1_000).for_each(|premises| rig.image(0, premises));
    // Nothing has its share in the day.
    rig.command(12 * 3_600_000, command(1, 1, 100));
    rig.finish();
    let last = rig.images().0.iter().map(|(at, _)| *at).max().unwrap();
    // From midnight, the epoch, to 2:00, then 3 h from 23:00, then the rest.
    let hour = 3_600_000;
    assert_eq!(last, 47 * hour + (20_000_000 - 5 * hour));
    assert_eq!(rig.delivered(), [(12 * hour + 1_100, 1)]);
}

#[test]
fn a_transfer_cut_short_goes_on_where_it_was_and_nobody_is_counted_twice() {
    let cut = r#"
        [[events]]
        name = "cut"
        kind = "power_cut"
        starts_after = "15s"
        lasts = "1h"
        premises = [3, 3]
    "#;
    let mut rig = rig(cut, false, |scenario| {
        scenario.power.restart_mean = scenario.power.restart_min;
    });
    rig.image(0, 3);
    rig.image(0, 5);
    rig.finish();
    let (images, reports) = rig.images();
    // 74 blocks were heard before 15 s, and one was sent that was not; then comes the other, and six hours after it the rest.
    let other = 75 * BLOCK_MS + BLOCKS * BLOCK_MS;
    let rest = (BLOCKS - 74) * BLOCK_MS;
    assert_eq!(images, [(other, 5), (other + 6 * 3_600_000 + rest, 3)]);
    assert_eq!(reports.len(), 2);
    assert_eq!(rig.figure("transfers_interrupted"), 1);
}

#[test]
fn who_never_hears_is_given_up_and_said_to_be() {
    let lost = r#"
        [[events]]
        name = "lost"
        kind = "coverage_loss"
        starts_after = "0s"
        premises = [3, 3]
    "#;
    for broadcast in [false, true] {
        let mut rig = rig(lost, broadcast, |_| {});
        rig.image(1_000, 3);
        rig.image(1_000, 5);
        rig.finish();
        let (images, reports) = rig.images();
        assert_eq!(images.iter().map(|(_, hub)| *hub).collect::<Vec<_>>(), [5]);
        let failed: Vec<Image> = reports
            .iter()
            .filter(|report| !report.delivered)
            .map(|report| report.image)
            .collect();
        assert_eq!(failed, [image(3)]);
        assert_eq!(rig.figure("given_up"), 1);
    }
}

#[test]
fn hubs_that_were_off_in_the_first_round_take_no_part_in_the_others() {
    let cut = r#"
        [[events]]
        name = "cut"
        kind = "power_cut"
        starts_after = "50s"
        lasts = "1h"
        premises = [3, 3]
    "#;
    let mut rig = rig(cut, true, |scenario| {
        scenario.csp.north.loss = 0.05;
    });
    (0..10).for_each(|premises| rig.image(0, premises));
    rig.finish();
    assert_eq!(rig.images().0.len(), 10);
    // The whole image once for all, and once for the one that was off.
    assert!(
        rig.figure("broadcast_blocks") < 2 * BLOCKS,
        "{}",
        rig.figure("broadcast_blocks")
    );
    assert!(rig.figure("alone_blocks") >= BLOCKS);
}
