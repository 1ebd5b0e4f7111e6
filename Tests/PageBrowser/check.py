"""Uses the live page in a real browser, as a person would.

Usage: check.py URL KEY DRAFT [FOLDER], of a coordinator with an API key, a target started with --exact, and a draft
whose process is DRAFT; it is killed on the way. Pictures go to FOLDER. Ends with 0 and a line when all is well.
"""

import os
import shutil
import signal
import sys
import time

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

URL, KEY, DRAFT = sys.argv[1], sys.argv[2], int(sys.argv[3])
FOLDER = sys.argv[4] if len(sys.argv) > 4 else None
HOSTILE = "# <img src=x onerror=window.hacked=1><script>window.hacked=1</script>\nimport "


def open_browser():
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome")
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1400,1000"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))


browser = open_browser()


def one(name):
    return browser.find_element(By.ID, name)


def text(name):
    return one(name).text


def wait(what, condition, seconds=60):
    def holds(_):
        return condition()

    said = f"no {what} within {seconds} s; the page says: "
    try:
        return WebDriverWait(browser, seconds, poll_frequency=0.1).until(holds)
    except Exception as error:
        page = browser.find_element(By.TAG_NAME, "body").text
        raise AssertionError(said + page) from error


def put(name, value):
    one(name).clear()
    one(name).send_keys(value)


def is_idle():
    return one("send").is_enabled()


def written():
    return browser.execute_script("return [...document.querySelectorAll('#text .token')].map(one => one.textContent).join('')")


def check_log(*expected):
    """Nothing but what is expected has gone wrong, and above all nothing was blocked."""
    for entry in browser.get_log("browser"):
        assert any(words in entry["message"] for words in expected), entry


def picture(name):
    """The whole page, at both widths, light and dark."""
    if FOLDER is None:
        return
    for width in (400, 1400):
        for scheme in ("light", "dark"):
            media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            size["height"] = browser.execute_script("return document.documentElement.scrollHeight")
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            # The charts are drawn anew once a second.
            time.sleep(1.5)
            browser.save_screenshot(os.path.join(FOLDER, f"{name}-{width}-{scheme}.png"))
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def check_key():
    browser.get(URL)
    wait("question for the key", lambda: "wants an API key" in text("notice"))
    put("key", "wrong" + Keys.TAB)
    wait("word of the wrong key", lambda: "key is wrong" in text("notice"))
    put("key", KEY + Keys.TAB)
    wait("state", lambda: text("connection") == "live" and not one("notice").is_displayed())
    check_log("401 (Unauthorized)")


def check_members():
    targets = wait("target", lambda: text("targets"))
    assert "ready" in targets and "not reachable" not in targets, targets
    wait("draft", lambda: "ready" in text("drafts") and "not reachable" not in text("drafts"))
    assert "0 of" in text("load") and "0 requests waiting" in text("load"), text("load")


def check_origins():
    Select(one("rule")).select_by_visible_text("fixed:4")
    put("tokens", "200")
    put("temperature", "0.8")
    put("seed", "7")
    # Ctrl+Enter sends from wherever one is.
    one("prompt").send_keys(Keys.CONTROL, Keys.ENTER)
    wait("text", lambda: "200 tokens: it reached the limit" in text("ending") and is_idle())
    colours = set()
    for origin in ("plain", "accepted", "recovered", "bonus"):
        tokens = browser.find_elements(By.CSS_SELECTOR, f"#text .token.{origin}")
        assert tokens, f"no token is {origin}"
        # Not by colour alone.
        style = tokens[0].value_of_css_property
        colours.add((style("background-color"), style("border-bottom-style"), style("border-bottom-color")))
    assert len(colours) == 4, colours
    assert float(text("speed")) > 0 and float(text("length")) > 1, (text("speed"), text("length"))
    assert text("acceptance").endswith("%") and "drafted" in text("acceptance-note")
    assert text("first").endswith("s") and int(text("passes")) < 200 and text("count") == "200"


def check_details():
    """Keys go from token to token, and a word tells of each."""
    one("logprobs").click()
    put("tokens", "12")
    one("send").click()
    wait("short text", lambda: "12 tokens" in text("ending") and is_idle())
    one("text").send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    tip = text("tip")
    assert any(tip.startswith(origin + ": ") for origin in ("plain", "accepted", "recovered", "bonus")), tip
    assert "log-probability -" in tip and "other choices: " in tip, tip
    # The same in a chat.
    one("chat").click()
    one("send").click()
    wait("answer", lambda: "tokens: it" in text("ending") and is_idle())
    assert browser.find_elements(By.CSS_SELECTOR, "#text .token")
    one("chat").click()
    one("logprobs").click()


def check_charts():
    """All four have lines that go on."""

    def points():
        return browser.execute_script(
            "return ['rate', 'acceptance', 'lookahead', 'trip'].map(name => Math.max(0, ..."
            "[...document.querySelectorAll(`#chart-${name} polyline`)].map(line => line.points.length)))"
        )

    wait("points in all charts", lambda: min(points()) >= 3)
    wait("measures of the draft", lambda: "%" in text("drafts") and "tokens" in text("drafts"))
    assert "ms (1 row)" in text("targets"), text("targets")


def check_stop():
    put("tokens", "100000")
    one("send").click()
    wait("tokens", lambda: int(text("count")) > 20)
    wait("its slot", lambda: "1 of" in text("load"))
    one("stop").click()
    wait("end", lambda: text("ending").startswith("Stopped after") and is_idle())
    wait("free slot", lambda: "0 of" in text("load"))


def check_hostile_text():
    put("tokens", "24")
    put("prompt", HOSTILE)
    one("send").click()
    wait("text", lambda: "tokens: it" in text("ending") and is_idle())
    assert one("text").get_property("textContent").startswith(HOSTILE)
    assert not browser.find_elements(By.CSS_SELECTOR, "main img, main script")
    assert browser.execute_script("return window.hacked === undefined")


def check_errors():
    check_log()
    one("prompt").clear()
    one("send").click()
    assert "prompt is empty" in text("error") and one("prompt").get_attribute("aria-invalid") == "true"
    put("prompt", "def fibonacci(n):")
    put("temperature", "1000")
    one("send").click()
    wait("word of the server", lambda: "'temperature' is 1000.0" in text("error"))
    put("temperature", "0")
    Select(one("rule")).select_by_value("custom")
    put("custom", "no-rule")
    one("send").click()
    wait("word of the rule", lambda: "no-rule" in text("error"))
    check_log("400 (Bad Request)")


def check_comparison():
    Select(one("rule")).select_by_visible_text("fixed:4")
    put("tokens", "150")
    one("compare").click()
    wait("verdict", lambda: text("verdict")[:1] in ("✓", "✕") and is_idle())
    assert text("verdict").startswith("✓ Identical, all 150 tokens; "), text("verdict")
    assert text("rule-seconds").endswith(" s") and text("off-seconds").endswith(" s")
    assert one("rule-text").get_property("textContent") == one("off-text").get_property("textContent") != ""
    assert not browser.find_elements(By.CSS_SELECTOR, "#off-text .token:not(.plain)")
    check_log()


# Ends the first answer after so many bytes, in the middle of an event, and notes behind what each text is asked for.
BREAK = """
const real = window.fetch;
window.asked = [];
window.fetch = async (path, options) => {
    const response = await real(path, options);
    if (options?.method !== "POST") return response;
    window.asked.push(options.headers["Last-Event-ID"] ?? "");
    if (window.asked.length > 1) return response;
    let left = 5000;
    const cut = new TransformStream({ transform(bytes, next) {
        next.enqueue(bytes.slice(0, left));
        left -= bytes.length;
        if (left <= 0) next.terminate();
    }});
    return new Response(response.body.pipeThrough(cut), response);
};
"""


def check_break():
    """Of a connection that is lost in the middle of a text nothing is seen."""
    one("send").click()
    wait("text", lambda: "150 tokens: it" in text("ending") and is_idle())
    whole = written()
    browser.execute_script(BREAK)
    one("send").click()
    wait("text in two answers", lambda: "150 tokens: it" in text("ending") and is_idle())
    asked = browser.execute_script("return window.asked")
    assert len(asked) == 2 and asked[0] == "" and len(asked[1]) > 40, asked
    assert written() == whole and text("count") == "150", (written(), whole)
    check_log()


def check_loss():
    os.kill(DRAFT, signal.SIGKILL)
    wait("loss of the draft", lambda: "not reachable: " in text("drafts") and "the target writes alone" in text("notice"))
    one("send").click()
    wait("text without a draft", lambda: "150 tokens: it" in text("ending") and is_idle())
    assert not browser.find_elements(By.CSS_SELECTOR, "#text .token:not(.plain)")
    check_log()


def check_policy():
    """Markup that got into the page somehow would stay without effect."""
    browser.execute_script("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked=1\">')")
    wait("word of the policy", lambda: "Content Security Policy" in str(browser.get_log("browser")))
    assert browser.execute_script("return window.hacked === undefined")


begin = time.monotonic()
try:
    for check in (
        check_key, check_members, check_origins, check_details, check_charts, check_stop, check_hostile_text, check_errors,
        check_comparison, check_break,
    ):
        check()
    picture("page")
    check_loss()
    picture("alone")
    check_policy()
finally:
    browser.quit()
version = browser.capabilities["browserVersion"]
print(f"Chromium {version}: all is well after {time.monotonic() - begin:.1f} s")
