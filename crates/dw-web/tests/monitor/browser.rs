//! In a real browser: what only a browser sees. Ignored by name without one.

use std::time::Duration;

use dw_core::error::Database;
use dw_core::value::Value;
use serde_json::json;

use crate::common::browser::{look_at, serve};
use crate::common::driver::Browser;
use crate::common::stage::file;
use crate::stage::{BOTH, PAGES, Stage};

fn with_theme(theme: &str) -> Vec<String> {
    PAGES.iter().map(|(path, _)| format!("{path}?tema={theme}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(dw_chromium), ignore = "needs Chromium: apt-get install chromium, or DW_TEST_CHROMIUM")]
async fn every_page_is_sound_at_every_width_light_and_dark() {
    let stage = Stage::lived().await;
    // Days of every kind for the calendar.
    stage.change("UPDATE audit.etl_run SET started_at = started_at - 864000, cutoff_at = cutoff_at - 864000 WHERE run_id = 1").await;
    let base = serve(&stage.app);
    let mut browser = Browser::start();
    for width in [390, 1_280] {
        for theme in ["claro", "escuro"] {
            look_at(&mut browser, &base, &with_theme(theme), width);
        }
    }
    let odd = [
        "/runs?status=running",
        "/runs?entidade=%3Cb%3E&de=x",
        "/qualidade?situacao=falhas",
        "/backups?situacao=falhas&base=DW_ECOMMERCE",
        "/pipelines/x",
        "/runs/4711",
        "/nirgends",
    ];
    look_at(&mut browser, &base, &odd.map(str::to_owned), 390);
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
    let empty = Stage::empty().await;
    for database in BOTH {
        std::fs::copy(file(empty.folder.path(), database), file(stage.folder.path(), database)).unwrap();
    }
    browser.wait_for("document.body.textContent.includes('Nenhuma execução ainda')", Duration::from_secs(15));
    look_at(&mut browser, &base, &with_theme("escuro"), 390);
    // With figures, and then gone: the last ones stay.
    let stage = Stage::lived().await;
    let base = serve(&stage.app);
    look_at(&mut browser, &base, &with_theme("claro"), 390);
    let (here, away) = (file(stage.folder.path(), Database::Dw), stage.folder.path().join("away"));
    std::fs::rename(&here, &away).unwrap();
    look_at(&mut browser, &base, &with_theme("escuro"), 390);
    let text = browser.evaluate("document.querySelector('.banner').textContent");
    assert!(text.as_str().unwrap().contains("O banco de dados não responde."));
    std::fs::rename(&away, &here).unwrap();
    browser.wait_for("!document.querySelector('.banner')", Duration::from_secs(15));
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(dw_chromium), ignore = "needs Chromium: apt-get install chromium, or DW_TEST_CHROMIUM")]
async fn a_run_in_progress_counts_on_without_a_reload() {
    let stage = Stage::lived().await;
    let mut dw = stage.dw().await;
    let now = dw_core::time::now();
    dw.execute("INSERT INTO \"audit.etl_run\" (run_id, entities_requested, status, started_at, heartbeat_at) VALUES (9, 'fact_vendas', 'running', @P1, @P1)", &[Value::Seconds(now)]).await.unwrap();
    dw.execute("INSERT INTO \"audit.etl_run_entity\" (run_id, entity_name, status, entity_started_at, extracted_count) VALUES (9, 'fact_vendas', 'running', @P1, 1111)", &[Value::Seconds(now)]).await.unwrap();
    let base = serve(&stage.app);
    let mut browser = Browser::start();
    for path in ["/runs/9", "/"] {
        dw.execute("UPDATE \"audit.etl_run_entity\" SET extracted_count = 1111 WHERE run_id = 9", &[]).await.unwrap();
        browser.open(&format!("{base}{path}"));
        browser.evaluate("window.here = true");
        browser.wait_for("document.body.textContent.includes('1.111')", Duration::from_secs(10));
        dw.execute("UPDATE \"audit.etl_run_entity\" SET extracted_count = 2222 WHERE run_id = 9", &[]).await.unwrap();
        browser.wait_for("document.body.textContent.includes('2.222')", Duration::from_secs(10));
        assert_eq!(browser.evaluate("window.here"), json!(true), "the page was not loaded again");
    }
    dw.execute(
        "UPDATE \"audit.etl_run\" SET status = 'success', finished_at = @P1 WHERE run_id = 9",
        &[Value::Seconds(now + 5)],
    )
    .await
    .unwrap();
    dw.execute(
        "UPDATE \"audit.etl_run_entity\" SET status = 'success', entity_finished_at = @P1 WHERE run_id = 9",
        &[Value::Seconds(now + 5)],
    )
    .await
    .unwrap();
    browser.wait_for(
        "document.getElementById('agora').textContent.includes('Nenhuma execução em andamento')",
        Duration::from_secs(10),
    );
    assert!(browser.complaints(&base).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(dw_chromium), ignore = "needs Chromium: apt-get install chromium, or DW_TEST_CHROMIUM")]
async fn everything_is_reached_by_keyboard_alone() {
    let stage = Stage::lived().await;
    let base = serve(&stage.app);
    let mut browser = Browser::start();
    browser.size(1_280, 900);
    browser.open(&format!("{base}/runs"));
    browser.press("Tab");
    assert_eq!(browser.evaluate("document.activeElement.className"), json!("skip"), "the first stop is the skip link");
    browser.press("Enter");
    assert_eq!(browser.evaluate("document.activeElement.id"), json!("conteudo"));
    // On to the first run; every stop on the way shows where it is.
    let mut steps = 0;
    while browser.evaluate("document.activeElement.getAttribute('href')") != json!("/runs/3") {
        browser.press("Tab");
        let seen = browser.evaluate("(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; })()");
        assert_eq!(
            seen,
            json!(true),
            "focus is seen on {}",
            browser.evaluate("document.activeElement.outerHTML.slice(0, 120)")
        );
        steps += 1;
        assert!(steps < 60, "the run is never reached");
    }
    browser.press("Enter");
    browser.wait_for("location.pathname === '/runs/3'", Duration::from_secs(10));
    // The timeline is one stop; the arrows walk through its bars, and the tip follows.
    browser.evaluate("document.querySelector('svg[data-points] .point[tabindex=\"0\"]').focus()");
    let first = browser.evaluate("document.querySelector('.tip').textContent");
    browser.press("ArrowRight");
    let second = browser.evaluate("document.querySelector('.tip').textContent");
    assert!(first != second && second.as_str().unwrap().contains("linhas lidas"), "{first} {second}");
    assert!(browser.complaints(&base).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(dw_chromium), ignore = "needs Chromium: apt-get install chromium, or DW_TEST_CHROMIUM")]
async fn without_a_script_everything_is_there() {
    let stage = Stage::lived().await;
    let base = serve(&stage.app);
    let mut browser = Browser::start();
    browser.without_scripts();
    for (path, piece) in [
        ("/", "Linhas pendentes"),
        ("/runs/3", "<svg"),
        ("/qualidade", "dim_cliente.rejects"),
        ("/sla", "Frescor"),
        ("/backups", "RTO medido"),
    ] {
        browser.open(&format!("{base}{path}"));
        assert!(browser.source().contains(piece), "{path}: {piece}");
    }
}
