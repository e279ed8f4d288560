//! What a device says when it executes a future-dated command: an alert for each component of the command
//! (`data/execution_alerts.csv`).

use crate::{DeviceType, Srv, csv};
use std::sync::LazyLock;

const EXECUTION_ALERTS: &str = include_str!("../data/execution_alerts.csv");

type Table = [[u8; DeviceType::ALL.len()]; Srv::COUNT];

static TABLE: LazyLock<Table> = LazyLock::new(|| match parse(EXECUTION_ALERTS) {
    Ok(table) => table,
    Err(problem) => unreachable!("the data file is tested: {problem}"),
});

impl Srv {
    /// How many alerts 8F66 a device of that type raises when it has executed the command; 8F67 as often where it fails, which is
    /// assumed.
    #[inline]
    pub fn execution_alerts(self, device_type: DeviceType) -> u8 {
        TABLE[usize::from(self.index())][usize::from(device_type.index())]
    }
}

fn parse(text: &str) -> Result<Table, String> {
    let mut table = [[1; DeviceType::ALL.len()]; Srv::COUNT];
    for row in csv::rows(text, 3)? {
        let srv = Srv::from_number(row[0]).ok_or_else(|| format!("no SRV {}", row[0]))?;
        let device =
            DeviceType::from_catalogue_letter(row[1]).ok_or_else(|| format!("no device type {}", row[1]))?;
        let alerts = row[2].parse().map_err(|e| format!("alerts {}: {e}", row[2]))?;
        if !srv.entry().may_target(device) {
            return Err(format!("{srv} is not for the {}", device.name()));
        }
        table[usize::from(srv.index())][usize::from(device.index())] = alerts;
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_an_alert_for_each_of_its_components() {
        assert_eq!(parse(EXECUTION_ALERTS).map(|_| ()), Ok(()));
        let alerts = |number, device| Srv::from_number(number).map(|srv| srv.execution_alerts(device));
        assert_eq!(alerts("1.2.1", DeviceType::Esme), Some(2));
        assert_eq!(alerts("1.1.1", DeviceType::Gsme), Some(5));
        assert_eq!(alerts("2.1", DeviceType::Esme), Some(1));
    }
}
