import subprocess
from contextlib import nullcontext
from typing import Any

import pytest
import size
import threads
import torch
from bare_layers import layer_calls, seconds_alone
from size import Cost
from step_overhead import MadeImages
from torch import nn

COSTS = [
    Cost(1000, 10, 2.0, 500.0, 80.0, 100.0, "a processor"),
    Cost(3000, 10, 2.2, 501.0, 72.0, 96.0, "a processor"),
    Cost(1000, 20, 9.0, 502.0, 20.0, 25.0, "a processor"),
]


def small_model() -> nn.Sequential:
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 5)
    )
    return model.to(memory_format=torch.channels_last)


def test_layers_have_the_inputs_of_a_step() -> None:
    images = torch.randn(2, 3, 8, 8)
    model = small_model()
    convolution, linear = layer_calls(model, images)
    assert convolution.inputs.equal(images)
    assert not convolution.inputs.requires_grad
    assert linear.inputs.equal(model[:4](images))
    assert linear.inputs.requires_grad
    assert not any(module._forward_hooks for module in model.modules())
    first = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1)).to(
        memory_format=torch.channels_last
    )
    _, second = layer_calls(first, images)
    assert second.inputs.is_contiguous(memory_format=torch.channels_last)


def test_layers_alone_take_the_sum_of_their_medians(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0, 50, 0, 2, 0, 3, 0, 9, 0, 70, 0, 10, 0, 10, 0, 10])  # the first warms up
    monkeypatch.setattr("time.perf_counter", lambda: next(ticks))
    model = small_model()
    assert seconds_alone(model, torch.randn(2, 3, 8, 8), nullcontext, repeats=3) == 3 + 10


def test_a_size_is_measured_by_an_ordinary_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MadeImages, "pictures", 0)
    monkeypatch.setattr(MadeImages, "image_shape", ())
    cost = size.cost_here(24, 12, steps=5, batch_size=8, channels=[8])
    assert (cost.images, cost.side) == (24, 12)
    assert cost.seconds == pytest.approx(800 / cost.speed)
    assert min(cost.memory, cost.speed, cost.limit) > 0
    assert cost.device.endswith(", 1 thread")


def test_the_table_says_the_share_of_the_limit() -> None:
    head, _, *rows = size.table(COSTS).splitlines()
    assert head.endswith("share of the machine's limit |")
    assert rows[0] == "| 1,000 | 10x10 | 2.00 | 500 | 80 | 100 | 80% |"
    assert rows[1].endswith("| 75% |")


def test_the_figure_shows_what_is_expected() -> None:
    drawn = size.figure(COSTS)
    lines: list[list[Any]] = [[line.get_ydata() for line in axes.lines] for axes in drawn.axes]
    assert [list(each) for each in lines[0]] == [[2.0, 2.0], [2.0, 2.2]]  # time, by images
    assert [list(each) for each in lines[1]] == [[2.0, 8.0], [2.0, 9.0]]  # by pixels
    kept = 2_000 * 3 * 10**2 / 2**20  # MB of the images that are more
    assert [list(each) for each in lines[2]] == [[500, 500 + kept], [500, 501]]  # memory
    assert [list(each) for each in lines[3]] == [[500, 502], [500, 502]]
    assert all(
        axes.get_ylim()[1] > top for axes, top in zip(drawn.axes, [9, 9, 502, 502], strict=True)
    )


def test_a_step_has_a_speed() -> None:
    assert threads.images_per_second(seconds=0, batch_size=4, channels=[8]) > 0


def test_each_policy_is_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str | None]] = []

    def run(command: list[str], env: dict[str, str], **_: Any) -> Any:
        seen.append((env["OMP_NUM_THREADS"], env.get("OMP_WAIT_POLICY")))
        return subprocess.CompletedProcess(command, 0, stdout=f"{100 / len(seen)}\n")

    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.setattr(subprocess, "run", run)
    text = threads.table([2], programs=0, repeats=3, arguments=[])
    assert seen == ([("2", None)] * 2 + [("2", "PASSIVE")] * 2 + [("2", None)] * 2) * 3
    assert text.splitlines()[2] == "| default | 2 | 14 | 12 | 88% |"  # 100 / 7, 100 / 8


def test_busy_programs_run_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def start(command: list[str]) -> subprocess.Popen[bytes]:
        started.append(popen(command))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    with threads.busy(2):
        assert [program.poll() for program in started] == [None, None]
    assert all(program.poll() is not None for program in started)
