//! What comes over the control plane and is not this run's: a replay of another run's result, a message that is out of turn.

use secnet_fabric::belonging::{Belonging, Stranger};
use secnet_fabric::report::ProcessResult;
use secnet_topology::{Layout, ProcessSpec};
use std::collections::BTreeSet;

/// Messages of the run's processes that were not taken. Each kind is told once, so that a flood of them fills no log.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    told: BTreeSet<(String, String)>,
}

impl Strangers {
    /// `process` is one of the run's, which bounds how many there are.
    pub(super) fn tell(&mut self, process: &str, what: &str) {
        if self.told.insert((process.to_owned(), what.to_owned())) {
            tracing::error!("refused what came as {process}'s: {what}");
        }
    }
}

/// Whether a result is of this run, this scenario and seed, and about the nodes the process hosts: each once and no other.
pub(super) fn judge(
    own: &Belonging,
    spec: &ProcessSpec,
    layout: &Layout,
    result: &ProcessResult,
) -> Result<(), String> {
    match own.check(&result.belonging) {
        Ok(()) => {}
        Err(Stranger::OtherRun) => return Err("a result of another run".to_owned()),
        Err(Stranger::OtherScenario) => return Err("a result of another scenario or seed".to_owned()),
    }
    let hosted = spec.nodes.iter().map(|node| (*node, layout.network.name(*node)));
    let reported = result
        .nodes
        .iter()
        .map(|(report, _)| (report.index, report.name.as_str()));
    if hosted.eq(reported) {
        Ok(())
    } else {
        Err("a result that is not about the nodes it hosts".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_accounts::Account;
    use secnet_engine::trace::TraceBook;
    use secnet_fabric::report::NodeReport;
    use secnet_topology::World;

    #[test]
    fn a_result_of_another_run_seed_or_process_is_not_taken() {
        let scenario =
            secnet_topology::parse("demo.toml", include_str!("../../../../topology/demo.toml"), &[]).unwrap();
        let layout = World::new(scenario).unwrap().layout();
        let of = |run: &str, hash: &str| Belonging {
            run: run.to_owned(),
            scenario_hash: hash.to_owned(),
        };
        let own = of("r1", "a");
        let result = |belonging: Belonging, spec: &ProcessSpec| ProcessResult {
            belonging,
            process: spec.name.clone(),
            nodes: spec
                .nodes
                .iter()
                .map(|&index| {
                    let report = NodeReport::blank(layout.network.name(index), index);
                    (report, Account::default())
                })
                .collect(),
            traces: TraceBook::default(),
            spans_exported: 0,
            spans_not_exported: 0,
        };
        let [first, second, ..] = layout.processes.as_slice() else {
            panic!("the demo has processes")
        };
        let judge = |result: ProcessResult| judge(&own, first, &layout, &result);
        assert_eq!(judge(result(own.clone(), first)), Ok(()));
        for (stranger, expected) in [
            (result(of("r0", "a"), first), "a result of another run"),
            (
                result(of("r1", "b"), first),
                "a result of another scenario or seed",
            ),
            (
                result(own.clone(), second),
                "a result that is not about the nodes it hosts",
            ),
        ] {
            assert_eq!(judge(stranger), Err(expected.to_owned()));
        }
    }
}
