//! Envelopes in the order (due, sender, sequence): a two-level wheel of buckets by due time. Pushing appends to one
//! bucket; only the bucket about to be drained is put in order, by sorting keys and not envelopes.
//!
//! Buckets take their memory in chunks from a common pool that gives out the chunk given back last: with a hundred
//! thousand envelopes under way, pushing would otherwise wait for memory that has long left the cache.

use crate::envelope::Envelope;
use secnet_model::SimTime;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A fine bucket is 1.024 ms wide: wide enough that most are sorted in one go, narrow enough to stay small.
const FINE_SHIFT: u32 = 10;
/// 4096 fine buckets reach 4.2 s ahead: most of a round trip.
const FINE_BUCKETS: u64 = 4096;
/// A coarse bucket is as wide as the whole fine wheel.
const COARSE_SHIFT: u32 = FINE_SHIFT + FINE_BUCKETS.trailing_zeros();
/// 1024 coarse buckets reach 71 minutes ahead; what is due later waits in a map.
const COARSE_BUCKETS: u64 = 1024;
/// A bucket this near is opened at the first look at it, a later one only when its first envelope is taken: what
/// is pushed before the open bucket's end is inserted into it, and that must stay little.
const NEAR_BUCKETS: u64 = 8;

/// A queue whose pops never go back in time: nothing may be pushed that is due before the last pop.
#[derive(Clone, Debug)]
pub struct EventQueue<M> {
    len: usize,
    /// The keys of what is left of the open bucket, in descending order.
    keys: Vec<Key>,
    /// The open bucket, in the order of arrival, and what came since that is due before its end.
    open: Vec<Envelope<M>>,
    /// Number of the fine bucket that is open; everything before it is drained.
    position: u64,
    fine: Wheel,
    coarse: Wheel,
    /// By coarse bucket number.
    far: BTreeMap<u64, Bucket>,
    pool: Pool<M>,
    /// The first bucket of `coarse` or `far` with anything in it.
    next_coarse: u64,
}

impl<M: Copy> EventQueue<M> {
    /// An empty queue.
    pub fn new() -> EventQueue<M> {
        EventQueue {
            len: 0,
            keys: Vec::new(),
            open: Vec::new(),
            position: 0,
            fine: Wheel::new(FINE_BUCKETS),
            coarse: Wheel::new(COARSE_BUCKETS),
            far: BTreeMap::new(),
            pool: Pool::new(),
            next_coarse: u64::MAX,
        }
    }

    /// How many envelopes wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts an envelope at its place in the order.
    #[inline]
    pub fn push(&mut self, envelope: &Envelope<M>) {
        self.len += 1;
        let fine = envelope.due.0 >> FINE_SHIFT;
        if fine > self.position && fine - self.position < FINE_BUCKETS {
            self.pool.push(self.fine.occupy(fine), envelope);
        } else {
            self.push_near_or_far(fine, envelope);
        }
    }

    /// When the first envelope is due; [`SimTime::NEVER`] when there is none.
    #[inline]
    pub fn first_due(&mut self) -> SimTime {
        match self.keys.last() {
            Some(first) => first.due(),
            None => self.look_ahead(),
        }
    }

    /// Takes the first envelope.
    #[inline]
    pub fn pop(&mut self) -> Option<&Envelope<M>> {
        if self.keys.is_empty() && !self.advance() {
            return None;
        }
        let first = self.keys.pop()?;
        self.len -= 1;
        self.open.get(first.place())
    }

    /// All envelopes, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Envelope<M>> {
        let open = self.keys.iter().map(|key| &self.open[key.place()]);
        let wheels = self.fine.buckets.iter().chain(&self.coarse.buckets);
        let waiting = wheels
            .chain(self.far.values())
            .flat_map(|bucket| self.pool.iter(*bucket));
        open.chain(waiting)
    }

    fn push_near_or_far(&mut self, fine: u64, envelope: &Envelope<M>) {
        let coarse = envelope.due.0 >> COARSE_SHIFT;
        if fine <= self.position {
            self.insert(envelope);
            return;
        }
        if coarse - (self.position >> (COARSE_SHIFT - FINE_SHIFT)) < COARSE_BUCKETS {
            self.pool.push(self.coarse.occupy(coarse), envelope);
        } else {
            self.pool.push(self.far.entry(coarse).or_default(), envelope);
        }
        self.next_coarse = self.next_coarse.min(coarse);
    }

    /// Into the open bucket, in its place.
    fn insert(&mut self, envelope: &Envelope<M>) {
        let key = Key::new(envelope, self.open.len());
        let open = &self.open;
        let after = self.keys.partition_point(|other| {
            other.due_and_sender() > key.due_and_sender()
                || other.due_and_sender() == key.due_and_sender() && open[other.place()].seq > envelope.seq
        });
        self.keys.insert(after, key);
        self.open.push(*envelope);
    }

    /// Nothing is left of the open bucket: when the first envelope of the others is due.
    fn look_ahead(&mut self) -> SimTime {
        if self.len == 0 {
            return SimTime::NEVER;
        }
        let fine = self.fine.first_from(self.position);
        if let Some(number) = fine
            && number - self.position <= NEAR_BUCKETS
            && number < first_fine_of(self.next_coarse)
        {
            self.open(number);
            return self.keys.last().map_or(SimTime::NEVER, |first| first.due());
        }
        let earliest = |bucket: Bucket| {
            let dues = self.pool.iter(bucket).map(|envelope| envelope.due);
            dues.min().unwrap_or(SimTime::NEVER)
        };
        let in_fine = fine.map_or(SimTime::NEVER, |number| earliest(self.fine.bucket(number)));
        let in_far = self
            .far
            .get(&self.next_coarse)
            .map_or(SimTime::NEVER, |bucket| earliest(*bucket));
        let in_coarse = match self
            .coarse
            .first_from(self.position >> (COARSE_SHIFT - FINE_SHIFT))
        {
            Some(number) if number == self.next_coarse => earliest(self.coarse.bucket(number)),
            _ => SimTime::NEVER,
        };
        in_fine.min(in_coarse).min(in_far)
    }

    /// Moves on to the next bucket with anything in it; `false` when there is none.
    fn advance(&mut self) -> bool {
        loop {
            let scatters_at = first_fine_of(self.next_coarse);
            match self.fine.first_from(self.position) {
                Some(number) if number < scatters_at => {
                    self.open(number);
                    return true;
                }
                // A coarse bucket that starts no later than the first fine one may hold what comes first.
                _ if self.next_coarse < u64::MAX => {
                    self.position = self.position.max(scatters_at);
                    self.scatter(self.next_coarse);
                }
                _ => return false,
            }
        }
    }

    /// Spreads a coarse bucket, at whose start the queue is, over the fine wheel; that may hold more for the same first
    /// bucket.
    fn scatter(&mut self, number: u64) {
        let mut scattered = Vec::new();
        let of_far = self.far.remove(&number).unwrap_or_default();
        for bucket in [self.coarse.vacate(number), of_far] {
            self.pool.drain_into(bucket, &mut scattered);
        }
        for envelope in &scattered {
            self.pool
                .push(self.fine.occupy(envelope.due.0 >> FINE_SHIFT), envelope);
        }
        let far = self.far.first_key_value().map_or(u64::MAX, |(number, _)| *number);
        self.next_coarse = self.coarse.first_from(number).unwrap_or(u64::MAX).min(far);
    }

    /// Opens a fine bucket and puts its keys in order.
    fn open(&mut self, number: u64) {
        self.position = number;
        self.open.clear();
        self.pool.drain_into(self.fine.vacate(number), &mut self.open);
        let keys = self.open.iter().enumerate();
        self.keys
            .extend(keys.map(|(place, envelope)| Key::new(envelope, place)));
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
        let open = &self.open;
        let out_of_sequence = |pair: &[Key]| {
            pair[0].due_and_sender() == pair[1].due_and_sender()
                && open[pair[0].place()].seq < open[pair[1].place()].seq
        };
        // A sender's envelopes come in sequence, but for those that waited in a coarse bucket.
        if self.keys.windows(2).any(out_of_sequence) {
            self.keys
                .sort_unstable_by_key(|key| Reverse(open[key.place()].order()));
        }
    }
}

impl<M: Copy> Default for EventQueue<M> {
    fn default() -> Self {
        EventQueue::new()
    }
}

/// The number of the first fine bucket of a coarse one.
fn first_fine_of(coarse: u64) -> u64 {
    coarse.saturating_mul(FINE_BUCKETS)
}

/// What the open bucket is sorted by, in one word: due, sender, place in the bucket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key(u128);

impl Key {
    #[inline]
    fn new<M>(envelope: &Envelope<M>, place: usize) -> Key {
        let (due, from) = (envelope.due.0, envelope.from.to_bits());
        Key(u128::from(due) << 64 | u128::from(from) << 32 | place as u128 & 0xFFFF_FFFF)
    }

    #[inline]
    fn due(self) -> SimTime {
        SimTime((self.0 >> 64) as u64)
    }

    #[inline]
    fn due_and_sender(self) -> u128 {
        self.0 >> 32
    }

    #[inline]
    fn place(self) -> usize {
        self.0 as u32 as usize
    }
}

/// A list of chunks of the pool. All but the last are full.
#[derive(Clone, Copy, Default, Debug)]
struct Bucket {
    first_chunk: u32,
    last_chunk: u32,
    len: u32,
}

/// Envelopes a chunk holds.
const CHUNK: usize = 8;

#[derive(Clone, Debug)]
struct Pool<M> {
    /// Chunk after chunk; what is in no bucket is left over from one.
    envelopes: Vec<Envelope<M>>,
    /// By chunk: the next one of its bucket.
    next: Vec<u32>,
    free: Vec<u32>,
}

impl<M: Copy> Pool<M> {
    fn new() -> Pool<M> {
        Pool {
            envelopes: Vec::new(),
            next: Vec::new(),
            free: Vec::new(),
        }
    }

    #[inline]
    fn push(&mut self, bucket: &mut Bucket, envelope: &Envelope<M>) {
        let place = bucket.len as usize % CHUNK;
        if place == 0 {
            let chunk = self.free.pop().unwrap_or_else(|| self.grow(envelope));
            if bucket.len == 0 {
                bucket.first_chunk = chunk;
            } else {
                self.next[bucket.last_chunk as usize] = chunk;
            }
            bucket.last_chunk = chunk;
        }
        self.envelopes[bucket.last_chunk as usize * CHUNK + place] = *envelope;
        bucket.len += 1;
    }

    #[cold]
    fn grow(&mut self, filling: &Envelope<M>) -> u32 {
        let chunk = self.next.len();
        self.next.push(0);
        self.envelopes.resize((chunk + 1) * CHUNK, *filling);
        chunk as u32
    }

    /// The chunks of a bucket, each as far as it is filled.
    fn chunks(&self, bucket: Bucket) -> impl Iterator<Item = (u32, &[Envelope<M>])> {
        let (mut chunk, mut left) = (bucket.first_chunk, bucket.len as usize);
        std::iter::from_fn(move || {
            let filled = left.min(CHUNK);
            let this = chunk;
            let start = this as usize * CHUNK;
            let envelopes = self
                .envelopes
                .get(start..start + filled)
                .filter(|e| !e.is_empty())?;
            left -= filled;
            chunk = self.next[this as usize];
            Some((this, envelopes))
        })
    }

    fn iter(&self, bucket: Bucket) -> impl Iterator<Item = &Envelope<M>> {
        self.chunks(bucket).flat_map(|(_, envelopes)| envelopes)
    }

    /// Appends a bucket's envelopes to `target` and takes its chunks back.
    fn drain_into(&mut self, bucket: Bucket, target: &mut Vec<Envelope<M>>) {
        let mut free = std::mem::take(&mut self.free);
        for (chunk, envelopes) in self.chunks(bucket) {
            target.extend_from_slice(envelopes);
            free.push(chunk);
        }
        self.free = free;
    }
}

/// A ring of buckets by absolute number, of which at most one lap is in use, with a bit per bucket that holds anything.
#[derive(Clone, Debug)]
struct Wheel {
    buckets: Vec<Bucket>,
    occupied: Vec<u64>,
}

impl Wheel {
    fn new(buckets: u64) -> Wheel {
        Wheel {
            buckets: vec![Bucket::default(); buckets as usize],
            occupied: vec![0; buckets as usize / 64],
        }
    }

    /// A bucket about to be pushed to.
    #[inline]
    fn occupy(&mut self, number: u64) -> &mut Bucket {
        let slot = number as usize & (self.buckets.len() - 1);
        self.occupied[slot / 64] |= 1 << (slot % 64);
        &mut self.buckets[slot]
    }

    fn bucket(&self, number: u64) -> Bucket {
        self.buckets[number as usize & (self.buckets.len() - 1)]
    }

    /// Leaves a bucket empty; what it was.
    fn vacate(&mut self, number: u64) -> Bucket {
        let slot = number as usize & (self.buckets.len() - 1);
        self.occupied[slot / 64] &= !(1 << (slot % 64));
        std::mem::take(&mut self.buckets[slot])
    }

    /// The number of the first bucket at or after `from`, within a lap, that holds anything.
    fn first_from(&self, from: u64) -> Option<u64> {
        let mask = self.buckets.len() as u64 - 1;
        let start = from & mask;
        let words = self.occupied.len();
        for step in 0..=words {
            let word_index = (start as usize / 64 + step) % words;
            let mut word = self.occupied[word_index];
            if step == 0 {
                word &= !0 << (start % 64);
            } else if step == words {
                word &= !(!0 << (start % 64));
            }
            if word != 0 {
                let slot = word_index as u64 * 64 + u64::from(word.trailing_zeros());
                return Some(from + (slot.wrapping_sub(start) & mask));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{Draws, Stream};
    use secnet_model::Address;
    use std::collections::BTreeSet;

    fn envelope(due: u64, from: u32, seq: u64) -> Envelope<u32> {
        let from = Address::premises(secnet_model::PremisesId(from));
        Envelope {
            due: SimTime(due),
            seq,
            from,
            to: Address::DSP,
            message: 0,
        }
    }

    /// Against a sorted set, with delays from microseconds to days and pushes between pops.
    #[test]
    fn the_queue_pops_in_the_order_of_a_sorted_set() {
        let draws = Draws::new(3);
        for spread_bits in [4, 12, 20, 26, 34, 40] {
            let mut queue = EventQueue::new();
            let mut reference = BTreeSet::new();
            let mut now = 0;
            for step in 0..20_000 {
                let bits = |tag| draws.bits(Stream::named(tag), spread_bits, step);
                if bits("action") % 5 < 3 || queue.is_empty() {
                    let delay = bits("delay") >> (64 - bits("scale") % spread_bits - 1);
                    let mut due = now + delay;
                    if bits("edge").is_multiple_of(4) {
                        // Where the first fine bucket of a coarse one is filled from both wheels.
                        due = due.next_multiple_of(1 << COARSE_SHIFT) + bits("after edge") % 64;
                    }
                    let e = envelope(due, (bits("from") % 4) as u32, step);
                    queue.push(&e);
                    reference.insert(e.order());
                } else {
                    if bits("peek") % 2 == 0 {
                        assert_eq!(Some(queue.first_due()), reference.first().map(|order| order.0));
                    }
                    let popped = queue.pop().map(Envelope::order);
                    assert_eq!(popped, reference.pop_first());
                    now = popped.map_or(now, |order| order.0.0);
                }
                assert_eq!(queue.len(), reference.len());
            }
            assert_eq!(queue.iter().count(), reference.len());
            while let Some(popped) = queue.pop() {
                assert_eq!(Some(popped.order()), reference.pop_first());
            }
            assert!(reference.is_empty() && queue.first_due().is_never());
        }
    }

    #[test]
    fn the_first_bucket_after_a_lap_is_in_order_whichever_wheel_it_waited_in() {
        let (mut queue, lap) = (EventQueue::new(), 1 << COARSE_SHIFT);
        queue.push(&envelope(lap + 500, 0, 0));
        queue.push(&envelope(2_000, 0, 1));
        assert_eq!(queue.pop().map(|e| e.due.0), Some(2_000));
        queue.push(&envelope(lap + 100, 0, 2));
        assert_eq!(queue.pop().map(|e| e.due.0), Some(lap + 100));
        assert_eq!(queue.pop().map(|e| e.due.0), Some(lap + 500));
    }

    #[test]
    fn peeking_far_ahead_does_not_spoil_what_comes_sooner() {
        let mut queue = EventQueue::new();
        queue.push(&envelope(1 << 40, 0, 0));
        assert_eq!(queue.first_due(), SimTime(1 << 40));
        queue.push(&envelope(5, 0, 1));
        assert_eq!(queue.first_due(), SimTime(5));
        assert_eq!(queue.pop().map(|e| e.due.0), Some(5));
        assert_eq!(queue.pop().map(|e| e.due.0), Some(1 << 40));
    }
}
