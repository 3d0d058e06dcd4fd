"""Features for TensorBoard's PROJECTOR tab."""

import math
import shutil
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from lightning import LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from torch import Tensor
from torch.nn import functional
from tqdm.auto import tqdm

from imgcls.callbacks.feature_listener import FeatureListener
from imgcls.callbacks.features import Features
from imgcls.data.image_data import data_of

SPRITE = 8192  # pixels a side of the one picture that holds all, at most for TensorBoard


class FeatureProjector(FeatureListener):
    """Put features of pictures into TensorBoard's PROJECTOR tab, to be turned and searched there.

    Each point has its true and its predicted class and its picture. TensorBoard draws the points
    by PCA, t-SNE or UMAP. It listens while the trainer validates or tests, as `FeatureTSNE` does:
    `imgcls fit` after its last epoch, `imgcls test` in the pass that counts as its look. The files
    are ``<epoch>/<split>_<layer>/`` and ``projector_config.pbtxt`` in the run's folder.

    Args:
        layers: Dotted names of modules, whose outputs are averaged over places. With ``.input``
            behind it, what a module takes.
        samples: Pictures that are shown, each class with its share, always the same ones; 0 shows
            the whole split.
        seed: Of the sample.

    Raises:
        InputError: No layers, a number below 0, or a layer that the model does not have.
    """

    def __init__(
        self, layers: tuple[str, ...] = ("head.input",), samples: int = 1000, seed: int = 0
    ) -> None:
        super().__init__(layers, 0, samples, seed)

    def draw(self, trainer: Trainer, pl_module: LightningModule, features: Features) -> None:
        """Hand one layer's features to TensorBoard."""
        data = data_of(trainer)
        model: Any = pl_module
        predicted = model.outputs()[0].argmax(1).cpu()[features.places].tolist()
        metadata = [
            [data.classes[true], data.classes[answer]]
            for true, answer in zip(features.labels, predicted, strict=True)
        ]
        pixels = data.images(features.split).batch(features.places).inputs
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                add_embedding(logger.experiment, features, metadata, thumbnails(pixels))
        layer, split = features.layer, features.split
        tqdm.write(
            f"{layer} of {len(metadata):,} {split} pictures is in TensorBoard's PROJECTOR tab"
        )


def thumbnails(pixels: Tensor) -> Tensor:
    """Return pictures ``(N, C, H, W)`` uint8 as ``(N, 3, H', W')`` in [0, 1] that fit a sprite."""
    pictures = pixels.expand(-1, 3, -1, -1) / 255
    most = SPRITE // math.ceil(math.sqrt(len(pictures)))
    if max(pictures.shape[2:]) <= most:
        return pictures
    return functional.interpolate(pictures, scale_factor=most / max(pictures.shape[2:]))


def add_embedding(
    writer: Any, features: Features, metadata: list[list[str]], pictures: Tensor
) -> None:
    """Add a layer to TensorBoard's PROJECTOR tab, beside those that an earlier call added.

    Args:
        writer: TensorBoard's SummaryWriter.
        features: What is shown, n pictures of a layer.
        metadata: The true and the predicted class of each.
        pictures: ``(n, 3, H, W)`` in [0, 1].
    """
    run = Path(writer.log_dir)
    tag = f"{features.split}_{features.layer}"
    shutil.rmtree(run / f"{features.epoch:05d}" / tag, ignore_errors=True)  # of an earlier test
    path = run / PROJECTOR_FILENAME
    before = _read(path)
    writer.add_embedding(
        features.values, metadata, pictures, features.epoch, tag, ["class", "predicted"]
    )
    # a writer knows only what it added itself, and test is another one than fit
    shown = {each.tensor_name: each for each in (*before.embeddings, *_read(path).embeddings)}
    path.write_text(text_format.MessageToString(ProjectorConfig(embeddings=shown.values())))


def _read(path: Path) -> Any:
    text = path.read_text() if path.is_file() else ""
    return text_format.Parse(text, ProjectorConfig())
