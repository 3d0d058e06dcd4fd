import os

import pytest
import torch

from imgcls.cli.hardware import threads_to_set
from imgcls.runs import environment


def test_a_flag_wins_over_the_environment_which_wins_over_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("imgcls.cli.hardware.cpu_count", lambda only_physical_cores: 5)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert threads_to_set(3) == 3
    assert threads_to_set(None) is None
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert threads_to_set(3) == 3
    assert threads_to_set(None) == 5


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux binds processes to cores")
def test_a_process_bound_to_one_core_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS")
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        assert threads_to_set(None) == 1
    finally:
        os.sched_setaffinity(0, cores)


@pytest.mark.parametrize(("threads", "text"), [(1, ", 1 thread"), (2, ", 2 threads")])
def test_a_device_says_its_threads(threads: int, text: str) -> None:
    torch.set_num_threads(threads)
    assert environment.device_name(torch.device("cpu")).endswith(text)
