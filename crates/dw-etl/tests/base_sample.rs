//! The base sample through the ETL: the totals of the contract, and a second run that changes nothing.

mod common;

use common::{Stack, of};
use dw_etl::options::RunOptions;
use dw_testkit::{On, both_engines};

#[both_engines]
async fn the_first_load_has_the_totals_of_the_contract_and_the_second_changes_nothing(on: On) {
    let stack = Stack::sample(on, 1.0).await;
    let report = stack.run(&RunOptions::default()).await;
    for (entity, rows) in [
        ("dim_cliente", 20_000),
        ("dim_produto", 5_000),
        ("dim_regiao", 15),
        ("dim_equipe", 12),
        ("dim_vendedor", 300),
        ("dim_desconto", 40),
        ("fact_vendas", 225_000),
        ("fact_descontos", 45_000),
    ] {
        let found = of(&report, entity);
        assert_eq!((found.inserted, found.rejected, found.inferred), (rows, 0, 0), "{found:?}");
    }
    let live = "FROM fact.FACT_VENDAS WHERE excluido_em IS NULL";
    assert_eq!(stack.number(&format!("SELECT SUM(valor_total_liquido) {live}")).await, 16_145_253_878);
    assert_eq!(
        stack.number(&format!("SELECT SUM(valor_total_liquido) {live} AND status_pedido <> 'Cancelado'")).await,
        15_728_691_095
    );
    let again = stack.run(&RunOptions::default()).await;
    for entity in &again.entities {
        assert_eq!((entity.inserted, entity.updated, entity.soft_deleted), (0, 0, 0), "{entity:?}");
        assert_eq!(entity.watermark_to, of(&report, entity.entity).watermark_to, "{entity:?}");
    }
}
