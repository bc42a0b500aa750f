"""A real browser without a window, driven by the DevTools protocol over a pair of pipes (no port, no driver program)."""

import base64
import json
import os
import shutil
import subprocess

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Seconds after which a browser that doesn't answer has failed the test.
PATIENCE = 60


class BrowserError(Exception):
    pass


class Browser:
    """One page. Mouse and keyboard events are the browser's own, as if a person had caused them."""

    def __init__(self, profile_directory, width=1280, height=900, dark=False):
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        arguments = [
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={profile_directory}", f"--window-size={width},{height}", "--remote-debugging-pipe", "about:blank",
        ]

        def place_pipes():
            # The browser reads its commands from 3 and answers on 4.
            low, high = os.dup(commands), os.dup(answers)
            low, high = os.dup2(low, 100), os.dup2(high, 101)
            os.dup2(low, 3)
            os.dup2(high, 4)

        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
            preexec_fn=place_pipes)
        os.close(commands)
        os.close(answers)
        self.last_id, self.buffer, self.session = 0, b"", None
        self.requests, self.errors = [], []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.commands)
        os.close(self.answers)

    # The protocol

    def send(self, method, **parameters):
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.commands, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.last_id:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                return answer["result"]
            self.note(answer)

    def receive(self):
        import select

        while b"\0" not in self.buffer:
            if not select.select([self.answers], [], [], PATIENCE)[0]:
                raise BrowserError("the browser does not answer")
            piece = os.read(self.answers, 1 << 20)
            if not piece:
                raise BrowserError("the browser has ended")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def note(self, event):
        parameters = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        if event.get("method") == "Runtime.exceptionThrown":
            self.errors.append(parameters["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        if event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(parameters["entry"]["text"])

    # What a person does

    def open(self, path):
        """Opens a profile's page and waits until it is drawn."""
        self.requests, self.errors = [], []
        self.send("Page.navigate", url=f"file://{path}")
        self.run("""new Promise((done) => {
            const look = () => document.body?.dataset.ready ? done(true) : setTimeout(look, 10);
            look();
        })""")

    def run(self, expression):
        """The value of a JavaScript expression in the page; promises are waited for."""
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise BrowserError(result["exceptionDetails"]["exception"].get("description", expression))
        return result["result"].get("value")

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)}).textContent")

    def move(self, x, y):
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, x, y):
        self.drag(x, y, x, y)

    def drag(self, x, y, to_x, to_y):
        self.move(x, y)
        self.send("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, button="left", clickCount=1)
        for step in range(1, 5):
            if (x, y) != (to_x, to_y):
                point = {"x": x + (to_x - x) * step / 4, "y": y + (to_y - y) * step / 4}
                self.send("Input.dispatchMouseEvent", type="mouseMoved", button="left", buttons=1, **point)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", x=to_x, y=to_y, button="left", clickCount=1)

    def press(self, key):
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    def type(self, text):
        self.send("Input.insertText", text=text)

    def click_on(self, selector):
        box = self.run(f"(({{x, y, width, height}}) => ({{x, y, width, height}}))"
                       f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())")
        self.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def choose(self, selector, value):
        self.run(f"""(() => {{
            const select = document.querySelector({json.dumps(selector)});
            const option = [...select.options].find(({{ value, text }}) =>
                value === {json.dumps(value)} || text.startsWith({json.dumps(value)}));
            select.value = option.value;
            select.dispatchEvent(new Event("change"));
        }})()""")

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))
