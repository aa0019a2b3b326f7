//! The dashboard of the operators: pages over the read model of [`dw_audit::monitor`]. It writes nothing.
//! Not here: rules, which are those of the alerts ([`dw_audit::alerts`]), and the binary, which is `dw-bin/src/monitor`.

pub mod backups;
pub mod connections;
pub mod gauges;
pub mod lights;
pub mod parts;
pub mod pipeline;
pub mod pipelines;
pub mod quality;
pub mod read;
pub mod run;
pub mod runs;
pub mod settings;
pub mod sla;
pub mod summary;
pub mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use chrono_tz::Tz;
use dw_audit::backups::BackupPage;
use dw_audit::backups::schedule::Plan;
use dw_audit::monitor::SlaRule;
use dw_audit::monitor::connections::ConnectionsPage;
use dw_audit::monitor::quality::QualityPage;
use dw_audit::monitor::runs::{RunDetail, RunsPage};
use dw_audit::sla::rules::Rules;
use dw_core::config::{BackupSettings, EffectiveSetting, Settings};
use dw_core::engine::SharedEngine;
use dw_core::error::{Database, DwResult};
use dw_core::sql_text;
use dw_core::time::{Seconds, now};
use maud::{Markup, html};

use crate::cache::Cache;
use crate::figures::Figures;
use crate::format;
use crate::page::{NavItem, Page, Site, THEME, Theme};
use crate::query::{Choice, Query};
use crate::server::guard::Guards;
use crate::server::metrics::Metrics;
use crate::site;
use crate::store::{Health, Limits, Store, Trouble};
use read::{About, Detail, Picture};

const PROBE: sql_text::SqlText = sql_text!("monitor/probe");

/// Key of the query string that stops the pages from renewing themselves.
const LIVE: &str = "atualizar";

/// The dashboard.
pub static SITE: Site = Site {
    name: "Monitor",
    tagline: "Cargas, qualidade e prazos",
    footer: "Só leitura: nenhuma página grava no banco de dados. As regras são as mesmas dos alertas.",
    nav: &[
        NavItem { path: "/", label: "Resumo" },
        NavItem { path: "/pipelines", label: "Pipelines" },
        NavItem { path: "/runs", label: "Execuções" },
        NavItem { path: "/qualidade", label: "Qualidade" },
        NavItem { path: "/sla", label: "SLA" },
        NavItem { path: "/backups", label: "Backups" },
        NavItem { path: "/conexoes", label: "Conexões" },
        NavItem { path: "/configuracao", label: "Configuração" },
    ],
    kept: Some(&[THEME, LIVE]),
};

/// Answers of each kind that are kept.
const KEPT: usize = 64;

/// Whether pages renew themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// Yes.
    On,
    /// No: whoever reads is not disturbed.
    Off,
}

impl Choice for Live {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::On, "sim", "Atualizar sozinho"), (Self::Off, "nao", "Pausado")];
}

/// How the dashboard runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The time zone in which times are shown.
    pub zone: Tz,
    /// The rules of service levels and alerts.
    pub rules: Rules,
    /// Limits of reading.
    pub limits: Limits,
    /// How long figures are kept: everybody who asks within it shares one reading.
    pub keep: Duration,
    /// The effective settings, secrets masked.
    pub settings: Vec<EffectiveSetting>,
    /// Schedule and retention of backups.
    pub backup: BackupSettings,
}

impl Options {
    /// The built-in limits, with the time for a statement of the settings.
    pub fn new(zone: Tz, rules: Rules, settings: &Settings) -> Self {
        let query = Duration::from_secs(settings.web.query_timeout_seconds);
        Self {
            zone,
            rules,
            limits: Limits { query, ..Limits::default() },
            keep: Duration::from_secs(2),
            settings: settings.effective().to_vec(),
            backup: settings.backup.clone(),
        }
    }
}

/// What handlers share.
#[derive(Debug)]
pub struct Monitor {
    /// The warehouse.
    store: Arc<Store>,
    /// The source.
    source: Arc<Store>,
    /// Until when a source that did not answer is left alone.
    source_rests: tokio::sync::Mutex<Option<(Instant, dw_audit::alerts::Unreachable)>>,
    metrics: Arc<Metrics>,
    options: Options,
    started: Instant,
    turn: AtomicU64,
    /// How long the last picture took to read, in milliseconds.
    took: AtomicU64,
    pictures: Cache<(), Picture>,
    details: Cache<(String, u32), Detail>,
    runs: Cache<String, RunsPage>,
    run: Cache<i64, Option<RunDetail>>,
    quality: Cache<u16, QualityPage>,
    sla: Cache<u16, Vec<SlaRule>>,
    backups: Cache<u32, BackupPage>,
    connections: Cache<String, Option<ConnectionsPage>>,
    about: Cache<(), About>,
}

/// The application on an engine.
///
/// # Errors
/// When a file that overrides a statement cannot be read; a bad schedule of backups in the settings.
pub fn app(engine: SharedEngine, options: Options, guards: &Guards) -> DwResult<Router> {
    Plan::of(&options.backup)?;
    let probe = PROBE.for_dialect(engine.dialect())?;
    let metrics = guards.metrics.clone();
    let limits = options.limits;
    let store = Store::new(engine.clone(), Database::Dw, "monitor", probe.clone(), limits, metrics.clone());
    let source = Store::new(engine, Database::Oltp, "monitor", probe, limits, metrics.clone());
    let store = Arc::new(store);
    let monitor = Arc::new(Monitor {
        store: store.clone(),
        source: Arc::new(source),
        source_rests: tokio::sync::Mutex::default(),
        metrics,
        options,
        started: Instant::now(),
        turn: AtomicU64::new(0),
        took: AtomicU64::new(0),
        pictures: Cache::new(1),
        details: Cache::new(KEPT),
        runs: Cache::new(KEPT),
        run: Cache::new(KEPT),
        quality: Cache::new(8),
        sla: Cache::new(8),
        backups: Cache::new(8),
        connections: Cache::new(KEPT),
        about: Cache::new(1),
    });
    let pages = Router::new()
        .route("/", get(summary::page))
        .route("/pipelines", get(pipelines::page))
        .route("/pipelines/{entity}", get(pipeline::page))
        .route("/runs", get(runs::page))
        .route("/runs/{id}", get(run::page))
        .route("/qualidade", get(quality::page))
        .route("/sla", get(sla::page))
        .route("/backups", get(backups::page))
        .route("/conexoes", get(connections::page))
        .route("/configuracao", get(settings::page))
        .with_state(monitor.clone());
    let gauges: site::Gauges = Arc::new(move || {
        let monitor = monitor.clone();
        Box::pin(async move { gauges::text(&monitor).await })
    });
    Ok(site::assemble(pages, &SITE, store, guards, Some(gauges)))
}

impl Monitor {
    /// Another number every [`Options::keep`], and less often where reading takes long: a page reads for a quarter of the time at
    /// most.
    fn version(&self) -> u64 {
        match u64::try_from(self.options.keep.as_millis()).unwrap_or(0) {
            0 => self.turn.fetch_add(1, Ordering::Relaxed),
            keep => {
                let keep = keep.max(self.took.load(Ordering::Relaxed).saturating_mul(4));
                u64::try_from(self.started.elapsed().as_millis()).unwrap_or(0) / keep
            }
        }
    }
}

/// A question of a page.
#[derive(Debug)]
pub(crate) struct Question {
    pub monitor: Arc<Monitor>,
    pub query: Query,
    pub theme: Theme,
    pub live: Live,
    pub figures: Figures,
}

impl Question {
    /// Reads what every page understands.
    pub async fn ask(monitor: Arc<Monitor>, raw: Option<&str>) -> Self {
        let mut query = Query::parse(raw.unwrap_or_default());
        let theme = site::theme(&mut query);
        let live = query.choice::<Live>(LIVE, "Atualizar").unwrap_or(Live::On);
        let health = monitor.store.health().await;
        let figures = Figures::new(health, Some(monitor.version()), now(), monitor.metrics.clone());
        Self { monitor, query, theme, live, figures }
    }

    /// Where everything stands.
    pub async fn picture(&self) -> Result<Arc<Picture>, Trouble> {
        self.figures.get(&self.monitor.pictures, &(), read::picture(&self.monitor)).await
    }

    /// The time zone of the page.
    pub fn zone(&self) -> Tz {
        self.monitor.options.zone
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.monitor.options.rules
    }

    /// The clock of the page.
    pub fn now(&self) -> Seconds {
        self.figures.now
    }

    /// Seconds between two looks of a part that renews itself; none when that is switched off.
    pub fn every(&self, seconds: u32) -> Option<u32> {
        (self.live == Live::On).then_some(seconds)
    }

    /// A link to another page that keeps what every page understands.
    pub fn to(&self, path: &str) -> String {
        self.with(path, &[])
    }

    /// The same with further filters.
    pub fn with(&self, path: &str, more: &[(&str, &str)]) -> String {
        let kept = self.query.pairs().iter().map(|(key, value)| (key.as_str(), value.as_str()));
        crate::query::link(path, kept.filter(|(key, _)| [THEME, LIVE].contains(key)).chain(more.iter().copied()))
    }

    /// The page with its figures, or the state without them.
    pub fn answer(&self, path: &str, title: &str, body: Result<Markup, Trouble>) -> Response {
        match body {
            Ok(body) => self.draw(path, title, StatusCode::OK, body),
            Err(trouble) => self.draw(path, title, StatusCode::SERVICE_UNAVAILABLE, site::trouble(trouble)),
        }
    }

    /// The page with a state in place of figures.
    pub fn absent(&self, path: &str, title: &str, text: &str) -> Response {
        let body = crate::page::state("Aqui não há página", text, None);
        self.draw(path, title, StatusCode::NOT_FOUND, body)
    }

    fn draw(&self, path: &str, title: &str, status: StatusCode, body: Markup) -> Response {
        let waits = status == StatusCode::SERVICE_UNAVAILABLE || self.figures.is_stale();
        let page = Page {
            site: &SITE,
            path,
            title,
            query: &self.query,
            theme: self.theme,
            banners: self.figures.banner(self.zone()).into_iter().collect(),
            freshness: (status != StatusCode::NOT_FOUND).then(|| self.freshness(path)),
            reload: waits.then_some(10),
            body,
        };
        page.answer(status)
    }

    fn freshness(&self, path: &str) -> Markup {
        let is_up = matches!(self.figures.health, Health::Up { .. });
        html! {
            p.freshness {
                span id="lido" data-live=[self.every(5)] {
                    @if is_up { "Lido às " strong { (format::clock(self.now(), self.zone())) } } @else { "Sem resposta do banco de dados" }
                }
                @if self.live == Live::On {
                    a href=(self.query.link(path, &[(LIVE, "nao")])) { "Pausar atualização" }
                } @else {
                    a href=(self.query.link(path, &[(LIVE, "")])) { "Retomar atualização" }
                }
            }
        }
    }
}
