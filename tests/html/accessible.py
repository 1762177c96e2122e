# SPDX-License-Identifier: BSD-3-Clause
"""What a page must be for everybody: text that can be read and seen, controls with names and of a size that a finger
hits, nothing wider than the screen, and all of it with the keyboard. And no finding of axe's, where axe-core is:

    AXE_CORE=FILE       axe.js or axe.min.js; else it is looked for where node and Debian put it
"""
import os
import pathlib

TEXT_PX = 11
TARGET_PX = 24

# Colours, as the WCAG compares them: their luminance, and the ratio of two.
COLOURS = """
const channel = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const parsed = (colour) => {
  const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
  return { r, g, b, a };
};
const luminance = ({ r, g, b }) =>
  0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
const ratio = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
// What is behind an element: the nearest colour that hides what is below; a chosen step has a band.
const behind = (element) => {
  const step = element.closest(".step.chosen");
  if (step !== null) return parsed(getComputedStyle(step.querySelector(".band")).fill);
  for (let at = element; at !== null; at = at.parentElement) {
    const colour = parsed(getComputedStyle(at).backgroundColor);
    if (colour.a === 1) return colour;
  }
  return parsed("rgb(255, 255, 255)");
};
const seen = (element) => element.checkVisibility({ visibilityProperty: true }) &&
  element.closest(".unseen, [hidden], details:not([open]) > :not(summary)") === null;
const short = (element) => element.outerHTML.slice(0, 100);
"""

# Texts whose contrast is below 4.5 to 1, or 3 to 1 for those that are large; disabled controls are exempt.
FAINT_TEXTS = "(() => {" + COLOURS + """
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    const field = element.matches("input, textarea, select");
    if (!(own || field) || element.matches("script, style, title, :disabled") || !seen(element)) continue;
    const style = getComputedStyle(element);
    const drawn = element instanceof SVGElement;
    const colours = [parsed(drawn ? style.fill : style.color)];
    if (element.placeholder) colours.push(parsed(getComputedStyle(element, "::placeholder").color));
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    for (const colour of colours)
      if (ratio(colour, behind(element)) < (large ? 3 : 4.5)) faint.push(short(element));
  }
  return faint;
})()"""

# Lines and marks of the ladder, and the edges of controls, whose contrast is below 3 to 1.
FAINT_LINES = "(() => {" + COLOURS + """
  const faint = [];
  for (const element of document.querySelectorAll(".life, .gap-life, .arrow, .head, .stop, .mark, .cross, .look, .looked")) {
    const style = getComputedStyle(element);
    const colour = style.stroke === "none" ? style.fill : style.stroke;
    if (seen(element) && ratio(parsed(colour), behind(element)) < 3) faint.push(short(element));
  }
  for (const element of document.querySelectorAll("button, select, textarea, input:not([type=checkbox], [type=radio])"))
    if (seen(element) && !element.disabled &&
        ratio(parsed(getComputedStyle(element).borderTopColor), behind(element.parentElement)) < 3)
      faint.push(short(element));
  return faint;
})()"""

SMALL_TEXTS = "(() => {" + COLOURS + f"""
  return [...document.querySelectorAll("body *")].filter((element) => seen(element) &&
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "") &&
    !element.matches("script, style, title") &&
    parseFloat(getComputedStyle(element).fontSize) * (element.getScreenCTM?.()?.a || 1) < {TEXT_PX}).map(short);
""" + "})()"

# A label is pressed, too, for the control in it.
SMALL_TARGETS = "(() => {" + COLOURS + f"""
  return [...document.querySelectorAll("button, select, input, textarea, summary, .event, .step .band")].filter((element) => {{
    if (!seen(element)) return false;
    const boxes = [element, element.closest("label")].filter((one) => one !== null).map((one) => one.getBoundingClientRect());
    return !boxes.some((box) => box.width >= {TARGET_PX} && box.height >= {TARGET_PX});
  }}).map(short);
""" + "})()"

TOO_WIDE = """[...document.querySelectorAll("body *")].filter((element) => {
  if (element.closest(".unseen, pre, .packet") !== null) return false; // these scroll, or are cut, by themselves
  return element.getBoundingClientRect().right > innerWidth + 1;
}).map((element) => element.outerHTML.slice(0, 100)).concat(
  document.scrollingElement.scrollWidth > innerWidth ? ["the page"] : [])"""

# Of choices that belong together one: that which is chosen, or the first.
FOCUSABLE = """[...document.querySelectorAll("a[href], button, select, input, textarea, summary, [tabindex='0']")].filter((element) =>
  !element.disabled && element.tabIndex >= 0 && element.checkVisibility() &&
  (element.type !== "radio" || element === (element.form.querySelector("[type=radio]:checked") ?? element.form.querySelector("[type=radio]"))))"""

# Whether who has the focus is seen to have it, and is on the screen.
FOCUS = """(() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    name: element.id || element.getAttribute("aria-label") || element.textContent.trim().slice(0, 40),
    marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
})()"""

AXE_RUN = """axe.run(document, { resultTypes: ["violations"] }).then((result) =>
  result.violations.map((found) => `${found.id}: ${found.help}: ${found.nodes.map((node) => node.html.slice(0, 100)).join(" ")}`))"""


def axe_core():
    """axe's text; None where it is not."""
    places = [os.environ.get("AXE_CORE")]
    for folder in ("node_modules", "/usr/share/nodejs", "/usr/share/javascript", "/usr/local/lib/node_modules",
                   "/usr/lib/node_modules", *os.environ.get("NODE_PATH", "").split(":")):
        places += [f"{folder}/axe-core/axe.min.js", f"{folder}/axe-core/axe.js"]
    for place in places:
        if place and pathlib.Path(place).is_file():
            return pathlib.Path(place).read_text()
    return None


AXE = axe_core()


def names(browser):
    """Controls that have no name for assistive technology."""
    nameless = []
    for node in browser.call("Accessibility.getFullAXTree")["nodes"]:
        focusable = any(one["name"] == "focusable" for one in node.get("properties", []))
        role = node.get("role", {}).get("value")
        if focusable and not node.get("ignored") and role != "RootWebArea" and not node.get("name", {}).get("value"):
            nameless.append(role)
    return nameless


def check(checks, what):
    """All but the keyboard, of what is on the screen now."""
    browser = checks.browser
    checks.expect(browser.evaluate(FAINT_TEXTS), [], f"{what}: texts that are too faint")
    checks.expect(browser.evaluate(FAINT_LINES), [], f"{what}: lines that are too faint")
    checks.expect(browser.evaluate(SMALL_TEXTS), [], f"{what}: texts that are too small")
    checks.expect(browser.evaluate(SMALL_TARGETS), [], f"{what}: targets that are too small")
    checks.expect(browser.evaluate(TOO_WIDE), [], f"{what}: what is wider than the screen")
    checks.expect(names(browser), [], f"{what}: controls without a name")
    if AXE is not None:
        browser.evaluate(AXE + "; 0")
        checks.expect(browser.evaluate(AXE_RUN), [], f"{what}: axe's findings")


def check_both_themes(checks, what):
    for scheme in ("light", "dark"):
        checks.browser.media(scheme)
        checks.browser.settles("document.documentElement.dataset.theme", scheme)
        check(checks, f"{what}, {scheme}")


def walk(checks, what):
    """Tab from the beginning to the end: all that can have the focus gets it, in the order of the page, and is seen to
    have it. Leaves the focus at the end."""
    browser = checks.browser
    count = browser.evaluate(f"window.focusable = {FOCUSABLE}; focusable.length")
    browser.evaluate("document.activeElement.blur(); getSelection().removeAllRanges();"
                     "document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')")
    for i in range(count):
        browser.press("Tab")
        focus = browser.evaluate(FOCUS)
        checks.expect(browser.evaluate(f"document.activeElement === focusable[{i}]"), True,
                      f"{what}: Tab {i + 1} leads to " + browser.evaluate(f"focusable[{i}].outerHTML.slice(0, 120)")
                      + f" and not to {focus['name']}")
        checks.expect([focus["marked"], focus["seen"]], [True, True], f"{what}: the focus at {focus['name']} is seen")
    return count


def say():
    print("axe-core was asked, too" if AXE is not None else
          "there is no axe-core here (AXE_CORE=FILE): its findings were not asked for")
