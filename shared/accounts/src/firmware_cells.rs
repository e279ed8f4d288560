//! What firmware came to in each cell that had some to distribute.

use secnet_model::{Region, Technology};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// By region, network, and the cell's number there.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FirmwareCells(BTreeMap<(Region, Technology, u32), FirmwareCell>);

/// Of one cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FirmwareCell {
    /// Images that came for a device there.
    pub images: u64,
    /// Rounds broadcast.
    pub rounds: u64,
    /// Transfers to one hub.
    pub transfers: u64,
    /// Blocks sent, as often as they were.
    pub blocks: u64,
    /// Octets of those.
    pub bytes: u64,
    /// Time for which it was sending, with a share of its downlink.
    pub sending_us: u64,
    /// Images that reached their hub.
    pub delivered: u64,
    /// Images that did not.
    pub given_up: u64,
}

impl FirmwareCells {
    pub fn put(&mut self, of: (Region, Technology, u32), cell: FirmwareCell) {
        self.0.entry(of).or_default().add(&cell);
    }

    pub fn add(&mut self, other: &FirmwareCells) {
        other.0.iter().for_each(|(of, cell)| self.put(*of, *cell));
    }

    pub fn iter(&self) -> impl Iterator<Item = ((Region, Technology, u32), &FirmwareCell)> {
        self.0.iter().map(|(of, cell)| (*of, cell))
    }
}

impl FirmwareCell {
    pub fn add(&mut self, other: &FirmwareCell) {
        let sums = [
            (&mut self.images, other.images),
            (&mut self.rounds, other.rounds),
            (&mut self.transfers, other.transfers),
            (&mut self.blocks, other.blocks),
            (&mut self.bytes, other.bytes),
            (&mut self.sending_us, other.sending_us),
            (&mut self.delivered, other.delivered),
            (&mut self.given_up, other.given_up),
        ];
        sums.into_iter().for_each(|(sum, more)| *sum += more);
    }
}
