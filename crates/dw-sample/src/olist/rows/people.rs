//! Rows of places and people: regions, teams, suppliers, customers, sellers.

use std::collections::{HashMap, HashSet};

use dw_core::time;

use super::super::states::MacroRegion;
use super::{COUNTRY, NO_SUPPLIER, Plan, Row, id, short};

impl Plan<'_> {
    /// `core.regions`: one a listed city with customers, by state and city.
    pub(in crate::olist) fn regions(&self) -> impl Iterator<Item = Row> + Send {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        self.regions.iter().enumerate().map(move |(index, region)| {
            let place = region.place;
            let number = numbers.entry(place.state.code).or_default();
            *number += 1;
            vec![
                ("region_id", id(index).into()),
                ("region_code", format!("RG-{}-{number:04}", place.state.code).into()),
                ("country", COUNTRY.into()),
                ("region_name", place.state.region.name().into()),
                ("state", place.state.code.into()),
                ("state_name", place.state.name.into()),
                ("city", region.city.as_str().into()),
                ("created_at", region.first.into()),
                ("updated_at", region.first.into()),
            ]
        })
    }

    /// `core.teams`: one a macro-region, at home where most of its orders come from.
    pub(in crate::olist) fn teams(&self) -> impl Iterator<Item = Row> + Send {
        MacroRegion::ALL.iter().enumerate().map(|(index, region)| {
            let home = self
                .regions
                .iter()
                .enumerate()
                .filter(|(_, home)| home.place.state.region == *region)
                .map(|(index, _)| id(index))
                // The first of equals.
                .rev()
                .max_by_key(|region| self.region_orders.get(region).copied().unwrap_or(0));
            vec![
                ("team_id", id(index).into()),
                ("team_code", region.team_code().into()),
                ("team_name", format!("Time {}", region.name()).into()),
                ("team_type", "Marketplace".into()),
                ("region_id", home.into()),
                ("created_at", self.first.into()),
                ("updated_at", self.first.into()),
            ]
        })
    }

    /// `core.suppliers`: one a seller, and one more if a product needs it.
    pub(in crate::olist) fn suppliers(&self) -> impl Iterator<Item = Row> + Send {
        // `supplier_code` has room for 30 characters of an id of 32.
        let mut taken: HashSet<String> = HashSet::new();
        let sellers = self.data.sellers.iter().enumerate().map(move |(index, seller)| {
            let prefix: String = seller.code.chars().take(16).collect();
            let mut code = format!("SUP-{prefix}");
            if !taken.insert(code.to_lowercase()) {
                code = format!("{code}-{}", id(index));
            }
            let created = seller.first_sale.unwrap_or(self.first);
            vec![
                ("supplier_id", id(index).into()),
                ("supplier_code", code.into()),
                ("supplier_name", format!("Fornecedor {}", short(&seller.code)).into()),
                ("country", COUNTRY.into()),
                ("created_at", created.into()),
                ("updated_at", created.into()),
            ]
        });
        let unknown = self.data.products.iter().any(|product| product.first_seller.is_none()).then(|| {
            vec![
                ("supplier_id", self.no_supplier().into()),
                ("supplier_code", NO_SUPPLIER.into()),
                ("supplier_name", "Nao informado".into()),
                ("created_at", self.first.into()),
                ("updated_at", self.first.into()),
            ]
        });
        sellers.chain(unknown)
    }

    /// `core.customers`: one a person, with the address of the last order.
    pub(in crate::olist) fn customers(&self) -> impl Iterator<Item = Row> + Send {
        self.data.persons.iter().zip(&self.persons).filter_map(|(person, number)| {
            let number = (*number)?;
            let address = self.data.customers.get(person.address)?;
            Some(vec![
                ("customer_id", number.into()),
                ("customer_code", person.code.as_str().into()),
                ("full_name", format!("Cliente {}", short(&person.code)).into()),
                ("customer_type", if person.orders > 1 { "Recorrente" } else { "Novo" }.into()),
                ("city", self.city(address.place).or_else(|| address.city.clone()).into()),
                ("state", address.state.code.into()),
                ("country", COUNTRY.into()),
                ("zip_code", address.zip.clone().into()),
                ("first_signup_date", time::day_of(person.first).into()),
                ("last_purchase_date", time::day_of(person.last).into()),
                ("created_at", person.first.into()),
                ("updated_at", person.last.into()),
            ])
        })
    }

    /// `core.sellers`.
    pub(in crate::olist) fn sellers(&self) -> impl Iterator<Item = Row> + Send {
        self.data.sellers.iter().enumerate().map(|(index, seller)| {
            let created = seller.first_sale.unwrap_or(self.first);
            let team =
                seller.state.and_then(|state| MacroRegion::ALL.iter().position(|region| *region == state.region));
            vec![
                ("seller_id", id(index).into()),
                ("seller_code", seller.code.as_str().into()),
                ("seller_name", format!("Vendedor {}", short(&seller.code)).into()),
                ("team_id", team.map(id).into()),
                ("home_state", seller.state.map(|state| state.code).into()),
                ("home_city", self.city(seller.place).or_else(|| seller.city.clone()).into()),
                ("monthly_goal_amount", seller.goal.into()),
                ("hire_date", seller.first_sale.map(time::day_of).into()),
                ("created_at", created.into()),
                ("updated_at", seller.last_sale.unwrap_or(created).into()),
            ]
        })
    }
}
