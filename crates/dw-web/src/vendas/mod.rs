//! The sales dashboard: pages, their figures and where they come from.
//! Not here: the binary, which is `dw-bin/src/vendas`.

pub mod detail;
pub mod dictionary;
pub mod discounts;
pub mod export;
pub mod figures;
pub mod filters;
pub mod form;
pub mod freshness;
pub mod overview;
pub mod products;
pub mod read;
pub mod scope;
pub mod team;
pub mod tiles;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use chrono_tz::Tz;
use dw_audit::sla::Deadline;
use dw_core::catalog::views::{dashboards, dims, keys};
use dw_core::embedded::Readable;
use dw_core::engine::SharedEngine;
use dw_core::error::{Database, DwResult};
use dw_core::time::{Seconds, now};
use maud::{Markup, html};
use tokio::sync::Semaphore;

use crate::cache::Cache;
use crate::figures::Figures;
use crate::format;
use crate::mark::Mark;
use crate::page::{Banner, NavItem, Page, Site, Theme, badge, state};
use crate::query::Query;
use crate::server::guard::Guards;
use crate::server::metrics::Metrics;
use crate::site;
use crate::store::{Health, Limits, Store, Trouble};
use filters::{Filters, Lists};
use freshness::{Due, Freshness};
use read::{By, Course, DiscountFigures, Named, Target};

/// The dashboard.
pub static SITE: Site = Site {
    name: "Vendas",
    tagline: "Indicadores comerciais",
    footer: "Valores em reais, sem pedidos cancelados. Um dia é a data do pedido em UTC. Horários de Brasília.",
    nav: &[
        NavItem { path: "/", label: "Visão geral" },
        NavItem { path: "/produtos", label: "Produtos e regiões" },
        NavItem { path: "/comercial", label: "Comercial" },
        NavItem { path: "/descontos", label: "Descontos" },
        NavItem { path: "/metricas", label: "Métricas" },
        NavItem { path: "/base", label: "Base detalhada" },
    ],
    kept: None,
};

/// Answers of each kind that are kept.
const KEPT: usize = 64;
/// How long figures are shown at least. While a run loads, each of its batches makes others, and reading them takes longer than a
/// page should: so few of the requests wait for it.
const VERSION_AGE: Duration = Duration::from_secs(10);
/// Exports at one time.
const EXPORTS: usize = 2;

/// How the dashboard runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The time zone of the company.
    pub zone: Tz,
    /// By when the sales must be there.
    pub deadlines: Vec<Deadline>,
    /// Whether the detailed table names customers.
    pub show_customer_names: bool,
    /// Limits of reading.
    pub limits: Limits,
}

impl Options {
    /// The limits with another time for a statement.
    pub fn new(zone: Tz, deadlines: Vec<Deadline>, show_customer_names: bool, query: Duration) -> Self {
        Self {
            zone,
            deadlines,
            show_customer_names,
            limits: Limits { query, version_age: VERSION_AGE, ..Limits::default() },
        }
    }
}

/// What the login `bi_reader` may read, for an engine that has no logins.
pub fn readable(show_customer_names: bool) -> Readable {
    let views = Readable::views(&[
        &dims::FILTROS_R1,
        &keys::DASH_PRODUTOS_R1,
        &keys::DASH_REGIOES_R1,
        &keys::DASH_VENDEDORES_R1,
        &keys::DASH_VENDAS_CHAVES_R1,
        &keys::DASH_METAS_CHAVES_R1,
        &dashboards::DASH_ATUALIZACAO_R1,
        &dashboards::DASH_VENDAS_R1,
        &dashboards::DASH_METAS_R1,
        &dashboards::DASH_DESCONTOS_R1,
    ]);
    if show_customer_names {
        return views;
    }
    views.without(&dashboards::DASH_VENDAS_R1, "nome_cliente").without(&dashboards::DASH_DESCONTOS_R1, "nome_cliente")
}

/// What handlers share.
#[derive(Debug)]
pub struct Vendas {
    store: Arc<Store>,
    metrics: Arc<Metrics>,
    options: Options,
    lists: Cache<(), Lists>,
    courses: Cache<String, Course>,
    named: Cache<(By, String), Vec<Named>>,
    targets: Cache<String, (Vec<Target>, Vec<Target>)>,
    discounts: Cache<String, DiscountFigures>,
    details: Cache<String, detail::Slice>,
    exports: Arc<Semaphore>,
}

/// The application on an engine.
///
/// # Errors
/// When a file that overrides a statement cannot be read.
pub fn app(engine: SharedEngine, options: Options, guards: &Guards) -> DwResult<Router> {
    let probe = read::probe(engine.dialect())?;
    let metrics = guards.metrics.clone();
    let store = Arc::new(Store::new(engine, Database::Dw, "vendas", probe, options.limits, metrics.clone()));
    let vendas = Arc::new(Vendas {
        store: store.clone(),
        metrics,
        options,
        lists: Cache::new(1),
        courses: Cache::new(KEPT),
        named: Cache::new(2 * KEPT),
        targets: Cache::new(KEPT),
        discounts: Cache::new(KEPT),
        details: Cache::new(KEPT),
        exports: Arc::new(Semaphore::new(EXPORTS)),
    });
    let pages = Router::new()
        .route("/", get(overview::page))
        .route("/produtos", get(products::page))
        .route("/comercial", get(team::page))
        .route("/descontos", get(discounts::page))
        .route("/metricas", get(dictionary::page))
        .route("/base", get(detail::page))
        .route("/base.csv", get(export::csv))
        .with_state(vendas);
    Ok(site::assemble(pages, &SITE, store, guards, None))
}

/// A question, read against what there is.
#[derive(Debug)]
pub(crate) struct Question {
    pub vendas: Arc<Vendas>,
    pub query: Query,
    pub theme: Theme,
    pub filters: Filters,
    pub lists: Arc<Lists>,
    pub figures: Figures,
}

/// Why a page has no figures.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The database.
    Trouble(Trouble),
    /// It answers and has no sale.
    Empty,
}

impl Question {
    /// Reads the question; without what can be chosen there is no page but a state.
    pub async fn ask(vendas: Arc<Vendas>, raw: Option<&str>, path: &'static str) -> Result<Self, Response> {
        let mut query = Query::parse(raw.unwrap_or_default());
        let theme = site::theme(&mut query);
        let health = vendas.store.health().await;
        let now = now();
        let bare = |query: &Query, refusal: &Refusal, health: &Health| {
            refused(&vendas, query, theme, path, refusal, health, now)
        };
        let figures = Figures::new(health.clone(), None, now, vendas.metrics.clone());
        let lists = match figures.get(&vendas.lists, &(), read::lists(&vendas.store)).await {
            Ok(lists) => lists,
            Err(trouble) => return Err(bare(&query, &Refusal::Trouble(trouble), &health)),
        };
        if lists.bounds.is_none() {
            return Err(bare(&query, &Refusal::Empty, &health));
        }
        let filters = Filters::read(&mut query, &lists);
        Ok(Self { vendas, query, theme, filters, lists, figures })
    }

    /// Days and comparison.
    pub async fn course(&self) -> Result<Arc<Course>, Trouble> {
        let key = self.filters.key();
        self.get(&self.vendas.courses, &key, read::course(&self.vendas.store, &self.filters)).await
    }

    /// Sums by name.
    pub async fn named(&self, by: By) -> Result<Arc<Vec<Named>>, Trouble> {
        let key = (by, self.filters.key());
        self.get(&self.vendas.named, &key, read::named(&self.vendas.store, by, &self.filters)).await
    }

    /// Figures of one cache; notes when they are old.
    pub async fn get<K: Eq + std::hash::Hash + Clone, V>(
        &self,
        cache: &Cache<K, V>,
        key: &K,
        read: impl Future<Output = DwResult<V>>,
    ) -> Result<Arc<V>, Trouble> {
        self.figures.get(cache, key, read).await
    }

    /// The page with its figures, or the state without them.
    pub fn answer(&self, path: &'static str, title: &str, body: Result<Markup, Trouble>) -> Response {
        let (status, body) = match body {
            Ok(body) => (StatusCode::OK, body),
            Err(trouble) => (StatusCode::SERVICE_UNAVAILABLE, site::trouble(trouble)),
        };
        let mut banners: Vec<Banner> = self.figures.banner(self.vendas.options.zone).into_iter().collect();
        let now = self.figures.now;
        let freshness = fresh(&self.figures.health, now);
        if let Some(Freshness { running: Some(_), .. }) = freshness {
            banners.push(Banner {
                mark: Mark::Running,
                title: "Uma carga está em andamento.".to_owned(),
                text: "Os números mudam até ela terminar.".to_owned(),
            });
        }
        let page = Page {
            site: &SITE,
            path,
            title,
            query: &self.query,
            theme: self.theme,
            banners,
            freshness: freshness
                .map(|freshness| freshness_line(&freshness, self.lists.bounds, now, &self.vendas.options)),
            reload: (status != StatusCode::OK || self.figures.is_stale()).then_some(10),
            body,
        };
        page.answer(status)
    }
}

/// The page that has a state in place of figures.
fn refused(
    vendas: &Vendas,
    query: &Query,
    theme: Theme,
    path: &'static str,
    refusal: &Refusal,
    health: &Health,
    now: Seconds,
) -> Response {
    let freshness = fresh(health, now);
    let (status, body) = match refusal {
        Refusal::Trouble(trouble) => (StatusCode::SERVICE_UNAVAILABLE, site::trouble(*trouble)),
        Refusal::Empty => (
            StatusCode::OK,
            state(
                "Ainda não há vendas",
                "O data warehouse existe e está vazio. Os números aparecem depois da primeira carga.",
                Some("etl"),
            ),
        ),
    };
    let title = SITE.nav.iter().find(|item| item.path == path).map_or("Vendas", |item| item.label);
    let page = Page {
        site: &SITE,
        path,
        title,
        query,
        theme,
        banners: Vec::new(),
        freshness: freshness.map(|freshness| freshness_line(&freshness, None, now, &vendas.options)),
        reload: Some(10),
        body,
    };
    page.answer(status)
}

fn fresh(health: &Health, now: Seconds) -> Option<Freshness> {
    let rows = match health {
        Health::Up { rows, .. } => Some(rows),
        Health::Down { last_rows, .. } => last_rows.as_ref(),
    };
    rows.and_then(|rows| Freshness::read(rows, now).ok())
}

fn freshness_line(freshness: &Freshness, bounds: Option<(i64, i64)>, now: Seconds, options: &Options) -> Markup {
    let zone = options.zone;
    let standing = match freshness.due(now, &options.deadlines) {
        Due::Met { until } => Some((Mark::Good, format!("No prazo, até {}", format::moment(until, zone)))),
        Due::Late { since } => Some((Mark::Bad, format!("Atrasado há {}", format::duration(now - since)))),
        Due::Never => Some((Mark::Quiet, "Sem carga".to_owned())),
        Due::Free => None,
    };
    html! {
        p.freshness {
            @if let Some((_, last)) = bounds { span { "Vendas até " strong { (format::date(last)) } } }
            @if let Some(loaded) = freshness.loaded { span { "Carga de " strong { (format::moment(loaded, zone)) } } }
            @if freshness.failed { (badge(Mark::Warn, "A última carga falhou")) }
            @if let Some((mark, word)) = standing {
                span title=(freshness::promise(&options.deadlines)) { (badge(mark, &word)) }
            }
        }
    }
}
