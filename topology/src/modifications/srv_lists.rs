//! Lists of service request variants as scenarios write them: `2.2`, or `7.x` for all that begin with `7.`.

use secnet_model::Srv;

/// Vends, supply, install and commission (domain.md §5.1: general knowledge).
pub(super) fn default_priority() -> Vec<String> {
    ["2.2", "1.5", "7.x", "8.x", "6.2x"].map(str::to_owned).to_vec()
}

/// Whether the list names the variant.
pub fn is_meant(list: &[String], srv: Srv) -> bool {
    list.iter().any(|pattern| match pattern.strip_suffix('x') {
        Some(beginning) => srv.number().starts_with(beginning),
        None => srv.number() == pattern,
    })
}

/// By the variant's place in the catalogue.
pub fn meant(list: &[String]) -> Vec<bool> {
    Srv::all().map(|srv| is_meant(list, srv)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_means_whole_numbers_and_what_begins_alike() {
        let list = default_priority();
        let is_meant = |number| is_meant(&list, Srv::from_number(number).unwrap());
        for number in ["2.2", "1.5", "7.4", "7.10", "8.1.1", "6.21"] {
            assert!(is_meant(number), "{number}");
        }
        for number in ["2.1", "2.3", "1.1.1", "6.15.1", "4.1.1", "11.2"] {
            assert!(!is_meant(number), "{number}");
        }
    }
}
