//! The bytes of bodies that are in memory, all requests together, and each request's claim on them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// Room for bodies, bytes.
pub struct Memory {
    most: usize,
    taken: AtomicUsize,
}

impl Memory {
    pub fn new(most: usize) -> Self {
        Self { most, taken: AtomicUsize::new(0) }
    }

    fn take(&self, bytes: usize) -> bool {
        let take = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= self.most);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

/// What is wrong with how a body comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no room for it.
    Full,
    /// It does not come, or too slowly.
    Stalled,
}

/// What one request holds; given back when the last copy goes. Nothing is claimed on an announcement: only bytes that came count.
#[derive(Clone)]
pub struct Claim(Arc<Held>);

struct Held {
    memory: Arc<Memory>,
    /// Bytes that a handler keeps at most; what comes beyond is thrown away by it.
    most: usize,
    taken: AtomicUsize,
    trouble: AtomicU8,
}

impl Claim {
    pub fn new(memory: Arc<Memory>, most: usize) -> Self {
        Self(Arc::new(Held { memory, most, taken: AtomicUsize::new(0), trouble: AtomicU8::new(0) }))
    }

    /// Claims bytes that have come. `false`: there is no room, and the request is over.
    pub fn take(&self, bytes: usize) -> bool {
        let Held { memory, most, taken, .. } = &*self.0;
        let bytes = bytes.min(most.saturating_sub(taken.load(Ordering::Relaxed)));
        if memory.take(bytes) {
            taken.fetch_add(bytes, Ordering::Relaxed);
            return true;
        }
        self.note(Trouble::Full);
        false
    }

    /// Room beside the body itself, for what is unpacked from it.
    pub fn take_more(&self, bytes: usize) -> bool {
        let fits = self.0.memory.take(bytes);
        if fits {
            self.0.taken.fetch_add(bytes, Ordering::Relaxed);
        } else {
            self.note(Trouble::Full);
        }
        fits
    }

    pub fn note(&self, trouble: Trouble) {
        let code = match trouble {
            Trouble::Full => 1,
            Trouble::Stalled => 2,
        };
        self.0.trouble.store(code, Ordering::Relaxed);
    }

    pub fn trouble(&self) -> Option<Trouble> {
        match self.0.trouble.load(Ordering::Relaxed) {
            1 => Some(Trouble::Full),
            2 => Some(Trouble::Stalled),
            _ => None,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.taken.fetch_sub(*self.taken.get_mut(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_share_the_room_and_give_it_back() {
        let memory = Arc::new(Memory::new(100));
        let (one, two) = (Claim::new(memory.clone(), 60), Claim::new(memory.clone(), 60));
        assert!(one.take(50) && one.take(50), "past 60 bytes a handler keeps nothing");
        assert_eq!(memory.taken.load(Ordering::Relaxed), 60);
        assert!(two.take(40) && !two.take(1));
        assert_eq!((one.trouble(), two.trouble()), (None, Some(Trouble::Full)));
        drop(one.clone());
        assert!(!Claim::new(memory.clone(), 60).take(1), "one of two copies is still there");
        drop(one);
        let three = Claim::new(memory.clone(), 60);
        assert!(three.take(30) && three.take_more(30) && !three.take_more(1));
        drop((two, three));
        assert_eq!(memory.taken.load(Ordering::Relaxed), 0);
        assert!(!Claim::new(memory, 1_000).take(usize::MAX - 5), "no sum overflows");
    }
}
