// The SEC Modifications, one line each: number, folder, parameters, and its part in each participant that it changes.
// Participants ask those that have a part in them in this order. Each crate that includes this file takes its parts of it.

registry! {
    /// Service request traffic management.
    "SECMP0067" secmp0067 { parameters: Secmp0067Params, dsp: TrafficManagement }
    /// Demand management by priority without throttling; an alternative to SECMP0067.
    "SECMP0028" secmp0028 { parameters: Secmp0028Params, dsp: PriorityOrder }
    /// Northbound application traffic management: alert storm protection.
    "SECMP0062" secmp0062 { parameters: Secmp0062Params, dsp: AlertStormProtection, premises: HubConsolidation }
    /// Threshold anomaly detection and quarantine, with the DCC alert of SECMP0008.
    "SECMP0008" secmp0008 { parameters: AnomalyDetectionParams, dsp: AnomalyDetection }
    /// Planned maintenance by high and low impact.
    "MP092" mp092 { parameters: Mp092Params, plan: MaintenanceByImpact }
    /// Power outage alerts to DNOs: rationing at the CSP, aware of the place; relaxed times.
    "MP096" mp096 { parameters: Mp096Params, plan: RelaxedTimes, csp: Rationing }
    /// Charges, credit cover and Events of Default.
    "DP095" dp095 { parameters: Dp095Params, dsp: CreditCover }
    /// Market-wide Half-hourly Settlement: a daily profile of every electricity meter.
    "MHHS" mhhs { parameters: MhhsParams, plan: HalfHourlyForAll }
}
