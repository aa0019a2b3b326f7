//! Drives Chromium over the DevTools protocol: one page, blocking calls.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Browser {
    process: Child,
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    session: String,
    next: u64,
    events: Vec<Value>,
    may_fail: bool,
    _profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

impl Browser {
    /// Starts a browser with a profile of its own and an empty page.
    pub fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new(option_env!("DW_CHROMIUM").unwrap_or("chromium"))
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--disable-extensions",
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                "about:blank",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .find_map(|line| line.unwrap().strip_prefix("DevTools listening on ").map(str::to_owned))
            .unwrap();
        // What it says further is read, or it would wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let (socket, _) = tungstenite::connect(&address).unwrap();
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        let mut browser = Self {
            process,
            socket,
            session: String::new(),
            next: 0,
            events: Vec::new(),
            may_fail: false,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", &json!({ "targetId": target, "flatten": true }));
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser
    }

    /// The size of the page.
    pub fn size(&mut self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Answers with an error status are expected: a page says that there is no database.
    pub fn allow_failures(&mut self) {
        self.may_fail = true;
    }

    pub fn without_scripts(&mut self) {
        self.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    }

    /// Opens an address and waits until the page is there.
    pub fn open(&mut self, url: &str) {
        self.events.retain(|event| event["method"] != "Page.loadEventFired");
        self.call("Page.navigate", &json!({ "url": url }));
        let until = Instant::now() + PATIENCE;
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            assert!(Instant::now() < until, "{url} does not load");
            self.receive();
        }
    }

    /// The value of an expression.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let answer = self.call("Runtime.evaluate", &json!({ "expression": expression, "returnByValue": true }));
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn wait_for(&mut self, expression: &str, time: Duration) {
        let until = Instant::now() + time;
        loop {
            let answer = self.call("Runtime.evaluate", &json!({ "expression": expression, "returnByValue": true }));
            if answer["result"]["value"] == json!(true) && self.is_loaded() {
                return;
            }
            assert!(Instant::now() < until, "never true: {expression}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn is_loaded(&mut self) -> bool {
        self.call("Runtime.evaluate", &json!({ "expression": "document.readyState" }))["result"]["value"]
            == json!("complete")
    }

    /// Presses a key and lets it go.
    pub fn press(&mut self, key: &str) {
        let (code, number, text) = match key {
            "Tab" => ("Tab", 9, None),
            "Enter" => ("Enter", 13, Some("\r")),
            " " => ("Space", 32, Some(" ")),
            "ArrowRight" => ("ArrowRight", 39, None),
            other => panic!("no such key: {other}"),
        };
        let kind = if text.is_some() { "keyDown" } else { "rawKeyDown" };
        let mut down = json!({ "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number });
        if let Some(text) = text {
            down["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", &down);
        self.call(
            "Input.dispatchKeyEvent",
            &json!({ "type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": number }),
        );
    }

    /// The document as it stands.
    pub fn source(&mut self) -> String {
        let root = self.call("DOM.getDocument", &json!({}))["root"]["nodeId"].clone();
        self.call("DOM.getOuterHTML", &json!({ "nodeId": root }))["outerHTML"].as_str().unwrap().to_owned()
    }

    /// Errors of scripts and of the console since the last call, and requests to another host.
    pub fn complaints(&mut self, base: &str) -> Vec<String> {
        let events = std::mem::take(&mut self.events);
        events.iter().filter_map(|event| self.complaint(event, base)).collect()
    }

    fn complaint(&self, event: &Value, base: &str) -> Option<String> {
        let params = &event["params"];
        match event["method"].as_str()? {
            "Runtime.exceptionThrown" => Some(params.to_string()),
            "Runtime.consoleAPICalled" if params["type"] == "error" => Some(params.to_string()),
            "Log.entryAdded" if params["entry"]["level"] == "error" => {
                let text = params["entry"]["text"].as_str().unwrap_or_default();
                let is_status = text.contains("status of 503") && self.may_fail || text.contains("status of 404");
                (!is_status).then(|| params["entry"].to_string())
            }
            "Network.requestWillBeSent" => {
                let url = params["request"]["url"].as_str()?;
                (!url.starts_with(base) && !url.starts_with("data:") && url != "about:blank")
                    .then(|| format!("asks {url}"))
            }
            _ => None,
        }
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.socket.send(Message::text(message.to_string())).unwrap();
        loop {
            if let Some(answer) = self.receive().filter(|answer| answer["id"] == json!(id)) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
        }
    }

    /// Reads one message; an event is kept, an answer returned.
    fn receive(&mut self) -> Option<Value> {
        let message: Value = serde_json::from_str(self.socket.read().unwrap().to_text().unwrap()).unwrap();
        if message["id"].is_null() {
            self.events.push(message);
            return None;
        }
        Some(message)
    }
}
