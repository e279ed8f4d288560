//! What a CSP counts of firmware.

use secnet_accounts::figures;
use secnet_accounts::firmware_cells::FirmwareCell;

figures! {
    /// Firmware on the SM WAN.
    pub struct Counts: "CSPs' firmware" in "csp" {
        /// Images that came for a device.
        pub images: sum "images" as "firmware.images" if nonzero,
        /// Rounds broadcast in a cell.
        pub rounds: sum "rounds" as "firmware.rounds" if nonzero,
        /// Transfers to one hub.
        pub transfers: sum "transfers" as "firmware.transfers" if nonzero,
        /// Transfers that a hub did not hear to their end.
        pub interrupted: sum "transfers" as "firmware.transfers_interrupted" if nonzero,
        /// Blocks broadcast.
        pub broadcast_blocks: sum "blocks" as "firmware.broadcast_blocks" if nonzero,
        /// Blocks sent to one hub, those sent again included.
        pub alone_blocks: sum "blocks" as "firmware.alone_blocks" if nonzero,
        /// Octets of all those blocks.
        pub bytes: sum "B" as "firmware.bytes" if nonzero,
        /// Time for which cells were sending them, with a share of their downlink.
        pub sending_us: sum "µs" as "firmware.sending_us" if nonzero,
        /// Images that reached their hub.
        pub delivered: sum "images" as "firmware.delivered" if nonzero,
        /// Images that did not.
        pub given_up: sum "images" as "firmware.given_up" if nonzero,
        /// The most rounds it took a cell until all its hubs had an image, or were left to be served by themselves.
        pub rounds_max: max "rounds" as "firmware.rounds_max" if nonzero,
    }
}

impl Counts {
    /// What has come to these since, where it is all of one cell; images are counted when they come.
    pub fn of_a_cell_since(&self, before: &Counts) -> FirmwareCell {
        let blocks = |counts: &Counts| counts.broadcast_blocks + counts.alone_blocks;
        FirmwareCell {
            images: 0,
            rounds: self.rounds - before.rounds,
            transfers: self.transfers - before.transfers,
            blocks: blocks(self) - blocks(before),
            bytes: self.bytes - before.bytes,
            sending_us: self.sending_us - before.sending_us,
            delivered: self.delivered - before.delivered,
            given_up: self.given_up - before.given_up,
        }
    }
}
