//! A part of a cache: a map, and the order in which its answers were asked for last.

use super::{Kept, Key};
use crate::model::Named;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

/// What an entry takes besides its tensors, bytes: the key twice, its places in both maps.
const OVERHEAD: usize = 256;

struct Entry {
    outputs: Arc<Named>,
    kept_at: Instant,
    bytes: usize,
    /// Its place in the order of use.
    turn: u64,
}

pub(super) struct Shard {
    entries: HashMap<Key, Entry>,
    by_turn: BTreeMap<u64, Key>,
    turn: u64,
    bytes: usize,
    max_bytes: usize,
}

impl Shard {
    pub fn new(max_bytes: usize) -> Shard {
        Shard { entries: HashMap::new(), by_turn: BTreeMap::new(), turn: 0, bytes: 0, max_bytes }
    }

    /// The entry; it counts as used from now on.
    pub fn get(&mut self, key: &Key, now: Instant) -> Option<Kept> {
        let entry = self.entries.get_mut(key)?;
        self.turn += 1;
        self.by_turn.remove(&entry.turn);
        self.by_turn.insert(self.turn, *key);
        entry.turn = self.turn;
        Some(Kept { outputs: entry.outputs.clone(), age: now.saturating_duration_since(entry.kept_at) })
    }

    pub fn put(&mut self, key: Key, outputs: Arc<Named>, now: Instant) {
        let bytes = OVERHEAD + outputs.iter().map(|(name, tensor)| name.len() + tensor.memory() + 64).sum::<usize>();
        if bytes > self.max_bytes {
            return;
        }
        self.remove(&key);
        while self.bytes + bytes > self.max_bytes {
            let Some((_, oldest)) = self.by_turn.pop_first() else { break };
            self.remove(&oldest);
        }
        self.turn += 1;
        self.by_turn.insert(self.turn, key);
        self.entries.insert(key, Entry { outputs, kept_at: now, bytes, turn: self.turn });
        self.bytes += bytes;
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.by_turn.remove(&entry.turn);
            self.bytes -= entry.bytes;
        }
    }

    pub fn size(&self) -> (usize, usize) {
        (self.entries.len(), self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Data, Tensor};
    use proptest::prelude::*;
    use std::time::Duration;

    fn answer(bytes: usize) -> Arc<Named> {
        Arc::new(vec![("y".into(), Tensor::vector(Data::U8(vec![1; bytes])))])
    }

    #[test]
    fn the_one_not_asked_for_the_longest_goes_first() {
        let now = Instant::now();
        let one = |n: u8| Key([n; 32]);
        let mut shard = Shard::new(3 * (OVERHEAD + 65 + 100));
        (1..=3).for_each(|n| shard.put(one(n), answer(100), now));
        assert!(shard.get(&one(1), now).is_some());
        shard.put(one(4), answer(100), now);
        let there: Vec<bool> = (1..=4).map(|n| shard.get(&one(n), now).is_some()).collect();
        assert_eq!(there, [true, false, true, true]);
        shard.put(one(5), answer(10_000), now);
        assert_eq!(shard.size().0, 3, "what does not fit drives nothing out");
        let later = now + Duration::from_secs(5);
        shard.put(one(1), answer(50), later);
        let kept = shard.get(&one(1), later + Duration::from_secs(2)).expect("kept");
        assert_eq!((kept.age, kept.outputs), (Duration::from_secs(2), answer(50)), "the newer answer stands");
    }

    proptest! {
        #[test]
        fn never_more_than_its_bytes(puts in prop::collection::vec((0u8..20, 0usize..3_000, any::<bool>()), 0..200)) {
            let now = Instant::now();
            let mut shard = Shard::new(10_000);
            for (n, bytes, ask) in puts {
                if ask { drop(shard.get(&Key([n; 32]), now)); } else { shard.put(Key([n; 32]), answer(bytes), now); }
                prop_assert!(shard.bytes <= 10_000);
                prop_assert_eq!(shard.entries.len(), shard.by_turn.len());
                prop_assert_eq!(shard.entries.values().map(|entry| entry.bytes).sum::<usize>(), shard.bytes);
                prop_assert!(shard.entries.iter().all(|(key, entry)| shard.by_turn.get(&entry.turn) == Some(key)));
            }
        }
    }
}
