//! The rules of the nine entities: one file an entity with its source row, target row, rule and tests.

/// Declares the unit struct of an entity over `Source`, `Target` and `rule` of the same file.
macro_rules! entity {
    ($(#[$doc:meta])* $name:ident of $descriptor:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl $crate::entity::Entity for $name {
            fn descriptor(&self) -> &'static dw_core::entity::EntityDescriptor {
                &$descriptor
            }

            fn source_columns(&self) -> &'static [$crate::row::SourceColumn] {
                Source::COLUMNS
            }

            fn target_columns(&self) -> &'static [&'static str] {
                Target::COLUMNS
            }

            fn target_types(&self) -> &'static [dw_core::sql_type::SqlType] {
                Target::types()
            }

            fn transform(
                &self,
                row: &[dw_core::value::Value],
                context: &$crate::entity::TransformContext,
            ) -> dw_core::error::DwResult<$crate::entity::Transformed> {
                let source = Source::read(row)?;
                Ok(rule(source, context).and_then(Target::write))
            }
        }
    };
}

#[cfg(test)]
mod checks;
pub mod dim_cliente;
pub mod dim_desconto;
pub mod dim_equipe;
pub mod dim_produto;
pub mod dim_regiao;
pub mod dim_vendedor;
pub mod fact_descontos;
pub mod fact_metas;
pub mod fact_vendas;
mod guard;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod samples;
mod text;

use crate::entity::Entity;

/// All entities in the order of work.
pub static ALL: &[&dyn Entity] = &[
    &dim_cliente::DimCliente,
    &dim_produto::DimProduto,
    &dim_regiao::DimRegiao,
    &dim_equipe::DimEquipe,
    &dim_desconto::DimDesconto,
    &dim_vendedor::DimVendedor,
    &fact_vendas::FactVendas,
    &fact_metas::FactMetas,
    &fact_descontos::FactDescontos,
];

/// The entity of that name.
pub fn find(name: &str) -> Option<&'static dyn Entity> {
    ALL.iter().copied().find(|entity| entity.descriptor().name == name)
}
