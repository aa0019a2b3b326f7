//! The rows of the eleven tables, made from what was read. Pure: columns by name, values in portable form.
//! Not here: how they reach the database (see [`super::write`]).

mod people;
mod sales;

use std::collections::{BTreeMap, HashMap};

use dw_core::time::Seconds;
use dw_core::value::Value;

use super::model::{Data, Order};
use super::places::Place;

/// A row: columns by name. What is not named takes the default of its column.
pub(super) type Row = Vec<(&'static str, Value)>;

const COUNTRY: &str = "Brasil";
/// The supplier of a product that no known seller has sold: the target demands one.
const NO_SUPPLIER: &str = "SUP-NAO-INFORMADO";
/// The one campaign.
const CAMPAIGN: i64 = 1;

/// A region, with the stamp of the first order from there.
struct Region<'a> {
    place: &'a Place,
    city: String,
    first: Seconds,
}

/// What was read, with the identity values that need more than a position.
pub(super) struct Plan<'a> {
    data: &'a Data,
    as_of: Seconds,
    /// First and last purchase of all orders.
    first: Seconds,
    last: Seconds,
    /// By position of a person: his identity value; `None` without an order.
    persons: Vec<Option<i64>>,
    /// By position of a place: how it is shown.
    cities: Vec<String>,
    /// Regions in order: by state and city.
    regions: Vec<Region<'a>>,
    /// By position of a place: the identity value of its region.
    region_ids: HashMap<usize, i64>,
    /// Orders a region, by identity value, for the home of a team.
    region_orders: BTreeMap<i64, u64>,
}

fn id(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX).saturating_add(1)
}

/// The first characters of an id, for a name that people read.
fn short(code: &str) -> String {
    code.chars().take(8).collect()
}

impl<'a> Plan<'a> {
    /// Numbers persons and regions.
    pub(super) fn new(data: &'a Data, as_of: Seconds) -> Self {
        let mut count = 0;
        let persons = data
            .persons
            .iter()
            .map(|person| {
                (person.orders > 0).then(|| {
                    count += 1;
                    count
                })
            })
            .collect();
        let stamps = || data.orders.iter().map(|order| order.purchased);
        let mut firsts: HashMap<usize, Seconds> = HashMap::new();
        for order in &data.orders {
            if let Some(place) = region_place(data, order) {
                firsts.entry(place).and_modify(|first| *first = order.purchased.min(*first)).or_insert(order.purchased);
            }
        }
        let mut listed: Vec<(usize, &Place, Seconds)> = firsts
            .into_iter()
            .filter_map(|(place, first)| data.places.list.get(place).map(|found| (place, found, first)))
            .collect();
        listed.sort_by_key(|(_, place, _)| place.sort_key());
        let region_ids = listed.iter().enumerate().map(|(index, (place, ..))| (*place, id(index))).collect();
        let cities: Vec<String> = data.places.list.iter().map(Place::name).collect();
        let city = |place: usize| cities.get(place).cloned().unwrap_or_default();
        let regions =
            listed.into_iter().map(|(position, place, first)| Region { place, city: city(position), first }).collect();
        let mut plan = Self {
            data,
            as_of,
            first: stamps().min().unwrap_or(as_of),
            last: stamps().max().unwrap_or(as_of),
            persons,
            cities,
            regions,
            region_ids,
            region_orders: BTreeMap::new(),
        };
        for order in &data.orders {
            if let Some(region) = plan.region_of(order) {
                *plan.region_orders.entry(region).or_default() += 1;
            }
        }
        plan
    }

    fn region_of(&self, order: &Order) -> Option<i64> {
        region_place(self.data, order).and_then(|place| self.region_ids.get(&place).copied())
    }

    fn city(&self, place: Option<usize>) -> Option<String> {
        place.and_then(|place| self.cities.get(place)).cloned()
    }

    fn no_supplier(&self) -> i64 {
        id(self.data.sellers.len())
    }
}

/// The place of an order's region: the city of the address that this order went to.
fn region_place(data: &Data, order: &Order) -> Option<usize> {
    data.customers.get(order.customer)?.place.filter(|place| data.places.has_region(*place))
}
