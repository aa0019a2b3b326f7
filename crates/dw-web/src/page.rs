//! The frame of every page: head, navigation, notices, states, footer. In Brazilian Portuguese, dark and light, readable
//! on a phone and on paper, and without a script.
//! Not here: what a page shows.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::assets::{ICON, SCRIPT, STYLE};
use crate::mark::Mark;
use crate::query::{Choice, Query, link};

/// Key of the query string that chooses the colours.
pub const THEME: &str = "tema";

/// Seconds between two looks of a page that waits for something.
const LIVE: u32 = 5;

/// Which colours are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// As the device has it.
    Device,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Choice for Theme {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Device, "auto", "Automático"), (Self::Light, "claro", "Claro"), (Self::Dark, "escuro", "Escuro")];
}

/// A page of the navigation.
#[derive(Debug, Clone, Copy)]
pub struct NavItem {
    /// `/produtos`.
    pub path: &'static str,
    /// What it says.
    pub label: &'static str,
}

/// A dashboard.
#[derive(Debug)]
pub struct Site {
    /// `Vendas`.
    pub name: &'static str,
    /// What is behind the name in the head of the page.
    pub tagline: &'static str,
    /// What the foot of each page says.
    pub footer: &'static str,
    /// The pages.
    pub nav: &'static [NavItem],
    /// Keys of the query string that links of the navigation keep; `None` for all but paging and order.
    pub kept: Option<&'static [&'static str]>,
}

impl Site {
    /// Where the navigation leads from a page that was asked for like this.
    fn link(&self, query: &Query, path: &str) -> String {
        let Some(kept) = self.kept else { return query.link(path, &[("pagina", ""), ("ordem", "")]) };
        let pairs = query.pairs().iter().map(|(key, value)| (key.as_str(), value.as_str()));
        link(path, pairs.filter(|(key, _)| kept.contains(key)))
    }
}

/// A sentence above the content that wants to be seen.
#[derive(Debug, Clone)]
pub struct Banner {
    /// `good`, `running`, `warn`, `bad`: see [`Mark`].
    pub mark: Mark,
    /// The sentence in bold.
    pub title: String,
    /// What follows it.
    pub text: String,
}

/// What the frame needs.
#[derive(Debug)]
pub struct Page<'a> {
    /// The dashboard.
    pub site: &'a Site,
    /// Path of the page; it is in the navigation, or below a page that is.
    pub path: &'a str,
    /// Heading.
    pub title: &'a str,
    /// The query string, which links keep.
    pub query: &'a Query,
    /// The colours.
    pub theme: Theme,
    /// Sentences above the content.
    pub banners: Vec<Banner>,
    /// The line that says how fresh the data is.
    pub freshness: Option<Markup>,
    /// For a page that waits for something: reloads it every so many seconds without a script, and renews its content with one.
    /// On other pages, parts that bear `data-live` renew themselves.
    pub reload: Option<u32>,
    /// The content.
    pub body: Markup,
}

impl Page<'_> {
    /// `page` for the page itself, `true` for the one that it is below.
    fn current(&self, item: &NavItem) -> Option<&'static str> {
        let below = self.path.strip_prefix(item.path).is_some_and(|rest| rest.starts_with('/'));
        if item.path == self.path { Some("page") } else { (item.path != "/" && below).then_some("true") }
    }

    /// The document.
    pub fn draw(&self) -> Markup {
        let theme = match self.theme {
            Theme::Device => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        };
        html! {
            (DOCTYPE)
            html lang="pt-BR" data-theme=[theme] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content=(theme.unwrap_or("light dark"));
                    title { (self.title) " · " (self.site.name) }
                    link rel="icon" href=(ICON.address()) type="image/svg+xml";
                    link rel="stylesheet" href=(STYLE.address());
                    script src=(SCRIPT.address()) defer {}
                    @if let Some(seconds) = self.reload {
                        noscript { meta http-equiv="refresh" content=(seconds); }
                    }
                }
                body {
                    a.skip href="#conteudo" { "Ir para o conteúdo" }
                    header.top {
                        div.brand {
                            svg viewBox="0 0 24 24" aria-hidden="true" {
                                rect.f1 x="2" y="12" width="5" height="10" rx="1.5" {}
                                rect.f1 x="9.5" y="7" width="5" height="15" rx="1.5" {}
                                rect.f2 x="17" y="2" width="5" height="20" rx="1.5" {}
                            }
                            div {
                                p.name { (self.site.name) }
                                p.tagline { (self.site.tagline) }
                            }
                        }
                        nav aria-label="Páginas" {
                            ul {
                                @for item in self.site.nav {
                                    li {
                                        a href=(self.site.link(self.query, item.path)) aria-current=[self.current(item)] { (item.label) }
                                    }
                                }
                            }
                        }
                        nav.themes aria-label="Cores" {
                            @for (theme, word, label) in Theme::ALL {
                                a href=(self.query.link(self.path, &[(THEME, if *theme == Theme::Device { "" } else { word })])) aria-current=[(*theme == self.theme).then_some("true")] title=(label) {
                                    (theme_icon(*theme))
                                    span.visually-hidden { "Cores: " (label) }
                                }
                            }
                        }
                    }
                    main id="conteudo" tabindex="-1" data-live=[self.reload.map(|_| LIVE)] {
                        div.title {
                            h1 { (self.title) }
                            @if let Some(freshness) = &self.freshness { (freshness) }
                        }
                        @for banner in &self.banners { (banner.draw()) }
                        @if self.query.notices().next().is_some() {
                            ul.notices role="status" {
                                @for notice in self.query.notices() { li { (notice) } }
                            }
                        }
                        (self.body)
                    }
                    footer { p { (self.site.footer) } }
                }
            }
        }
    }

    /// The answer with that status.
    pub fn answer(&self, status: StatusCode) -> Response {
        let html = self.draw().into_string();
        (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], html).into_response()
    }
}

impl Banner {
    fn draw(&self) -> Markup {
        html! {
            div class={ "banner m-" (self.mark.class()) } role="status" {
                strong { (self.title) }
                " " (self.text)
            }
        }
    }
}

/// A page that has nothing but a state: no data yet, an error.
pub fn state(title: &str, text: &str, command: Option<&str>) -> Markup {
    html! {
        section.state {
            svg viewBox="0 0 64 64" aria-hidden="true" {
                rect.outline x="8" y="34" width="12" height="22" rx="3" {}
                rect.outline x="26" y="22" width="12" height="34" rx="3" {}
                rect.outline x="44" y="10" width="12" height="46" rx="3" {}
            }
            h2 { (title) }
            p { (text) }
            @if let Some(command) = command { pre { code { (command) } } }
        }
    }
}

/// A status in words with its sign and colour.
pub fn badge(mark: Mark, text: &str) -> Markup {
    html! { span class={ "badge m-" (mark.class()) } { (text) } }
}

fn theme_icon(theme: Theme) -> PreEscaped<&'static str> {
    PreEscaped(match theme {
        Theme::Device => {
            "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle class=\"ring\" cx=\"12\" cy=\"12\" r=\"8\"/><path class=\"solid\" d=\"M12 4a8 8 0 0 1 0 16z\"/></svg>"
        }
        Theme::Light => {
            "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle class=\"solid\" cx=\"12\" cy=\"12\" r=\"4.5\"/><path class=\"ring\" d=\"M12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1M5.3 18.7l2.1-2.1M16.6 7.4l2.1-2.1\"/></svg>"
        }
        Theme::Dark => {
            "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path class=\"solid\" d=\"M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z\"/></svg>"
        }
    })
}
