//! In a real browser, headless Chromium over its DevTools protocol: what only a browser sees. Ignored by name without one.

use std::time::Duration;

use serde_json::json;

use crate::common::browser::{look_at, serve};
use crate::common::driver::Browser;
use crate::stage::{PAGES, Stage};

fn with_theme(theme: &str) -> Vec<String> {
    PAGES.iter().map(|(path, _)| format!("{path}?tema={theme}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(dw_chromium), ignore = "needs Chromium: apt-get install chromium, or DW_TEST_CHROMIUM")]
async fn every_page_is_sound_at_every_width_light_and_dark() {
    let stage = Stage::sample().await;
    let base = serve(&stage.app);
    let mut browser = Browser::start();
    for width in [390, 1_280] {
        for theme in ["claro", "escuro"] {
            look_at(&mut browser, &base, &with_theme(theme), width);
        }
    }
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
    look_at(&mut browser, &base, &with_theme("claro"), 390);
    browser.open(&format!("{base}/"));
    std::fs::copy(Stage::empty().await.file(), stage.file()).unwrap();
    browser.wait_for("document.body.textContent.includes('Ainda não há vendas')", Duration::from_secs(15));
    look_at(&mut browser, &base, &with_theme("escuro"), 390);
    // With figures, and then gone: the last ones stay.
    let stage = Stage::sample().await;
    let base = serve(&stage.app);
    look_at(&mut browser, &base, &with_theme("claro"), 390);
    let away = stage.folder.path().join("away");
    std::fs::rename(stage.file(), &away).unwrap();
    look_at(&mut browser, &base, &with_theme("escuro"), 390);
    let text = browser.evaluate("document.querySelector('.banner').textContent");
    assert!(text.as_str().unwrap().contains("O banco de dados não responde."));
    std::fs::rename(&away, stage.file()).unwrap();
    browser.wait_for("!document.querySelector('.banner')", Duration::from_secs(15));
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
    browser.press("Tab");
    assert_eq!(browser.evaluate("document.activeElement.className"), json!("skip"), "the first stop is the skip link");
    browser.press("Enter");
    assert_eq!(browser.evaluate("document.activeElement.id"), json!("conteudo"));
    // On to the list of states; every stop on the way shows where it is.
    let mut steps = 0;
    while browser.evaluate("document.activeElement.closest('details')?.querySelector('input')?.name") != json!("estado")
    {
        browser.press("Tab");
        let seen = browser.evaluate("(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; })()");
        assert_eq!(
            seen,
            json!(true),
            "focus is seen on {}",
            browser.evaluate("document.activeElement.outerHTML.slice(0, 120)")
        );
        steps += 1;
        assert!(steps < 60, "the list of states is never reached");
    }
    browser.press("Enter");
    browser.press("Tab");
    assert_eq!(browser.evaluate("document.activeElement.type"), json!("checkbox"));
    let state = browser.evaluate("document.activeElement.value");
    browser.press(" ");
    browser.press("Enter");
    browser.wait_for("location.search.includes('estado=')", Duration::from_secs(10));
    let after = browser.evaluate("document.querySelector('dd.value').textContent");
    assert_ne!(before, after, "filtered by {state}");
    // A chart is one stop; the arrows walk through its points, and the tip follows.
    browser.evaluate("document.querySelector('svg[data-points] .point[tabindex=\"0\"]').focus()");
    let first = browser.evaluate("document.querySelector('.tip').textContent");
    browser.press("ArrowRight");
    let second = browser.evaluate("document.querySelector('.tip').textContent");
    assert!(first != second && !second.as_str().unwrap().is_empty(), "{first} {second}");
    assert_eq!(
        browser.evaluate("document.querySelector('svg[data-points]').querySelectorAll('[tabindex=\"0\"]').length"),
        json!(1)
    );
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
