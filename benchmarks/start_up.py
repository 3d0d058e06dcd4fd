"""Seconds from a command to its output, or to the first step of its training.

python benchmarks/start_up.py [--repeats 5] [--write]

Each measurement is a separate process. The first one, which fills the caches of files and bytecode,
does not count.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from page import machine, publish

from imgcls import markdown, printed

HERE = Path(__file__).parent
COMMANDS = {
    "imgcls configs": ["configs"],
    "imgcls compare --help": ["compare", "--help"],
    "imgcls fit --help": ["fit", "--help"],
    "imgcls fit --config digits_cnn, to the first step": [
        *("fit", "--config", "digits_cnn", "--trainer.callbacks+=first_step.LeaveAtFirstStep")
    ],
    "import torch, lightning": [],
}


def seconds(arguments: list[str], folder: str) -> float:
    """Return the seconds of a command in an empty working folder."""
    program = ["-m", "imgcls", *arguments] if arguments else ["-c", "import torch, lightning"]
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


def table(repeats: int) -> str:
    """Return a Markdown table with one row per command."""
    rows = []
    for name, arguments in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder:
            times = [seconds(arguments, folder) for _ in range(repeats + 1)][1:]
        rows.append(printed({"command": name}, {"seconds": f"{median(times):.2f}"}))
    return markdown(rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    options = parser.parse_args()
    text = f"{table(options.repeats)}\n\n{machine()}, median of {options.repeats}."
    publish("start_up", text, options.write)


if __name__ == "__main__":
    main()
