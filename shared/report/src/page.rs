//! The page around the sections: its style, its script, and where to find what.

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) body: Markup,
}

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Whatever a name in the scenario holds, nothing is loaded, sent or run but what stands here.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

pub(crate) fn page(title: &str, sections: Vec<Section>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content="secnet";
                title { (title) " – secnet" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { h1 { (title) } nav aria-label="Sections" { ul { @for section in &sections {
                    li { a href={"#" (section.id)} { (section.title) } }
                } } } }
                main { @for section in &sections {
                    section id=(section.id) aria-labelledby={(section.id) "-title"} {
                        h2 id={(section.id) "-title"} { (section.title) }
                        (section.body)
                    }
                } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}
