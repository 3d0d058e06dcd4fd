"""Images that lie on the GPU, and batches of them that need no copy."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import Sampler, SequentialSampler

from imgcls.batch import Batch
from imgcls.data.images import Images

DEVICES = ("cuda",)  # those with a memory of their own
FRACTION = 0.5  # of what is free; the rest is the model's


def free_bytes(device: torch.device) -> int:
    """Return how much memory is free on a GPU."""
    return torch.cuda.mem_get_info(device)[0]


class ResidentPixels:
    """The pixels of data sets on a device, moved once for all the splits that use them."""

    def __init__(self) -> None:
        self._moved: dict[tuple[int, torch.device], tuple[Tensor, Tensor | None]] = {}

    def of(self, images: Images, device: torch.device) -> Tensor | None:
        """Return the pixels ``(M, C, H, W)`` that ``images.rows`` count, on the device.

        None where it has no memory of its own, or too little, which is printed once.
        """
        if device.type not in DEVICES:
            return None
        key = images.pixels.data_ptr(), device
        if key not in self._moved:  # a reference to it, so that its address stays its own
            self._moved[key] = images.pixels, self._moved_if_it_fits(images.pixels, device)
        return self._moved[key][1]

    def _moved_if_it_fits(self, pixels: Tensor, device: torch.device) -> Tensor | None:
        needed, free = pixels.nbytes, free_bytes(device)
        if needed <= FRACTION * free:
            return pixels.to(device)
        print(
            f"the images stay in main memory and are copied to the GPU by the batch: they take "
            f"{needed / 2**20:,.0f} MB, more than half of the {free / 2**20:,.0f} MB free on it",
            flush=True,
        )
        return None


class ResidentLoader:
    """Batches of images that lie on a device; the order of an epoch is sent there at once.

    Inputs and targets of a batch are on the device, its index is not.

    Args:
        images: The images of the split.
        pixels: Their pixels on the device, see `ResidentPixels`.
        batch_size: Images in a batch.
        sampler: Gives the positions of an epoch; default in order.
        drop_last: Whether the last part of a batch is left out.
    """

    batch_sampler = None  # Lightning searches one where there is a sampler

    def __init__(
        self,
        images: Images,
        pixels: Tensor,
        batch_size: int,
        sampler: Sampler[int] | None = None,
        drop_last: bool = False,
    ) -> None:
        self.images = images
        self.pixels = pixels
        self.batch_size = batch_size
        self.sampler = sampler or SequentialSampler(images)  # Lightning sets its epoch
        self.drop_last = drop_last

    def __len__(self) -> int:
        """Return how many batches there are."""
        whole, rest = divmod(len(self.images), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Batch]:
        positions = torch.tensor(list(self.sampler))
        rows, labels = self.images.rows[positions], self.images.labels[positions]
        device = self.pixels.device
        parts = (rows, labels.to(device, non_blocking=True), rows.to(device, non_blocking=True))
        batches = zip(*(torch.split(part, self.batch_size) for part in parts), strict=True)
        for _, (index, targets, rows) in zip(range(len(self)), batches, strict=False):
            yield Batch(self.pixels.index_select(0, rows), targets, index)
