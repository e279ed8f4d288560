//! What a page is made of, read from the run folder once.

use secnet_results::tables::{AlertRow, LinkRow, SeriesRow};
use secnet_results::{LoadedRun, RunFolderError, Traces};

pub(crate) struct Source<'a> {
    pub(crate) run: &'a LoadedRun,
    pub(crate) series: Vec<SeriesRow>,
    pub(crate) alerts: Vec<AlertRow>,
    pub(crate) links: Vec<LinkRow>,
    pub(crate) traces: Traces,
}

impl<'a> Source<'a> {
    pub(crate) fn load(run: &'a LoadedRun) -> Result<Source<'a>, RunFolderError> {
        Ok(Source {
            run,
            series: run.load_table()?,
            alerts: run.load_table()?,
            links: run.load_table()?,
            traces: run.load_traces()?,
        })
    }

    /// In microseconds after the epoch.
    pub(crate) fn ends_us(&self) -> u64 {
        self.run.ledger.ended_at_us.max(1)
    }
}
