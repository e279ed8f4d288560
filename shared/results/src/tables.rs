//! `tables/*.parquet` of a run folder: its figures, its time series and what was sampled, for pandas, polars, DuckDB and `secnet report`.
//!
//! Rows are in a fixed order and say the same for every driver, sharding and hosting. No digest of a result covers them: they
//! say again, by time, what the ledger and the KPIs say in sums.

pub mod columns;
pub mod dictionary;
mod making;
pub mod parquet_file;
pub mod rows;
#[cfg(test)]
mod tests;

pub use columns::{Name, Row};
pub use dictionary::dictionary;
pub use rows::{
    AlertRow, CampaignDayRow, CampaignFateRow, CampaignRow, EventRow, FirmwareCellRow, HistogramRow, ItemRow,
    KpiRow, LinkRow, OutageRow, SeriesRow, SpanRow, UserSeriesRow,
};

use crate::{Manifest, RunOutcome, RunReport};
use parquet::errors::ParquetError;
use secnet_accounts::Account;

/// The folder they are in.
pub const TABLES: &str = "tables";

/// The files of a run: each one's name, in the run folder, and its bytes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tables {
    pub files: Vec<(String, Vec<u8>)>,
}

impl Tables {
    /// Of what a run has none of there is no file. `total` is the sum of its accounts.
    pub fn of(
        run: &RunOutcome,
        total: &Account,
        report: &RunReport,
        manifest: &Manifest,
    ) -> Result<Tables, ParquetError> {
        let mut tables = Tables::default();
        let facts = [
            ("scenario", run.scenario.name.clone()),
            ("seed", run.scenario.seed.to_string()),
            ("epoch", run.scenario.epoch.to_string()),
            ("ledger_digest", report.ledger.digest.clone()),
            ("kpis_digest", report.kpis.digest.clone()),
            ("version", manifest.secnet_version.clone()),
            ("commit", manifest.secnet_commit.clone()),
        ];
        tables.put(&facts, &making::series(run, total))?;
        tables.put(&facts, &making::series_by_user(run, total))?;
        tables.put(&facts, &making::alerts(run, total))?;
        tables.put(&facts, &making::links(run, total))?;
        tables.put(&facts, &making::kpis(&report.kpis))?;
        tables.put(&facts, &making::histograms(run, total))?;
        tables.put(&facts, &making::items(run))?;
        tables.put(&facts, &making::spans(run))?;
        tables.put(&facts, &making::events(run, &manifest.events))?;
        tables.put(&facts, &making::outages(run, &report.outages))?;
        tables.put(&facts, &making::campaigns(&report.kpis.campaigns))?;
        tables.put(&facts, &making::campaigns_by_day(&report.kpis.campaigns))?;
        tables.put(&facts, &making::campaign_fates(&report.kpis.campaigns))?;
        tables.put(&facts, &making::firmware_cells(total))?;
        Ok(tables)
    }

    fn put<R: Row>(&mut self, facts: &[(&str, String)], rows: &[R]) -> Result<(), ParquetError> {
        if !rows.is_empty() {
            self.files
                .push((file_of::<R>(), parquet_file::to_bytes(rows, facts)?));
        }
        Ok(())
    }
}

/// `tables/series.parquet`.
pub fn file_of<R: Row>() -> String {
    format!("{TABLES}/{}.parquet", R::NAME)
}

/// Every file there may be.
pub(crate) fn all_files() -> impl Iterator<Item = String> {
    let tables = dictionary::all().into_iter();
    tables.map(|table| format!("{TABLES}/{}.parquet", table.name))
}
