//! Where a routing key stands between 0 and 1,000,000: the same on every replica, after every restart, in every release.

use sha2::{Digest, Sha256};

/// Parts per million: the weight that means all requests.
pub const PPM: u32 = 1_000_000;

/// First eight bytes (big-endian) of SHA-256 over `salt`, a zero byte and `key`, modulo one million.
///
/// The modulo's bias is below 1e-13.
pub fn place(salt: &str, key: &str) -> u32 {
    let mut hash = Sha256::new();
    hash.update(salt.as_bytes());
    hash.update([0]);
    hash.update(key.as_bytes());
    let digest = hash.finalize();
    let first = digest.iter().take(8).fold(0u64, |all, &byte| all << 8 | u64::from(byte));
    (first % u64::from(PPM)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Never to change: keys would move between arms in the middle of a rollout.
    #[test]
    fn places_are_fixed() {
        let digest = Sha256::digest(b"churn\0customer-1");
        let first = u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"));
        assert_eq!(place("churn", "customer-1"), (first % 1_000_000) as u32);
        assert_eq!(place("churn", "customer-1"), place("churn", "customer-1"));
        assert_ne!(place("churn", "customer-1"), place("other", "customer-1"));
        assert_ne!(place("ab", "c"), place("a", "bc"), "salt and key do not run into each other");
    }

    /// Shares are right to within five standard deviations of a binomial count.
    #[test]
    fn shares_are_right() {
        let n = 200_000;
        for weight in [10_000, 50_000, 250_000, 500_000] {
            let inside = (0..n).filter(|i| place("salt", &format!("key-{i}")) < weight).count() as f64;
            let p = f64::from(weight) / 1e6;
            let (mean, deviation) = (n as f64 * p, (n as f64 * p * (1.0 - p)).sqrt());
            assert!((inside - mean).abs() < 5.0 * deviation, "{weight}: {inside} of {mean}");
        }
    }
}
