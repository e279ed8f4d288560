//! How a table's rows become columns, and what is known of each column: its name, its type and what it means.

use std::sync::Arc;

/// A text that many rows share.
pub type Name = Arc<str>;

/// A moment by the calendar, in microseconds since 1970 (UTC).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Instant(pub i64);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    Integer,
    Number,
    Text,
    Truth,
    Instant,
}

/// What a column holds. An absent value is in none of them, and `present` tells where it is missing.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Texts(Vec<Name>),
    Truths(Vec<bool>),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    pub values: Values,
    /// By row, of a column that need not have a value.
    pub present: Option<Vec<bool>>,
}

/// What `docs/data.md` says of a column, and the file's footer too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ColumnFacts {
    pub name: &'static str,
    pub sort: Sort,
    pub is_optional: bool,
    pub about: &'static [&'static str],
}

impl ColumnFacts {
    /// The unit, by the name's end; empty of a count or a name.
    pub fn unit(&self) -> &'static str {
        let units = [
            ("_us", "µs"),
            ("_s", "s"),
            ("_days", "d"),
            ("_bytes", "B"),
            ("_share", "0 to 1"),
        ];
        let of_name = units.into_iter().find(|(end, _)| self.name.ends_with(end));
        of_name.map_or("", |(_, unit)| unit)
    }

    pub fn about(&self) -> String {
        self.about.concat().trim().to_owned()
    }
}

/// A value of one sort.
pub trait Field: Sized {
    const SORT: Sort;
    const IS_OPTIONAL: bool = false;
    fn column<'r>(values: impl Iterator<Item = &'r Self>) -> Column
    where
        Self: 'r;
    /// Back from a column of this sort; `None` of another.
    fn values(column: Column) -> Option<Vec<Self>>;
}

macro_rules! field {
    ($type:ty, $sort:ident, $values:ident, |$out:ident| $to:expr, |$back:ident| $from:expr) => {
        impl Field for $type {
            const SORT: Sort = Sort::$sort;

            fn column<'r>(values: impl Iterator<Item = &'r Self>) -> Column {
                Column {
                    values: Values::$values(values.map(|$out| $to).collect()),
                    present: None,
                }
            }

            fn values(column: Column) -> Option<Vec<Self>> {
                match column.values {
                    Values::$values(values) => values.into_iter().map(|$back| $from).collect(),
                    _ => None,
                }
            }
        }

        impl Field for Option<$type> {
            const SORT: Sort = Sort::$sort;
            const IS_OPTIONAL: bool = true;

            fn column<'r>(values: impl Iterator<Item = &'r Self>) -> Column {
                let mut present = Vec::new();
                let noted = values.inspect(|value| present.push(value.is_some()));
                let some: Vec<_> = noted.flatten().map(|$out| $to).collect();
                Column {
                    values: Values::$values(some),
                    present: Some(present),
                }
            }

            fn values(column: Column) -> Option<Vec<Self>> {
                let present = column.present?;
                let values = <$type>::values(Column {
                    values: column.values,
                    present: None,
                })?;
                let mut values = values.into_iter();
                let of_row = |is_there| match is_there {
                    true => values.next().map(Some),
                    false => Some(None),
                };
                present.into_iter().map(of_row).collect()
            }
        }
    };
}

field!(
    u64,
    Integer,
    Integers,
    |value| i64::try_from(*value).unwrap_or(i64::MAX),
    |value| u64::try_from(value).ok()
);
field!(f64, Number, Numbers, |value| *value, |value| Some(value));
field!(Name, Text, Texts, |value| value.clone(), |value| Some(value));
field!(bool, Truth, Truths, |value| *value, |value| Some(value));
field!(Instant, Instant, Integers, |value| value.0, |value| Some(
    Instant(value)
));

/// A row of a table.
pub trait Row: Sized {
    /// Of the file, without its ending.
    const NAME: &'static str;
    const ABOUT: &'static [&'static str];
    const COLUMNS: &'static [ColumnFacts];
    fn columns(rows: &[Self]) -> Vec<Column>;
    /// Back from columns as [`Row::COLUMNS`] has them; `None` of others.
    fn rows(columns: Vec<Column>) -> Option<Vec<Self>>;
}

/// Declares the row of a table, of whose comments its documentation is made.
macro_rules! table {
    ($(#[doc = $about:literal])* $visibility:vis $row:ident = $name:literal { $($(#[doc = $doc:literal])* $field:ident: $type:ty,)* }) => {
        $(#[doc = $about])*
        #[derive(Clone, PartialEq, Debug)]
        $visibility struct $row { $($(#[doc = $doc])* $visibility $field: $type,)* }

        impl $crate::tables::columns::Row for $row {
            const NAME: &'static str = $name;
            const ABOUT: &'static [&'static str] = &[$($about),*];
            const COLUMNS: &'static [$crate::tables::columns::ColumnFacts] = &[$(
                $crate::tables::columns::ColumnFacts {
                    name: stringify!($field),
                    sort: <$type as $crate::tables::columns::Field>::SORT,
                    is_optional: <$type as $crate::tables::columns::Field>::IS_OPTIONAL,
                    about: &[$($doc),*],
                }
            ),*];

            fn columns(rows: &[$row]) -> Vec<$crate::tables::columns::Column> {
                vec![$(<$type as $crate::tables::columns::Field>::column(rows.iter().map(|row| &row.$field))),*]
            }

            fn rows(columns: Vec<$crate::tables::columns::Column>) -> Option<Vec<$row>> {
                let mut columns = columns.into_iter();
                $(let mut $field = <$type as $crate::tables::columns::Field>::values(columns.next()?)?.into_iter();)*
                let mut rows = Vec::new();
                loop {
                    rows.push($row { $($field: match $field.next() {
                        Some(value) => value,
                        None => break,
                    },)* });
                }
                Some(rows)
            }
        }
    };
}

pub(crate) use table;
