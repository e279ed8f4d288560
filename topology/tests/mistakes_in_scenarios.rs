//! What a person is told who wrote a scenario wrong: the place, what is wrong with it, and the mend.

#![allow(clippy::unwrap_used)]

use expect_test::{Expect, expect};
use secnet_topology::parse;

const GOOD: &str = r#"name = "small"
horizon = "1h"

[population]
premises = 2_000

[[suppliers]]
name = "Octopus Energy"
share = 0.6

[[suppliers]]
name = "OVO"
share = 0.4

[[dnos]]
name = "Northern Powergrid"
areas = ["NPgN", "NPgY"]

[[workloads]]
name = "reads"
from = "suppliers"
srvs = ["4.1.1", "4.8.1"]
per_device_per_day = 2.0

[[schedules]]
from = "Octopus Energy"
srv = "4.6.1"

[csp.north]
loss = 0.02
"#;

/// The complaints about the good scenario with `old` replaced by `new`.
fn check(old: &str, new: &str, expected: Expect) {
    assert!(GOOD.contains(old), "{old}");
    expected.assert_eq(&complaints(&GOOD.replacen(old, new, 1), &[]));
}

fn check_override(overrides: &[&str], expected: Expect) {
    expected.assert_eq(&complaints(GOOD, overrides));
}

fn complaints(text: &str, overrides: &[&str]) -> String {
    let overrides: Vec<String> = overrides.iter().map(|flag| flag.to_string()).collect();
    match parse("small.toml", text, &overrides) {
        Ok(_) => "good\n".to_owned(),
        Err(problem) => format!("{problem}\n"),
    }
}

#[test]
fn a_good_scenario_is_good() {
    check(
        "",
        "",
        expect![[r#"
        good
    "#]],
    );
}

#[test]
fn unknown_keys_point_at_the_line_and_offer_the_nearest() {
    check(
        "loss = 0.02",
        "lost = 0.02\ncell_rate = \"20kbit/s\"",
        expect![[r#"
        error: unknown key `lost` in `north`; did you mean `loss`?
          --> small.toml:30:1
           |
        30 | lost = 0.02
           | ^^^^

        error: unknown key `cell_rate` in `north`; did you mean `uplink_rate`?
          --> small.toml:31:1
           |
        31 | cell_rate = "20kbit/s"
           | ^^^^^^^^^
    "#]],
    );
    check(
        "horizon",
        "horizn",
        expect![[r#"
        error: the scenario lacks `horizon`
         --> small.toml

        error: unknown key `horizn` in the scenario; did you mean `horizon`?
         --> small.toml:2:1
          |
        2 | horizn = "1h"
          | ^^^^^^
    "#]],
    );
    check(
        "[csp.north]",
        "[csp.scotland]",
        expect![[r#"
            error: unknown key `scotland` in `csp`; there are `4g`, `central`, `north`, `south`
              --> small.toml:29:6
               |
            29 | [csp.scotland]
               |      ^^^^^^^^
        "#]],
    );
}

#[test]
fn bad_units_and_kinds_of_value_say_what_to_write() {
    check(
        "\"1h\"",
        "\"1 hour\"",
        expect![[r#"
        error: `horizon`: `1 hour` is not a length of time: write a number and one of us, ms, s, min, h, d, as in "50ms" or "1.5h"
         --> small.toml:2:11
          |
        2 | horizon = "1 hour"
          |           ^^^^^^^^
    "#]],
    );
    check(
        "\"1h\"",
        "3600",
        expect![[r#"
        error: `horizon` must be a length of time such as "50ms", "1h" or "2d", not a whole number
         --> small.toml:2:11
          |
        2 | horizon = 3600
          |           ^^^^
    "#]],
    );
    check(
        "2_000",
        "\"many\"",
        expect![[r#"
        error: `premises` must be a whole number, not text
         --> small.toml:5:12
          |
        5 | premises = "many"
          |            ^^^^^^
    "#]],
    );
    check(
        "2_000",
        "-5",
        expect![[r#"
            error: `premises` must be a whole number from 0 to 4294967295, not -5
             --> small.toml:5:12
              |
            5 | premises = -5
              |            ^^
        "#]],
    );
    check(
        "2_000",
        "6_000_000_000",
        expect![[r#"
            error: `premises` must be a whole number from 0 to 4294967295, not 6000000000
             --> small.toml:5:12
              |
            5 | premises = 6_000_000_000
              |            ^^^^^^^^^^^^^
        "#]],
    );
    check(
        "2.0",
        "2.0\nshape = \"evening\"",
        expect![[r#"
        error: `shape` cannot be `evening`; did you mean `evening_peak`?
          --> small.toml:24:9
           |
        24 | shape = "evening"
           |         ^^^^^^^^^
    "#]],
    );
    check(
        "2.0",
        "2.0\ntarget = \"meter\"",
        expect![[r#"
        error: `target` cannot be `meter`; there are `ESME`, `GSME`, `GPF`, `CHF`, `PPMID`, `HCALCS`, `SAPC`, `IHD`, `CAD`
          --> small.toml:24:10
           |
        24 | target = "meter"
           |          ^^^^^^^
    "#]],
    );
    check(
        "[\"4.1.1\", \"4.8.1\"]",
        "[4.1, 4.8]",
        expect![[r#"
        error: `srvs` must be text in quotes, not a number with a fraction
          --> small.toml:22:9
           |
        22 | srvs = [4.1, 4.8]
           |         ^^^

        error: `srvs` must be text in quotes, not a number with a fraction
          --> small.toml:22:14
           |
        22 | srvs = [4.1, 4.8]
           |              ^^^
    "#]],
    );
    check(
        "[\"4.1.1\", \"4.8.1\"]",
        "\"4.1.1\"",
        expect![[r#"
        error: `srvs` must be a list, not text
          --> small.toml:22:8
           |
        22 | srvs = "4.1.1"
           |        ^^^^^^^
    "#]],
    );
}

#[test]
fn broken_toml_points_at_the_break() {
    check(
        "share = 0.4",
        "share = ",
        expect![[r#"
        error: string values must be quoted, expected literal string
          --> small.toml:13:9
           |
        13 | share = 
           |         ^
    "#]],
    );
    check(
        "name = \"OVO\"",
        "name = \"OVO",
        expect![[r#"
        error: invalid basic string, expected `"`
          --> small.toml:12:12
           |
        12 | name = "OVO
           |            ^
    "#]],
    );
    check(
        "share = 0.4",
        "share = 0.4\nshare = 0.3",
        expect![[r#"
        error: duplicate key
          --> small.toml:14:1
           |
        14 | share = 0.3
           | ^^^^^
    "#]],
    );
}

#[test]
fn impossible_numbers_are_refused() {
    check(
        "share = 0.4",
        "share = 0.3",
        expect![[r#"
        error: the Suppliers' shares sum to 0.9, not 1: 0.1 is missing
         --> small.toml:9:9
          |
        9 | share = 0.6
          |         ^^^
    "#]],
    );
    check(
        "share = 0.4",
        "share = 1.4",
        expect![[r#"
            error: the Suppliers' shares sum to 2, not 1: 1 is too much
             --> small.toml:9:9
              |
            9 | share = 0.6
              |         ^^^

            error: a share lies between 0 and 1; 1.4 does not
              --> small.toml:13:9
               |
            13 | share = 1.4
               |         ^^^
        "#]],
    );
    check(
        "2_000",
        "0",
        expect![[r#"
        error: there must be 1 to 100000000 premises, not 0
         --> small.toml:5:12
          |
        5 | premises = 0
          |            ^
    "#]],
    );
    check(
        "2_000",
        "200_000_000",
        expect![[r#"
        error: there must be 1 to 100000000 premises, not 200000000
         --> small.toml:5:12
          |
        5 | premises = 200_000_000
          |            ^^^^^^^^^^^
    "#]],
    );
    check(
        "\"1h\"",
        "\"0s\"",
        expect![[r#"
        error: must be longer than zero
         --> small.toml:2:11
          |
        2 | horizon = "0s"
          |           ^^^^
    "#]],
    );
    check(
        "loss = 0.02",
        "loss = 1.5\nlatency_min = \"0ms\"\nlatency_mean = \"0ms\"",
        expect![[r#"
            error: a share lies between 0 and 1; 1.5 does not
              --> small.toml:30:8
               |
            30 | loss = 1.5
               |        ^^^

            error: must be longer than zero: it is how far the receiver may run ahead of the sender
              --> small.toml:31:15
               |
            31 | latency_min = "0ms"
               |               ^^^^^
        "#]],
    );
    check(
        "loss = 0.02",
        "latency_min = \"5s\"",
        expect![[r#"
        error: the mean, 3s, is less than the least, 5s
          --> small.toml:29:1
           |
        29 | [csp.north]
           | ^^^^^^^^^^^
    "#]],
    );
    check(
        "loss = 0.02",
        "cell_premises = 0\nuplink_rate = \"0bit/s\"",
        expect![[r#"
        error: must be at least 1
          --> small.toml:30:17
           |
        30 | cell_premises = 0
           |                 ^

        error: must be more than zero
          --> small.toml:31:15
           |
        31 | uplink_rate = "0bit/s"
           |               ^^^^^^^^
    "#]],
    );
    check(
        "2.0",
        "-2.0\nstarts_after = \"30min\"\nends_after = \"10min\"",
        expect![[r#"
            error: a rate lies between 0 and 1000000; -2.0 does not
              --> small.toml:23:22
               |
            23 | per_device_per_day = -2.0
               |                      ^^^^

            error: 10min is not after the start, 30min
              --> small.toml:25:14
               |
            25 | ends_after = "10min"
               |              ^^^^^^^
        "#]],
    );
    check(
        "[csp.north]",
        "[hosting]\npremises_shards = 12\npremises_processes = 13\n[csp.north]",
        expect![[r#"
            error: 12 shards are too many for region north: it has 10 blocks of 64 premises
              --> small.toml:30:19
               |
            30 | premises_shards = 12
               |                   ^^

            error: 12 shards are too many for region south: it has 10 blocks of 64 premises
              --> small.toml:30:19
               |
            30 | premises_shards = 12
               |                   ^^

            error: must be from 1 to the 12 shards, not 13
              --> small.toml:31:22
               |
            31 | premises_processes = 13
               |                      ^^
        "#]],
    );
    check(
        "[csp.north]",
        "[[verdicts]]\n[csp.north]",
        expect![[r#"
            error: a verdict needs a threshold, such as `within_target_share_min` or `completed_share_min`
              --> small.toml:29:1
               |
            29 | [[verdicts]]
               | ^^^^^^^^^^^^
        "#]],
    );
    check(
        "[csp.north]",
        "[[verdicts]]\ncompleted_share_min = 95\nuser = \"Ovo\"\n[csp.north]",
        expect![[r#"
            error: a share lies between 0 and 1; 95 does not
              --> small.toml:30:23
               |
            30 | completed_share_min = 95
               |                       ^^

            error: no User `Ovo`; did you mean `OVO`?
              --> small.toml:31:8
               |
            31 | user = "Ovo"
               |        ^^^^^
        "#]],
    );
}

#[test]
fn names_that_mean_nothing_offer_what_they_might_mean() {
    check(
        "\"4.8.1\"",
        "\"4.8\"",
        expect![[r#"
        error: no service request variant `4.8`; did you mean `4.8.1`?
          --> small.toml:22:18
           |
        22 | srvs = ["4.1.1", "4.8"]
           |                  ^^^^^
    "#]],
    );
    check(
        "from = \"suppliers\"",
        "from = \"supplier\"",
        expect![[r#"
        error: no User `supplier`; did you mean `suppliers`?
          --> small.toml:21:8
           |
        21 | from = "supplier"
           |        ^^^^^^^^^^
    "#]],
    );
    check(
        "from = \"suppliers\"",
        "from = \"other_users\"",
        expect![[r#"
        error: the scenario has no `other_users`
          --> small.toml:21:8
           |
        21 | from = "other_users"
           |        ^^^^^^^^^^^^^
    "#]],
    );
    check(
        "from = \"Octopus Energy\"",
        "from = \"Octopus\"",
        expect![[r#"
        error: no User `Octopus`; did you mean `Octopus Energy`?
          --> small.toml:26:8
           |
        26 | from = "Octopus"
           |        ^^^^^^^^^
    "#]],
    );
    check(
        "\"NPgY\"",
        "\"NPGY\"",
        expect![[r#"
        error: no licence area `NPGY`; did you mean `NPgY`?
          --> small.toml:17:18
           |
        17 | areas = ["NPgN", "NPGY"]
           |                  ^^^^^^
    "#]],
    );
    check(
        "\"NPgY\"",
        "\"NPgN\"",
        expect![[r#"
        error: `NPgN` is listed twice
          --> small.toml:17:18
           |
        17 | areas = ["NPgN", "NPgN"]
           |                  ^^^^^^
    "#]],
    );
    check(
        "name = \"OVO\"",
        "name = \"Octopus Energy\"",
        expect![[r#"
        error: two Users are named `Octopus Energy`
          --> small.toml:12:8
           |
        12 | name = "Octopus Energy"
           |        ^^^^^^^^^^^^^^^^
    "#]],
    );
    check(
        "name = \"OVO\"",
        "name = \"suppliers\"",
        expect![[r#"
        error: `suppliers` means all Users of that kind and cannot be one's name
          --> small.toml:12:8
           |
        12 | name = "suppliers"
           |        ^^^^^^^^^^^
    "#]],
    );
    check(
        "[[workloads]]",
        "[[dnos]]\nname = \"UKPN\"\nareas = [\"NPgN\"]\n\n[[workloads]]",
        expect![[r#"
        error: `NPgN` belongs to `Northern Powergrid` already
          --> small.toml:21:10
           |
        21 | areas = ["NPgN"]
           |          ^^^^^^
    "#]],
    );
}

#[test]
fn requests_nobody_could_send_are_refused_unless_they_mean_to_be() {
    check(
        "\"4.8.1\"",
        "\"6.5\"",
        expect![[r#"
        error: `Octopus Energy` may not send 6.5 (Update Device Configuration (Voltage)): it holds IS, GS, the request is for ED; a workload that means to be refused says so with `mistake`
          --> small.toml:22:18
           |
        22 | srvs = ["4.1.1", "6.5"]
           |                  ^^^^^
    "#]],
    );
    check(
        "srvs = [\"4.1.1\", \"4.8.1\"]",
        "srvs = [\"6.5\"]\nmistake = \"role_not_held\"",
        expect![["good\n"]],
    );
    check(
        "srvs = [\"4.1.1\", \"4.8.1\"]",
        "srvs = [\"4.1.1\"]\nmistake = \"role_not_allowed\"",
        expect![[r#"
            error: `Octopus Energy` holds no role that may not send 4.1.1; the mistake needs one
              --> small.toml:22:9
               |
            22 | srvs = ["4.1.1"]
               |         ^^^^^^^
        "#]],
    );
    check(
        "srvs = [\"4.1.1\", \"4.8.1\"]",
        "srvs = [\"4.1.1\"]\nmistake = \"not_local\"",
        expect![[r#"
        error: 4.1.1 is available locally; the mistake needs one that is not, such as 5.1
          --> small.toml:22:9
           |
        22 | srvs = ["4.1.1"]
           |         ^^^^^^^
    "#]],
    );
    check(
        "2.0",
        "2.0\nfuture_dated_by = \"1h\"",
        expect![[r#"
        good
    "#]],
    );
    check(
        "srvs = [\"4.1.1\", \"4.8.1\"]",
        "srvs = [\"2.2\"]\nfuture_dated_by = \"1h\"",
        expect![[r#"
        error: 2.2 cannot be future-dated; leave out `future_dated_by`
          --> small.toml:22:9
           |
        22 | srvs = ["2.2"]
           |         ^^^^^
    "#]],
    );
    check(
        "2.0",
        "2.0\ntarget = \"CHF\"",
        expect![[r#"
            error: 4.1.1 is not for the CHF; it is for ESME, GSME, GPF
              --> small.toml:22:9
               |
            22 | srvs = ["4.1.1", "4.8.1"]
               |         ^^^^^^^

            error: 4.8.1 is not for the CHF; it is for ESME, GSME, GPF
              --> small.toml:22:18
               |
            22 | srvs = ["4.1.1", "4.8.1"]
               |                  ^^^^^^^
        "#]],
    );
    check(
        "srv = \"4.6.1\"",
        "srv = \"4.1.1\"",
        expect![[r#"
        error: the DSP does not schedule 4.1.1; it schedules 4.2, 4.6.1, 4.6.2, 4.8.1, 4.8.2, 4.8.3, 4.10, 4.12.1, 4.12.2, 4.14, 4.15, 4.16, 4.17, 14.1
          --> small.toml:27:7
           |
        27 | srv = "4.1.1"
           |       ^^^^^^^
    "#]],
    );
    check(
        "from = \"Octopus Energy\"",
        "from = \"dnos\"",
        expect![[r#"
        error: `Northern Powergrid` may not send 4.6.1 (Retrieve Import Daily Read Log): it holds ED, the request is for IS, GS; a workload that means to be refused says so with `mistake`
          --> small.toml:27:7
           |
        27 | srv = "4.6.1"
           |       ^^^^^^^
    "#]],
    );
    check(
        "srvs = [\"4.1.1\", \"4.8.1\"]",
        "srvs = [\"11.2\"]\ntarget = \"HCALCS\"",
        expect![[r#"
            error: no emulated premises has a device of type HCALCS
              --> small.toml:22:9
               |
            22 | srvs = ["11.2"]
               |         ^^^^^^
        "#]],
    );
    check(
        "srv = \"4.6.1\"",
        "srv = \"4.6.1\"\ntarget = \"PPMID\"",
        expect![[r#"
            error: 4.6.1 is not for the PPMID; it is for ESME, GSME, GPF
              --> small.toml:28:10
               |
            28 | target = "PPMID"
               |          ^^^^^^^
        "#]],
    );
    check(
        "from = \"Octopus Energy\"\nsrv = \"4.6.1\"",
        "from = \"dnos\"\nsrv = \"4.8.1\"\ntarget = \"GPF\"",
        expect![[r#"
            error: `Northern Powergrid` distributes electricity and reads no GPF
              --> small.toml:28:10
               |
            28 | target = "GPF"
               |          ^^^^^
        "#]],
    );
}

#[test]
fn a_key_of_an_earlier_version_says_what_to_write_now() {
    check(
        "per_device_per_day",
        "per_premises_per_day",
        expect![[r#"
        error: `workloads` lacks `per_device_per_day`
          --> small.toml:19:1
           |
        19 | [[workloads]]
           | ^^^^^^^^^^^^^

        error: unknown key `per_premises_per_day` in `workloads`: say `per_device_per_day`, the requests per device they may be sent to; the old key counted every premises, so divide by `population.enrolled_share`, and by `prepayment_share` with `prepayment_only`
          --> small.toml:23:1
           |
        23 | per_premises_per_day = 2.0
           | ^^^^^^^^^^^^^^^^^^^^
    "#]],
    );
}

#[test]
fn a_profile_has_entries_and_days() {
    check(
        "[csp.north]",
        "[premises.profile]\ninterval = \"30s\"\ndays_on_demand_max = 0\ndays_scheduled = 400\n[csp.north]",
        expect![[r#"
            error: must be from 1min to 1d, not 30s
              --> small.toml:30:12
               |
            30 | interval = "30s"
               |            ^^^^^

            error: must be from 1 to 397, not 0
              --> small.toml:31:22
               |
            31 | days_on_demand_max = 0
               |                      ^

            error: must be from 1 to 397, not 400
              --> small.toml:32:18
               |
            32 | days_scheduled = 400
               |                  ^^^
        "#]],
    );
}

#[test]
fn many_mistakes_are_told_at_once() {
    check(
        "2_000",
        "2_000\ngas_share = 2\nno_wan_share = -1\nareas = [\"EPN\", \"XYZ\"]",
        expect![[r#"
        error: a share lies between 0 and 1; 2 does not
         --> small.toml:6:13
          |
        6 | gas_share = 2
          |             ^

        error: a share lies between 0 and 1; -1 does not
         --> small.toml:7:16
          |
        7 | no_wan_share = -1
          |                ^^

        error: no licence area `XYZ`; there are `EPN`, `EMID`, `LPN`, `SPM`, `WMID`, `NPgN`, `ENWL`, `SHEPD`, `SPD`, `SPN`, `SEPD`, `SWALES`, `SWEST`, `NPgY`
         --> small.toml:8:17
          |
        8 | areas = ["EPN", "XYZ"]
          |                 ^^^^^
    "#]],
    );
    check(
        "[population]",
        "[populations]",
        expect![[r#"
        error: the scenario lacks `population`
         --> small.toml

        error: unknown key `populations` in the scenario; did you mean `population`?
         --> small.toml:4:2
          |
        4 | [populations]
          |  ^^^^^^^^^^^
    "#]],
    );
}

#[test]
fn overrides_change_values_and_are_named_when_wrong() {
    check_override(
        &[
            "seed=7",
            "csp.north.downlink_rate=10kbit/s",
            "epoch=2026-01-01T00:00:00Z",
            "schedules.0.starts_at=00:30",
            "schedules.0.srv=4.10",
            "suppliers.OVO.share=0.4",
            "workloads.reads.srvs=[\"2.2\"]",
            "workloads.0.srvs.0=4.8.1",
            "population.areas=[\"EPN\"]",
            "dsp.servers=32",
            "description=a = b",
            "name=5",
        ],
        expect![["good\n"]],
    );
    check_override(
        &["csp.north.cell_rate=20kbit/s"],
        expect![[r#"
        error: unknown key `cell_rate` in `north`; did you mean `uplink_rate`?
         --> --set csp.north.cell_rate=20kbit/s
    "#]],
    );
    check_override(
        &["csp.north.uplink_rate=fast", "sed=5"],
        expect![[r#"
        error: `uplink_rate`: `fast` is not a data rate: write a number and one of bit/s, kbit/s, Mbit/s, Gbit/s, as in "20kbit/s"
         --> --set csp.north.uplink_rate=fast

        error: unknown key `sed` in the scenario; did you mean `seed`?
         --> --set sed=5
    "#]],
    );
    check_override(
        &["population.gas_share=7"],
        expect![[r#"
        error: a share lies between 0 and 1; 7 does not
         --> --set population.gas_share=7
    "#]],
    );
    check_override(
        &["suppliers.Ovo.share=0.4"],
        expect![[r#"
        error: `suppliers` has no entry named `Ovo`; did you mean `OVO`?
         --> --set suppliers.Ovo.share=0.4
    "#]],
    );
    check_override(
        &["suppliers.2.share=0.4"],
        expect![[r#"
        error: `suppliers` has 2 entries, counted from 0; there is no entry 2
         --> --set suppliers.2.share=0.4
    "#]],
    );
    check_override(
        &["horizon"],
        expect![[r#"
        error: an override is written key=value, as in dsp.servers=32
         --> --set horizon
    "#]],
    );
    check_override(
        &["horizon.minutes=5"],
        expect![[r#"
        error: `horizon` is a single value and has no key `minutes`
         --> --set horizon.minutes=5
    "#]],
    );
    check_override(
        &["population.areas=[\"EPN\", \"NOWHERE\"]"],
        expect![[r#"
        error: no licence area `NOWHERE`; there are `EPN`, `EMID`, `LPN`, `SPM`, `WMID`, `NPgN`, `ENWL`, `SHEPD`, `SPD`, `SPN`, `SEPD`, `SWALES`, `SWEST`, `NPgY`
         --> --set population.areas=["EPN", "NOWHERE"]
    "#]],
    );
    check_override(
        &["..=5"],
        expect![[r#"
        error: `..` is not a path of keys joined by dots
         --> --set ..=5
    "#]],
    );
    check_override(
        &["seed="],
        expect![[r#"
        error: `seed` must be a whole number, not text
         --> --set seed=
    "#]],
    );
}

#[test]
fn a_table_given_in_part_keeps_the_rest_of_its_own_defaults() {
    let text = format!("{GOOD}\n[dsp_csp]\nlatency_mean = \"70ms\"\n[csp.south]\nloss = 0.0\n");
    let scenario = parse("small.toml", &text, &["csp.north.latency_mean=4s".to_owned()]).unwrap();
    let north = secnet_topology::scenario::CspParams::north();
    assert_eq!(scenario.csp.north.downlink_rate, north.downlink_rate);
    assert_eq!(scenario.csp.north.cell_premises, north.cell_premises);
    assert_eq!(scenario.csp.north.loss, 0.02);
    assert_eq!(scenario.csp.north.latency_mean.to_string(), "4s");
    assert_eq!(scenario.csp.south.loss, 0.0);
    assert_eq!(
        scenario.csp.central,
        secnet_topology::scenario::CspParams::cellular()
    );
    assert_eq!(scenario.dsp_csp.latency_min.to_string(), "30ms");
}

#[test]
fn single_requests_are_refused_where_nobody_could_send_them() {
    check_override(
        &[
            r#"requests=[{from="Octopus Enegy",at="2h",srv="4.1.1",premises=2000}, {from="Northern Powergrid",at="1min",srv="2.2"}]"#,
        ],
        expect![[r#"
            error: no User `Octopus Enegy`; did you mean `Octopus Energy`?
             --> --set requests=[{from="Octopus Enegy",at="2h",srv="4.1.1",premises=2000}, {from="Northern Powergrid",at="1min",srv="2.2"}]

            error: 2h is not before the horizon, 1h
             --> --set requests=[{from="Octopus Enegy",at="2h",srv="4.1.1",premises=2000}, {from="Northern Powergrid",at="1min",srv="2.2"}]

            error: there is no premises 2000; they are numbered from 0 to 1999
             --> --set requests=[{from="Octopus Enegy",at="2h",srv="4.1.1",premises=2000}, {from="Northern Powergrid",at="1min",srv="2.2"}]

            error: `Northern Powergrid` may not send 2.2 (Top Up Device): it holds ED, the request is for IS, GS; a workload that means to be refused says so with `mistake`
             --> --set requests=[{from="Octopus Enegy",at="2h",srv="4.1.1",premises=2000}, {from="Northern Powergrid",at="1min",srv="2.2"}]

            error: 2.2 is about a device; name its `premises`
             --> --set requests=[{from="Octopus Enegy",at="2h",srv="4.1.1",premises=2000}, {from="Northern Powergrid",at="1min",srv="2.2"}]
        "#]],
    );
    check_override(
        &[r#"requests=[{from="OVO",at="1min",srv="5.1",premises=1},{from="OVO",at="1min",srv="8.2"}]"#],
        expect![[r#"
            error: 5.1 is about a schedule, which only a workload can name
             --> --set requests=[{from="OVO",at="1min",srv="5.1",premises=1},{from="OVO",at="1min",srv="8.2"}]

            error: 8.2 is about a device; name its `premises`
             --> --set requests=[{from="OVO",at="1min",srv="5.1",premises=1},{from="OVO",at="1min",srv="8.2"}]
        "#]],
    );
    check_override(
        &[r#"requests=[{from="OVO",at="1min",srv="4.6.1",premises=1,device="PPMID",future_dated_by="1h"}]"#],
        expect![[r#"
            error: 4.6.1 is not for the PPMID
             --> --set requests=[{from="OVO",at="1min",srv="4.6.1",premises=1,device="PPMID",future_dated_by="1h"}]
        "#]],
    );
}

#[test]
fn what_cannot_be_traced_is_named() {
    check_override(
        &[
            "tracing.requests=2",
            "tracing.watch=[1999,2000]",
            r#"tracing.srvs=[{srv="4.1",share=0.5}]"#,
        ],
        expect![[r#"
            error: a share lies between 0 and 1; 2 does not
             --> --set tracing.requests=2

            error: there is no premises 2000; they are numbered from 0 to 1999
             --> --set tracing.watch=[1999,2000]

            error: no service request variant `4.1`; did you mean `4.1.1`?
             --> --set tracing.srvs=[{srv="4.1",share=0.5}]
        "#]],
    );
}

#[test]
fn a_power_cut_and_faults_are_told_what_they_lack_and_what_cannot_be() {
    let event = |text: &str| {
        format!("[csp.north]\nloss = 0.02\n\n[[events]]\nname = \"e\"\nstarts_after = \"10min\"\n{text}")
    };
    let old = "[csp.north]\nloss = 0.02\n";
    let complaint = |text: &str| complaints(&GOOD.replacen(old, &event(text), 1), &[]);
    let all: String = [
        "kind = \"power_cut\"\n",
        "kind = \"power_cut\"\nlasts = \"5min\"\nshare = 0.5\n",
        "kind = \"power_faults\"\nlasts = \"5min\"\n",
        "kind = \"power_faults\"\nlasts = \"5min\"\nshare = 0.5\nrestoration = \"arwin\"\n",
        "kind = \"power_faults\"\nlasts = \"5min\"\nshare = 0.5\nrestoration = \"arwen\"\noff_at_most = \"5min\"\n",
        "kind = \"power_faults\"\nlasts = \"5min\"\nshare = 0.5\noff_mean = \"5min\"\noff_at_least = \"6min\"\noff_at_most = \"6min\"\n",
        "kind = \"power_faults\"\nlasts = \"5min\"\nper_million_premises_per_year = -1.0\noff_mean = \"5min\"\n",
        "kind = \"power_faults\"\nlasts = \"5min\"\nper_million_premises_per_year = 1e18\noff_mean = \"5min\"\nfault_sizes = [[0.5, 1], [3, 0]]\n",
    ]
    .map(complaint)
    .concat();
    expect![[r#"
        error: a `power_cut` lacks `lasts`
          --> small.toml:32:1
           |
        32 | [[events]]
           | ^^^^^^^^^^
        error: does not apply to a `power_cut`; beside its name and start it takes `lasts`, `region`, `areas`, `cells`, `premises`, `cause`
          --> small.toml:37:9
           |
        37 | share = 0.5
           |         ^^^
        error: `power_faults` need either `share` or `per_million_premises_per_year`
          --> small.toml:32:1
           |
        32 | [[events]]
           | ^^^^^^^^^^

        error: `power_faults` need either `restoration` or `off_mean`
          --> small.toml:32:1
           |
        32 | [[events]]
           | ^^^^^^^^^^
        error: `restoration` cannot be `arwin`; did you mean `arwen`?
          --> small.toml:38:15
           |
        38 | restoration = "arwin"
           |               ^^^^^^^
        error: applies with `off_mean` only
          --> small.toml:39:15
           |
        39 | off_at_most = "5min"
           |               ^^^^^^
        error: the mean, 5min, is less than the least, 6min
          --> small.toml:38:12
           |
        38 | off_mean = "5min"
           |            ^^^^^^

        error: must be more than the least, 6min
          --> small.toml:40:15
           |
        40 | off_at_most = "6min"
           |               ^^^^^^
        error: must be nought or more, not -1
          --> small.toml:37:33
           |
        37 | per_million_premises_per_year = -1.0
           |                                 ^^^^
        error: makes 19012852688 faults; a scenario may have 5000000
          --> small.toml:32:1
           |
        32 | [[events]]
           | ^^^^^^^^^^

        error: a fault takes off at least 1 premises, not 0.5
          --> small.toml:39:16
           |
        39 | fault_sizes = [[0.5, 1], [3, 0]]
           |                ^^^^^^^^

        error: a weight is more than 0, not 0
          --> small.toml:39:26
           |
        39 | fault_sizes = [[0.5, 1], [3, 0]]
           |                          ^^^^^^
    "#]].assert_eq(&all);
    check_override(
        &[
            "power.hold_up_mean=1s",
            "power.calls_by_5_min=0.9",
            "csp.north.contention.slots=0",
            "csp.south.contention.slot=2h",
            "csp.central.contention.frames_max=60_001",
            "parameters.MP096.some_up_to=3",
        ],
        expect![[r#"
            error: the mean, 1s, is less than the least, 210s
             --> --set power.hold_up_mean=1s

            error: must be nought or more, and no more than `calls_by_10_min`
             --> --set power.calls_by_5_min=0.9

            error: must be from 1 to 65536, not 0
             --> --set csp.north.contention.slots=0

            error: must be at most 1h
             --> --set csp.south.contention.slot=2h

            error: must be from 1 to 60000, not 60001
             --> --set csp.central.contention.frames_max=60_001

            error: 3 is less than `all_up_to`, 50
             --> --set parameters.MP096.some_up_to=3
        "#]],
    );
}

#[test]
fn an_event_is_told_which_keys_its_kind_takes_and_which_it_lacks() {
    let event = |text: &str| {
        format!("[csp.north]\nloss = 0.02\n\n[[events]]\nname = \"e\"\nstarts_after = \"10min\"\n{text}")
    };
    let old = "[csp.north]\nloss = 0.02\n";
    let complaint = |text: &str| complaints(&GOOD.replacen(old, &event(text), 1), &[]);
    let all: String = [
        "kind = \"dsp_outage\"\nlasts = \"5min\"\n",
        "kind = \"dsp_outage\"\nlasts = \"5min\"\nregion = \"north\"\n",
        "kind = \"csp_outage\"\nregion = \"north\"\n",
        "kind = \"dsp_outrage\"\nlasts = \"5min\"\n",
        "kind = \"gateway_outage\"\nlasts = \"5min\"\nuser = \"Ovo\"\n",
        "kind = \"coverage_loss\"\nregion = \"south\"\ncells = [3, 4000]\n",
        "kind = \"coverage_loss\"\ncells = [3, 4]\n",
        "kind = \"coverage_loss\"\nareas = [\"NPGN\"]\nshare = 1.5\n",
        "kind = \"dsp_capacity\"\n",
        "kind = \"dsp_capacity\"\nservers = 0\n",
        "kind = \"maintenance\"\nlasts = \"2h\"\nsystems = [\"csp_south\"]\nimpact = \"low\"\ncapacity_share = 0.5\n",
        "kind = \"takeover\"\nfrom = \"OVO\"\nto = \"Northern Powergrid\"\n",
        "kind = \"takeover\"\nfrom = \"OVO\"\nto = \"OVO\"\n",
        "kind = \"removal\"\npremises = [9, 3]\ndevice = \"ESME\"\n",
        "kind = \"user_default\"\nuser = \"OVO\"\nlasts = \"1h\"\n",
    ]
    .map(complaint)
    .concat();
    expect![[r#"
        good
        error: does not apply to a `dsp_outage`; beside its name and start it takes `lasts`
          --> small.toml:37:10
           |
        37 | region = "north"
           |          ^^^^^^^
        error: a `csp_outage` lacks `lasts`
          --> small.toml:32:1
           |
        32 | [[events]]
           | ^^^^^^^^^^
        error: `kind` cannot be `dsp_outrage`; did you mean `dsp_outage`?
          --> small.toml:35:8
           |
        35 | kind = "dsp_outrage"
           |        ^^^^^^^^^^^^^
        error: no User `Ovo`; did you mean `OVO`?
          --> small.toml:37:8
           |
        37 | user = "Ovo"
           |        ^^^^^
        error: there are 2, numbered from 0; 3 to 4000 are not among them
          --> small.toml:37:9
           |
        37 | cells = [3, 4000]
           |         ^^^^^^^^^
        error: cells are numbered by region; give `region` as well
          --> small.toml:36:9
           |
        36 | cells = [3, 4]
           |         ^^^^^^
        error: no licence area `NPGN`; did you mean `NPgN`?
          --> small.toml:36:10
           |
        36 | areas = ["NPGN"]
           |          ^^^^^^

        error: a share lies between 0 and 1; 1.5 does not
          --> small.toml:37:9
           |
        37 | share = 1.5
           |         ^^^
        error: a `dsp_capacity` needs either `servers` or `capacity_share`
          --> small.toml:32:1
           |
        32 | [[events]]
           | ^^^^^^^^^^
        error: the DSP would never serve anything again; give `lasts`, or at least one server
          --> small.toml:32:1
           |
        32 | [[events]]
           | ^^^^^^^^^^
        error: applies to maintenance of low impact on the `dsp` only
          --> small.toml:39:18
           |
        39 | capacity_share = 0.5
           |                  ^^^
        error: no Supplier `Northern Powergrid`; there are `Octopus Energy`, `OVO`
          --> small.toml:37:6
           |
        37 | to = "Northern Powergrid"
           |      ^^^^^^^^^^^^^^^^^^^^
        error: a Supplier cannot take over its own premises
          --> small.toml:37:6
           |
        37 | to = "OVO"
           |      ^^^^^
        error: there are 2000, numbered from 0; 9 to 3 are not among them
          --> small.toml:36:12
           |
        36 | premises = [9, 3]
           |            ^^^^^^
        error: does not apply to a `user_default`; beside its name and start it takes `user`
          --> small.toml:37:9
           |
        37 | lasts = "1h"
           |         ^^^^
    "#]]
    .assert_eq(&all);
}

#[test]
fn a_version_off_the_list_is_of_a_type_of_device_or_of_a_campaigns_model() {
    let removal = |keys: &str| {
        let event = format!(
            "[[campaigns]]\nname = \"esme-2026\"\ndevice = \"ESME\"\n[[events]]\nname = \"off\"\nkind = \"cpl_removal\"\n\
             starts_after = \"10min\"\n{keys}\n"
        );
        complaints(&(GOOD.to_owned() + &event), &[])
    };
    let all: String = [
        removal(""),
        removal("device = \"ESME\"\ncampaign = \"esme-2026\""),
        removal("campaign = \"esme-2025\""),
        removal("campaign = \"esme-2026\"\nserver = 3"),
        removal("campaign = \"esme-2026\""),
        removal("device = \"GSME\"\nshare = 0.2\nlasts = \"1h\""),
        removal("device = \"ESME\"\nversion = \"new\""),
        removal("campaign = \"esme-2026\"\nversion = \"newest\""),
        removal("campaign = \"esme-2026\"\nversion = \"new\""),
        removal("campaign = \"back\"\n[[campaigns]]\nname = \"back\"\ndevice = \"ESME\"\nrolls_back = \"esme-2026\""),
    ]
    .concat();
    expect![[r#"
        error: a `cpl_removal` needs either `device` or `campaign`
          --> small.toml:34:1
           |
        34 | [[events]]
           | ^^^^^^^^^^
        error: a `cpl_removal` needs either `device` or `campaign`
          --> small.toml:34:1
           |
        34 | [[events]]
           | ^^^^^^^^^^
        error: no campaign `esme-2025`; did you mean `esme-2026`?
          --> small.toml:38:12
           |
        38 | campaign = "esme-2025"
           |            ^^^^^^^^^^^
        error: unknown key `server` in `events`; did you mean `servers`?
          --> small.toml:39:1
           |
        39 | server = 3
           | ^^^^^^
        good
        good
        error: says which of a `campaign`'s versions
          --> small.toml:39:11
           |
        39 | version = "new"
           |           ^^^^^
        error: `version` cannot be `newest`; did you mean `new`?
          --> small.toml:39:11
           |
        39 | version = "newest"
           |           ^^^^^^^^
        good
        error: `back` has no version of its own: it brings back that before `esme-2026`, the campaign to name here
          --> small.toml:38:12
           |
        38 | campaign = "back"
           |            ^^^^^^

        error: `esme-2026` never stops: it needs `waves` and `stop_above`, and rolls nothing back
          --> small.toml:42:14
           |
        42 | rolls_back = "esme-2026"
           |              ^^^^^^^^^^^
    "#]]
    .assert_eq(&all);
}

#[test]
fn hubs_are_exchanged_at_a_rate_or_a_share_of_them_by_engineers_who_work_some_hours() {
    let exchange = |keys: &str| {
        let event =
            format!("[[events]]\nname = \"4G\"\nkind = \"hub_exchange\"\nstarts_after = \"10min\"\n{keys}\n");
        complaints(&(GOOD.to_owned() + &event), &[])
    };
    let all: String = [
        exchange("share = 0.1"),
        exchange("lasts = \"1h\""),
        exchange("lasts = \"1h\"\nshare = 0.1\nper_million_premises_per_working_day = 117"),
        exchange("lasts = \"1h\"\nper_million_premises_per_working_day = -1"),
        exchange("lasts = \"1h\"\nshare = 0.1\nworks_from = \"19:00\"\ntakes = \"0s\""),
        exchange("lasts = \"1h\"\nshare = 0.1\nregion = \"smets1\""),
        exchange("lasts = \"1h\"\nshare = 0.1\nworks_from = \"19:00\"\nworks_to = \"23:00\""),
    ]
    .concat();
    expect![[r#"
        error: a `hub_exchange` lacks `lasts`
          --> small.toml:31:1
           |
        31 | [[events]]
           | ^^^^^^^^^^
        error: a `hub_exchange` needs either `share` or `per_million_premises_per_working_day`
          --> small.toml:31:1
           |
        31 | [[events]]
           | ^^^^^^^^^^
        error: a `hub_exchange` needs either `share` or `per_million_premises_per_working_day`
          --> small.toml:31:1
           |
        31 | [[events]]
           | ^^^^^^^^^^
        error: must be nought or more, not -1
          --> small.toml:36:40
           |
        36 | per_million_premises_per_working_day = -1
           |                                        ^^
        error: engineers end at 18:00, which is not after they begin, 19:00
          --> small.toml:37:14
           |
        37 | works_from = "19:00"
           |              ^^^^^^^

        error: must be longer than zero
          --> small.toml:38:9
           |
        38 | takes = "0s"
           |         ^^^^
        error: no hub there is on a CSP's SM WAN
          --> small.toml:37:10
           |
        37 | region = "smets1"
           |          ^^^^^^^^
        good
    "#]]
    .assert_eq(&all);
}

#[test]
fn waves_ascend_to_one_and_a_campaigns_shares_are_shares() {
    let with = |keys: &str| {
        let campaign = format!("[[campaigns]]\nname = \"esme-2026\"\ndevice = \"ESME\"\n{keys}\n");
        complaints(&(GOOD.to_owned() + &campaign), &[])
    };
    let all: String = [
        with("waves = [0.5, 0.1, 1.0]"),
        with("waves = [0.1, 0.5]"),
        with("waves = [0.0, 1.0]"),
        with("stop_above = 1.5\nlost_share = -0.1\nunsound_share = 7.0"),
        with("waves = [0.1, 1.0]\nstop_above = 0.0"),
        with("activate_future_dated = true"),
        with("by_hand = true\nwaves = [0.1, 1.0]\nstop_above = 0.1"),
        with("[[requests]]\nfrom = \"OVO\"\nat = \"1min\"\nsrv = \"11.1\"\ncampaign = \"esme-2026\""),
        with("by_hand = true\n[[requests]]\nfrom = \"OVO\"\nat = \"1min\"\nsrv = \"11.4\"\ncampaign = \"esme-2026\""),
        with("rolls_back = \"esme-2026\""),
        with("[[campaigns]]\nname = \"before\"\ndevice = \"GSME\"\nrolls_back = \"esme-2026\""),
    ]
    .concat();
    expect![[r#"
        error: must ascend from more than 0 to 1, as [0.01, 0.1, 1.0] does, not [0.5, 0.1, 1.0]
          --> small.toml:34:9
           |
        34 | waves = [0.5, 0.1, 1.0]
           |         ^^^^^^^^^^^^^^^
        error: must ascend from more than 0 to 1, as [0.01, 0.1, 1.0] does, not [0.1, 0.5]
          --> small.toml:34:9
           |
        34 | waves = [0.1, 0.5]
           |         ^^^^^^^^^^
        error: must ascend from more than 0 to 1, as [0.01, 0.1, 1.0] does, not [0.0, 1.0]
          --> small.toml:34:9
           |
        34 | waves = [0.0, 1.0]
           |         ^^^^^^^^^^
        error: a share lies between 0 and 1; 1.5 does not
          --> small.toml:34:14
           |
        34 | stop_above = 1.5
           |              ^^^

        error: a share lies between 0 and 1; -0.1 does not
          --> small.toml:35:14
           |
        35 | lost_share = -0.1
           |              ^^^^

        error: a share lies between 0 and 1; 7 does not
          --> small.toml:36:17
           |
        36 | unsound_share = 7.0
           |                 ^^^
        good
        error: needs `activate_at`, its time
          --> small.toml:34:25
           |
        34 | activate_future_dated = true
           |                         ^^^^
        error: whoever sends its requests stops, and rolls back, by hand too
          --> small.toml:34:11
           |
        34 | by_hand = true
           |           ^^^^
        error: no campaign `esme-2026` that is `by_hand`; there are none
          --> small.toml:38:12
           |
        38 | campaign = "esme-2026"
           |            ^^^^^^^^^^^
        error: a campaign for ESME takes 11.1, not 11.4
          --> small.toml:39:12
           |
        39 | campaign = "esme-2026"
           |            ^^^^^^^^^^^
        error: no campaign `esme-2026` before this one; there are none
          --> small.toml:34:14
           |
        34 | rolls_back = "esme-2026"
           |              ^^^^^^^^^^^
        error: `esme-2026` updates ESME, this one GSME
          --> small.toml:37:14
           |
        37 | rolls_back = "esme-2026"
           |              ^^^^^^^^^^^

        error: `esme-2026` never stops: it needs `waves` and `stop_above`, and rolls nothing back
          --> small.toml:37:14
           |
        37 | rolls_back = "esme-2026"
           |              ^^^^^^^^^^^
    "#]]
    .assert_eq(&all);
}

#[test]
fn a_campaigns_verdict_names_it_and_what_activates_itself_has_no_hour_for_it() {
    let with = |device: &str, more: &str| {
        let campaign = format!("[[campaigns]]\nname = \"ppmid-2026\"\ndevice = \"{device}\"\n{more}\n");
        complaints(&(GOOD.to_owned() + &campaign), &[])
    };
    let all: String = [
        with("PPMID", "activate_at = \"02:00\""),
        with("ESME", "activate_at = \"2 am\""),
        with(
            "ESME",
            "[[verdicts]]\ncampaign = \"ppmid-2025\"\nupdated_share_min = 0.9",
        ),
        with(
            "ESME",
            "[[verdicts]]\ncampaign = \"ppmid-2026\"\ncompleted_share_min = 0.9",
        ),
        with(
            "ESME",
            "[[verdicts]]\ncampaign = \"ppmid-2026\"\nupdated_share_min = 0.9",
        ),
    ]
    .concat();
    expect![[r#"
        error: a PPMID activates its image itself
          --> small.toml:34:15
           |
        34 | activate_at = "02:00"
           |               ^^^^^^^
        error: `activate_at`: `2 am` is neither a UTC time of day, as in "00:00", nor a UTC date and time, as in "2026-04-01T00:00:00Z"
          --> small.toml:34:15
           |
        34 | activate_at = "2 am"
           |               ^^^^^^
        error: no campaign `ppmid-2025`; did you mean `ppmid-2026`?
          --> small.toml:35:12
           |
        35 | campaign = "ppmid-2025"
           |            ^^^^^^^^^^^^
        error: `campaign` and `updated_share_min` go together: the share of which campaign's devices
          --> small.toml:34:1
           |
        34 | [[verdicts]]
           | ^^^^^^^^^^^^
        good
    "#]].assert_eq(&all);
}

#[test]
fn a_ramp_names_workloads_and_no_workload_is_in_two() {
    let with = |ramps: &str| complaints(&(GOOD.to_owned() + ramps), &[]);
    let all: String = [
        with("[[ramps]]\nname = \"r\"\nto = 4.0\nover = \"30min\"\n"),
        with("[[ramps]]\nname = \"r\"\nto = -1.0\nover = \"0s\"\n"),
        with("[[ramps]]\nname = \"r\"\nworkloads = [\"reeds\"]\nto = 4.0\nover = \"30min\"\n"),
        with("[[ramps]]\nname = \"r\"\nto = 4.0\nover = \"30min\"\n[[ramps]]\nname = \"s\"\nto = 4.0\nover = \"30min\"\n"),
    ]
    .concat();
    expect![[r#"
        good
        error: must be from 0 to 1000, not -1
          --> small.toml:33:6
           |
        33 | to = -1.0
           |      ^^^^

        error: must be longer than zero
          --> small.toml:34:8
           |
        34 | over = "0s"
           |        ^^^^
        error: no workload `reeds`; did you mean `reads`?
          --> small.toml:33:13
           |
        33 | workloads = ["reeds"]
           |             ^^^^^^^^^
        error: workload `reads` is in `r` and in `s`; it can be in one
          --> small.toml:31:1
           |
        31 | [[ramps]]
           | ^^^^^^^^^
    "#]]
    .assert_eq(&all);
}

#[test]
fn planned_maintenance_keeps_to_the_rule_in_force_when_it_begins() {
    let planned = |name: &str, starts_after: &str, lasts: &str, impact: &str| {
        format!(
            "[[events]]\nname = \"{name}\"\nkind = \"maintenance\"\nsystems = [\"dsp\"]\n\
             starts_after = \"{starts_after}\"\nlasts = \"{lasts}\"\nimpact = \"{impact}\"\n"
        )
    };
    // From Monday 2 November 2020, 18:00.
    let complaint = |switch: &str, windows: &[String]| {
        let month = "horizon = \"60d\"\nepoch = \"2020-11-02T18:00:00Z\"";
        let scenario = GOOD.replacen("horizon = \"1h\"", month, 1);
        let switch = format!("[modifications]\nMP092 = \"{switch}\"\n");
        complaints(&(scenario + &switch + &windows.concat()), &[])
    };
    let early = planned("early", "119min", "1h", "high");
    let late = planned("late", "13h", "61min", "low");
    let long = planned("long", "3h", "361min", "high");
    let high = planned("high", "26h", "6h", "high");
    let overlaps = planned("overlaps", "31h", "1h", "high");
    let low = planned("low", "50h", "2h", "low");
    let later = planned("later", "74h", "30min", "high");
    let next_month = planned("next month", "700h", "30min", "high");
    let agreed = planned("agreed", "18h", "9h", "high") + "agreed_by_panel = true\n";
    let all: String = [
        complaint("off", &[early, late.clone()]),
        complaint("off", &[long]),
        complaint("off", &[high.clone(), next_month.clone(), agreed.clone()]),
        complaint("off", &[high.clone(), overlaps]),
        complaint("off", &[high.clone(), low.clone()]),
        complaint("on", &[high.clone(), low.clone(), next_month, agreed]),
        complaint("on", &[high.clone(), later.clone()]),
        // Each rule has the windows that begin while it is in force.
        complaint("2020-11-05", &[high.clone(), later]),
        complaint("2020-11-05", &[high, low]),
    ]
    .concat();
    expect![[r#"
        error: planned maintenance is between 20:00 and 08:00, and this is from 2020-11-02T19:59:00Z to 2020-11-02T20:59:00Z; move it, or say `agreed_by_panel = true`
          --> small.toml:34:1
           |
        34 | [[events]]
           | ^^^^^^^^^^

        error: planned maintenance is between 20:00 and 08:00, and this is from 2020-11-03T07:00:00Z to 2020-11-03T08:01:00Z; move it, or say `agreed_by_panel = true`
          --> small.toml:41:1
           |
        41 | [[events]]
           | ^^^^^^^^^^

        error: `late` is window 2 of planned maintenance in 2020-11; the rule of 2017 allows 1 a month. Leave it out, let it overlap with another, or say `agreed_by_panel = true`
          --> small.toml:41:1
           |
        41 | [[events]]
           | ^^^^^^^^^^
        error: a window lasts 6h at most (the rule of 2017), and this one, from 2020-11-02T21:00:00Z to 2020-11-03T03:01:00Z, 361min
          --> small.toml:34:1
           |
        34 | [[events]]
           | ^^^^^^^^^^
        good
        good
        error: `low` is window 2 of planned maintenance in 2020-11; the rule of 2017 allows 1 a month. Leave it out, let it overlap with another, or say `agreed_by_panel = true`
          --> small.toml:41:1
           |
        41 | [[events]]
           | ^^^^^^^^^^
        good
        error: `later` is window 2 of planned maintenance of high impact in 2020-11; MP092 allows 1 a month. Leave it out, let it overlap with another, or say `agreed_by_panel = true`
          --> small.toml:41:1
           |
        41 | [[events]]
           | ^^^^^^^^^^
        good
        error: `low` is window 2 of planned maintenance in 2020-11; the rule of 2017 allows 1 a month. Leave it out, let it overlap with another, or say `agreed_by_panel = true`
          --> small.toml:41:1
           |
        41 | [[events]]
           | ^^^^^^^^^^
    "#]].assert_eq(&all);
}

#[test]
fn a_name_is_one_of_a_folder_and_nothing_else() {
    let named = |name: &str| {
        let text = GOOD.replacen("\"small\"", &format!("\"{name}\""), 1);
        complaints(&text, &[])
    };
    for name in ["a", "gb-2026.1_b", "0"] {
        assert_eq!(named(name), "good\n", "{name}");
    }
    let long = "x".repeat(65);
    for name in [
        "",
        "/abs/victim",
        "../..",
        ".hidden",
        "Demo",
        "a b",
        "a\\u001b[31m",
        &long,
    ] {
        assert!(
            named(name).contains("cannot name a run folder"),
            "{name}: {}",
            named(name)
        );
        assert!(!named(name).contains('\u{1b}'), "{name}");
    }
}

#[test]
fn an_override_of_a_long_scenario_is_read_as_of_a_short_one() {
    let long = format!("{GOOD}\n# {}\n", "x".repeat(70_000));
    let overrides = ["seed=7".to_owned(), "horizon=2h".to_owned()];
    let scenario = parse("long.toml", &long, &overrides).unwrap();
    assert_eq!(
        (scenario.seed, scenario.horizon.to_string()),
        (7, "2h".to_owned())
    );
    let wrong = parse("long.toml", &long, &["seed=x".to_owned()])
        .unwrap_err()
        .to_string();
    assert!(wrong.contains("--set seed=x"), "{wrong}");
}

#[test]
fn numbers_that_would_never_end_or_fit_are_refused() {
    let set = |overrides: &str| complaints(GOOD, &[overrides]);
    expect![[r#"
        error: a rate lies between 0 and 1000000; 1e300 does not
         --> --set workloads=[{name="r",from="suppliers",srvs=["4.1.1"],per_device_per_day=1e300}]
        error: a rate lies between 0 and 1000000; 2000000.0 does not
         --> --set premises.alerts_per_premises_per_day=2e6
        error: there must be 1 to 1000000, not 4294967295
         --> --set dsp.servers=4294967295
    "#]]
    .assert_eq(
        &[
            set("workloads=[{name=\"r\",from=\"suppliers\",srvs=[\"4.1.1\"],per_device_per_day=1e300}]"),
            set("premises.alerts_per_premises_per_day=2e6"),
            set("dsp.servers=4294967295"),
        ]
        .concat(),
    );
}

#[test]
fn of_very_many_mistakes_the_first_hundred_are_shown_and_the_others_counted() {
    let many: String = (0..30_000)
        .map(|i| format!("[[workloads]]\nnam{i} = 1\n"))
        .collect();
    let said = complaints(&format!("{GOOD}\n{many}"), &[]);
    assert_eq!(said.matches("error: ").count(), 100);
    assert!(
        said.trim_end().ends_with("\n\nand 59900 more"),
        "{}",
        &said[said.len() - 40..]
    );
}

#[test]
fn of_a_long_line_what_is_around_the_mistake_is_shown() {
    let right = r#""4.1.1", "#.repeat(60);
    let far = format!(r#"srvs = [{right}"9.9.9", {right}]"#);
    let said = complaints(&GOOD.replacen(r#"srvs = ["4.1.1", "4.8.1"]"#, &far, 1), &[]);
    let after_bar = |line: &str| line.split_once(" | ").unwrap().1.to_owned();
    let [line, marks] = [3, 4].map(|place| after_bar(said.lines().nth(place).unwrap()));
    assert!(line.chars().count() == 162, "{said}");
    assert!(line.starts_with('…') && line.ends_with('…'), "{said}");
    let marked: String = line
        .chars()
        .zip(marks.chars().chain(std::iter::repeat(' ')))
        .filter_map(|(shown, mark)| (mark == '^').then_some(shown))
        .collect();
    assert_eq!(marked, r#""9.9.9""#, "{said}");
}
