//! The figures of traffic management (SECMP0067) by User: the DSP counts them, the back-pressure KPIs read them.

crate::figures! {
    /// A User's requests at the DSP's door.
    pub struct UserTraffic: "SECMP0067 by User" in "dsp" {
        /// Submissions answered with "wait"; of the whole run, as priority requests.
        pub throttled: sum "submissions" says "submissions throttled by the DSP" tells held_back,
        /// Requests that are never throttled.
        pub priority_requests: sum "submissions",
        /// Requests at the door while traffic was managed, retries included.
        pub asked: sum "submissions" as "managed.asked",
        /// Those of them that were let in.
        pub admitted: sum "submissions" as "managed.admitted",
        /// The lesser of what the User asked for and its limit, period by period.
        pub entitled: sum "submissions" as "managed.entitled",
        /// Entitled to, and not let in, period by period.
        pub short: sum "submissions" as "managed.short",
    }
}
