"""The page with the results of the benchmarks."""

from pathlib import Path

import torch

from imgcls import fill_marks, processor_name, threads_to_set

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def publish(benchmark: str, text: str, write: bool, page: Path = PAGE) -> None:
    """Print the result of a benchmark and, if requested, write it between its marks in the page."""
    print(text)
    if write:
        fill_marks(page, benchmark, lambda _: f"\n{text}\n")


def machine(threads: int | None = None) -> str:
    """Return processor, number of threads and torch's version."""
    parts = [processor_name()]
    if threads:
        parts.append(f"{threads} thread{'s' * (threads > 1)}")
    return ", ".join([*parts, f"torch {torch.__version__}"])


def usual_threads() -> int:
    """Return the default number of threads of `imgcls`."""
    return threads_to_set(None) or torch.get_num_threads()
