"""Draw the images of README and the docs from a saved run: its report in Chromium, and its t-SNE.

python docs/make_screenshots.py [RUN]      default lightning_logs/fashion_mnist_tiny/version_0
"""

import shutil
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from imgcls import load_run, main, plots
from imgcls.report.feature_map import feature_map

DOCS = Path(__file__).resolve().parent
RUN = DOCS.parent / "lightning_logs" / "fashion_mnist_tiny" / "version_0"
CHROMIUM = ("chromium", "google-chrome")
WIDTH, HEIGHT = 1200, 1100
IDLE = "Bokeh.documents.length && Bokeh.documents.every((each) => each.is_idle)"


def photograph(page: Path, image: Path) -> None:
    """Write the first screen of a report as a PNG.

    Raises:
        SystemExit: No Chromium is installed.
    """
    browser_path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if browser_path is None:
        raise SystemExit(f"a screenshot needs one of {' or '.join(CHROMIUM)}: install it")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        shown.goto(page.as_uri())
        shown.wait_for_function(IDLE)
        shown.screenshot(path=image)
        browser.close()


def shrink(image: Path) -> None:
    """Store a PNG with 256 colours."""
    with Image.open(image) as full:
        full.convert("RGB").quantize(256).save(image, optimize=True)


def draw(folder: Path) -> None:
    """Write ``docs/report.png`` and ``docs/tsne.png`` of a run, which stays as it is."""
    run = load_run(folder)
    with tempfile.TemporaryDirectory() as temporary, chdir(temporary):
        copy = Path("lightning_logs", folder.parent.name, folder.name)
        shutil.copytree(run.folder, copy)
        main(["report", copy])  # shows the path that it is given
        photograph(copy.absolute() / "report.html", DOCS / "report.png")
    found = feature_map(run)
    title = f"{run.result['model']} on {run.result['data']}: t-SNE of the features"
    figure = plots.scatter(
        found.points, found.answers.labels, run.data.classes, title, found.groups or None,
        measures=found.measures,
    )  # fmt: skip
    figure.savefig(DOCS / "tsne.png", dpi=100)
    for name in ("report.png", "tsne.png"):
        shrink(DOCS / name)


if __name__ == "__main__":
    draw(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else RUN)
