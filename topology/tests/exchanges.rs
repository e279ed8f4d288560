//! Programmes that exchange hubs: who is visited, when, and how many.

use secnet_model::{PremisesId, Region, SimTime, Technology};
use secnet_topology::World;

fn world(event: &str, overrides: &[&str]) -> World {
    let text = format!(
        "name = \"programme\"\nepoch = \"2026-02-02T00:00:00Z\"\nhorizon = \"28d\"\n\
         [population]\npremises = 40000\nno_4g_share = 0.0\nsmets1_share = 0.25\n\
         [[suppliers]]\nname = \"Bright\"\nshare = 1.0\n\
         [[events]]\nname = \"programme\"\nkind = \"hub_exchange\"\n{event}"
    );
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    let scenario = secnet_topology::parse("programme", &text, &overrides).expect("a scenario");
    World::new(scenario).expect("a world")
}

fn visits(world: &World) -> Vec<(u32, SimTime, SimTime)> {
    let exchanges = world.timeline.exchanges();
    (0..world.population.premises_count())
        .filter_map(|premises| {
            let visit = exchanges.visit(&world.population, PremisesId(premises))?;
            Some((premises, visit.begins, visit.ends))
        })
        .collect()
}

#[test]
fn a_rate_makes_so_many_visits_on_each_working_day_and_none_at_night_or_the_weekend() {
    let world = world(
        "starts_after = \"0s\"\nlasts = \"28d\"\nper_million_premises_per_working_day = 5000",
        &[],
    );
    let visits = visits(&world);
    // 5,000 of a million premises on each of 20 working days; a quarter of the premises is behind the S1SP.
    let expected = 30_000.0 * 20.0 * 0.005;
    assert!(
        (visits.len() as f64 / expected - 1.0).abs() < 0.05,
        "{}",
        visits.len()
    );
    let mut by_day = [0_u32; 28];
    for (premises, begins, ends) in visits {
        assert!(world.population.region_of(PremisesId(premises)) != Region::Smets1);
        let (day, second) = (begins.as_whole_secs() / 86_400, begins.as_whole_secs() % 86_400);
        assert!((8 * 3_600..18 * 3_600).contains(&second), "{begins}");
        assert_eq!(ends.since(begins).0, 45 * 60 * 1_000_000);
        by_day[day as usize] += 1;
    }
    for (day, count) in by_day.into_iter().enumerate() {
        // 2 February 2026 was a Monday.
        let expected = if day % 7 < 5 { 110..190 } else { 0..1 };
        assert!(expected.contains(&count), "{count} on day {day}");
    }
}

#[test]
fn a_share_of_the_places_named_is_visited_and_is_on_4g_from_then_on() {
    let event = "starts_after = \"1d\"\nlasts = \"5d\"\nregion = \"central\"\nshare = 0.3\ntakes = \"1h\"";
    let world = world(event, &[]);
    let central = world.population.region_range(Region::Central);
    let found = visits(&world);
    assert!(found.iter().all(|(premises, ..)| central.contains(premises)));
    let share = found.len() as f64 / central.len() as f64;
    assert!((share - 0.3).abs() < 0.01, "{share}");
    for (premises, begins, ends) in found.into_iter().take(50) {
        let technology = |at| world.technology(PremisesId(premises), at);
        assert_eq!(technology(begins), Technology::Legacy);
        assert_eq!(technology(SimTime(ends.0 - 1)), Technology::Legacy);
        assert_eq!(technology(ends), Technology::FourG);
    }
}

#[test]
fn of_two_programmes_the_first_visit_counts_and_who_4g_does_not_reach_has_none() {
    let event = "starts_after = \"1d\"\nlasts = \"20d\"\nshare = 1.0\n\
                 [[events]]\nname = \"another\"\nkind = \"hub_exchange\"\nstarts_after = \"0s\"\nlasts = \"25d\"\nshare = 0.5";
    let world_of_all = world(event, &[]);
    let all = visits(&world_of_all);
    let on_a_csp = world_of_all.population.region_range(Region::Smets1).start;
    assert_eq!(all.len(), on_a_csp as usize, "each once");
    let some = visits(&world(event, &["population.no_4g_share=0.2"]));
    let share = some.len() as f64 / all.len() as f64;
    assert!((share - 0.8).abs() < 0.01, "{share}");
    // Those who are left are visited when they were.
    assert!(some.iter().all(|visit| all.contains(visit)));
}
