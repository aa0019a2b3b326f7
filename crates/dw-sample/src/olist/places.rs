//! Cities of customers and sellers, and `olist_geolocation_dataset.csv`, which says how they are written and that they exist.
//! The file has a million rows; it is streamed, and only spellings of those cities are kept.

use std::collections::{BTreeMap, HashMap};

use dw_core::catalog::oltp;
use dw_core::error::DwResult;

use super::city::{city_key, city_name};
use super::field;
use super::log::Reject;
use super::model::Data;
use super::report::{ReasonCode, SourceFile};
use super::source::Reading;
use super::states::{self, State};

const COLUMNS: [&str; 2] = ["geolocation_city", "geolocation_state"];

/// Spellings of one city that are kept at most, and texts whose city is remembered: bounds against a hopeless file.
const MAX_SPELLINGS: usize = 64;
const MAX_REMEMBERED: usize = 50_000;

/// A city in a state.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) state: &'static State,
    key: String,
    /// How customers and sellers write it.
    written: BTreeMap<String, u64>,
    /// How the geolocation file writes it; empty when it does not list it.
    listed: BTreeMap<String, u64>,
}

/// The cities of customers and sellers.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) list: Vec<Place>,
    index: HashMap<(&'static str, String), usize>,
    /// False when there is no geolocation file: then every readable city counts as listed.
    pub(super) has_list: bool,
}

impl Place {
    /// True when the geolocation file lists it.
    fn is_listed(&self) -> bool {
        !self.listed.is_empty()
    }

    /// The spelling to show. The geolocation file often has a city once with its accents and seven times without, and an
    /// accent is written by those who know, so the most frequent accented spelling wins.
    pub(super) fn name(&self) -> String {
        let spellings = if self.is_listed() { &self.listed } else { &self.written };
        let mut shown: BTreeMap<String, u64> = BTreeMap::new();
        for (text, count) in spellings {
            if let Some(name) = city_name(text, self.state.code) {
                *shown.entry(name).or_default() += count;
            }
        }
        // The first of equals, in alphabetical order, so that the result does not depend on the order of the file.
        shown
            .into_iter()
            .rev()
            .max_by_key(|(name, count)| (!name.is_ascii(), *count))
            .map_or_else(|| self.key.clone(), |(name, _)| name)
    }

    /// Order of the regions.
    pub(super) fn sort_key(&self) -> (&'static str, &str) {
        (self.state.code, &self.key)
    }
}

impl Places {
    /// The place of a customer's city; `None` when the text is no name of a place.
    pub(super) fn add(&mut self, text: &str, state: &'static State) -> Option<usize> {
        let key = city_key(text, state.code)?;
        let list = &mut self.list;
        let place = *self.index.entry((state.code, key)).or_insert_with_key(|(_, key)| {
            list.push(Place { state, key: key.clone(), written: BTreeMap::new(), listed: BTreeMap::new() });
            list.len() - 1
        });
        if let Some(found) = list.get_mut(place) {
            count(&mut found.written, text);
        }
        Some(place)
    }

    /// True when orders from there have a region.
    pub(super) fn has_region(&self, place: usize) -> bool {
        self.list.get(place).is_some_and(|place| !self.has_list || place.is_listed())
    }
}

fn count(spellings: &mut BTreeMap<String, u64>, text: &str) {
    if let Some(count) = spellings.get_mut(text) {
        *count += 1;
    } else if spellings.len() < MAX_SPELLINGS {
        spellings.insert(text.to_owned(), 1);
    }
}

/// Reads the geolocation file, then notes the customers whose city it does not list.
pub(super) fn read(reading: &mut Reading<'_>, data: &mut Data) -> DwResult<()> {
    let file = SourceFile::Geolocation;
    let places = &mut data.places;
    let mut remembered: HashMap<(&'static str, String), Option<usize>> = HashMap::new();
    let mut not_needed = 0;
    let has_list = reading.each_row(file, &COLUMNS, |row, log| {
        let text = field::fits(row.required(0)?, &oltp::REGIONS, "city")?;
        let state = states::find(row.required(1)?)?;
        let memory = (state.code, text.to_owned());
        let place = if let Some(place) = remembered.get(&memory) {
            *place
        } else {
            let key = city_key(text, state.code).ok_or_else(|| bad_city(text))?;
            let place = places.index.get(&(state.code, key)).copied();
            if remembered.len() < MAX_REMEMBERED {
                remembered.insert(memory, place);
            }
            place
        };
        match place.and_then(|place| places.list.get_mut(place)) {
            Some(place) => {
                count(&mut place.listed, text);
                log.loaded(file);
            }
            None => not_needed += 1,
        }
        Ok(())
    })?;
    reading.log.not_needed(file, not_needed);
    data.places.has_list = has_list;
    for customer in data.customers.iter().filter(|customer| customer.used) {
        if let Some(place) = customer.place.filter(|place| !data.places.has_region(*place)) {
            let name = data.places.list.get(place).map(Place::name).unwrap_or_default();
            let reason = format!("`{name}`, {} is not in the geolocation file: no region", customer.state.code);
            let reject = Reject::new(ReasonCode::CityNotInGeolocation, reason);
            reading.log.value(SourceFile::Customers, customer.line, reject);
        }
    }
    Ok(())
}

/// A text that is no name of a place.
pub(super) fn bad_city(text: &str) -> Reject {
    Reject::new(ReasonCode::BadCity, format!("{} is not the name of a city", field::quote(text)))
}
