# SPDX-License-Identifier: BSD-3-Clause
"""A headless Chromium, driven by its DevTools protocol over a pipe."""
import atexit
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--remote-debugging-pipe"]
PATIENCE_S = 60


def find():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    return None


def _high(descriptor):
    """The same pipe's end under a number that is neither 3 nor 4."""
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10)
    os.close(descriptor)
    return high


class Browser:
    """One page in one browser. Whatever the page complains of is in `complaints`, and what it asks
    for beyond its own file in `requests`."""

    def __init__(self, path):
        self.profile = tempfile.mkdtemp(prefix="lo0sim-chromium-")
        # Again at the end: a process of the browser can write into it while it goes, or none has started.
        atexit.register(shutil.rmtree, self.profile, ignore_errors=True)
        to_read, to_write = (_high(fd) for fd in os.pipe())
        self.read, self.write = None, to_write
        back_read, back_write = (_high(fd) for fd in os.pipe())
        self.read = back_read

        def child():
            os.dup2(to_read, 3)
            os.dup2(back_write, 4)

        self.process = subprocess.Popen(
            [path, *OPTIONS, f"--user-data-dir={self.profile}", "about:blank"],
            env={**os.environ, "HOME": self.profile},  # where it writes, beside its profile
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=child)
        os.close(to_read)
        os.close(back_write)
        self.buffer = b""
        self.number = 0
        self.session = None
        self.complaints, self.requests, self.loaded = [], [], False
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(t for t in targets if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"],
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(domain + ".enable")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (OSError, RuntimeError):
            self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.read)
        os.close(self.write)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _message(self, until):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.read], [], [], max(0, until - time.monotonic()))
            part = os.read(self.read, 1 << 16) if ready else b""
            if not part:
                raise RuntimeError("the browser does not answer")
            self.buffer += part
        text, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(text)

    def _note(self, message):
        method, given = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = given["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", str(details)))
        elif method == "Runtime.consoleAPICalled" and given["type"] in ("error", "warning"):
            self.complaints.append(str(given["args"]))
        elif method == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
            self.complaints.append(given["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE_S
        while True:
            answer = self._message(until)
            self._note(answer)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, path):
        self.complaints, self.requests, self.loaded = [], [], False
        self.call("Page.navigate", url=f"file://{path}")
        until = time.monotonic() + PATIENCE_S
        while not self.loaded:
            self._note(self._message(until))

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def settles(self, expression, value):
        """The expression's value, once it is `value`, or when that takes too long."""
        until = time.monotonic() + PATIENCE_S
        while (now := self.evaluate(expression)) != value and time.monotonic() < until:
            time.sleep(0.02)
        return now

    def press(self, key, shift=False, control=False):
        codes = {"Tab": 9, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
                 "End": 35, "Home": 36, "Enter": 13, "PageUp": 33, "PageDown": 34, "Escape": 27, " ": 32,
                 "a": 65, "Backspace": 8}
        event = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key],
                 "modifiers": (8 if shift else 0) + (2 if control else 0)}
        if key in ("Enter", " ") and not control:
            event["text"] = "\r" if key == "Enter" else " "
        if key == "a" and control:
            event["commands"] = ["selectAll"]
        self.call("Input.dispatchKeyEvent", type="keyDown", **event)
        self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text):
        """Types a text where the focus is."""
        for character in text:
            if character == "\n":
                self.press("Enter")
                continue
            self.call("Input.dispatchKeyEvent", type="keyDown", key=character, text=character)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=character)

    def tab_to(self, selector, shift=False):
        """Presses Tab until the focus is at what the selector finds. => Returns whether it came there."""
        for _ in range(80):
            if self.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
                return True
            self.press("Tab", shift)
        return False

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def media(self, scheme="light", media=""):
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path):
        """The whole page, as a PNG."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))

    def spoken(self, role):
        """The names of all elements of a role, as assistive technology is told of them."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [node.get("name", {}).get("value", "") for node in nodes
                if node.get("role", {}).get("value") == role]
