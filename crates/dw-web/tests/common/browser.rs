//! What every dashboard is looked at for in a browser.

use std::path::Path;
use std::time::Duration;

use axum::Router;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::driver::Browser;

/// Looks at a page as `docs/dashboards.md` wants it, and returns what is wrong.
const CHECK: &str = include_str!("check.js");

/// Serves an application in a thread of its own, so that a test may block.
pub fn serve(app: &Router) -> String {
    let app = app.clone();
    let (told, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(format!("http://{}", listener.local_addr().unwrap())).unwrap();
            dw_web::server::serve(listener, app, std::future::pending()).await;
        });
    });
    heard.recv().unwrap()
}

/// Opens pages and asserts that the browser has nothing to complain about.
pub fn look_at(browser: &mut Browser, base: &str, paths: &[String], width: u32) {
    browser.size(width, 900);
    for path in paths {
        browser.open(&format!("{base}{path}"));
        let faults = browser.evaluate(CHECK);
        assert_eq!(faults, json!([]), "{path} at {width}");
        let complaints = browser.complaints(base);
        assert!(complaints.is_empty(), "{path} at {width}: {complaints:#?}");
    }
}

/// The addresses of pages in these colours.
pub fn with_theme(pages: &[(&str, &str)], theme: &str) -> Vec<String> {
    pages.iter().map(|(path, _)| format!("{path}?tema={theme}")).collect()
}

/// Looks at all pages as a phone and a desk show them, light and dark.
pub fn look_at_all(browser: &mut Browser, base: &str, pages: &[(&str, &str)]) {
    for width in [390, 1_280] {
        for theme in ["claro", "escuro"] {
            look_at(browser, base, &with_theme(pages, theme), width);
        }
    }
}

/// Without a database each page says so; with one that came meanwhile, a page that is open shows `sign` without a reload.
pub fn look_at_nothing(browser: &mut Browser, base: &str, pages: &[(&str, &str)], come: impl FnOnce(), sign: &str) {
    look_at(browser, base, &with_theme(pages, "claro"), 390);
    browser.open(&format!("{base}/"));
    come();
    browser.wait_for(&format!("document.body.textContent.includes('{sign}')"), Duration::from_secs(15));
    look_at(browser, base, &with_theme(pages, "escuro"), 390);
}

/// With figures, and then gone: the last ones stay, and a page that is open recovers without a reload.
pub fn look_at_the_last_figures(browser: &mut Browser, base: &str, pages: &[(&str, &str)], warehouse: &Path) {
    look_at(browser, base, &with_theme(pages, "claro"), 390);
    let away = warehouse.with_extension("away");
    std::fs::rename(warehouse, &away).unwrap();
    look_at(browser, base, &with_theme(pages, "escuro"), 390);
    let text = browser.evaluate("document.querySelector('.banner').textContent");
    assert!(text.as_str().unwrap().contains("O banco de dados não responde."));
    std::fs::rename(&away, warehouse).unwrap();
    browser.wait_for("!document.querySelector('.banner')", Duration::from_secs(15));
}

/// By Tab alone from the top of a page, over the skip link, to where an expression has this value. Every stop shows where it is.
pub fn tab_to(browser: &mut Browser, expression: &str, wanted: &Value) {
    browser.press("Tab");
    assert_eq!(browser.evaluate("document.activeElement.className"), json!("skip"), "the first stop is the skip link");
    browser.press("Enter");
    assert_eq!(browser.evaluate("document.activeElement.id"), json!("conteudo"));
    let mut steps = 0;
    while browser.evaluate(expression) != *wanted {
        browser.press("Tab");
        let seen = browser.evaluate("(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; })()");
        let stop = browser.evaluate("document.activeElement.outerHTML.slice(0, 120)");
        assert_eq!(seen, json!(true), "focus is seen on {stop}");
        steps += 1;
        assert!(steps < 60, "{expression} never is {wanted}");
    }
}

/// A chart is one stop; the arrows walk through its points, and the tip follows. The tip of the second point.
pub fn walk_through_a_chart(browser: &mut Browser) -> String {
    browser.evaluate("document.querySelector('svg[data-points] .point[tabindex=\"0\"]').focus()");
    let first = browser.evaluate("document.querySelector('.tip').textContent");
    browser.press("ArrowRight");
    let second = browser.evaluate("document.querySelector('.tip').textContent");
    assert_ne!(first, second);
    let stops =
        browser.evaluate("document.querySelector('svg[data-points]').querySelectorAll('[tabindex=\"0\"]').length");
    assert_eq!(stops, json!(1));
    second.as_str().unwrap().to_owned()
}
