"""Write accuracy and cost of the saved runs of the fast recipes into docs/benchmarks.md.

It also draws docs/speed.svg, their validation accuracy over the minutes of training. Test-time
augmentation needs runs that were tested with --trainer.callbacks+=TestTimeAugmentation.

python docs/make_speed.py
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from matplotlib.figure import Figure

from imgcls.comparison.experiments import Experiment, group
from imgcls.comparison.marked_page import fill_marks
from imgcls.comparison.rows import experiment_row
from imgcls.comparison.table import read_runs
from imgcls.plots.figures import new_figure
from imgcls.runs.find import finished_runs
from imgcls.runs.run import Run
from imgcls.tables import Cell, Row, markdown

ROOT = Path(__file__).parents[1]
FIRST = ("experiment", "test accuracy", "standard error")
LAST = ("seeds", "parameters", "epochs", "time", "device")


def row(experiment: Experiment) -> Row:
    """Return the accuracies, plain and with test-time augmentation, and their cost."""
    cells = experiment_row(experiment, "test", baseline=None, with_weights=False)
    views = [100 * run["test_tta"]["accuracy"] for run in experiment.scored("test_tta")]
    average = mean(views) if views else None
    cost = mean(run["train_petaflops"] for run in experiment.runs)
    rates = [f"{1e6 * cost / seconds:.0f}" for seconds in experiment.seconds().values()]
    return {
        **{column: cells[column] for column in FIRST},
        "test-time augmentation (6 views)": Cell(
            f"{average:.2f} %" if views else "-", {"tta": average}
        ),
        **{column: cells[column] for column in LAST},
        "PFLOP": Cell(f"{cost:.3f}", {"train_petaflops": cost}),
        "GFLOP/s": Cell("; ".join(rates), {}),  # in the order of the devices
    }


def figure(experiments: Sequence[Experiment]) -> Figure:
    """Return validation accuracy over training minutes: a panel per data set, a line per run."""
    data_sets = list(dict.fromkeys(experiment.data for experiment in experiments))
    drawn = new_figure(8, 4, "Validation accuracy over the minutes of training")
    panels = drawn.subplots(1, len(data_sets), squeeze=False)[0]
    for axes, data in zip(panels, data_sets, strict=True):
        axes.set(xlabel="minutes", ylabel="accuracy (%)", title=data)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.3)
        for number, experiment in enumerate(each for each in experiments if each.data == data):
            for run in experiment.runs:
                epochs = Run(run["folder"]).curves
                minutes = [epoch["seconds"] / 60 for epoch in epochs]
                accuracy = [100 * epoch["val/acc"] for epoch in epochs]
                label = experiment.name if run is experiment.runs[0] else None
                axes.plot(minutes, accuracy, color=f"C{number}", label=label)
                axes.plot(minutes[-1], accuracy[-1], "o", color=f"C{number}")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.legend(loc="lower right", frameon=False)
    return drawn


def course(run: Run, target: float) -> str:
    """Return the time of a run, in total and until its validation accuracy reached a target."""
    rows, result = run.curves, run.result
    scores = [
        f"{split} {result[split]['accuracy']:.2%}" for split in ("val", "test") if split in result
    ]
    first = next((each for each in rows if each["val/acc"] >= target), None)
    reached = (
        f"in epoch {first['epoch'] + 1:.0f} after {first['seconds']:,.1f} s" if first else "never"
    )
    return (
        f"`{run.experiment}`, {result['device']}, {result['precision']}: {len(rows)} epochs in "
        f"{result['train_seconds']:,.1f} s of training, accuracy {', '.join(scores)}; "
        f"{target:.0%} of validation was reached {reached}."
    )


def courses(logs: Path, subject: str) -> str:
    """Return a list with one line per run of comma-separated ``experiment target`` pairs."""
    lines = []
    for pair in subject.split(", "):
        experiment, target = pair.split()
        lines += [f"* {course(run, float(target))}" for run in finished_runs(logs, experiment)]
    return "\n".join(lines)


def write(page: Path, logs: Path) -> None:
    """Write the tables between their marks in a page, and draw the figure next to it.

    A run whose name has a dot, such as one on another machine, is not in the table.
    """
    folders = sorted(logs.glob("*_speed*/version_*"))
    own = [folder for folder in folders if "." not in folder.parent.name]
    tested = [folder for folder in own if "test" in Run(folder).result]
    experiments = group(read_runs(tested))
    figure(experiments).savefig(page.with_name("speed.svg"))
    rows = [row(experiment) for experiment in experiments]
    fill_marks(page, "speed", lambda _: markdown(rows))
    fill_marks(page, "courses", lambda subject: courses(logs, subject))


if __name__ == "__main__":
    write(ROOT / "docs" / "benchmarks.md", ROOT / "lightning_logs")
