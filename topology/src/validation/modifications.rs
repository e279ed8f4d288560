//! What the parameters of Modifications are checked with; each Modification's `check` says what must hold.

use crate::check::Check;
use crate::modifications::is_meant;
use crate::suggest::mend;
use secnet_model::Srv;

impl Check<'_> {
    pub(crate) fn more_than_zero(&mut self, path: &str, number: f64) {
        if !(number.is_finite() && number > 0.0) {
            self.wrong(path, format!("must be more than 0, not {number}"));
        }
    }

    pub(crate) fn user_name(&mut self, path: &str, name: &str) {
        if !self.users.iter().any(|user| user.name == name) {
            let mend = mend(name, self.users.iter().map(|user| user.name.as_str()));
            self.wrong(path, format!("no User is named `{name}`{mend}"));
        }
    }

    /// Each entry means at least one service request variant.
    pub(crate) fn srv_list(&mut self, path: &str, list: &[String]) {
        for (i, pattern) in list.iter().enumerate() {
            if !Srv::all().any(|srv| is_meant(std::slice::from_ref(pattern), srv)) {
                let mend = mend(pattern, Srv::all().map(Srv::number));
                let message = format!("no service request variant `{pattern}`{mend}");
                self.wrong(format!("{path}.{i}"), message);
            }
        }
    }
}
