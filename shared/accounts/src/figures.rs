//! What participants count, as typed tables. [`figures!`](crate::figures!) declares a table beside the part that counts:
//! the struct with its plain `u64` fields, and for each field how two nodes' figures add up, its unit and its description.
//!
//! A reader finds a figure by the table's type and a [`Key`]. Only [`Figures::by_name`] makes names of figures.

use secnet_model::{Region, ResponseCode, Technology};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A row of figures, declared by [`figures!`](crate::figures!).
pub trait Row: Sized {
    /// Unique among all tables.
    const TABLE: &'static str;
    /// What the names of its figures begin with.
    const SCOPE: &'static str;
    const COLUMNS: &'static [Column];
    /// Whether the summary of a run shows the table, beside the reports that show all figures.
    const IN_SUMMARY: bool;

    /// In the order of the columns.
    fn values(&self) -> Vec<u64>;
    fn of_values(values: &[u64]) -> Self;
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Column {
    pub name: Cow<'static, str>,
    pub unit: Cow<'static, str>,
    pub about: Cow<'static, str>,
    pub adds: Adds,
    pub shown: Shown,
    /// What a sentence calls the figure, where it is worth one: "Busy answers of the DSP". Of a maximum, without "the": "longest queue".
    pub words: Option<Cow<'static, str>>,
    pub tells: Cow<'static, [Tells]>,
}

/// What a figure is a sign of, for reports that say what changed and why.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Tells {
    /// Traffic that somebody held back, refused for overload or let another speak for.
    HeldBack,
    /// Something works at its limit: among the measures every assessment begins with.
    Overload,
}

/// How the figures of two nodes add up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Adds {
    Sum,
    Max,
}

/// Where a figure appears in reports, and so in the digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Shown {
    Always,
    /// Not where it is zero.
    Nonzero,
    /// In no ledger report and in no digest: what drivers, shards or hosts may change.
    Apart,
}

/// What a row is of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Key {
    /// The table has one row.
    Whole,
    Region(Region),
    /// A class of the DSP's priority order, from 0.
    Class(u8),
    ResponseCode(ResponseCode),
    /// By the name the scenario gives it, which no two have in common.
    User(String),
    /// 4G in a region.
    FourG(Region),
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Table {
    scope: Cow<'static, str>,
    in_summary: bool,
    columns: Vec<Column>,
    rows: BTreeMap<Key, Vec<u64>>,
}

/// The tables of a node or of many. A key must not tell shards apart: the figures are part of the digest.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    tables: BTreeMap<String, Table>,
}

/// A table as the summary shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownTable {
    pub title: String,
    pub columns: Vec<Column>,
    /// What each row is of, in words, and its values in the order of the columns.
    pub rows: Vec<(String, Vec<u64>)>,
}

/// A figure as reports show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named<'a> {
    /// Without the User.
    pub name: String,
    pub user: Option<&'a str>,
    pub column: &'a Column,
    pub value: u64,
}

impl Column {
    #[doc(hidden)]
    pub const fn declared(
        name: &'static str,
        unit: &'static str,
        about: &'static str,
        adds: Adds,
        shown: Shown,
        words: Option<&'static str>,
        tells: &'static [Tells],
    ) -> Column {
        Column {
            name: Cow::Borrowed(name),
            unit: Cow::Borrowed(unit),
            about: Cow::Borrowed(about),
            adds,
            shown,
            words: match words {
                Some(words) => Some(Cow::Borrowed(words)),
                None => None,
            },
            tells: Cow::Borrowed(tells),
        }
    }
}

impl Adds {
    pub fn add(self, one: u64, other: u64) -> u64 {
        match self {
            Adds::Sum => one + other,
            Adds::Max => one.max(other),
        }
    }
}

impl Figures {
    /// One table with one row.
    pub fn of<R: Row>(row: &R) -> Figures {
        let mut figures = Figures::default();
        figures.put(Key::Whole, row);
        figures
    }

    /// A row that is there already is added to.
    pub fn put<R: Row>(&mut self, key: Key, row: &R) {
        let table = self.tables.entry(R::TABLE.to_owned()).or_insert_with(|| Table {
            scope: Cow::Borrowed(R::SCOPE),
            in_summary: R::IN_SUMMARY,
            columns: R::COLUMNS.to_vec(),
            rows: BTreeMap::new(),
        });
        table.add_row(&key, &row.values());
    }

    pub fn get<R: Row>(&self, key: &Key) -> Option<R> {
        let values = self.tables.get(R::TABLE)?.rows.get(key)?;
        (values.len() == R::COLUMNS.len()).then(|| R::of_values(values))
    }

    /// Each column by its own rule.
    pub fn add(&mut self, other: &Figures) {
        for (name, theirs) in &other.tables {
            let Some(ours) = self.tables.get_mut(name) else {
                self.tables.insert(name.clone(), theirs.clone());
                continue;
            };
            debug_assert_eq!(ours.columns, theirs.columns, "two tables have the name {name}");
            for (key, values) in &theirs.rows {
                ours.add_row(key, values);
            }
        }
    }

    /// What reports show and the digest covers.
    pub fn named(&self) -> impl Iterator<Item = Named<'_>> {
        self.tables.values().flat_map(Table::named)
    }

    /// The tables meant for the summary.
    pub fn in_summary(&self) -> Vec<ShownTable> {
        let meant = self.tables.iter().filter(|(_, table)| table.in_summary);
        meant
            .map(|(name, table)| ShownTable {
                title: name.clone(),
                columns: table.columns.clone(),
                rows: table
                    .rows
                    .iter()
                    .map(|(key, values)| (key.in_words(), values.clone()))
                    .collect(),
            })
            .collect()
    }

    /// The figures of [`Figures::named`] by the full names of the ledger report: `dsp.requests`, `csp.north.commands`, `dsp.answers.E1`.
    pub fn by_name(&self) -> BTreeMap<String, u64> {
        let full = |figure: Named<'_>| match figure.user {
            Some(user) => (format!("{}.{user}", figure.name), figure.value),
            None => (figure.name, figure.value),
        };
        self.named().map(full).collect()
    }

    /// All tables and columns, in Markdown: a data dictionary.
    pub fn dictionary(&self) -> String {
        let mut text = String::new();
        for (name, table) in &self.tables {
            let keyed = table.rows.keys().next().map_or("", Key::kind);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "## {name} ({}, {keyed})\n", table.scope);
            let _ = writeln!(
                text,
                "| Figure | Unit | Nodes add up to | Meaning |\n|---|---|---|---|"
            );
            for column in &table.columns {
                let adds = match column.adds {
                    Adds::Sum => "the sum",
                    Adds::Max => "the largest",
                };
                let about = column.about.trim();
                let _ = writeln!(text, "| {} | {} | {adds} | {about} |", column.name, column.unit);
            }
            text.push('\n');
        }
        text
    }
}

impl Table {
    fn add_row(&mut self, key: &Key, values: &[u64]) {
        let Some(row) = self.rows.get_mut(key) else {
            self.rows.insert(key.clone(), values.to_vec());
            return;
        };
        for ((ours, theirs), column) in row.iter_mut().zip(values).zip(&self.columns) {
            *ours = column.adds.add(*ours, *theirs);
        }
    }

    fn named(&self) -> impl Iterator<Item = Named<'_>> {
        self.rows.iter().flat_map(move |(key, values)| {
            let shown = |column: &Column, value: u64| match column.shown {
                Shown::Always => true,
                Shown::Nonzero => value > 0,
                Shown::Apart => false,
            };
            let columns = self.columns.iter().zip(values);
            columns
                .filter(move |(column, value)| shown(column, **value))
                .map(move |(column, value)| Named {
                    name: self.name_of(key, &column.name),
                    user: key.user(),
                    column,
                    value: *value,
                })
        })
    }

    fn name_of(&self, key: &Key, column: &str) -> String {
        let scope = &self.scope;
        match key {
            Key::Whole | Key::User(_) => format!("{scope}.{column}"),
            Key::Region(region) => format!("{scope}.{region}.{column}"),
            Key::FourG(region) => format!("{scope}.{region}_4g.{column}"),
            Key::Class(number) => format!("{scope}.class_{number}.{column}"),
            Key::ResponseCode(code) => format!("{scope}.{column}.{}", code.code()),
        }
    }
}

impl Key {
    /// A region's network.
    pub const fn network(region: Region, technology: Technology) -> Key {
        match technology {
            Technology::Legacy => Key::Region(region),
            Technology::FourG => Key::FourG(region),
        }
    }

    fn user(&self) -> Option<&str> {
        match self {
            Key::User(name) => Some(name),
            Key::Whole | Key::Region(_) | Key::FourG(_) | Key::Class(_) | Key::ResponseCode(_) => None,
        }
    }

    fn in_words(&self) -> String {
        match self {
            Key::Whole => "all".to_owned(),
            Key::Region(region) => region.name().to_owned(),
            Key::FourG(region) => format!("4G {region}"),
            Key::Class(number) => format!("class {number}"),
            Key::ResponseCode(code) => code.code().to_owned(),
            Key::User(name) => name.clone(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Key::Whole => "one row",
            Key::Region(_) | Key::FourG(_) => "by region",
            Key::Class(_) => "by priority class",
            Key::ResponseCode(_) => "by response code",
            Key::User(_) => "by User",
        }
    }
}

/// Declares a table: a struct of `u64` counts that is a [`Row`]. The table's name comes before what the names
/// of its figures begin with. A column says `sum` or `max`, its unit, perhaps `as` another name than the field's, and perhaps
/// where it is shown (`if nonzero`, `if apart`), what sentences call it (`says "…"`) and what it is a sign of (`tells held_back
/// overload`). A table declared `in "scope", in summary` stands in the summary of a run as well;
/// figures in pence are written in pounds there.
///
/// ```
/// secnet_accounts::figures! {
///     /// What the letter box counts.
///     pub struct Counts: "letter box" in "box" {
///         /// Letters put in.
///         pub letters: sum "letters",
///         /// The most letters in it at once.
///         pub letters_max: max "letters" as "fullest",
///         /// Letters it had no room for.
///         pub refused: sum "letters" if nonzero says "letters turned away" tells held_back,
///     }
/// }
/// let mut figures = secnet_accounts::figures::Figures::default();
/// figures.put(secnet_accounts::figures::Key::Whole, &Counts { letters: 3, letters_max: 2, refused: 0 });
/// assert_eq!(figures.by_name().into_keys().collect::<Vec<_>>(), ["box.fullest", "box.letters"]);
/// ```
#[macro_export]
macro_rules! figures {
    (
        $(#[doc = $doc:literal])*
        $vis:vis struct $Name:ident : $table:literal in $scope:literal $(, in $place:ident)? {
            $($(#[doc = $about:literal])*
            $field_vis:vis $field:ident : $adds:ident $unit:literal $(as $named:literal)? $(if $shown:ident)?
            $(says $words:literal)? $(tells $($tells:ident)+)?),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ::serde::Serialize, ::serde::Deserialize)]
        $vis struct $Name {
            $($(#[doc = $about])* $field_vis $field: u64,)*
        }

        impl $crate::figures::Row for $Name {
            const TABLE: &'static str = $table;
            const SCOPE: &'static str = $scope;
            const IN_SUMMARY: bool = $crate::figures!(@in_summary $($place)?);
            const COLUMNS: &'static [$crate::figures::Column] = &[
                $($crate::figures::Column::declared(
                    $crate::figures!(@name $field $($named)?),
                    $unit,
                    concat!($($about),*),
                    $crate::figures!(@adds $adds),
                    $crate::figures!(@shown $($shown)?),
                    $crate::figures!(@words $($words)?),
                    &[$($($crate::figures!(@tells $tells)),+)?],
                ),)*
            ];

            fn values(&self) -> Vec<u64> {
                vec![$(self.$field),*]
            }

            fn of_values(values: &[u64]) -> Self {
                let mut values = values.iter().copied();
                $Name {
                    $($field: values.next().unwrap_or_default(),)*
                }
            }
        }

        /// With one row.
        impl $crate::Part for $Name {
            fn figures(&self, _world: &::secnet_topology::World, figures: &mut $crate::figures::Figures) {
                figures.put($crate::figures::Key::Whole, self);
            }
        }
    };
    (@in_summary) => { false };
    (@in_summary summary) => { true };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $named:literal) => { $named };
    (@adds sum) => { $crate::figures::Adds::Sum };
    (@adds max) => { $crate::figures::Adds::Max };
    (@words) => { None };
    (@words $words:literal) => { Some($words) };
    (@tells held_back) => { $crate::figures::Tells::HeldBack };
    (@tells overload) => { $crate::figures::Tells::Overload };
    (@shown) => { $crate::figures::Shown::Always };
    (@shown nonzero) => { $crate::figures::Shown::Nonzero };
    (@shown apart) => { $crate::figures::Shown::Apart };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::figures! {
        /// Of a queue.
        struct Queue: "test queue" in "q" {
            /// What came.
            came: sum "items",
            /// The most that waited at once.
            waited: max "items" as "waited_max",
            /// What found no room.
            refused: sum "items" if nonzero,
            /// Looks into the queue, which is a matter of the driver.
            looks: sum "looks" if apart,
        }
    }

    fn queue(came: u64, waited: u64) -> Queue {
        Queue {
            came,
            waited,
            ..Queue::default()
        }
    }

    fn of(rows: &[(Key, Queue)]) -> Figures {
        let mut figures = Figures::default();
        rows.iter().for_each(|(key, row)| figures.put(key.clone(), row));
        figures
    }

    #[test]
    fn counts_of_two_nodes_add_up_and_of_two_maxima_the_greater_stays() {
        let mut one = crate::Account {
            figures: of(&[(Key::Whole, queue(3, 7))]),
            ..crate::Account::default()
        };
        let other = crate::Account {
            figures: of(&[(Key::Whole, queue(4, 5)), (Key::Class(1), queue(1, 1))]),
            ..crate::Account::default()
        };
        one.add(&other);
        assert_eq!(one.figures.get::<Queue>(&Key::Whole), Some(queue(7, 7)));
        assert_eq!(one.figures.get::<Queue>(&Key::Class(1)), Some(queue(1, 1)));
        assert_eq!(one.figures.get::<Queue>(&Key::Class(2)), None);
    }

    #[test]
    fn adding_up_does_not_depend_on_order_or_grouping() {
        let parts = [
            of(&[(Key::Region(Region::North), queue(3, 7))]),
            of(&[
                (Key::Region(Region::North), queue(1, 9)),
                (Key::Whole, queue(1, 1)),
            ]),
            of(&[(Key::Region(Region::South), queue(2, 8))]),
        ];
        let sum = |parts: &[&Figures]| {
            let mut total = Figures::default();
            parts.iter().for_each(|part| total.add(part));
            total
        };
        let [a, b, c] = &parts;
        assert_eq!(sum(&[a, b, c]), sum(&[c, a, b]));
        assert_eq!(sum(&[a, &sum(&[b, c])]), sum(&[&sum(&[a, b]), c]));
    }

    #[test]
    fn names_say_scope_key_and_column_and_leave_out_what_is_not_shown() {
        let hidden = Queue {
            looks: 5,
            ..queue(1, 2)
        };
        let refused = Queue {
            refused: 1,
            ..Queue::default()
        };
        let figures = of(&[
            (Key::Whole, hidden),
            (Key::Region(Region::North), queue(1, 2)),
            (Key::Class(3), queue(1, 2)),
            (Key::User("E.ON Next".to_owned()), queue(1, 2)),
            (Key::ResponseCode(ResponseCode::Busy), refused),
        ]);
        let busy = ResponseCode::Busy.code();
        let expected = [
            "q.came".to_owned(),
            "q.waited_max".to_owned(),
            "q.north.came".to_owned(),
            "q.north.waited_max".to_owned(),
            "q.class_3.came".to_owned(),
            "q.class_3.waited_max".to_owned(),
            "q.came.E.ON Next".to_owned(),
            "q.waited_max.E.ON Next".to_owned(),
            format!("q.came.{busy}"),
            format!("q.waited_max.{busy}"),
            format!("q.refused.{busy}"),
        ];
        let names: std::collections::BTreeSet<String> = figures.by_name().into_keys().collect();
        assert_eq!(names, expected.into());
    }

    #[test]
    fn the_dictionary_has_every_column_with_unit_rule_and_meaning() {
        let text = of(&[(Key::Whole, queue(1, 2))]).dictionary();
        assert!(text.contains("## test queue (q, one row)"));
        assert!(text.contains("| waited_max | items | the largest | The most that waited at once. |"));
        assert_eq!(text.lines().filter(|line| line.contains("| the ")).count(), 4);
    }
}
