//! Market-wide Half-hourly Settlement in a whole network: one reading more per meter and day, to the unit; and which of the readings are
//! there in the morning, by the clocks.
#![allow(clippy::unwrap_used)]

use secnet_results::kpis::ServiceKpi;
use secnet_tests::in_virtual_time::{Run, run, scenario};

const NIGHT: &str = include_str!("../../topology/mhhs.toml");

fn night(overrides: &[&str]) -> Run {
    let small = ["population.premises=3000", "dsp.sized_for_premises=3000"];
    let run = run(&scenario(NIGHT, &[&small[..], overrides].concat()), 1);
    run.keeps_the_laws().unwrap();
    run
}

fn row<'a>(run: &'a Run, srv: &str) -> &'a ServiceKpi {
    let rows = &run.report.kpis.service.by_srv;
    let is_meant = |row: &&ServiceKpi| row.key.srv.as_deref() == Some(srv);
    rows.iter().find(is_meant).unwrap()
}

#[test]
fn each_meter_that_is_newly_half_hourly_adds_one_reading_a_day() {
    let two_days = ["horizon=36h", "drain=4h"];
    let today = night(&two_days);
    let at_once = night(&[&two_days[..], &["modifications.MHHS=on"]].concat());
    let later = night(&[&two_days[..], &["modifications.MHHS=2026-07-02"]].concat());
    let read = |run: &Run| row(run, "4.8.1").opened;
    let meters = row(&today, "4.6.1").opened / 2;
    assert_eq!(
        read(&at_once),
        2 * meters,
        "as many as the daily reads, which all have"
    );
    let agreed = read(&today) / 2;
    assert_eq!(read(&today), 2 * agreed, "the same on both days");
    assert!(
        (agreed as f64 / meters as f64 - 0.5).abs() < 0.05,
        "{agreed} of {meters}"
    );
    assert_eq!(read(&later), agreed + meters, "from the second day on");
    let others = |run: &Run| (row(run, "4.6.1").opened, row(run, "2.2").opened);
    assert_eq!(others(&today), others(&at_once), "and nothing else");
}

#[test]
fn readings_are_held_against_the_hours_of_their_morning_by_the_clocks() {
    let share = |epoch: &str| {
        let run = night(&[&format!("epoch={epoch}")]);
        let row = row(&run, "4.6.1");
        let by = |hour: &str| {
            let by = row.read_by[hour];
            assert_eq!(by.wanted, row.opened);
            by.read_share
        };
        (by("06:00"), by("09:00"), row.completed_share.unwrap())
    };
    // From midnight to 06:00 UTC: until seven by the clocks in summer.
    let (six, nine, completed) = share("2026-01-10T00:00:00Z");
    assert!(
        six > completed - 0.01 && nine == completed,
        "{six}, {nine} of {completed}"
    );
    let (six, nine, completed) = share("2026-07-01T00:00:00Z");
    assert!(
        (six - completed * 5.0 / 6.0).abs() < 0.01 && nine == completed,
        "{six}, {nine} of {completed}"
    );
    let short = night(&["horizon=4h", "drain=30min"]);
    let row = row(&short, "4.6.1");
    assert!(row.opened > 0 && row.read_by.is_empty(), "no morning has come");
}
