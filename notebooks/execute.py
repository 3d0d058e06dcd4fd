"""Run notebooks from top to bottom and keep what they show, without the paths of this machine.

python notebooks/execute.py [NOTEBOOK ...]      default all beside this file
"""

import os
import re
import sys
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).resolve().parent
# what lies in the project is told from its root; runs in temporary folders by their own names
LOCAL = re.compile(rf"{re.escape(str(FOLDER.parent))}/|(/[\w.-]+)+/imgcls-\w+/")
DRAWING, PHOTOGRAPH = 512, 20_000  # colours: a drawing has fewer, a photograph more


def executed(path: Path) -> Any:
    """Return a notebook with the outputs of a fresh run of all its cells.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=1800,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for part in (output, output.get("data", {})):
                texts = {
                    key: LOCAL.sub("", part[key]) for key in part if isinstance(part[key], str)
                }
                part.update(texts)
            if "image/png" in output.get("data", {}):
                output["data"].update(compact(output["data"].pop("image/png")))
    return notebook


def compact(png: str) -> dict[str, str]:
    """Return an image by its type, smaller: one of few colours by a palette, a photo as JPEG."""
    image = Image.open(BytesIO(b64decode(png))).convert("RGB")
    file = BytesIO()
    if image.getcolors(DRAWING):
        image.quantize(256).save(file, "PNG", optimize=True)
        return {"image/png": b64encode(file.getvalue()).decode()}
    if image.getcolors(PHOTOGRAPH):
        return {"image/png": png}
    image.save(file, "JPEG", quality=82, optimize=True)
    return {"image/jpeg": b64encode(file.getvalue()).decode()}


def main(names: list[str]) -> None:
    """Execute notebooks in place.

    Args:
        names: Their paths; default all beside this file.
    """
    os.environ.pop("IMGCLS_FAST", None)  # what is kept is of the kept runs
    for path in map(Path, names) if names else sorted(FOLDER.glob("*.ipynb")):
        notebook = executed(path)
        nbformat.write(notebook, path)
        print(f"{path.name}  {path.stat().st_size / 2**20:.1f} MB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
