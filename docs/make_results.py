"""Copy the results of the saved runs into README's table and into the headers of their configs.

python docs/make_results.py
"""

from pathlib import Path

from imgcls import main as command
from imgcls.comparison.experiments import Experiment, group
from imgcls.comparison.rows import HEADINGS, durations, experiment_row, standard_error
from imgcls.comparison.table import read_runs
from imgcls.files import write_whole

ROOT = Path(__file__).parents[1]
CONFIGS = ROOT / "configs"
MARK = "# Result: "


def headline(experiment: Experiment) -> str:
    """Return one comment line: accuracy, on validation if not tested, seeds, cost and device."""
    split = "test" if experiment.scored("test") else "val"
    row = experiment_row(experiment, split, baseline=None, with_weights=False)
    seeds = row["seeds"].text
    name = {"test": "test set", "val": "validation split, not tested"}[split]
    error = standard_error(experiment, split)
    counted = f"{seeds} seed{'s' * (seeds != '1')}"
    if error is not None:
        counted = f"± standard deviation of {counted}, standard error {error:.2f}"
    costs = [
        f"{time} a run on {device}, {precision}"
        for (device, precision), time in durations(experiment).items()
    ]
    return (
        f"{MARK}{row[HEADINGS[split]].text} on the {name} ({counted}), "
        f"{'; '.join(costs)}; kept in lightning_logs."
    )


def write_header(config: Path, line: str) -> None:
    """Write the line after the first line of a config, replacing an older one."""
    first, *rest = config.read_text().splitlines()
    rest = [each for each in rest if not each.startswith(MARK)]
    write_whole(config, "\n".join([first, line, *rest]) + "\n")


def main() -> None:
    """Read every saved run whose config ships."""
    folders = sorted((ROOT / "lightning_logs").glob("*/version_*"))
    kept = [folder for folder in folders if (CONFIGS / f"{folder.parent.name}.yaml").is_file()]
    command(["compare", *map(str, kept), "--write", str(ROOT / "README.md")])
    for experiment in group(read_runs(kept)):
        write_header(CONFIGS / f"{experiment.name}.yaml", headline(experiment))


if __name__ == "__main__":
    main()
