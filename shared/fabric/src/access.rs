//! Who may say what on the bus: the access control that each router is given.
//!
//! What is not listed is denied. On a segment the list follows from the links that lie on it; on the control plane from what the
//! director, the processes, Users and operators have to tell each other.
//!
//! Not here: who gets a session at all (`secnet_topology::identities`), and what a message of the right sender may hold.

use secnet_topology::identities::{CONTROL, DIRECTOR, OPERATOR, user_identity, user_nodes};
use secnet_topology::{Layout, Segment};
use secnet_wire::keys::{Keys, LAUNCH_QUERY, NameError};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What an identity may do with a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum May {
    Publish,
    Subscribe,
    Ask,
    Answer,
    /// Hold a liveliness token.
    Live,
    /// See such tokens come and go.
    Watch,
}

impl May {
    /// What the router takes from whoever may.
    fn inward(self) -> &'static [&'static str] {
        match self {
            May::Publish => &["put"],
            May::Subscribe => &["declare_subscriber"],
            May::Ask => &["query"],
            May::Answer => &["declare_queryable", "reply"],
            May::Live => &["liveliness_token"],
            May::Watch => &["liveliness_query", "declare_liveliness_subscriber"],
        }
    }

    /// What the router passes on to it.
    fn outward(self) -> &'static [&'static str] {
        match self {
            May::Publish => &["declare_subscriber"],
            May::Subscribe => &["put"],
            May::Ask => &["declare_queryable", "reply"],
            May::Answer => &["query"],
            May::Live => &["declare_liveliness_subscriber", "liveliness_query"],
            May::Watch => &["liveliness_token"],
        }
    }
}

/// How those who come to a router prove who they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ProvedBy {
    Password,
    Certificate,
}

/// The rights on one part of the bus.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rights(BTreeMap<String, BTreeMap<May, Vec<String>>>);

impl Rights {
    /// On a segment: each end of a link may send to the other, and nobody anything else.
    pub fn on_segment(layout: &Layout, keys: &Keys, segment: Segment) -> Result<Rights, NameError> {
        let mut rights = Rights::default();
        for (from, to) in layout.directions_on(segment) {
            let key = keys.link(layout.network.name(from), layout.network.name(to))?;
            let process = |node| layout.process_of(node).map(|process| process.name.as_str());
            rights.allow(process(from), May::Publish, &key);
            rights.allow(process(to), May::Subscribe, &key);
        }
        Ok(rights)
    }

    /// On the control plane of a run.
    pub fn on_control(layout: &Layout, keys: &Keys) -> Result<Rights, NameError> {
        let mut rights = Rights::default();
        let healthy = Keys::healthy_in_any_run(CONTROL)?;
        rights.allow(Some(CONTROL), May::Ask, &healthy);
        for process in &layout.processes {
            let name = process.name.as_str();
            let own_health = Keys::healthy_in_any_run(name)?;
            for (may, key) in [
                (May::Ask, LAUNCH_QUERY.to_owned()),
                (May::Ask, healthy.clone()),
                (May::Ask, own_health.clone()),
                (May::Answer, own_health),
                (May::Subscribe, keys.command()),
                (May::Publish, keys.status(name)?),
                (May::Publish, keys.result(name)?),
                (May::Live, keys.alive(name)?),
            ] {
                rights.allow(Some(name), may, &key);
            }
        }
        for (node, name) in user_nodes(layout) {
            let key = keys.requests(name)?;
            let process = layout.process_of(node).map(|process| process.name.as_str());
            rights.allow(process, May::Answer, &key);
            let user = user_identity(name);
            rights.allow(Some(&user), May::Ask, &key);
            rights.allow(Some(&user), May::Ask, LAUNCH_QUERY);
        }
        for (may, key) in [
            (May::Ask, LAUNCH_QUERY.to_owned()),
            (May::Publish, keys.command()),
            (May::Subscribe, keys.every_status()),
            (May::Subscribe, keys.every_result()),
            (May::Watch, keys.every_alive()),
            (May::Answer, keys.status_query()),
        ] {
            rights.allow(Some(DIRECTOR), may, &key);
        }
        rights.allow(Some(OPERATOR), May::Ask, LAUNCH_QUERY);
        rights.allow(Some(OPERATOR), May::Ask, &keys.status_query());
        Ok(rights)
    }

    fn allow(&mut self, who: Option<&str>, may: May, key: &str) {
        let Some(who) = who else { return };
        let all = self.0.entry(who.to_owned()).or_default();
        all.entry(may).or_default().push(key.to_owned());
    }

    /// As zenoh's configuration has it.
    pub(crate) fn to_config(&self, proved_by: ProvedBy) -> Value {
        let names = match proved_by {
            ProvedBy::Password => "usernames",
            ProvedBy::Certificate => "cert_common_names",
        };
        let (mut rules, mut subjects, mut policies) = (Vec::new(), Vec::new(), Vec::new());
        for (who, rights) in &self.0 {
            let mut own = Vec::new();
            for (may, keys) in rights {
                for (flow, messages) in [("ingress", may.inward()), ("egress", may.outward())] {
                    let id = format!("{who} {may:?} {flow}");
                    rules.push(json!({
                        "id": id,
                        "messages": messages,
                        "flows": [flow],
                        "permission": "allow",
                        "key_exprs": keys,
                    }));
                    own.push(id);
                }
            }
            subjects.push(json!({ "id": who, names: [who] }));
            policies.push(json!({ "rules": own, "subjects": [who] }));
        }
        json!({
            "enabled": true,
            "default_permission": "deny",
            "rules": rules,
            "subjects": subjects,
            "policies": policies,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_topology::World;

    fn rights_on(part: impl Fn(&Layout, &Keys) -> Result<Rights, NameError>) -> Rights {
        let text = include_str!("../../../topology/demo.toml");
        let scenario = secnet_topology::parse("demo.toml", text, &[]).unwrap();
        let layout = World::new(scenario).unwrap().layout();
        part(&layout, &Keys::new("r").unwrap()).unwrap()
    }

    fn listed(rights: &Rights, who: &str) -> Vec<String> {
        let of = rights.0.get(who).into_iter().flatten();
        of.flat_map(|(may, keys)| keys.iter().map(move |key| format!("{may:?} {key}")))
            .collect()
    }

    #[test]
    fn a_supplier_may_talk_with_the_dsp_and_nobody_else() {
        let gateway = rights_on(|layout, keys| Rights::on_segment(layout, keys, Segment::Gateway));
        assert_eq!(
            listed(&gateway, "supplier-ovo"),
            [
                "Publish secnet/r/link/supplier-ovo/dsp",
                "Subscribe secnet/r/link/dsp/supplier-ovo"
            ]
        );
        for segment in Segment::ALL.into_iter().filter(|s| *s != Segment::Gateway) {
            let rights = rights_on(|layout, keys| Rights::on_segment(layout, keys, segment));
            assert!(listed(&rights, "supplier-ovo").is_empty(), "{segment}");
            assert!(!rights.0.is_empty(), "{segment}");
        }
    }

    #[test]
    fn on_the_control_plane_a_user_sends_its_own_requests_and_only_the_director_commands() {
        let control = rights_on(Rights::on_control);
        assert_eq!(
            listed(&control, "user-supplier-ovo"),
            ["Ask secnet/r/control/requests/supplier-ovo", "Ask secnet/launch"]
        );
        let of_command = |may: &str| -> Vec<&String> {
            let line = format!("{may} secnet/r/control/command");
            control
                .0
                .keys()
                .filter(|who| listed(&control, who).contains(&line))
                .collect()
        };
        assert_eq!(of_command("Publish"), ["director"]);
        assert_eq!(of_command("Subscribe").len(), 17);
        assert_eq!(
            listed(&control, "csp-north"),
            [
                "Publish secnet/r/control/status/csp-north",
                "Publish secnet/r/control/result/csp-north",
                "Subscribe secnet/r/control/command",
                "Ask secnet/launch",
                "Ask secnet/*/control/healthy/control",
                "Ask secnet/*/control/healthy/csp-north",
                "Answer secnet/*/control/healthy/csp-north",
                "Live secnet/r/control/alive/csp-north",
            ]
        );
    }
}
