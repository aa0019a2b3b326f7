//! In a real browser, headless Chromium over its DevTools protocol: what only a browser sees. Ignored by name without one.

use std::time::Duration;

use serde_json::json;

use crate::common::browser::{
    look_at, look_at_all, look_at_nothing, look_at_the_last_figures, serve, tab_to, walk_through_a_chart,
};
use crate::common::driver::Browser;
use crate::stage::{PAGES, Stage};

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(dw_chromium), ignore = "needs Chromium: apt-get install chromium, or DW_TEST_CHROMIUM")]
async fn every_page_is_sound_at_every_width_light_and_dark() {
    let stage = Stage::sample().await;
    let base = serve(&stage.app);
    let mut browser = Browser::start();
    look_at_all(&mut browser, &base, &PAGES);
    look_at(
        &mut browser,
        &base,
        &["/?estado=SP&regiao=Norte".to_owned(), "/?estado=%3Cb%3E&de=x".to_owned(), "/nirgends".to_owned()],
        390,
    );
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(dw_chromium), ignore = "needs Chromium: apt-get install chromium, or DW_TEST_CHROMIUM")]
async fn pages_without_data_or_database_are_sound_and_recover_without_a_reload() {
    let stage = Stage::none();
    let base = serve(&stage.app);
    let mut browser = Browser::start();
    browser.allow_failures();
    let empty = Stage::empty().await;
    let come = || assert!(std::fs::copy(empty.file(), stage.file()).unwrap() > 0);
    look_at_nothing(&mut browser, &base, &PAGES, come, "Ainda não há vendas");
    let stage = Stage::sample().await;
    let base = serve(&stage.app);
    look_at_the_last_figures(&mut browser, &base, &PAGES, &stage.file());
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(dw_chromium), ignore = "needs Chromium: apt-get install chromium, or DW_TEST_CHROMIUM")]
async fn filters_work_by_keyboard_alone() {
    let stage = Stage::sample().await;
    let base = serve(&stage.app);
    let mut browser = Browser::start();
    browser.size(1_280, 900);
    browser.open(&format!("{base}/"));
    let before = browser.evaluate("document.querySelector('dd.value').textContent");
    // The list of states.
    let list = "document.activeElement.closest('details')?.querySelector('input')?.name";
    tab_to(&mut browser, list, &json!("estado"));
    browser.press("Enter");
    browser.press("Tab");
    assert_eq!(browser.evaluate("document.activeElement.type"), json!("checkbox"));
    let state = browser.evaluate("document.activeElement.value");
    browser.press(" ");
    browser.press("Enter");
    browser.wait_for("location.search.includes('estado=')", Duration::from_secs(10));
    let after = browser.evaluate("document.querySelector('dd.value').textContent");
    assert_ne!(before, after, "filtered by {state}");
    assert!(!walk_through_a_chart(&mut browser).is_empty());
    assert!(browser.complaints(&base).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(dw_chromium), ignore = "needs Chromium: apt-get install chromium, or DW_TEST_CHROMIUM")]
async fn without_a_script_everything_is_there() {
    let stage = Stage::sample().await;
    let base = serve(&stage.app);
    let mut browser = Browser::start();
    browser.without_scripts();
    browser.open(&format!("{base}/?estado=SP"));
    let page = browser.source();
    for piece in ["Receita líquida", "<svg", "Ver como tabela", "name=\"estado\""] {
        assert!(page.contains(piece), "{piece}");
    }
}
