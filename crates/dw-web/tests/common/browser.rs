//! What every dashboard is looked at for in a browser.

use axum::Router;
use serde_json::json;
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
