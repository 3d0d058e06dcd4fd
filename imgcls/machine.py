"""What the machine is told, apart from what is learned."""

from dataclasses import dataclass

from imgcls.errors import InputError


@dataclass
class Machine:
    """Facts of the machine, which change speed and never what is learned.

    Args:
        threads: Threads of a CPU run, at least 1; default torch's own choice.
        channels_last: Keep convolution weights as NHWC; faster on most CPUs and on GPUs.
        compile: Compile the backbone with `torch.compile`; pays off in long runs.
    """

    threads: int | None = None
    channels_last: bool = True
    compile: bool = False

    def __post_init__(self) -> None:
        if self.threads is not None and self.threads < 1:
            raise InputError(f"machine.threads is {self.threads}: it must be at least 1")
