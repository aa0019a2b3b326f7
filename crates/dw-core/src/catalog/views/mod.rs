//! The views of the contract (contract/02 and 04) with the types of their columns, for export and for tests.
//! Their texts stand in `sql/embedded/views` and `sql/dw/views`, one view a file. What each corrects is said there and in
//! `docs/contract.md`.

pub mod dashboards;
pub mod dims;
pub mod facts;
pub mod keys;

use crate::schema::View;

/// All views in creation order. None reads another one.
pub static VIEWS: &[&View] = &[
    &dims::CLIENTES_ATIVOS,
    &dims::CATALOGO_PRODUTOS,
    &dims::CALENDARIO_COMPLETO,
    &dims::PRODUTOS_ATIVOS,
    &dims::HIERARQUIA_GEOGRAFICA,
    &dims::DESCONTOS_ATIVOS,
    &dims::VENDEDORES_ATIVOS,
    &dims::HIERARQUIA_VENDEDORES,
    &dims::ANALISE_EQUIPE_VENDEDORES,
    &dims::EQUIPES_ATIVAS,
    &dims::RANKING_EQUIPES_META,
    &dims::ANALISE_REGIONAL_EQUIPES,
    &dims::FILTROS_R1,
    &facts::VENDAS_COMPLETA,
    &facts::METAS_COMPLETA,
    &facts::DESCONTOS_COMPLETA,
    &dashboards::DASH_VENDAS_R1,
    &dashboards::DASH_METAS_R1,
    &dashboards::DASH_DESCONTOS_R1,
    &dashboards::DASH_ATUALIZACAO_R1,
    &keys::DASH_VENDAS_CHAVES_R1,
    &keys::DASH_METAS_CHAVES_R1,
    &keys::DASH_PRODUTOS_R1,
    &keys::DASH_REGIOES_R1,
    &keys::DASH_VENDEDORES_R1,
    &dashboards::CONNECTION_LOGIN_EVENTS_RECENT,
];
