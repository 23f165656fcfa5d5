//! Berths of a harbour.

use std::fmt;

pub const LONGEST: u32 = 400;
static TIDES: [f32; 2] = [
    5.5,
    2.1,
];

/// Where a ship lies.
#[derive(Debug, Clone)]
#[serde(rename_all = "camelCase")]
pub struct Berth<'a, T: Fits> {
    pub length: u32,
    name: &'a str,
    ship: Option<T>,
}

pub enum Water {
    Low,
    High { metres: f32 },
}

pub trait Fits {
    type Size;
    fn fits(&self, berth: u32) -> bool;
    fn both(&self) -> bool {
        true
    }
}

impl<'a, T: Fits> fmt::Display for Berth<'a, T> {
    // Writes the name.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fn helper() {}
        write!(f, "{}", self.name)
    }
}

macro_rules! knot {
    ($x:expr) => {
        $x + 1
    };
}

mod größe;

mod inner {
    pub(crate) async fn moor<S>(ship: S) -> u8
    where
        S: Into<String>,
    {
        1
    }
}

type Name = String;
