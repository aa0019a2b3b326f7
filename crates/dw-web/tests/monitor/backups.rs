//! The page about backups: its figures are those of independent queries, whatever the filter, and its colours those of the rules.

use axum::http::StatusCode;
use dw_audit::backups::{BackupStatus, store};
use dw_core::time;
use dw_web::format;

use crate::stage::{Stage, backup, drill, light, number, record};

/// Rows of the table with that name.
fn rows(text: &str, table: &str) -> usize {
    let table = text.split_once(&format!("aria-label=\"{table}\"")).map_or("", |(_, rest)| rest);
    let body = table.split_once("<tbody>").map_or("", |(_, rest)| rest);
    body.split_once("</tbody>").map_or("", |(rows, _)| rows).matches("<tr>").count()
}

#[tokio::test]
async fn each_filter_gives_what_an_independent_query_gives() {
    let stage = Stage::lived().await;
    let mut dw = stage.dw().await;
    let good = "status = 'verified' AND deleted_at IS NULL";
    for (query, condition) in [
        ("", "1 = 1"),
        ("base=DW_ECOMMERCE", "database_name = 'DW_ECOMMERCE'"),
        ("situacao=guardados", good),
        ("situacao=falhas&base=DW_ECOMMERCE", "status = 'failed' AND database_name = 'DW_ECOMMERCE'"),
        ("situacao=falhas&base=ECOMMERCE_OLTP", "1 = 0"),
        ("situacao=apagados", "deleted_at IS NOT NULL"),
        ("tipo=full&dias=90", "backup_type = 'full'"),
        ("tipo=diff", "1 = 0"),
        // What is older than the history and still there is listed with it.
        ("dias=7", &format!("started_at >= {} OR ({good})", time::now() - 7 * 86_400)),
    ] {
        let total = number(&mut *dw, &format!("SELECT COUNT(*) FROM audit.backup_run WHERE {condition}")).await;
        let text = stage.get(&format!("/backups?{query}")).await.text;
        let word = if total == 1 { "backup" } else { "backups" };
        assert!(text.contains(&format!("<h2>Histórico: {total} {word}</h2>")), "{query}: {total}");
        assert_eq!(rows(&text, "Histórico de backups"), usize::try_from(total).unwrap(), "{query}");
    }
    let text = stage.get("/backups").await.text;
    let kept = number(&mut *dw, &format!("SELECT SUM(size_bytes) FROM audit.backup_run WHERE {good}")).await;
    assert_eq!(light(&text, "Guardados"), format::bytes(kept));
    assert_eq!(rows(&text, "Ensaios de restauração"), 3);
    assert_eq!(rows(&stage.get("/backups?base=ECOMMERCE_OLTP").await.text, "Ensaios de restauração"), 1);
    for (name, value) in [("RPO agora", "2 h"), ("RTO medido", "1 min 35 s"), ("Último ensaio", "há 1 d 6 h")] {
        assert_eq!(light(&text, name), value, "{name}");
    }
    // The settings of the stage: a day, two weeks.
    for piece in [
        "em 22 h",
        "completo, a cada 24 h",
        "<code>/backups</code>",
        "tudo o que tem até 14 dias",
        "4 s",
        "80,0 %",
        "na etapa <code>copy</code>",
    ] {
        assert!(text.contains(piece), "{piece}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_colour_and_the_summary_agrees() {
    let stage = Stage::empty().await;
    let (mut dw, now) = (stage.dw().await, time::now());
    let page = async || stage.get("/backups").await.text;
    let sign = |text: &str, name: &str| {
        let head = text.split_once(&format!("<dt>{name} ")).unwrap().1.split_once("</dt>").unwrap().0.to_owned();
        head.split_once("badge m-").unwrap().1.split_once('"').unwrap().0.to_owned()
    };
    let text = page().await;
    assert_eq!([sign(&text, "RPO agora"), sign(&text, "RTO medido")], ["quiet", "quiet"], "nobody has begun");

    // 26 hours are promised: the older one of two databases counts.
    let made = vec![
        backup("DW_ECOMMERCE", now, 27, BackupStatus::Verified),
        backup("ECOMMERCE_OLTP", now, 1, BackupStatus::Verified),
    ];
    record(&mut *dw, made, &[]).await;
    let text = page().await;
    assert_eq!([sign(&text, "RPO agora"), light(&text, "RPO agora")], ["warn", "1 d 3 h"]);
    assert_eq!(light(&stage.get("/").await.text, "Backup verificado"), "há 1 d 3 h");
    assert!(text.contains("mais que 1 d 2 h"), "{text}");
    assert_eq!([sign(&text, "Próximo"), light(&text, "Próximo")], ["warn", "há 3 h"]);

    assert_eq!(text.matches("Acima do prometido").count(), 1, "27 hours are more than 26");

    let failed = vec![backup("DW_ECOMMERCE", now, 0, BackupStatus::Failed)];
    record(&mut *dw, failed, &[drill("DW_ECOMMERCE", now, 2, true), drill("ECOMMERCE_OLTP", now, 2, false)]).await;
    let text = page().await;
    for (name, colour) in [("Último backup", "bad"), ("Último ensaio", "bad"), ("RTO medido", "quiet")] {
        assert_eq!(sign(&text, name), colour, "{name}");
    }
    for piece in ["Em risco", "Sem prova", "o disco está cheio", "uma tabela tem outras linhas"] {
        assert!(text.contains(piece), "{piece}");
    }

    // A backup that goes on is seen, and hides no failure; a view of one database judges it alone.
    record(&mut *dw, vec![backup("ECOMMERCE_OLTP", now, 0, BackupStatus::Running)], &[]).await;
    assert_eq!(sign(&page().await, "Último backup"), "bad");
    let one = stage.get("/backups?base=ECOMMERCE_OLTP").await.text;
    assert_eq!([sign(&one, "Último backup"), sign(&one, "RPO agora")], ["running", "good"]);
    assert!(one.contains("Em andamento") && !one.contains("o disco está cheio"));
}

#[tokio::test]
async fn a_long_history_has_pages_and_is_read_in_part() {
    let stage = Stage::empty().await;
    let (mut dw, now) = (stage.dw().await, time::now());
    let mut logs: Vec<_> =
        (0..120).map(|hour| backup("ECOMMERCE_OLTP", now, hour + 1, BackupStatus::Verified)).collect();
    for log in &mut logs {
        log.kind = "log".to_owned();
    }
    record(&mut *dw, logs, &[]).await;
    let text = stage.get("/backups?tipo=log").await.text;
    assert!(text.contains("<h2>Histórico: 120 backups</h2>") && text.contains("Página 1 de 3"));
    assert_eq!(rows(&text, "Histórico de backups"), 50);
    let last = stage.get("/backups?tipo=log&pagina=3").await.text;
    assert_eq!(rows(&last, "Histórico de backups"), 20);
    assert!(last.contains("/backups?tipo=log&amp;pagina=2"), "filters go along");
    let beyond = stage.get("/backups?pagina=99").await;
    assert_eq!(beyond.status, StatusCode::OK);
    assert!(beyond.text.contains("Anterior"), "there is a way back");
    // The widest time between two of them: an hour, and the three seconds until the next one was written.
    assert!(text.contains("1 h <span class=\"before\">entre dois"), "{text}");
    assert_eq!(store::newest_backups(&mut *dw, 0, 7).await.unwrap().len(), 7);
}
