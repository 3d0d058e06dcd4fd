"""The callbacks: each observes and logs; one that changes training is named after the change."""

from imgcls.callbacks.activation_grid import ActivationGrid
from imgcls.callbacks.check_bfloat16 import CheckBfloat16
from imgcls.callbacks.count_evaluations import CountEvaluations
from imgcls.callbacks.feature_projector import FeatureProjector
from imgcls.callbacks.feature_tsne import FeatureTSNE
from imgcls.callbacks.freeze_backbone import FreezeBackbone
from imgcls.callbacks.mixed_precision import MixedPrecision
from imgcls.callbacks.non_finite_loss import StopOnNonFiniteLoss
from imgcls.callbacks.robustness import Robustness
from imgcls.callbacks.run_checkpoint import RunCheckpoint
from imgcls.callbacks.run_progress import RunProgress
from imgcls.callbacks.score_figures import ScoreFigures
from imgcls.callbacks.seed_steps import SeedSteps
from imgcls.callbacks.stop_at_epoch_end import StopAtEpochEnd
from imgcls.callbacks.test_time_augmentation import TestTimeAugmentation
from imgcls.callbacks.training_clock import TrainingClock
from imgcls.callbacks.weight_ema import WeightEMA

__all__ = [
    "ActivationGrid",
    "CheckBfloat16",
    "CountEvaluations",
    "FeatureProjector",
    "FeatureTSNE",
    "FreezeBackbone",
    "MixedPrecision",
    "Robustness",
    "RunCheckpoint",
    "RunProgress",
    "ScoreFigures",
    "SeedSteps",
    "StopAtEpochEnd",
    "StopOnNonFiniteLoss",
    "TestTimeAugmentation",
    "TrainingClock",
    "WeightEMA",
]
