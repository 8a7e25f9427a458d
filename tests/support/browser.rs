//! Chromium without a window, driven over the pipe that it has for that: what it shows, how wide, in which colours, and
//! what it prints. It gets no network.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

const CHROMIUM: &str = "/usr/bin/chromium";

/// Commands come in at descriptor 3, and answers go out at 4.
const OVER_ITS_PIPE: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
const FLAGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
];

/// A browser that does not answer for so long hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
pub struct Browser {
    child: Child,
    commands: ChildStdin,
    answers: Receiver<Value>,
    events: Vec<Value>,
    session: Option<String>,
    number: u64,
    _profile: TempDir,
}

impl Browser {
    /// Starts it. None where there is no Chromium.
    pub fn start() -> Option<Self> {
        if !Path::new(CHROMIUM).exists() {
            return None;
        }
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("/bin/sh")
            .args(["-c", OVER_ITS_PIPE, CHROMIUM])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (commands, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let messages = BufReader::new(answers).split(0).map_while(Result::ok);
            let mut values = messages.filter_map(|message| serde_json::from_slice(&message).ok());
            // Whoever has stopped listening needs no more.
            let _ = values.try_for_each(|value: Value| sender.send(value));
        });
        let mut browser = Self {
            child,
            commands,
            answers: receiver,
            events: Vec::new(),
            session: None,
            number: 0,
            _profile: profile,
        };
        browser.attach();
        Some(browser)
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}));
        let attached = json!({"targetId": target["targetId"], "flatten": true});
        let attached = self.call("Target.attachToTarget", attached);
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Log", "Network", "Runtime", "Accessibility"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
        self.call("Emulation.setScrollbarsHidden", json!({"hidden": true}));
    }

    /// Opens a page in a window so wide, for somebody who likes it light or dark.
    pub fn open(&mut self, page: &Path, width: u32, scheme: &str) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", scheme);
        self.events.clear();
        self.call("Page.navigate", json!({"url": format!("file://{}", page.display())}));
        while self.heard("Page.loadEventFired").next().is_none() {
            let event = self.next();
            self.events.push(event);
        }
    }

    /// What the page asked for since it was opened.
    pub fn requests(&self) -> Vec<String> {
        let requests = self.heard("Network.requestWillBeSent");
        requests.map(|event| event["params"]["request"]["url"].to_string()).collect()
    }

    /// What the browser complained of since the page was opened, such as what a policy forbids.
    pub fn complaints(&self) -> Vec<String> {
        self.heard("Log.entryAdded").map(|event| event["params"]["entry"]["text"].to_string()).collect()
    }

    /// What an expression gives in the page. The page itself runs none.
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true});
        self.call("Runtime.evaluate", asked)["result"]["value"].clone()
    }

    /// The roles that a screen reader is told of, each as often as it is there.
    pub fn roles(&mut self) -> Vec<String> {
        let tree = self.call("Accessibility.getFullAXTree", json!({}));
        let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
        let shown = nodes.iter().filter(|node| node["ignored"] != json!(true));
        shown.filter_map(|node| node["role"]["value"].as_str().map(str::to_owned)).collect()
    }

    /// A picture of the page from its top, as PNG. Of a very long page it leaves out the end, which browsers cannot draw.
    pub fn picture(&mut self) -> Vec<u8> {
        let size = self.value("[innerWidth, Math.min(document.documentElement.scrollHeight, 12000)]");
        let clip = json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1});
        decoded(&self.call("Page.captureScreenshot", json!({"captureBeyondViewport": true, "clip": clip})))
    }

    /// The page on paper, as PDF.
    pub fn paper(&mut self) -> Vec<u8> {
        decoded(&self.call("Page.printToPDF", json!({})))
    }

    fn heard<'b>(&'b self, method: &'b str) -> impl Iterator<Item = &'b Value> {
        self.events.iter().filter(move |event| event["method"] == method)
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.commands.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.next();
            if answer["id"] == self.number {
                assert_eq!(answer.get("error"), None, "{method}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    fn next(&self) -> Value {
        self.answers.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("no word of the browser: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn decoded(answer: &Value) -> Vec<u8> {
    aws_smithy_types::base64::decode(answer["data"].as_str().unwrap()).unwrap()
}
