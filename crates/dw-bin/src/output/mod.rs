//! Output: data to standard output, everything else to standard error, in the form that was asked for.
//! Not here: what a command reports (see [`crate::report`]).

mod console;
mod failure;
mod listing;
mod log;
mod number;
mod progress;

pub use console::Console;
pub use failure::Failure;
pub use listing::{Align, Listing};
pub use log::LogWriter;
pub use number::{rate, seconds, whole};
pub use progress::Progress;
