//! Generates the one-time console password.

use rand::rngs::OsRng;
use rand::seq::SliceRandom;
use secrecy::SecretString;

/// What IAM counts as a symbol. Source: IAM user guide, "Set an account password policy for IAM users".
const SYMBOLS: &[u8] = b"!@#$%^&*()_+-=[]{}|'";
const LOWER: &[u8] = b"abcdefghijkmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGITS: &[u8] = b"23456789";

/// A password with all four kinds of characters, at least 24 long, and longer where the account's policy asks for it.
/// Letters and digits that look alike are left out, because it is typed once from the screen.
pub fn generate(minimum_length: usize) -> SecretString {
    let length = minimum_length.clamp(24, 128);
    let classes = [LOWER, UPPER, DIGITS, SYMBOLS];
    let everything = classes.concat();
    let pick = |from: &[u8]| from.choose(&mut OsRng).copied().unwrap_or(b'x');
    let mut password: Vec<u8> = classes.iter().map(|class| pick(class)).collect();
    password.extend((classes.len()..length).map(|_| pick(&everything)));
    password.shuffle(&mut OsRng);
    password.into_iter().map(char::from).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn passwords_meet_the_strictest_policy() {
        for minimum in [0, 14, 40, 128] {
            let password = generate(minimum);
            let password = password.expose_secret();
            assert_eq!(password.len(), minimum.max(24));
            for class in [LOWER, UPPER, DIGITS, SYMBOLS] {
                assert!(password.bytes().any(|c| class.contains(&c)));
            }
        }
        assert_ne!(generate(24).expose_secret(), generate(24).expose_secret());
    }
}
