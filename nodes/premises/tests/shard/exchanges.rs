//! A home whose hub is exchanged for one of 4G: how long answers and alerts take from it, and what firmware makes of the new hub.

use crate::rig::{HAN_MS, Rig, WAN_MS, command, events, ms, with};
use secnet_engine::{Envelope, Input, Node, Outbox};
use secnet_model::{Address, AlertCode, DeviceType, PremisesId, SimTime, UserId};
use secnet_topology::Scenario;
use secnet_wire::{Image, Message};

const FOUR_G_MS: u64 = 200;

fn exchanged(scenario: &mut Scenario) {
    scenario.events = events(
        "[[events]]\nname = \"4G\"\nkind = \"hub_exchange\"\nstarts_after = \"0s\"\nlasts = \"12h\"\nshare = 1.0\n",
    );
    scenario.population.no_4g_share = 0.0;
    scenario.csp.four_g.latency_min = secnet_topology::Span::from_millis(FOUR_G_MS);
    scenario.csp.four_g.latency_mean = secnet_topology::Span::from_millis(FOUR_G_MS);
}

fn visit_ends(rig: &Rig, premises: PremisesId) -> SimTime {
    let exchanges = rig.world.timeline.exchanges();
    exchanges.visit(&rig.world.population, premises).unwrap().ends
}

/// What the shard sends when that comes at that moment.
fn image(rig: &mut Rig, now: SimTime, image: Image) -> Vec<Message> {
    rig.run_until(now);
    let envelope = Envelope {
        due: now,
        seq: 1,
        from: Address::provider(crate::rig::REGION),
        to: Address::premises(image.device.premises),
        message: Message::Image(image),
    };
    let (mut out, before) = (Outbox::new(), rig.sent.len());
    rig.premises.handle(now, Input::Message(&envelope), &mut out);
    rig.sent.extend(out.drain());
    rig.finish();
    rig.sent[before..].iter().map(|it| it.message).collect()
}

#[test]
fn answers_take_the_network_their_hub_is_of() {
    let mut rig = Rig::new(exchanged);
    let premises = rig.premises_with(DeviceType::Esme);
    let ends = visit_ends(&rig, premises);
    for (counter, at) in [(1, ms(0)), (2, ends)] {
        rig.command(at, command(counter, "4.1.1", premises, DeviceType::Esme));
    }
    let due: Vec<SimTime> = rig.responses().iter().map(|(due, _)| *due).collect();
    let after = |at: SimTime, wan_ms: u64| SimTime(at.0 + (HAN_MS + wan_ms) * 1_000);
    assert_eq!(due, [after(ms(0), WAN_MS), after(ends, FOUR_G_MS)]);
}

#[test]
fn a_hub_of_4g_is_of_another_model_than_a_campaign_for_hubs_is_for() {
    let campaign = "[[campaigns]]\nname = \"hubs\"\ndevice = \"CHF\"\nunsound_share = 0.0\n";
    let with_campaign = |scenario: &mut Scenario| {
        exchanged(scenario);
        scenario.campaigns = with(campaign).campaigns;
    };
    let told = |after_visit: bool| {
        let mut rig = Rig::new(with_campaign);
        let premises = rig.premises_with(DeviceType::Esme);
        let at = match after_visit {
            true => visit_ends(&rig, premises),
            false => ms(0),
        };
        let hub = premises.device(DeviceType::Chf);
        let sent = image(
            &mut rig,
            at,
            Image {
                device: hub,
                campaign: 0,
                user: UserId(0),
            },
        );
        let alerts = sent.iter().filter_map(|message| match message {
            Message::DeviceAlert(alert) => Some(alert.alert),
            _ => None,
        });
        let alerts: Vec<AlertCode> = alerts.collect();
        let wrong = after_visit.then(|| rig.counter("firmware.unsound_wrong_model"));
        (alerts, wrong)
    };
    assert_eq!(told(false), (vec![AlertCode::image_sound()], None));
    assert_eq!(told(true), (vec![AlertCode::image_unsound()], Some(1)));
}
