use super::columns::{Instant, table};
use super::parquet_file::from_bytes;
use super::*;
use crate::sample;

table! {
    /// Of every sort.
    OddRow = "odd" {
        /// How long.
        took_us: u64,
        /// A part.
        busy_share: Option<f64>,
        /// A name.
        name: Option<Name>,
        /// Whether.
        failed: bool,
        /// When.
        begins_at: Instant,
    }
}

fn odd(number: u64) -> OddRow {
    OddRow {
        took_us: number * number,
        busy_share: (!number.is_multiple_of(3)).then(|| number as f64 / 7.0),
        name: (number % 5 > 1).then(|| Name::from(format!("Größe {}", number % 11))),
        failed: number.is_multiple_of(2),
        begins_at: Instant(number as i64 - 5),
    }
}

#[test]
fn rows_come_back_as_they_were_written() {
    for count in [1, 10, 300_000] {
        let rows: Vec<OddRow> = (0..count).map(odd).collect();
        let bytes = parquet_file::to_bytes(&rows, &[("seed", "7".to_owned())]).unwrap();
        assert_eq!(
            bytes,
            parquet_file::to_bytes(&rows, &[("seed", "7".to_owned())]).unwrap()
        );
        assert!(from_bytes::<OddRow>(bytes.clone()).unwrap() == rows, "{count}");
        let problem = from_bytes::<EventRow>(bytes).unwrap_err().to_string();
        assert!(
            problem.contains("its columns are not those of events here"),
            "{problem}"
        );
    }
    assert!(from_bytes::<OddRow>(b"PAR1".to_vec()).is_err());
}

/// Whoever changes a file can change its seal too.
#[test]
fn a_file_that_is_none_is_refused() {
    let rows: Vec<OddRow> = (0..40).map(odd).collect();
    let whole = parquet_file::to_bytes(&rows, &[]).unwrap();
    for position in 0..whole.len() {
        let mut changed = whole.clone();
        changed[position] ^= 0xA5;
        let _ = from_bytes::<OddRow>(changed);
        let _ = from_bytes::<OddRow>(whole[..position].to_vec());
    }
}

fn rows<R: Row>(tables: &Tables) -> Vec<R> {
    let file = tables.files.iter().find(|(name, _)| *name == file_of::<R>());
    file.map(|(_, bytes)| from_bytes(bytes.clone()).unwrap())
        .unwrap_or_default()
}

#[test]
fn sums_over_time_are_those_of_the_kpis() {
    let run = sample::run();
    let report = run.report();
    let tables = Tables::of(&run, &run.total(), &report, &Manifest::default()).unwrap();
    let overall = &report.kpis.service.overall;
    let series: Vec<SeriesRow> = rows(&tables);
    let sum = |of: fn(&SeriesRow) -> u64| series.iter().map(of).sum::<u64>();
    assert_eq!(sum(|row| row.opened), overall.opened);
    assert_eq!(sum(|row| row.completed), overall.outcomes["completed"]);
    assert_eq!(sum(|row| row.overdue), overall.overdue);
    assert_eq!(sum(|row| row.open), overall.open);
    assert_eq!(sum(|row| row.within_target), overall.within_target);
    assert_eq!(sum(|row| row.owed_a_response), overall.owed_a_response);
    assert_eq!(sum(|row| row.attempts), overall.attempts);
    let by_user: Vec<UserSeriesRow> = rows(&tables);
    assert_eq!(by_user.iter().map(|row| row.opened).sum::<u64>(), overall.opened);
    let alerts: Vec<AlertRow> = rows(&tables);
    let of_alerts = |of: fn(&AlertRow) -> u64| alerts.iter().map(of).sum::<u64>();
    let all = &report.kpis.alerts.overall;
    assert_eq!(Some(of_alerts(|row| row.raised)), all.raised);
    assert_eq!(of_alerts(|row| row.delivered), all.delivered);
    let histograms: Vec<HistogramRow> = rows(&tables);
    let answered: u64 = histograms.iter().map(|row| row.answered).sum();
    let outcomes = &overall.outcomes;
    assert_eq!(
        answered,
        outcomes["completed"] + outcomes.get("device_error").copied().unwrap_or_default()
    );
    let kpis: Vec<KpiRow> = rows(&tables);
    assert_eq!(kpis[0].opened, overall.opened);
    let links: Vec<LinkRow> = rows(&tables);
    let of = &report.kpis.load.resources[0];
    let shares = links
        .iter()
        .filter(|row| *row.of == of.of && *row.what == of.what);
    let peak = shares.filter_map(|row| row.busy_share).fold(0.0, f64::max);
    assert_eq!(Some(peak), of.peak_share);
}

#[test]
fn every_column_is_described_and_its_name_says_its_unit() {
    let text = dictionary();
    assert!(!text.contains("|  |\n"), "{text}");
    assert_eq!(all_files().count(), 14);
}
