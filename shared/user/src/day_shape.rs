//! How a workload's rate varies over the day, hour by hour (local time). Assumed: no source gives a User's daily profile.

use secnet_topology::scenario::DayShape;

pub const HOURS: usize = 24;

/// The rate in each hour of the day, relative to the day's mean.
pub fn hourly_rates(shape: DayShape) -> [f64; HOURS] {
    match shape {
        DayShape::Flat => [1.0; HOURS],
        DayShape::OfficeHours => by_hour(|hour| if (8..18).contains(&hour) { 3.0 } else { 1.0 }),
        DayShape::EveningPeak => by_hour(|hour| match hour {
            17..21 => 15.0,
            23 | 0..6 => 1.0,
            _ => 4.0,
        }),
        DayShape::Overnight => by_hour(|hour| if hour < 6 { 1.0 } else { 0.0 }),
    }
}

/// Scales weights so that their mean is 1.
fn by_hour(weight: fn(usize) -> f64) -> [f64; HOURS] {
    let weights: [f64; HOURS] = std::array::from_fn(weight);
    let mean = weights.iter().sum::<f64>() / HOURS as f64;
    weights.map(|weight| weight / mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [DayShape; 4] = [
        DayShape::Flat,
        DayShape::OfficeHours,
        DayShape::EveningPeak,
        DayShape::Overnight,
    ];

    #[test]
    fn every_shape_has_mean_one() {
        for shape in ALL {
            let mean = hourly_rates(shape).iter().sum::<f64>() / 24.0;
            assert!((mean - 1.0).abs() < 1e-12, "{shape:?}: {mean}");
        }
    }

    #[test]
    fn office_hours_carry_three_times_the_nights_rate_and_batches_end_at_six() {
        let office = hourly_rates(DayShape::OfficeHours);
        assert!((office[8] / office[7] - 3.0).abs() < 1e-12);
        assert!((office[17] / office[18] - 3.0).abs() < 1e-12);
        let evening = hourly_rates(DayShape::EveningPeak);
        assert!((0..24).all(|hour| evening[hour] <= evening[17]));
        let overnight = hourly_rates(DayShape::Overnight);
        assert!((overnight[5] - 4.0).abs() < 1e-12 && overnight[6] == 0.0);
    }
}
