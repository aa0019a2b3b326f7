//! What nobody means well: odd query strings, injections in every filter and in what comes from the data, odd paths.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use dw_core::value::Value;
use dw_web::query::link;

use crate::common::odd::{self, Random, VALUES};
use crate::common::stage::ask;
use crate::stage::{PAGES, Stage, number};

const KEYS: [&str; 19] = [
    "situacao",
    "status",
    "tipo",
    "entidade",
    "de",
    "ate",
    "tamanho",
    "pagina",
    "linhas",
    "dias",
    "horas",
    "login",
    "programa",
    "host",
    "base",
    "estado",
    "eventos",
    "atualizar",
    "tema",
];

#[tokio::test]
async fn ten_thousand_odd_query_strings_break_nothing() {
    // Figures are kept as long as in the real program: the query strings are what is tried.
    let stage = Stage::lived_with(|options| options.keep = Duration::from_secs(2)).await;
    let mut dw = stage.dw().await;
    let before = number(&mut *dw, "SELECT COUNT(*) FROM audit.etl_run").await;
    let mut random = Random(11);
    for round in 0..10_000 {
        let path = PAGES[random.below(PAGES.len())].0;
        let path = format!("{path}?{}", odd::query(&mut random, &KEYS));
        let answer = stage.get(&path).await;
        assert!(!answer.status.is_server_error(), "round {round}: {path} gives {}", answer.status);
        assert!(!answer.text.contains("<script>alert") && !answer.text.contains("<img src=x"), "round {round}: {path}");
    }
    assert_eq!(number(&mut *dw, "SELECT COUNT(*) FROM audit.etl_run").await, before);
}

#[tokio::test]
async fn an_injection_in_any_filter_changes_nothing() {
    let stage = Stage::lived_with(|options| options.keep = Duration::from_secs(2)).await;
    let plain = stage.get("/runs").await.text.matches("href=\"/runs/").count();
    for key in KEYS {
        for value in VALUES {
            for (path, _) in PAGES {
                if ["/runs", "/qualidade", "/sla", "/backups", "/conexoes", "/pipelines"].contains(&path) {
                    let answer = stage.get(&link(path, [(key, value)].into_iter())).await;
                    assert_eq!(answer.status, StatusCode::OK, "{path} {key}={value}");
                }
            }
        }
    }
    for (key, value) in
        [("status", "' OR 1=1 --"), ("entidade", "fact_vendas' OR '1'='1"), ("entidade", "\"; DROP TABLE x; --")]
    {
        let answer = stage.get(&link("/runs", [(key, value)].into_iter())).await;
        assert_eq!(answer.text.matches("href=\"/runs/").count(), plain, "{key}={value} is ignored");
        assert!(answer.text.contains("foi ignorado"), "{key}={value} is told");
    }
}

#[tokio::test]
async fn no_path_leads_anywhere_else() {
    let stage = Stage::lived().await;
    for name in [
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "fact_vendas%00",
        "fact_vendas%27%20OR%201=1",
        "fact_vendas/..",
        "1;DROP",
        "%ff",
        "99999999999999999999",
        "0x1",
        "+1",
        "%20",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "fact_vendas.csv",
        "%D9%A1",
    ] {
        for base in ["/pipelines/", "/runs/"] {
            let answer = stage.get(&format!("{base}{name}")).await;
            assert!(answer.status.is_client_error(), "{base}{name} gives {}", answer.status);
            assert!(!answer.text.contains("<script>alert"), "{base}{name}");
        }
    }
    let long = format!("/pipelines/{}", "a".repeat(6_000));
    assert_eq!(stage.get(&long).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_comes_from_the_data_is_text() {
    let stage = Stage::lived().await;
    let mut dw = stage.dw().await;
    let evil = Value::Text("<script>alert('x')</script>\" onload=\"a' `<b>` \\ {x=\"y\"}\n1".to_owned());
    for sql in [
        "UPDATE \"audit.etl_run\" SET started_by = @P1, host_name = @P1, error_message = @P1, entities_requested = @P1",
        "UPDATE \"audit.etl_run_entity\" SET error_message = @P1, status = 'failed' WHERE run_id = 3",
        "UPDATE \"audit.etl_reject\" SET reason = @P1, reason_code = 'invalid', payload = '{\"state\": ' || json_quote(@P1) || '}'",
        "UPDATE \"audit.quality_result\" SET message = @P1, threshold = @P1, status = 'failed', severity = 'error'",
        "UPDATE \"audit.quality_result\" SET check_name = check_name || @P1 WHERE check_name LIKE 'dim_%'",
        "UPDATE \"ctl.etl_control\" SET source_table = @P1, target_table = @P1",
        "UPDATE \"ctl.etl_control\" SET entity_name = @P1 WHERE entity_name = 'dim_equipe'",
        "UPDATE \"audit.backup_run\" SET database_name = @P1 || database_name, file_name = @P1 || backup_run_id",
        "UPDATE \"audit.backup_run\" SET backup_type = 'log', status = 'failed', failed_step = @P1, error_message = @P1 WHERE backup_run_id > 12",
        "UPDATE \"audit.backup_drill\" SET file_name = @P1, status = 'failed', failed_step = @P1, error_message = @P1",
        "UPDATE \"audit.reconciliation_month\" SET measure = @P1, difference_value = 5 WHERE measure = 'rows'",
    ] {
        dw.execute(sql, std::slice::from_ref(&evil)).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    let mut oltp = stage.oltp().await;
    oltp.execute("UPDATE \"core.products\" SET product_name = @P1", std::slice::from_ref(&evil)).await.unwrap();
    for path in PAGES.iter().map(|(path, _)| *path).chain(["/pipelines/dim_produto"]) {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.text.contains("<script>alert") && !answer.text.contains("\" onload=\""), "{path}");
        assert!(!answer.text.contains("<b>"), "{path}");
    }
    let run = stage.get("/runs/3").await.text;
    assert!(run.contains("&lt;script&gt;alert"), "it is shown as what it is");
    // A name in a metric ends no line and no label.
    let metrics = stage.get("/metrics").await.text;
    let line = metrics.lines().find(|line| line.starts_with("dw_entity_open_rejects{entity=\"<script>")).unwrap();
    assert!(
        line.ends_with("1\"} 0") && line.contains("\\\" onload=\\\"") && line.contains("\\\\") && line.contains("\\n"),
        "{line}"
    );
}

#[tokio::test]
async fn only_known_hosts_and_reading_methods_are_answered_with_the_headers() {
    let stage = Stage::lived().await;
    for (path, _) in PAGES {
        assert_eq!(ask(&stage.app, Method::GET, path, "evil.example").await.status, StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(ask(&stage.app, Method::POST, path, "localhost").await.status, StatusCode::METHOD_NOT_ALLOWED);
        let answer = stage.get(path).await;
        let csp = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(csp.starts_with("default-src 'none'") && !csp.contains("unsafe"), "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
}
