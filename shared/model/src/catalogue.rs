//! The 129 service request variants (`data/srv.csv`) with their target response times
//! (`data/target_response_times.csv`). Look-ups by [`Srv`] are an index into a table.

use crate::{CommandVariant, DeviceType, Region, Role, RoleSet, SimDuration, csv};
use core::fmt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A service request variant: its row in the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Srv(u8);

impl TryFrom<u8> for Srv {
    type Error = String;
    fn try_from(index: u8) -> Result<Srv, String> {
        Srv::from_index(index)
            .ok_or_else(|| format!("{index} is past the end of the catalogue of service request variants"))
    }
}

impl From<Srv> for u8 {
    fn from(entry: Srv) -> u8 {
        entry.0
    }
}

/// Who holds a future-dated request until its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FutureDating {
    /// It is executed on demand only.
    NotAllowed,
    /// The device holds the command until its time.
    HeldByDevice,
    /// The DSP holds the request until its time.
    HeldByDsp,
    /// Either may hold it.
    HeldByDspOrDevice,
}

/// A row of the service request catalogue, `data/srv.csv` (domain.md §1).
#[derive(Clone, Debug)]
pub struct SrvEntry {
    /// `4.8.1`
    pub number: &'static str,
    /// The service request's name in DUIS.
    pub name: &'static str,
    /// Roles that may send it.
    pub roles: RoleSet,
    /// Critical requests need the transform and signing loop.
    pub critical: bool,
    /// Whether it can be executed at once.
    pub on_demand: bool,
    /// Whether it can be executed later, and who holds it until then.
    pub future_dated: FutureDating,
    /// Whether the DSP can start it daily by itself.
    pub dsp_schedulable: bool,
    /// Device types seen as targets in the RTDS vectors, one vector per device: a lower bound. To it comes the gas proxy for the logs it
    /// mirrors, 4.6.1 and 4.8.1 (assumed: as for 4.14 and 4.17, of which there are vectors). Empty for non-device services.
    pub targets: &'static [DeviceType],
    /// The GBCS use cases it becomes on devices: `ECS17b`.
    pub use_cases: Vec<&'static str>,
    /// GBCS sizes over all RTDS vectors; zero for non-device services.
    pub command_bytes: SizeRange,
    /// Size of the device's response.
    pub response_bytes: SizeRange,
    target_response_times: TargetResponseTimes,
}

/// A target response time for an on-demand request, and whether a public source gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TargetResponseTime {
    /// From the request's submission to the response at the User.
    pub time: SimDuration,
    /// Whether a public source gives it, or an assumption stands in.
    pub sourced: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct TargetResponseTimes {
    smets2: TargetResponseTime,
    smets1: TargetResponseTime,
}

/// The sizes of a message, in octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SizeRange {
    /// The smallest seen in the test vectors (RTDS).
    pub min: u16,
    /// The largest seen in the test vectors (RTDS).
    pub max: u16,
}

const SRVS: &str = include_str!("../data/srv.csv");
const TARGET_RESPONSE_TIMES: &str = include_str!("../data/target_response_times.csv");

static CATALOGUE: LazyLock<Vec<SrvEntry>> = LazyLock::new(|| match parse(SRVS, TARGET_RESPONSE_TIMES) {
    Ok(entries) => entries,
    Err(problem) => unreachable!("the catalogue's data files are tested: {problem}"),
});

impl Srv {
    /// How many service request variants there are.
    pub const COUNT: usize = 129;

    /// All service request variants, in the catalogue's order.
    pub fn all() -> impl Iterator<Item = Srv> {
        (0..Srv::COUNT as u8).map(Srv)
    }

    /// `None` past the end of the catalogue.
    pub const fn from_index(index: u8) -> Option<Srv> {
        if (index as usize) < Srv::COUNT {
            Some(Srv(index))
        } else {
            None
        }
    }

    /// Its place in the catalogue, below [`Srv::COUNT`].
    pub const fn index(self) -> u8 {
        self.0
    }

    /// By number, `4.8.1`.
    pub fn from_number(number: &str) -> Option<Srv> {
        static BY_NUMBER: LazyLock<BTreeMap<&'static str, Srv>> =
            LazyLock::new(|| Srv::all().map(|srv| (srv.entry().number, srv)).collect());
        BY_NUMBER.get(number).copied()
    }

    /// Its row of the catalogue.
    pub fn entry(self) -> &'static SrvEntry {
        &CATALOGUE[usize::from(self.0)]
    }

    /// As DUIS numbers it: `4.1.1`.
    pub fn number(self) -> &'static str {
        self.entry().number
    }
}

impl SrvEntry {
    /// Whether a device executes it; the DCC itself answers the others.
    pub fn is_device_service(&self) -> bool {
        !self.targets.is_empty()
    }

    /// Device services, and 8.2 and 8.3: the DCC answers those itself, from its inventory.
    pub fn is_about_a_device(&self) -> bool {
        self.is_device_service() || matches!(self.number, "8.2" | "8.3")
    }

    /// 5.1 creates, 5.2 reads and 5.3 deletes a schedule the DSP holds.
    pub fn is_about_schedules(&self) -> bool {
        matches!(self.number, "5.1" | "5.2" | "5.3")
    }

    /// For an on-demand request to a device there; the DCC's own services have that of SMETS2+.
    pub const fn target_response_time(&self, region: Option<Region>) -> TargetResponseTime {
        match region {
            Some(Region::Smets1) => self.target_response_times.smets1,
            Some(Region::North | Region::Central | Region::South) | None => self.target_response_times.smets2,
        }
    }

    /// DUIS's group 4, "Reads".
    pub fn is_read(&self) -> bool {
        is_read(self.number)
    }

    /// 4.8.1 to 4.8.3: as long as the profile asked for.
    pub fn reads_profile(&self) -> bool {
        self.number.starts_with("4.8.")
    }

    /// The command variants DUIS allows: CV8 alone for non-device services, CV4–CV7 for critical and CV1–CV3 for
    /// non-critical ones (domain notes §2.2).
    pub fn allows_variant(&self, variant: CommandVariant) -> bool {
        if !self.is_device_service() {
            return variant == CommandVariant::NonDevice;
        }
        variant != CommandVariant::NonDevice && variant.is_critical() == self.critical
    }

    /// On a SMETS1 device every device service goes in one request over the air, critical ones too: no GBCS command is made of it that
    /// could be signed or carried to the device by hand. The DCO checks what is critical. That the variant is CV1 is assumed.
    pub fn allows_variant_on_smets1(&self, variant: CommandVariant) -> bool {
        match self.is_device_service() {
            true => variant == CommandVariant::NonCriticalWan,
            false => self.allows_variant(variant),
        }
    }

    /// Which requests may be delivered locally is in no public source; every on-demand device service may
    /// (domain notes §1, assumed).
    pub fn allows_local(&self) -> bool {
        self.is_device_service() && self.on_demand
    }

    /// Whether devices of the type execute it.
    pub fn may_target(&self, device_type: DeviceType) -> bool {
        self.targets.contains(&device_type)
    }
}

impl SizeRange {
    /// The size a keyed draw picks: uniform over the range.
    pub const fn pick(self, draw: u64) -> u32 {
        let width = (self.max - self.min) as u64 + 1;
        self.min as u32 + ((draw as u128 * width as u128) >> 64) as u32
    }
}

fn parse(srvs: &'static str, times: &'static str) -> Result<Vec<SrvEntry>, String> {
    let mut times = target_response_times(times)?;
    let default = times.remove("default").ok_or("no default row")?;
    let reads = times.remove("reads").ok_or("no row for reads")?;
    let mut entries = Vec::with_capacity(Srv::COUNT);
    for row in csv::rows(srvs, 13)? {
        let context = |problem: String| format!("SRV {}: {problem}", row[0]);
        let targets = row[7]
            .split_whitespace()
            .map(|letter| {
                DeviceType::from_catalogue_letter(letter).ok_or_else(|| format!("no device type {letter}"))
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(context)?;
        entries.push(SrvEntry {
            number: row[0],
            name: row[1],
            roles: row[2]
                .split_whitespace()
                .map(|code| Role::from_code(code).ok_or_else(|| context(format!("no role {code}"))))
                .collect::<Result<RoleSet, _>>()?,
            critical: flag(row[3]).map_err(context)?,
            on_demand: flag(row[4]).map_err(context)?,
            future_dated: match row[5] {
                "" => FutureDating::NotAllowed,
                "device" => FutureDating::HeldByDevice,
                "dsp" => FutureDating::HeldByDsp,
                "dsp+device" => FutureDating::HeldByDspOrDevice,
                other => return Err(context(format!("future_dated {other}"))),
            },
            dsp_schedulable: flag(row[6]).map_err(context)?,
            // A service with "nd" targets or none at all that is not on demand is answered by the DCC itself;
            // 8.5 lists the broker's own use case and stays a device service.
            targets: targets.leak(),
            use_cases: row[8].split_whitespace().collect(),
            command_bytes: size_range(row[9], row[10]).map_err(context)?,
            response_bytes: size_range(row[11], row[12]).map_err(context)?,
            target_response_times: times.remove(row[0]).unwrap_or(match is_read(row[0]) {
                true => reads,
                false => default,
            }),
        });
    }
    if let Some(unknown) = times.keys().next() {
        return Err(format!(
            "target_response_times.csv names {unknown}, which srv.csv does not"
        ));
    }
    Ok(entries)
}

fn is_read(number: &str) -> bool {
    number.starts_with("4.")
}

fn target_response_times(text: &'static str) -> Result<BTreeMap<&'static str, TargetResponseTimes>, String> {
    let time = |seconds: &str, source: &str| {
        let seconds = seconds
            .parse()
            .map_err(|e| format!("target response time {seconds}: {e}"))?;
        Ok::<_, String>(TargetResponseTime {
            time: SimDuration::from_secs(seconds),
            sourced: source.starts_with("sourced"),
        })
    };
    let rows = csv::rows(text, 5)?.into_iter().map(|row| {
        let times = TargetResponseTimes {
            smets2: time(row[1], row[2])?,
            smets1: time(row[3], row[4])?,
        };
        Ok((row[0], times))
    });
    rows.collect()
}

fn flag(text: &str) -> Result<bool, String> {
    match text {
        "0" => Ok(false),
        "1" => Ok(true),
        other => Err(format!("{other} is neither 0 nor 1")),
    }
}

fn size_range(min: &str, max: &str) -> Result<SizeRange, String> {
    if min.is_empty() && max.is_empty() {
        return Ok(SizeRange { min: 0, max: 0 });
    }
    let parse = |text: &str| text.parse::<u16>().map_err(|e| format!("size {text}: {e}"));
    let (min, max) = (parse(min)?, parse(max)?);
    if min > max {
        return Err(format!("sizes {min} > {max}"));
    }
    Ok(SizeRange { min, max })
}

impl fmt::Display for Srv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

impl fmt::Debug for Srv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SRV {self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_the_totals_the_domain_notes_state() {
        let count = |test: fn(&SrvEntry) -> bool| Srv::all().filter(|srv| test(srv.entry())).count();
        assert_eq!(CATALOGUE.len(), Srv::COUNT);
        assert_eq!(count(|e| e.critical), 37);
        assert_eq!(count(|e| e.on_demand), 112);
        assert_eq!(count(|e| e.future_dated == FutureDating::HeldByDevice), 11);
        assert_eq!(count(|e| e.future_dated == FutureDating::HeldByDsp), 45);
        assert_eq!(count(|e| e.future_dated == FutureDating::HeldByDspOrDevice), 1);
        // MATRIX has 13; the DUIS XSD adds 4.2, and srv.csv follows the XSD.
        assert_eq!(count(|e| e.dsp_schedulable), 14);
        assert_eq!(count(|e| !e.is_device_service()), 16);
    }

    #[test]
    fn numbers_find_their_entries() {
        for srv in Srv::all() {
            assert_eq!(Srv::from_number(srv.number()), Some(srv));
            assert_eq!(Srv::from_index(srv.index()), Some(srv));
        }
        assert_eq!(Srv::from_number("4.8.9"), None);
        assert_eq!(Srv::from_index(129), None);
    }

    #[test]
    fn target_response_times_are_those_of_appendix_e() {
        let seconds = |number, region| {
            let entry = Srv::from_number(number).map(Srv::entry);
            entry.map(|e| e.target_response_time(region).time.as_micros() / 1_000_000)
        };
        for (number, smets2, smets1) in [
            ("4.1.1", 30, 16),
            ("4.8.1", 5_600, 16),
            ("4.10", 30, 16),
            ("1.1.1", 30, 30),
        ] {
            assert_eq!(seconds(number, None), Some(smets2));
            assert_eq!(seconds(number, Some(Region::South)), Some(smets2));
            assert_eq!(seconds(number, Some(Region::Smets1)), Some(smets1));
        }
    }

    #[test]
    fn a_draw_picks_every_size_of_a_range_and_no_other() {
        let range = SizeRange { min: 10, max: 12 };
        assert_eq!(range.pick(0), 10);
        assert_eq!(range.pick(u64::MAX / 2), 11);
        assert_eq!(range.pick(u64::MAX), 12);
    }
}
