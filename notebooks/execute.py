"""Run notebooks from top to bottom and keep what they show, without the paths of this machine.

python notebooks/execute.py [NOTEBOOK ...]      default all beside this file
"""

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent
# what lies in the project is told from its root; runs in temporary folders by their own names
LOCAL = re.compile(
    rf"{re.escape(str(FOLDER.parent))}/|{re.escape(tempfile.gettempdir())}/imgcls-\w+/"
)


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
    return notebook


def main(names: list[str]) -> None:
    """Execute notebooks in place.

    Args:
        names: Their paths; default all beside this file.
    """
    for path in map(Path, names) if names else sorted(FOLDER.glob("*.ipynb")):
        notebook = executed(path)
        nbformat.write(notebook, path)
        print(f"{path.name}  {path.stat().st_size / 2**20:.1f} MB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
