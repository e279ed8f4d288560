//! A table of counts by User and a small key, reached by an index and iterated in the key's order.

use secnet_model::UserId;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A key with one User and a dense number among that User's keys.
pub trait DenseKey: Copy + Ord {
    /// One more than the largest `slot`; fits 16 bits.
    fn slots() -> usize;
    fn slot(self) -> usize;
    fn user(self) -> UserId;
}

/// The counts `V` by key. A look-up is an index; only a key's first use allocates.
#[derive(Clone, Debug)]
pub struct Keyed<K, V> {
    /// By User, ascending: a node has one, or a few.
    users: Vec<OfUser<K, V>>,
}

#[derive(Clone, Debug)]
struct OfUser<K, V> {
    user: UserId,
    /// By slot: the place in `entries` plus one; 0 where there is none yet.
    places: Vec<u16>,
    entries: Vec<(K, V)>,
}

impl<K, V> Default for Keyed<K, V> {
    fn default() -> Self {
        Keyed { users: Vec::new() }
    }
}

impl<K: DenseKey, V: Default> Keyed<K, V> {
    #[inline]
    pub fn get_mut(&mut self, key: K) -> &mut V {
        let user = key.user();
        let index = match self.users.binary_search_by_key(&user, |of_user| of_user.user) {
            Ok(index) => index,
            Err(index) => {
                let new = OfUser {
                    user,
                    places: vec![0; K::slots()],
                    entries: Vec::new(),
                };
                self.users.insert(index, new);
                index
            }
        };
        let OfUser { places, entries, .. } = &mut self.users[index];
        let place = &mut places[key.slot()];
        if *place == 0 {
            entries.push((key, V::default()));
            *place = entries.len() as u16;
        }
        &mut entries[usize::from(*place) - 1].1
    }
}

impl<K: DenseKey, V> Keyed<K, V> {
    /// In no particular order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut V)> {
        let entries = self.users.iter_mut().flat_map(|of_user| &mut of_user.entries);
        entries.map(|(key, value)| (*key, value))
    }

    pub fn get(&self, key: K) -> Option<&V> {
        let index = self
            .users
            .binary_search_by_key(&key.user(), |of_user| of_user.user)
            .ok()?;
        let of_user = &self.users[index];
        let place = usize::from(of_user.places[key.slot()]).checked_sub(1)?;
        Some(&of_user.entries[place].1)
    }

    /// In the key's order.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        let mut entries: Vec<(K, &V)> = self
            .users
            .iter()
            .flat_map(|of_user| &of_user.entries)
            .map(|(key, value)| (*key, value))
            .collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        entries.into_iter()
    }
}

impl<K: DenseKey, V: PartialEq> PartialEq for Keyed<K, V> {
    fn eq(&self, other: &Keyed<K, V>) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K: DenseKey + Serialize, V: Serialize> Serialize for Keyed<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // As a list of known length, which compact formats ask for.
        serializer.collect_seq(self.iter().collect::<Vec<_>>())
    }
}

impl<'de, K, V> Deserialize<'de> for Keyed<K, V>
where
    K: DenseKey + Deserialize<'de>,
    V: Default + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut keyed = Keyed::default();
        for (key, value) in Vec::<(K, V)>::deserialize(deserializer)? {
            if key.slot() >= K::slots() {
                return Err(D::Error::custom(
                    "a key of the table of counts names what there is not",
                ));
            }
            if keyed.get(key).is_some() {
                return Err(D::Error::custom("a key of the table of counts occurs twice"));
            }
            *keyed.get_mut(key) = value;
        }
        Ok(keyed)
    }
}
