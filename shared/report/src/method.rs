//! How the figures came about, so that somebody else can have them again.

use crate::page::Section;
use crate::source::Source;
use crate::words::moment;
use maud::html;

pub(crate) fn section(source: &Source<'_>) -> Option<Section> {
    let (manifest, ledger, kpis) = (&source.run.manifest, &source.run.ledger, &source.run.kpis);
    let machine = &manifest.machine;
    let facts = [
        ("Scenario", manifest.scenario.clone()),
        ("Seed", manifest.seed.to_string()),
        ("Emulated", moment(ledger.ended_at_us)),
        ("Driver", manifest.driver.clone()),
        (
            "secnet",
            format!("{} {}", manifest.secnet_version, manifest.secnet_commit),
        ),
        ("Ledger's digest", ledger.digest.clone()),
        ("KPIs' digest", kpis.digest.clone()),
        ("Root over the folder's files", source.run.seal.root.clone()),
        ("Begun", manifest.started_at.clone()),
        ("Took", format!("{:.1} s", manifest.wall_seconds)),
        (
            "Machine",
            format!(
                "{}, {} cores, {} {}",
                machine.processor, machine.cores, machine.os, machine.architecture
            ),
        ),
    ];
    let body = html! {
        p { "The scenario as it ran is " code { "scenario.toml" } " in the run folder. This gives the same digests again, on any machine, live or in virtual time:" }
        pre tabindex="0" { code { "secnet run scenario.toml --driver virtual" } }
        p { "It was run by:" }
        pre tabindex="0" { code { (manifest.command.join(" ")) } }
        dl { @for (name, value) in facts { dt { (name) } dd { (value) } } }
        @if !manifest.assumed_parameters.is_empty() {
            h3 { "Assumed" }
            p { "No public source gives these " (manifest.assumed_parameters.len()) " parameters; " code { "docs/scenario.md" } " says what each is, and why its value." }
            details { summary { "All of them" } ul.assumed { @for parameter in &manifest.assumed_parameters { li { code { (parameter) } } } } }
        }
    };
    Some(Section {
        id: "method",
        title: "Method",
        body,
    })
}
