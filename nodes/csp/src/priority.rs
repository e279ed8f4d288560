//! Which of the CSPs' priority classes a message travels in.

use crate::cell::CLASSES;
use secnet_wire::{DeviceAlert, Freight};

const CLASS_LAST: u8 = CLASSES as u8 - 1;
/// Assumed: an alert the alert table calls critical goes before everything else …
const CRITICAL_ALERT: u8 = 0;
/// … and any other lets requests for data on demand go first.
const OTHER_ALERT: u8 = 2;

/// Commands and their responses carry the class the DSP gave them.
#[inline]
pub fn class_of(freight: &Freight) -> u8 {
    match freight {
        Freight::Command(command) => command.priority.min(CLASS_LAST),
        Freight::Response(response) => response.priority.min(CLASS_LAST),
        Freight::Alert(alert) => alert_class(alert),
    }
}

fn alert_class(alert: &DeviceAlert) -> u8 {
    if alert.alert.entry().critical {
        CRITICAL_ALERT
    } else {
        OTHER_ALERT
    }
}
