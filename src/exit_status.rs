//! What the program ends with. Scripts rest on these numbers.

/// Everything that was asked for is in place.
pub const IN_PLACE: u8 = 0;

/// A failure stopped the run.
pub const FAILED: u8 = 1;

/// Wrong usage: an option, or an answers file that does not hold up.
pub const WRONG_USAGE: u8 = 2;

/// Something is still left: changes to make, a thing for a person, or what could not be looked at.
pub const LEFT: u8 = 3;

/// An answer is needed, and nobody can be asked.
pub const NOBODY_TO_ASK: u8 = 4;

/// Interrupted by Ctrl-C or by the end of input, as a shell shows it of a program that Ctrl-C ended.
pub const INTERRUPTED: u8 = 130;
