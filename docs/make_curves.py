"""Draw the curves that docs/results.md shows from a saved run.

python docs/make_curves.py lightning_logs/cifar100_resnet/version_1
"""

import sys
from pathlib import Path

from imgcls.plots import curves
from imgcls.runs.run import Run


def main(run: Path) -> None:
    """Write ``docs/curves.svg`` of a run."""
    result = Run(run).result
    title = f"{result['model']} on {result['data']}"
    if "test" in result:
        title += f": {result['test']['accuracy']:.1%} on test"
    title += f", {result['train_seconds'] / 60:.0f} minutes on {result['device']}"
    curves(Run(run).curves, title).savefig(Path(__file__).parent / "curves.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
