//! Source data to try the warehouse with: a deterministic base sample ([`base`], written by [`load`]), waves of change
//! ([`wave`]) and an importer of the public Olist data set ([`olist`]). Not here: any rule of the warehouse, and the reading
//! of the clock, which is an option of everything here.

pub mod base;
pub mod load;
pub mod olist;
pub mod wave;

mod indexes;
mod money;
mod names;
mod random;
