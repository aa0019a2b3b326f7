//! Puts a dashboard together: its pages behind the guards, and what every dashboard has: assets, `/healthz`, `/readyz`,
//! `/metrics`, and a page for an address that is none.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use chrono_tz::Tz;
use dw_core::error::{DwError, DwResult};
use futures_util::future::BoxFuture;

use crate::assets;
use crate::format;
use crate::mark::Mark;
use crate::page::{Banner, Page, Site, THEME, Theme, state};
use crate::query::Query;
use crate::server::guard::{Guards, guarded};
use crate::store::{Health, Store, Trouble};

/// Further figures for `/metrics`, in the text form of Prometheus.
pub type Gauges = Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>;

/// The application: `pages` and what every dashboard has.
pub fn assemble(
    pages: Router,
    site: &'static Site,
    store: Arc<Store>,
    guards: &Guards,
    gauges: Option<Gauges>,
) -> Router {
    let metrics = guards.metrics.clone();
    let ready = move || {
        let store = store.clone();
        async move {
            match store.health().await {
                Health::Up { .. } => (StatusCode::OK, "ok\n"),
                Health::Down { .. } => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
            }
        }
    };
    let open = Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready));
    let closed = pages
        .route("/assets/{name}", get(assets::serve))
        .route(
            "/metrics",
            get(move || {
                let (metrics, gauges) = (metrics.clone(), gauges.clone());
                async move {
                    let more = match gauges {
                        Some(gauges) => gauges().await,
                        None => String::new(),
                    };
                    let text = metrics.text() + &more;
                    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
                }
            }),
        )
        .fallback(move || async move { not_found(site) });
    guarded(open, closed, guards)
}

/// The time zone of an IANA name.
///
/// # Errors
/// [`DwError::Config`] for a name that is none.
pub fn zone(name: &str) -> DwResult<Tz> {
    name.trim().parse().map_err(|_| DwError::Config {
        origin: "web.time_zone".to_owned(),
        message: format!("`{name}` is no time zone; use an IANA name such as America/Sao_Paulo"),
    })
}

/// The colours that a query string asks for.
pub fn theme(query: &mut Query) -> Theme {
    query.choice::<Theme>(THEME, "Cores").unwrap_or(Theme::Device)
}

fn not_found(site: &'static Site) -> Response {
    let query = Query::default();
    let page = Page {
        site,
        path: "",
        title: "Página não encontrada",
        query: &query,
        theme: Theme::Device,
        banners: Vec::new(),
        freshness: None,
        reload: None,
        body: state("Aqui não há página", "Escolha uma das páginas acima.", None),
    };
    page.answer(StatusCode::NOT_FOUND)
}

/// What a page without figures says while the database does not answer.
pub fn trouble(why: Trouble) -> maud::Markup {
    match why {
        Trouble::Missing => state(
            "Ainda não há um data warehouse",
            "Crie as bases e faça a primeira carga; esta página aparece sozinha assim que houver dados.",
            Some("init --scale 1\netl"),
        ),
        Trouble::Schema => state(
            "O data warehouse é de outra versão",
            "Atualize-o com o comando abaixo, que conserva os dados; esta página volta sozinha.",
            Some("init"),
        ),
        Trouble::Unreachable => state(
            "O banco de dados não responde",
            "Tentamos de novo a cada poucos segundos; esta página volta sozinha. A causa está no log.",
            None,
        ),
    }
}

/// What stands above figures that are kept from earlier.
pub fn stale(read_at: i64, since: i64, zone: Tz) -> Banner {
    Banner {
        mark: Mark::Warn,
        title: "O banco de dados não responde.".to_owned(),
        text: format!(
            "Os números abaixo são os últimos lidos, de {}. Sem resposta desde {}; tentamos de novo a cada poucos segundos.",
            format::moment(read_at, zone),
            format::moment(since, zone)
        ),
    }
}
