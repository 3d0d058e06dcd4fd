"""The fastest precision that the device supports well."""

from typing import Literal

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.plugins.precision import MixedPrecision as MixedPrecisionPlugin

Choice = tuple[Literal["bf16-mixed", "16-mixed", "32-true"], str]


def processor_has_bfloat16() -> bool:
    """Return whether the processor multiplies bfloat16 natively (AVX512-BF16 or AMX)."""
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16"))


def choose(device: torch.device) -> Choice:
    """Return the precision for a device and the reason.

    bfloat16 has the range of float32, so it needs no gradient scaler; float16 needs one.
    """
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        capability = torch.cuda.get_device_capability(device)
        if capability >= (8, 0):
            return "bf16-mixed", f"{name} computes in bfloat16"
        if capability >= (7, 0):
            return "16-mixed", f"{name} has float16 tensor cores but no bfloat16"
        return "32-true", f"{name} has no tensor cores"
    if device.type == "cpu" and processor_has_bfloat16():
        return "bf16-mixed", "the processor multiplies bfloat16 natively"
    return "32-true", f"{device.type} gains nothing from lower precision"


class MixedPrecision(Callback):
    """Train in bfloat16 where the device has it, else float16 with a scaler, else in full.

    Weights, optimizer and loss stay in float32 (Micikevicius et al., "Mixed precision training",
    2018). The choice and its reason are printed, but not by ``imgcls predict``. A precision given
    to the trainer is kept.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Choose before the model is moved."""
        if trainer.precision != "32-true":
            return
        device = trainer.strategy.root_device
        precision, reason = choose(device)
        if trainer.is_global_zero and stage != "predict":
            print(f"precision {precision}: {reason}")
        if precision != "32-true":
            trainer.strategy.precision_plugin = MixedPrecisionPlugin(precision, device.type)
