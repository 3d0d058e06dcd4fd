"""What a result was measured on and with."""

import platform
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import torch

PACKAGES = ("imgcls", "torch", "torchvision", "lightning", "torchmetrics", "numpy")


def processor_name() -> str:
    """Return the maker's name of the processor, or its kind where that is unknown."""
    return torch.cpu.get_capabilities().get("cpu_name") or platform.machine()


def device_name(device: torch.device) -> str:
    """Return the maker's name of a device."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"{processor_name()}, {threads} thread{'s' * (threads != 1)}"
    return device.type


def peak_memory_mb(device: torch.device) -> float:
    """Return the most memory used so far in MB: of the GPU, else of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device) / 2**20  # that of CUDA graphs too
    unit = 1 if sys.platform == "darwin" else 2**10  # bytes on macOS, else KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that numbers depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def git_commit() -> str | None:
    """Return the commit that imgcls runs from, marked when files differ; None if installed."""
    try:
        ended = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return ended.stdout.strip()
