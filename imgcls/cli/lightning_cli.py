"""LightningCLI: what may be named, what is linked, what a run leaves behind."""

import logging
import sys
import warnings
from pathlib import Path
from typing import Any, TypeVar

import torch
import yaml
from lightning import Callback, Trainer
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import GradientAccumulationScheduler, TQDMProgressBar
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

from imgcls import callbacks
from imgcls.callbacks.looks_inside import LooksInside
from imgcls.callbacks.stop_at_epoch_end import duration
from imgcls.cli import config_errors
from imgcls.cli.arguments import Request
from imgcls.cli.hardware import Machine, threads_to_set
from imgcls.cli.predict import predict
from imgcls.data import ImageDataModule
from imgcls.data.image_data import found_root
from imgcls.errors import InputError
from imgcls.evaluation.flops import count_parameters
from imgcls.evaluation.training_cost import check_sizes
from imgcls.models import Classifier
from imgcls.models.cuda_graphs import GraphedTraining
from imgcls.no_profiler import NoProfiler
from imgcls.runs import environment
from imgcls.runs import find as runs
from imgcls.runs import fine_tuning as finetune
from imgcls.runs import result as record
from imgcls.runs.checkpoints import WholeCheckpointIO, check_fits, data_facts, read_checkpoint
from imgcls.runs.loggers import Dashboard, EpochLines, MetricsTable
from imgcls.runs.resume import check_resume
from imgcls.runs.saved_predictions import answers_of, write_answers
from imgcls.stage_profiler import StageProfiler

AnyCallback = TypeVar("AnyCallback", bound=Callback)


class ImgclsCLI(LightningCLI):
    """The command behind ``fit``, ``validate``, ``test`` and ``predict``.

    Attributes:
        run: Folder of the run that is trained or evaluated; None when there is none.
    """

    datamodule: ImageDataModule
    model: Classifier

    def __init__(self, request: Request) -> None:
        self.request = request
        self.run = request.run
        self.dashboard: Dashboard | None = None
        self.origin: dict[str, Any] | None = None
        self.git_commit = environment.git_commit()  # now: files may change while it trains
        self.clock = callbacks.TrainingClock()
        super().__init__(
            Classifier,
            ImageDataModule,
            save_config_callback=None,
            seed_everything_default=0,
            trainer_defaults={"devices": 1, "enable_model_summary": False},
            parser_class=config_errors.Parser,
            subclass_mode_model=True,
            subclass_mode_data=True,
            auto_configure_optimizers=False,
            args=request.arguments,
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the machine's facts and hand the data's facts to the model."""
        parser.add_class_arguments(Machine, "machine")
        finetune.add_arguments(parser)
        parser.link_arguments("seed_everything", "data.init_args.seed")
        for fact in ("num_classes", "image_shape"):
            parser.link_arguments(f"data.{fact}", f"model.init_args.{fact}", apply_on="instantiate")

    def before_instantiate_classes(self) -> None:
        """Settle paths and threads; refuse a resume whose recipe differs from the run's."""
        config = self.config[self.subcommand]
        config.weights_only = True
        config.ckpt_path = str(self.request.checkpoint) if self.request.checkpoint else None
        root = config.data.init_args.get("root")
        if root is None or self._root_is_remembered():
            root = found_root(root)
        config.data.init_args.root = Path(root).expanduser().absolute()
        if "verbose" in config:
            config.verbose = False  # the run's own summary says it
        if threads := threads_to_set(config.machine.threads):
            torch.set_num_threads(threads)
        if self.subcommand != "fit":
            return
        config.finetune = False  # what comes of it is a run like any other
        if self.request.source:
            config.started_from = self.request.started_from
        elif self.request.checkpoint:
            check_resume(self.request.checkpoint, self.run, self._plain_config())
        else:
            finetune.check_new_weights(config.started_from, config.copy_shared_classes)

    def _root_is_remembered(self) -> bool:
        """Return whether the folder of the data is what a run's own config says."""
        roots = ("--data.root", "--data.init_args.root")
        given = any(flag.startswith(roots) for flag in self.request.flags)
        own = [self.run / runs.CONFIG] if self.run else None
        return self.request.configs == own and not given

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Give the trainer its run folder, its loggers and the callbacks that every run has."""
        self._check_parts()
        config = self.config_init[self.subcommand].trainer
        self.stopper = callbacks.StopAtEpochEnd(duration(config.max_time))
        kwargs.update(logger=False, max_time=None, profiler=config.profiler or NoProfiler())
        if self.subcommand != "fit":
            kwargs["enable_checkpointing"] = False
        chosen = _listed(config.callbacks)
        if config.precision is not None:  # given by hand, be it the trainer's own default
            chosen = [each for each in chosen if not isinstance(each, callbacks.MixedPrecision)]
        kwargs["callbacks"] = [*chosen, self.clock]
        kwargs["plugins"] = [*_listed(config.plugins), WholeCheckpointIO()]
        if config.enable_progress_bar is None:
            kwargs["enable_progress_bar"] = sys.stderr.isatty() or "ipykernel" in sys.modules
        if kwargs.get("enable_progress_bar", config.enable_progress_bar):
            kwargs["callbacks"].append(TQDMProgressBar(refresh_rate=20))
        recorded = self.subcommand in ("fit", "test") and not config.fast_dev_run
        new = recorded and self.run is None and self.subcommand == "fit"
        if new:
            self.run = runs.claim(self.request.logs, self.request.experiment)
        if recorded and self.run:
            self.dashboard = Dashboard(self.run)
            kwargs["logger"] = [self.dashboard]
            if self.subcommand == "fit":
                shown = self.datamodule.validate_on
                lines = EpochLines(self.run, config.max_epochs or -1, shown)
                kwargs["logger"] += [MetricsTable(self.run), lines]
                kwargs["callbacks"] += self._fit_callbacks(self.run)
        try:
            trainer = super().instantiate_trainer(**kwargs)
            if trainer.world_size > 1:
                raise MisconfigurationException(
                    f"{trainer.world_size} processes, but imgcls trains on one device; "
                    "use trainer.devices 1"
                )
            graphs = self.subcommand == "fit" and self.config_init.fit.machine.cuda_graphs
            if graphs and _accumulates(trainer):
                raise MisconfigurationException(
                    "gradients are accumulated, but a CUDA graph overwrites those of the batch "
                    "before; use machine.cuda_graphs false"
                )
        except (MisconfigurationException, ValueError) as error:
            if new and self.run:
                self.run.rmdir()
            raise InputError(f"the trainer refuses its settings: {error}") from error
        if new and self.run:
            config_text = yaml.safe_dump(self._plain_config(), sort_keys=False)
            runs.write_whole(self.run / runs.CONFIG, config_text)
            if self.origin:
                runs.write_result(self.run, {"started_from": self.origin})
        return trainer

    def _check_parts(self) -> None:
        """See that data, model and checkpoint go together and that the data are there."""
        data, model, checkpoint = self.datamodule, self.model, self.request.checkpoint
        if data.num_inputs != model.num_inputs:
            raise InputError(
                f"{type(data).__name__} gives {data.num_inputs} inputs a picture, "
                f"{type(model).__name__} takes {model.num_inputs}: "
                "choose data and model that go together"
            )
        if checkpoint:
            content = read_checkpoint(checkpoint)
            check_fits(content, model, checkpoint)
            data.load_state_dict(data_facts(content, checkpoint))
        if self.subcommand != "predict":
            data.prepare_data()
        if self.subcommand == "fit":
            _ = data.train_images  # a split that cannot be made is told before a run is claimed
            check_sizes(model, data)
        if self.subcommand in ("fit", "test"):
            for callback in _listed(self.config_init[self.subcommand].trainer.callbacks):
                if isinstance(callback, LooksInside):
                    callback.check(model, data)
        if self.request.source:
            self._load_backbone(self.request.source)
        machine = self.config_init[self.subcommand].machine
        if machine.channels_last:
            model.to(memory_format=torch.channels_last)
        if self.subcommand == "fit" and machine.compile:
            model.training_backbone = torch.compile(model.backbone.forward)
        elif self.subcommand == "fit" and machine.cuda_graphs:
            model.training_backbone = GraphedTraining(model.backbone)
        data.resident = machine.resident

    def _load_backbone(self, source: Path) -> None:
        config = self.config_init[self.subcommand]
        self.origin = finetune.load_backbone(
            source,
            config.started_from,
            self.model,
            self.datamodule.classes,
            config.copy_shared_classes,
        )

    def _fit_callbacks(self, run: Path) -> list[Callback]:
        folder = run / "checkpoints"
        best = callbacks.RunCheckpoint(
            folder,
            filename="best",
            monitor="val/acc",
            mode="max",
            save_weights_only=True,
            save_on_train_epoch_end=False,
            enable_version_counter=False,
        )
        last = callbacks.RunCheckpoint(
            folder, filename="last", save_on_train_epoch_end=True, enable_version_counter=False
        )
        seed = self.config[self.subcommand].seed_everything
        ours = [
            self.stopper,
            callbacks.SeedSteps(seed),
            callbacks.StopOnNonFiniteLoss(),
            last,
        ]
        chosen = self.datamodule.val_fraction and self.datamodule.validate_on == "val"
        return [*ours, best] if chosen else ours

    def _plain_config(self) -> dict[str, Any]:
        config = yaml.safe_load(self.parser.dump(self.config, skip_unset=False))[self.subcommand]
        for key in ("config", "ckpt_path", "weights_only", "verbose"):
            config.pop(key, None)
        return dict(config)

    def before_fit(self) -> None:
        """Say what is going to be trained, on what and where."""
        if self.dashboard:
            self.dashboard.log_layout()
        data, model = self.datamodule, self.model
        print(
            f"{type(model).__name__}: {count_parameters(model):,} parameters; "
            f"{type(data).__name__}: {len(data.train_images):,} pictures to train on, "
            f"{len(data.val_images):,} to validate; "
            f"{environment.device_name(self.trainer.strategy.root_device)}; {self.run}",
            flush=True,
        )
        if data.validate_on == "test":
            print(
                "course mode: the curves val/loss and val/acc show the TEST split "
                f"({len(data.test_images):,} pictures), every epoch is a look at it, and no best "
                "weights are chosen",
                flush=True,
            )

    def after_fit(self) -> None:
        """Measure the chosen weights on train and validation; write the run's result."""
        if self.run is None or self.dashboard is None:
            return
        if self.stopper.stopped:
            print(
                f"stopped after epoch {self.trainer.current_epoch} of {self.trainer.max_epochs}; "
                f"go on with: imgcls fit --ckpt_path {self.run}"
            )
            return
        data = self.datamodule
        achieved, validation = record.training_result(
            self.run, self.trainer, self.model, data, self.clock
        )
        epochs = sum("val/acc" in row for row in runs.read_curves(self.run))
        looks = epochs if data.validate_on == "test" else 0
        result = {
            **_result_after_looks(self.run, looks),  # what was known before it ended
            **achieved,
            "seed": self.config[self.subcommand].seed_everything,
            "git_commit": self.git_commit,
        }
        runs.write_result(self.run, result)
        self.dashboard.log_result(record.hyperparameters(self._plain_config()), result)
        for callback in self._callbacks_of(callbacks.ScoreFigures):
            if validation:
                callback.draw(self.trainer, self.model, "val", *validation)
        if isinstance(profiler := self.trainer.profiler, StageProfiler):  # type: ignore[attr-defined]
            print(profiler.write(self.run, self.clock.images))
        print(record.summary(result, ("train", "val")))
        print(f"curves     {self.run / runs.METRICS}")
        print(f"dashboard  tensorboard --logdir {self.run.parent.parent}")
        print(f"test it    imgcls test --ckpt_path {self.run}")

    def after_test(self) -> None:
        """Complete the run's result with the test scores, and count the look."""
        scores = record.last_scores(self.model, self.datamodule)
        beside = self._scored_beside()
        told = self._record_look(scores, beside)  # first: who listens may have gone
        print(record.summary({"test": scores, **beside}, ("test", "test_tta")))
        if "test_shifted" in beside:
            print(record.shift_summary(beside["test_shifted"]))
        if told:
            print(told)

    def _record_look(self, scores: dict[str, Any], beside: dict[str, Any]) -> str:
        """Write what the test pass found, and return a line on it; nothing without a run."""
        if self.run is None or self.dashboard is None:
            return ""
        result = _result_after_looks(self.run, 1)
        if self.request.checkpoint != self.run / result.get("checkpoint", "?"):
            runs.write_result(self.run, result)
            return "counted as a look, not recorded: these are not the run's chosen weights"
        result["test"] = scores
        result |= beside
        answers = answers_of(*self.model.outputs(), self.datamodule.test_images.rows)
        write_answers(self.run, "test", answers)
        runs.write_result(self.run, result)
        self.dashboard.log_result({}, result)
        return f"result     {self.run / runs.RESULT}"

    def _scored_beside(self) -> dict[str, Any]:
        """Return what callbacks scored beside the plain answers, as ``result.json`` names it."""
        beside: dict[str, Any] = {}
        for averaging in self._callbacks_of(callbacks.TestTimeAugmentation):
            logits = averaging.logits()
            beside["test_tta"] = record.last_scores(self.model, self.datamodule, logits)
        for shifting in self._callbacks_of(callbacks.Robustness):
            beside["test_shifted"] = shifting.accuracies()
        return beside

    def _callbacks_of(self, kind: type[AnyCallback]) -> list[AnyCallback]:
        found: list[Callback] = self.trainer.callbacks  # type: ignore[attr-defined]
        return [callback for callback in found if isinstance(callback, kind)]

    def after_validate(self) -> None:
        """Print the scores of the split that the curves show; count a look at the test split."""
        scores = record.last_scores(self.model, self.datamodule)
        split = self.datamodule.validate_on
        if split == "test" and self.run:
            runs.write_result(self.run, _result_after_looks(self.run, 1))
        print(record.summary({split: scores}, (split,)))

    def predict(self, **_: Any) -> None:
        """Answer pictures without labels, at the precision that the run was tested at."""
        asked, checkpoint = self.request.predict, self.request.checkpoint
        if asked is None or checkpoint is None:
            raise InputError("'imgcls predict' needs --images and --ckpt_path")
        self.model.load_state_dict(read_checkpoint(checkpoint)["state_dict"])
        for callback in self._callbacks_of(callbacks.MixedPrecision):
            callback.setup(self.trainer, self.model, "predict")
        predict(asked, self.model, self.datamodule, self.trainer)


def _result_after_looks(run: Path, looks: int) -> dict[str, Any]:
    """Return the result of a run with more looks at the test set counted."""
    result = runs.read_result(run)
    return {**result, "test_evaluations": result.get("test_evaluations", 0) + looks}


def _accumulates(trainer: Trainer) -> bool:
    """Return whether any epoch sums the gradients of several batches before a step."""
    chosen: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    schedulers = [each for each in chosen if isinstance(each, GradientAccumulationScheduler)]
    scheduled = any(each.going_to_accumulate_grad_batches() for each in schedulers)
    return scheduled or trainer.accumulate_grad_batches > 1


def _listed(value: Any) -> list[Any]:
    """Return one, many or none of something as a list, as the trainer takes them."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def run(request: Request) -> ImgclsCLI:
    """Train, evaluate or predict.

    Args:
        request: What the user asks for.

    Raises:
        InputError: Something that the user can mend.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # arguments given from within Python are meant to replace those of the shell
        warnings.filterwarnings("ignore", ".*LightningCLI's args parameter is intended.*")
        # torch 2.14 has renamed what lightning 2.6 uses
        warnings.filterwarnings("ignore", ".*LeafSpec.*")
        # pictures are in memory and fetched by the batch: workers would only copy them
        warnings.filterwarnings("ignore", ".*does not have many workers.*")
        # an epoch of a small set has fewer steps than log_every_n_steps; epochs are logged anyway
        warnings.filterwarnings("ignore", ".*is smaller than the logging interval.*")
        # a resumed run finds the folder of its own checkpoints
        warnings.filterwarnings("ignore", ".*Checkpoint directory .* exists and is not empty.*")
        # evaluating last.ckpt needs no callbacks that once wrote it
        warnings.filterwarnings("ignore", ".*callbacks used to create the checkpoint need.*")
        # a captured CUDA graph keeps nodes of the stream that it was captured on
        warnings.filterwarnings("ignore", "The AccumulateGrad node's stream does not match.*")
        # val_fraction 0 trains without validation
        warnings.filterwarnings("ignore", ".*Total length of `.*` across ranks is zero.*")
        try:
            with config_errors.told_plainly(request.configs, request.flags):
                return ImgclsCLI(request)
        except torch.OutOfMemoryError as error:
            told = ". ".join(str(error).split(". ")[:3])  # what was asked for and what there is
            raise InputError(
                f"{told}: give a smaller --data.batch_size, or --machine.resident false"
            ) from error
