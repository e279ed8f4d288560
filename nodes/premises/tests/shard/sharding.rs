use crate::rig::{REGION, Rig, command, events, future_dated, ms, world};
use secnet_accounts::{Account, Accountable};
use secnet_engine::draw::Stream;
use secnet_engine::{Draws, Envelope};
use secnet_model::{DeviceType, PremisesId};
use secnet_topology::{Span, World};
use secnet_wire::{Command, Message};
use std::sync::Arc;

const WHICH: Stream = Stream::named("test-which");

/// Everybody is off about twice in the day, some for a moment and some for hours.
const FAULTS: &str = r#"
    [[events]]
    name = "faults"
    kind = "power_faults"
    starts_after = "0s"
    lasts = "1d"
    per_million_premises_per_year = 13_000_000.0
    fault_sizes = [[1, 1], [100, 1]]
    off_mean = "20min"
"#;

pub(crate) fn busy_world() -> Arc<World> {
    world(|scenario| {
        scenario.csp.north.latency_mean = Span::from_secs(3);
        scenario.population.no_wan_share = 0.05;
        scenario.premises.alerts_per_premises_per_day = 20.0;
        scenario.premises.han_delay_mean = Span::from_secs(1);
        scenario.premises.device_error_share = 0.1;
        scenario.premises.future_dated_failure_share = 0.3;
        scenario.power.never_back_share = 0.1;
        scenario.events = events(FAULTS);
    })
}

/// A mix of reads and future-dated commands, many for one moment.
pub(crate) fn commands() -> Vec<(u64, Command)> {
    let draws = Draws::new(8);
    let command = |i: u64| {
        let premises = PremisesId(draws.below(1_000, WHICH, 0, i) as u32);
        let target = [
            DeviceType::Esme,
            DeviceType::Gsme,
            DeviceType::Gpf,
            DeviceType::Ppmid,
            DeviceType::Chf,
        ][draws.below(5, WHICH, 1, i) as usize];
        let at_ms = i * 10_000;
        match draws.below(3, WHICH, 2, i) {
            0 => (at_ms, command(i, "4.1.1", premises, target)),
            1 => (at_ms, command(i, "4.8.1", premises, target)),
            _ => {
                let seconds = (at_ms / 1_000 / 900 + 2) * 900;
                (
                    at_ms,
                    future_dated(command(i, "1.1.1", premises, target), seconds as u32),
                )
            }
        }
    };
    (0..8_000).map(command).collect()
}

fn run(world: &Arc<World>, edges: &[u32]) -> (Vec<Envelope<Message>>, Account) {
    let (mut sent, mut sum) = (Vec::new(), Account::default());
    for edge in edges.windows(2) {
        let mut rig = Rig::of(world, edge[0], edge[1]);
        for (at_ms, command) in commands() {
            let premises = command.id.target.device().unwrap().premises;
            if (edge[0]..edge[1]).contains(&premises.0) {
                rig.command(ms(at_ms), command);
            }
        }
        rig.finish();
        sum.add(&rig.premises.account());
        sent.append(&mut rig.sent);
    }
    sent.sort_by_key(Envelope::order);
    (sent, sum)
}

/// What shards cut at `edges` send by themselves.
pub(crate) fn alerts_in_shards(world: &Arc<World>, edges: &[u32]) -> (Vec<Envelope<Message>>, Account) {
    let (mut sent, mut sum) = (Vec::new(), Account::default());
    for edge in edges.windows(2) {
        let mut rig = Rig::of(world, edge[0], edge[1]);
        rig.finish();
        sum.add(&rig.premises.account());
        sent.append(&mut rig.sent);
    }
    sent.sort_by_key(Envelope::order);
    (sent, sum)
}

#[test]
fn where_shards_are_cut_changes_nothing() {
    let world = busy_world();
    assert_eq!(world.population.region_range(REGION), 0..1_000);
    let (sent, account) = run(&world, &[0, 1_000]);
    assert!(sent.len() > 20_000, "{}", sent.len());
    assert!(account.counters()["premises.future_dated_failed"] > 100);
    // Two halves, three parts, cuts inside every kind of block.
    for edges in [
        &[0, 512, 1_000][..],
        &[0, 320, 704, 1_000],
        &[0, 1, 257, 300, 999, 1_000],
    ] {
        let (other_sent, other_account) = run(&world, edges);
        assert_eq!(other_account, account, "{edges:?}");
        assert!(other_sent == sent, "{edges:?}");
    }
}

#[test]
fn the_layout_s_shards_tile_the_region() {
    for shards in 1..=3 {
        let world = world(|scenario| scenario.hosting.premises_shards = shards);
        let kinds = world.layout().kinds;
        let premises = kinds.iter().filter_map(|kind| match kind {
            secnet_topology::NodeKind::Premises { first, end, .. } => Some((first.0, end.0)),
            _ => None,
        });
        let premises: Vec<(u32, u32)> = premises.collect();
        assert_eq!(premises.len(), shards as usize);
        assert!(premises.windows(2).all(|pair| pair[0].1 == pair[1].0));
    }
}
