"""Studies in a browser: a server of its own process, and a rater who sees and hears a page."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Response, expect

SERVE = "from listening_app.commands.group import study; study()"

METER = """
const connect = AudioNode.prototype.connect;
const taps = new Map();
window.meter = { seconds: 0, left: 0, right: 0, decoded: 0 };
AudioNode.prototype.connect = function (target, ...rest) {
  const { context } = this;
  if (target instanceof AudioDestinationNode && context instanceof AudioContext) {
    if (!taps.has(context)) {
      const tap = new GainNode(context, { channelCount: 2, channelCountMode: "explicit" });
      const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
      connect.call(tap, splitter);
      const ears = [0, 1].map((channel) => {
        const ear = new AnalyserNode(context, { fftSize: 1024 });
        connect.call(splitter, ear, channel);
        return ear;
      });
      taps.set(context, tap);
      let before = context.currentTime;
      setInterval(() => {
        const samples = new Float32Array(1024);
        const [left, right] = ears.map((ear) => {
          ear.getFloatTimeDomainData(samples);
          return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / 1024);
        });
        const now = context.currentTime;
        if (Math.max(left, right) > 1e-4) window.meter.seconds += now - before;
        window.meter.left = Math.max(window.meter.left, left);
        window.meter.right = Math.max(window.meter.right, right);
        before = now;
      }, 10);
    }
    connect.call(this, taps.get(context));
  }
  return connect.call(this, target, ...rest);
};
const decode = AudioContext.prototype.decodeAudioData;
BaseAudioContext.prototype.decodeAudioData = function (...given) {
  window.meter.decoded += 1;
  return decode.apply(this, given);
};
"""
"""Measures what goes to the loudspeakers: seconds with sound, and each ear's highest level."""


class Server:
    """`sing-eval study serve` as its own process, at a port that stays the same."""

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        self.folder = folder
        self.database = ["--database-url", database_url] if database_url else []
        self.port = 0
        self.password = ""
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        command = [sys.executable, "-c", SERVE, "serve", str(self.folder)]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--unlimited", *self.database],
            stdout=subprocess.PIPE,
            text=True,
        )
        for line in self.process.stdout:
            if "password" in line:
                self.password = line.split()[-1]
            if found := re.search(r"at http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
                return
        raise AssertionError(f"the server did not start: {self.process.wait()}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Visit:
    """A rater's browser window on a study."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.sent: list[dict] = []
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if response.url.endswith("/api/answers") and response.status == 200:
            self.sent.append(json.loads(response.request.post_data))

    def open(self, query: str = "?rater=anna") -> "Visit":
        self.page.goto(self.address + query)
        return self

    def agree(self) -> "Visit":
        self.page.get_by_role("button", name="I agree, begin").click()
        return self

    def check_sound(self) -> "Visit":
        self.page.get_by_role("button", name="Play the sound").click()
        self.page.get_by_label("Headphones (over or on the ears)").check()
        self.page.get_by_role("button", name="I hear it well in both ears").click()
        return self

    def go(self) -> "Visit":
        """Past a page between the trials."""
        self.page.locator("[data-do=go]").click()
        return self

    def to_trials(self) -> "Visit":
        return self.open().agree().check_sound().go()

    @property
    def slots(self):
        return self.page.locator(".slot")

    @property
    def label(self) -> str:
        return self.page.locator("#progress-label").inner_text()

    def hear(self) -> None:
        """Play every sound until all is heard that has to be."""
        expect(self.slots.first).to_be_enabled()
        for slot in self.slots.all():
            slot.click()
            expect(slot.get_by_text("heard", exact=True)).to_be_attached()

    def answer(self, choice: int = 1) -> None:
        expect(self.page.locator(".answer")).to_have_js_property("disabled", False)
        self.page.locator(".answer .option").nth(choice).click()
        self.page.get_by_role("button", name="Next").click()

    def take(self, choice: int = 1) -> None:
        """A whole trial: hear everything, then answer."""
        self.hear()
        self.answer(choice)

    def evaluate_until(self, script: str, is_right: Callable[[object], bool]) -> object:
        """The script's value once it is right; the page's policy forbids what Playwright has."""
        end = time.monotonic() + 10
        while not is_right(value := self.page.evaluate(script)):
            assert time.monotonic() < end, value
            time.sleep(0.02)
        return value
