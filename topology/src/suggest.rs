//! What a misspelt word was probably meant to be.

/// The candidate most like `word`, if any is like it at all.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let likeness = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let begins = candidate.starts_with(&word) && word.len() > 2;
        let contained = candidate.contains(&word) || word.contains(&candidate);
        strsim::sorensen_dice(&word, &candidate)
            .max(strsim::normalized_damerau_levenshtein(&word, &candidate))
            .max(if begins { 0.8 } else { 0.0 })
            .max(if contained && word.len() > 2 { 0.6 } else { 0.0 })
    };
    let scored = candidates
        .into_iter()
        .map(|candidate| (likeness(candidate), candidate));
    // The first of equals: candidates come in the order the reference lists them.
    let best = scored.fold(None, |best: Option<(f64, &str)>, next| match best {
        Some(best) if best.0 >= next.0 => Some(best),
        _ => Some(next),
    });
    best.filter(|(likeness, _)| *likeness >= 0.45)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean `x`?`, or what there is to choose from.
pub fn mend<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(candidate) = nearest(word, candidates.iter().copied()) {
        return format!("; did you mean `{candidate}`?");
    }
    let all: Vec<String> = candidates
        .into_iter()
        .map(|candidate| format!("`{candidate}`"))
        .collect();
    match all.len() {
        0 => "; there are none".to_owned(),
        1..=20 => format!("; there are {}", all.join(", ")),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_what_was_meant_and_a_foreign_one_finds_nothing() {
        let keys = [
            "cell_premises",
            "downlink_rate",
            "uplink_rate",
            "overhead",
            "latency_min",
            "loss",
        ];
        assert_eq!(nearest("downlnk_rate", keys), Some("downlink_rate"));
        assert_eq!(nearest("rate", keys), Some("downlink_rate"));
        assert_eq!(nearest("latency", keys), Some("latency_min"));
        assert_eq!(nearest("4.8", ["4.18", "4.8.1", "4.8.2"]), Some("4.8.1"));
        assert_eq!(nearest("zzz", keys), None);
        assert_eq!(mend("zzz", ["a", "b"]), "; there are `a`, `b`");
    }
}
