"""The page in a browser: without errors, by keyboard, by pointer, and on a phone."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Request,
    expect,
    sync_playwright,
)

from imgcls import main
from imgcls.data import Digits

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
POINT = """index => {
  const points = find("points");
  const chart = Object.values(Bokeh.index).find(({ model }) =>
    model.renderers?.some((each) => each.data_source === points));
  const box = chart.el.getBoundingClientRect();
  return [box.left + chart.frame.x_scale.compute(points.data.x[index]),
          box.top + chart.frame.y_scale.compute(points.data.y[index])];
}"""
TOOLTIPS = """() => {
  const within = (node) => [node, ...[...node.children, ...(node.shadowRoot?.children ?? [])]
    .flatMap(within)];
  return within(document.body).filter((node) => node.matches(".bk-Tooltip"))
    .flatMap((tip) => [...tip.shadowRoot.children].map((each) => each.textContent)).join(" ");
}"""


@pytest.fixture(scope="module")
def report(_trained_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    logs = shutil.copytree(_trained_once, tmp_path_factory.mktemp("seen") / "lightning_logs")
    run = logs / "digits_cnn" / "version_0"
    main(["report", str(run)])
    return run / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """Return the opened page, which at the end has had no error and requested no other file."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    messages: list[ConsoleMessage] = []
    raised: list[Error] = []
    asked: list[Request] = []
    page.on("console", lambda each: messages.append(each))
    page.on("pageerror", lambda each: raised.append(each))
    page.on("request", lambda each: asked.append(each))
    page.goto(report.as_uri())
    page.wait_for_function(
        "Bokeh.documents.length && Bokeh.documents.every((each) => each.is_idle)"
    )
    yield page
    page.close()
    assert [each.text for each in messages if each.type in ("error", "warning")] == []
    assert raised == []
    own = ("file:", "data:", "blob:")
    assert [each.url for each in asked if not each.url.startswith(own)] == []


def test_a_heading_sorts_its_column_both_ways(page: Page) -> None:
    table = page.locator("table[data-sorts]")
    heading = table.locator("th button", has_text="recall")
    for sign in (1, -1):
        heading.press("Enter")
        cells = table.locator("tbody td:nth-child(3)").all_inner_texts()
        recalls = [sign * float(cell.rstrip(" %")) for cell in cells]
        assert recalls == sorted(recalls)


def test_the_arrow_keys_step_through_the_images_class_by_class(page: Page) -> None:
    labels = np.sort(Digits().val_images.labels.numpy())
    slider, shown = page.locator("[data-step]"), page.locator("[data-shown]")
    assert shown.is_hidden()
    slider.press("ArrowRight")
    assert shown.inner_text().startswith("0: ")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"0, .* with .* %"))
    ring, point = page.evaluate(
        "() => { const [all, { data }] = [find('points').data, find('ring')]; "
        "return [[data.x[0], data.y[0]], [all.x[steps[0]], all.y[steps[0]]]]; }"
    )
    assert ring == point
    shown_texts = []
    for _ in range(int((labels == 0).sum())):
        slider.press("ArrowRight")
        shown_texts.append(shown.inner_text()[:3])
    assert shown_texts == [*["0: "] * (len(shown_texts) - 1), "1: "]
    slider.press("Home")
    assert shown.is_hidden()


def test_the_slider_steps_through_the_classes_selected_in_the_legend(page: Page) -> None:
    page.locator("[data-legend] button", has_text="7").press("Space")
    slider = page.locator("[data-step]")
    count = int((Digits().val_images.labels == 7).sum())
    assert slider.get_attribute("max") == str(count)
    slider.press("End")
    assert page.locator("[data-shown]").inner_text().startswith("7: ")


def test_pointing_at_a_point_shows_its_image_and_label(page: Page) -> None:
    page.locator("[data-chart=features]").scroll_into_view_if_needed()
    x, y = page.evaluate(POINT, 3)
    page.mouse.move(x - 5, y)
    page.mouse.move(x, y)
    page.wait_for_timeout(300)
    assert "%" in page.evaluate(TOOLTIPS)


def test_nothing_is_wider_than_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    for box in page.locator(".wide").all():
        assert box.evaluate("each => each.getBoundingClientRect().right <= innerWidth")
