//! What nobody means well: ten thousand odd query strings, injections in every filter and in names, foreign hosts.

use axum::http::{Method, StatusCode};
use dw_core::value::Value;
use dw_web::query::link;

use crate::common::odd::{self, Random, VALUES};
use crate::stage::{PAGES, Stage, number};

const KEYS: [&str; 16] = [
    "periodo",
    "de",
    "ate",
    "estado",
    "regiao",
    "categoria",
    "equipe",
    "vendedor",
    "status",
    "granularidade",
    "comparar",
    "tema",
    "ordem",
    "sentido",
    "pagina",
    "x",
];

#[tokio::test]
async fn ten_thousand_odd_query_strings_break_nothing() {
    let stage = Stage::sample().await;
    let mut session = stage.session().await;
    let before = number(&mut *session, "SELECT COUNT(*) FROM fact.FACT_VENDAS").await;
    let mut random = Random(7);
    let paths =
        ["/", "/produtos", "/comercial", "/descontos", "/metricas", "/base", "/base.csv", "/assets/x", "/healthz"];
    for round in 0..10_000 {
        let path = format!("{}?{}", paths[random.below(paths.len())], odd::query(&mut random, &KEYS));
        let answer = stage.get(&path).await;
        assert!(!answer.status.is_server_error(), "round {round}: {path} gives {}", answer.status);
        assert!(!answer.text.contains("<script>alert") && !answer.text.contains("<img src=x"), "round {round}: {path}");
    }
    assert_eq!(number(&mut *session, "SELECT COUNT(*) FROM fact.FACT_VENDAS").await, before);
}

#[tokio::test]
async fn an_injection_in_any_filter_is_a_value_that_does_not_exist() {
    let stage = Stage::sample().await;
    let plain = stage.get("/?periodo=tudo").await.tile("Receita líquida");
    for key in ["estado", "regiao", "categoria", "equipe", "vendedor", "status"] {
        for value in &VALUES[..4] {
            let answer = stage.get(&link("/", [("periodo", "tudo"), (key, value)].into_iter())).await;
            assert_eq!(answer.tile("Receita líquida"), plain, "{key}={value}");
            assert!(answer.text.contains("não existe e foi ignorado"), "{key}={value}");
        }
    }
}

#[tokio::test]
async fn names_from_the_data_are_text_and_can_be_filtered_by() {
    let stage = Stage::sample().await;
    let mut session = stage.session().await;
    let evil = "<script>alert('x')</script>\" onload=\"a' OR '1'='1";
    for sql in [
        "UPDATE \"dim.DIM_PRODUTO\" SET categoria = @P1, nome_produto = @P1 || produto_id WHERE produto_id > 0",
        "UPDATE \"dim.DIM_VENDEDOR\" SET nome_vendedor = @P1 WHERE vendedor_id = 2",
        "UPDATE \"dim.DIM_EQUIPE\" SET nome_equipe = @P1 WHERE equipe_id = 2",
        "UPDATE \"dim.DIM_DESCONTO\" SET nome_campanha = @P1 WHERE desconto_id > 0",
    ] {
        session.execute(sql, &[Value::Text(evil.to_owned())]).await.unwrap();
    }
    for (path, _) in PAGES {
        let answer = stage.get(&format!("{path}?periodo=tudo")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.text.contains("<script>alert") && !answer.text.contains("\" onload=\""), "{path}");
    }
    let all = stage.get("/?periodo=tudo").await.tile("Receita líquida");
    let of_category = stage.get(&link("/", [("periodo", "tudo"), ("categoria", evil)].into_iter())).await;
    assert_eq!(of_category.tile("Receita líquida"), all, "every product has that category");
    let of_seller = stage.get(&link("/", [("periodo", "tudo"), ("vendedor", evil)].into_iter())).await;
    let sum = number(
        &mut *session,
        "SELECT SUM(valor_total_liquido) FROM fact.FACT_VENDAS WHERE vendedor_id = 2 AND status_pedido <> 'Cancelado'",
    )
    .await;
    assert_eq!(of_seller.tile("Receita líquida"), dw_web::format::money(sum));
}

#[tokio::test]
async fn only_known_hosts_and_reading_methods_are_answered() {
    let stage = Stage::sample().await;
    for host in ["evil.example", "localhost.evil.example", "", "127.0.0.1.nip.io", "[::2]:80", "localhost@evil.example"]
    {
        assert_eq!(stage.ask(Method::GET, "/", host).await.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    for host in ["localhost", "LOCALHOST:8502", "127.0.0.1:1", "[::1]:8502"] {
        assert_eq!(stage.ask(Method::GET, "/", host).await.status, StatusCode::OK, "{host}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
        let answer = stage.ask(method.clone(), "/", "localhost").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.headers["allow"], "GET, HEAD");
    }
}

#[tokio::test]
async fn no_path_leaves_the_pages() {
    let stage = Stage::sample().await;
    for path in [
        "/assets/../Cargo.toml",
        "/assets/..%2f..%2fetc%2fpasswd",
        "/../etc/passwd",
        "/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/.env",
        "/assets/app.css",
    ] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_the_headers() {
    let stage = Stage::sample().await;
    for path in ["/", "/nirgends", "/base.csv", "/healthz", "/metrics"] {
        let answer = stage.get(path).await;
        let csp = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(
            csp.starts_with("default-src 'none'") && !csp.contains("unsafe") && csp.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(answer.headers["cross-origin-resource-policy"], "same-origin");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
    let asset = stage.get(dw_web::assets::STYLE.address()).await;
    assert_eq!(asset.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(asset.headers["content-type"], "text/css; charset=utf-8");
}
