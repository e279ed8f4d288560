//! What is traced.

use crate::check::Check;
use crate::scenario::Scenario;

impl Check<'_> {
    pub(super) fn tracing(&mut self, scenario: &Scenario) {
        let params = &scenario.tracing;
        self.share("tracing.requests", params.requests);
        self.share("tracing.alerts", params.alerts);
        for (i, traced) in params.srvs.iter().enumerate() {
            self.srv(&format!("tracing.srvs.{i}.srv"), &traced.srv);
            self.share(&format!("tracing.srvs.{i}.share"), traced.share);
        }
        let premises = scenario.population.premises;
        for (i, watched) in params.watch.iter().enumerate() {
            if *watched >= premises {
                self.wrong(
                    format!("tracing.watch.{i}"),
                    format!(
                        "there is no premises {watched}; they are numbered from 0 to {}",
                        premises.saturating_sub(1)
                    ),
                );
            }
        }
    }
}
