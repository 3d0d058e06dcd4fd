"""The page that keeps what the benchmarks print."""

from pathlib import Path

import torch

from imgcls import fill_marks, processor_name, threads_to_set

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def tell(benchmark: str, text: str, write: bool, page: Path = PAGE) -> None:
    """Print what a benchmark measured and, if asked to, put it between its marks in the page."""
    print(text)
    if write:
        fill_marks(page, benchmark, lambda _: f"\n{text}\n")


def machine(threads: int | None = None) -> str:
    """Return what measured: the processor, how many threads, and torch's version."""
    parts = [processor_name()]
    if threads:
        parts.append(f"{threads} thread{'s' * (threads > 1)}")
    return ", ".join([*parts, f"torch {torch.__version__}"])


def usual_threads() -> int:
    """Return as many threads as `imgcls` takes by itself."""
    return threads_to_set(None) or torch.get_num_threads()
