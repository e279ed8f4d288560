//! Modifications by their names, whatever Modifications there are: the names are the keys of the scenario's tables.

use super::{ModificationSwitches, Switch};
use crate::suggest::mend;
use std::collections::BTreeMap;

impl ModificationSwitches {
    /// Every Modification's switch, by name.
    pub fn by_name(&self) -> BTreeMap<String, Switch> {
        // Plain data; were it not to serialise, there would be nothing to name.
        let table = serde_json::to_value(self).unwrap_or_default();
        serde_json::from_value(table).unwrap_or_default()
    }

    /// The Modification a person means by `word`, in whatever case; `Err` says what it may have been.
    pub fn find(word: &str) -> Result<String, String> {
        let names: Vec<String> = ModificationSwitches::default().by_name().into_keys().collect();
        let found = names.iter().find(|name| name.eq_ignore_ascii_case(word));
        found.cloned().ok_or_else(|| {
            let mend = mend(word, names.iter().map(String::as_str));
            format!("there is no Modification `{word}`{mend}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_modification_is_named_and_by_default_as_the_scenarios_date_has_it() {
        let switches = ModificationSwitches::default().by_name();
        assert_eq!(switches.get("SECMP0067"), Some(&Switch::AsOf));
        assert!(switches.values().all(|switch| *switch == Switch::AsOf));
    }

    #[test]
    fn a_misspelt_modification_is_answered_with_the_one_that_was_meant() {
        let find = ModificationSwitches::find;
        assert_eq!(find("secmp0067").as_deref(), Ok("SECMP0067"));
        assert_eq!(
            find("SECMP0076").unwrap_err(),
            "there is no Modification `SECMP0076`; did you mean `SECMP0067`?"
        );
        assert_eq!(
            find("0062").unwrap_err(),
            "there is no Modification `0062`; did you mean `SECMP0062`?"
        );
        let foreign = find("xyz").unwrap_err();
        assert!(foreign.contains("`; there are `"), "{foreign}");
    }
}
