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

SPRITE = 8192  # side in pixels of the sprite that holds all images, TensorBoard's limit


class FeatureProjector(FeatureListener):
    """Put features of images into TensorBoard's PROJECTOR tab, to be rotated and searched there.

    Each point has its true class, its predicted class and its image. TensorBoard draws the points
    by PCA, t-SNE or UMAP. Features are recorded while the trainer validates or tests, as by
    `FeatureTSNE`: in `imgcls fit` after the last epoch, in `imgcls test` in the same pass. The
    files are ``<epoch>/<split>_<layer>/`` and ``projector_config.pbtxt`` in the run's folder.

    Args:
        layers: Dotted names of modules, whose outputs are averaged over positions. With the suffix
            ``.input``, the input of the module.
        samples: Number of images that are shown, stratified by class and always the same; 0
            shows the whole split.
        seed: Seed of the sample.

    Raises:
        InputError: No layers, a number below 0, or the model lacks a layer.
    """

    def __init__(
        self, layers: tuple[str, ...] = ("head.input",), samples: int = 1000, seed: int = 0
    ) -> None:
        super().__init__(layers, 0, samples, seed)

    def draw(self, trainer: Trainer, pl_module: LightningModule, features: Features) -> None:
        """Add one layer's features to TensorBoard."""
        data = data_of(trainer)
        model: Any = pl_module
        predicted = model.outputs()[0].argmax(1).cpu()[features.positions].tolist()
        metadata = [
            [data.classes[true], data.classes[prediction]]
            for true, prediction in zip(features.labels, predicted, strict=True)
        ]
        pixels = data.images(features.split).batch(features.positions).inputs
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                add_embedding(logger.experiment, features, metadata, thumbnails(pixels))
        layer, split = features.layer, features.split
        tqdm.write(f"{layer} of {len(metadata):,} {split} images: see TensorBoard's PROJECTOR tab")


def thumbnails(pixels: Tensor) -> Tensor:
    """Return images ``(N, C, H, W)`` uint8 as ``(N, 3, H', W')`` in [0, 1] that fit a sprite."""
    images = pixels.expand(-1, 3, -1, -1) / 255
    most = SPRITE // math.ceil(math.sqrt(len(images)))
    if max(images.shape[2:]) <= most:
        return images
    return functional.interpolate(images, scale_factor=most / max(images.shape[2:]))


def add_embedding(
    writer: Any, features: Features, metadata: list[list[str]], images: Tensor
) -> None:
    """Add a layer to TensorBoard's PROJECTOR tab, in addition to layers of earlier calls.

    Args:
        writer: TensorBoard's SummaryWriter.
        features: Features of n images.
        metadata: The true and the predicted class of each image.
        images: ``(n, 3, H, W)`` in [0, 1].
    """
    run = Path(writer.log_dir)
    tag = f"{features.split}_{features.layer}"
    shutil.rmtree(run / f"{features.epoch:05d}" / tag, ignore_errors=True)  # of an earlier test
    path = run / PROJECTOR_FILENAME
    before = _read(path)
    writer.add_embedding(
        features.values, metadata, images, features.epoch, tag, ["class", "predicted"]
    )
    # a writer knows only its own layers, and test has another writer than fit
    shown = {each.tensor_name: each for each in (*before.embeddings, *_read(path).embeddings)}
    text = text_format.MessageToString(ProjectorConfig(embeddings=shown.values()))
    path.write_text(text, encoding="utf-8")


def _read(path: Path) -> Any:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return text_format.Parse(text, ProjectorConfig())
