//! Shares of whole things.

/// Splits `total` in proportion to `weights`, by largest remainder: the parts sum to `total` exactly.
/// Ties go to the earlier part; weights that sum to nothing give nothing.
pub(crate) fn apportion(total: u32, weights: &[f64]) -> Vec<u32> {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return vec![0; weights.len()];
    }
    let exact: Vec<f64> = weights
        .iter()
        .map(|weight| weight / sum * f64::from(total))
        .collect();
    let mut parts: Vec<u32> = exact.iter().map(|part| part.floor() as u32).collect();
    let given: u32 = parts.iter().sum();
    let mut by_remainder: Vec<usize> = (0..parts.len()).filter(|&i| weights[i] > 0.0).collect();
    by_remainder.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    for &i in by_remainder
        .iter()
        .cycle()
        .take(total.saturating_sub(given) as usize)
    {
        parts[i] += 1;
    }
    parts
}

/// The whole number nearest to `share` of `total`.
pub(crate) fn part_of(total: u32, share: f64) -> u32 {
    ((f64::from(total) * share).round() as u32).min(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_sum_to_the_whole_and_lie_within_one_of_their_share() {
        assert_eq!(apportion(10, &[1.0, 1.0, 1.0]), [4, 3, 3]);
        assert_eq!(apportion(2, &[0.6, 0.4, 0.0]), [1, 1, 0]);
        assert_eq!(apportion(7, &[0.0]), [0]);
        let weights = [0.24, 0.2, 0.17, 0.13, 0.11, 0.08, 0.07];
        for total in [1, 13, 1_999, 30_000_000] {
            let parts = apportion(total, &weights);
            assert_eq!(parts.iter().sum::<u32>(), total);
            for (part, weight) in parts.iter().zip(weights) {
                assert!((f64::from(*part) - weight * f64::from(total)).abs() <= 1.0);
            }
        }
    }
}
