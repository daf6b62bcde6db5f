//! Random numbers.

use highwater_types::Uuid;

/// Where randomness comes from: ids, jitter. A simulation seeds it.
pub trait Entropy: Send + Sync + 'static {
    fn next_u64(&self) -> u64;

    /// A fresh random id.
    fn next_uuid(&self) -> Uuid {
        Uuid::from_random_bits(u128::from(self.next_u64()) << 64 | u128::from(self.next_u64()))
    }
}

/// The operating system's generator.
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn next_u64(&self) -> u64 {
        let mut bytes = [0u8; 8];
        let mut filled = 0;
        while filled < bytes.len() {
            match rustix::rand::getrandom(
                &mut bytes[filled..],
                rustix::rand::GetRandomFlags::empty(),
            ) {
                Ok(count) => filled += count,
                Err(rustix::io::Errno::INTR) => {}
                // Without randomness no id is safe to hand out.
                Err(error) => panic!("the operating system gives no random numbers: {error}"),
            }
        }
        u64::from_ne_bytes(bytes)
    }
}
