"""The verbs that train, evaluate and predict, parsed by LightningCLI, recorded in a run."""

from typing import Any, TypeVar

import torch
import yaml
from lightning import Callback, Trainer
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

from imgcls import callbacks
from imgcls.callbacks.stop_at_epoch_end import duration
from imgcls.cli import data_checks, data_settings, hardware, preflight, run_setup
from imgcls.cli.arguments import Request
from imgcls.cli.config_errors import plain_errors
from imgcls.cli.options import VERBS
from imgcls.cli.outcome import callback_scores, counted, record_test, record_training
from imgcls.cli.own_modules import own_modules
from imgcls.cli.parser import Parser, add_settings
from imgcls.cli.predict import predict
from imgcls.cli.quiet import quiet
from imgcls.cli.summary import after_training, corruption_summary, shown, summary
from imgcls.data import ImageDataModule
from imgcls.errors import InputError
from imgcls.models import Classifier
from imgcls.runs import environment, fine_tuning
from imgcls.runs.checkpoints import read_checkpoint
from imgcls.runs.find import claim
from imgcls.runs.loggers import Dashboard
from imgcls.runs.result import TrainingCost, last_scores, training_result
from imgcls.runs.resume import check_resume
from imgcls.runs.run import Run
from imgcls.runs.split_manifest import write_manifest
from imgcls.stage_profiler import StageProfiler

AnyCallback = TypeVar("AnyCallback", bound=Callback)


class ImgclsCLI(LightningCLI):
    """The command after ``fit``, ``validate``, ``test`` and ``predict``.

    Attributes:
        run: The run that is trained or evaluated; None when there is none.
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
            parser_class=Parser,
            parser_kwargs={verb: {"verb": verb} for verb in VERBS},
            subclass_mode_model=True,
            subclass_mode_data=True,
            auto_configure_optimizers=False,
            args=request.arguments,
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the machine's settings and hand the data's metadata to the model."""
        parser.add_class_arguments(hardware.Machine, "machine")
        add_settings(parser)
        parser.link_arguments("seed_everything", "data.init_args.seed")
        for fact in ("num_classes", "image_shape"):
            parser.link_arguments(f"data.{fact}", f"model.init_args.{fact}", apply_on="instantiate")

    def before_instantiate_classes(self) -> None:
        """Settle paths and threads; refuse a resume whose recipe differs from the run's."""
        config = self.config[self.subcommand]
        config.weights_only = True
        config.ckpt_path = str(self.request.checkpoint) if self.request.checkpoint else None
        if "verbose" in config:
            config.verbose = False  # the run's own summary says it
        if threads := hardware.threads_to_set(config.machine.threads):
            torch.set_num_threads(threads)
        if self.subcommand == "fit":
            self._settle_start(config)
        data_settings.settle_data(config, self.request)

    def _settle_start(self, config: Any) -> None:
        """Say in the config which weights a training begins with."""
        config.finetune = False  # what comes of it is a run like any other
        if self.request.source:
            config.started_from = self.request.started_from
        elif self.request.checkpoint:
            check_resume(self.request.checkpoint, self.run, self._plain_config())
        else:
            fine_tuning.check_new_weights(config.started_from, config.copy_shared_classes)

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Give the trainer its run folder, its loggers and the callbacks that every run has."""
        config = self.config_init[self.subcommand]
        self._prepare_parts(config)
        self.stopper = callbacks.StopAtEpochEnd(duration(config.trainer.max_time))
        recorded = self.subcommand in ("fit", "test") and not config.trainer.fast_dev_run
        new = recorded and self.run is None and self.subcommand == "fit"
        if new:
            self.run = claim(self.request.logs, self.request.experiment)
        kwargs |= run_setup.common_settings(config.trainer, self.clock, self.run)
        if self.subcommand != "fit":
            kwargs["enable_checkpointing"] = False
        if recorded or self.subcommand in ("test", "validate"):
            kwargs["callbacks"].append(run_setup.evaluation_counter(self.request, self.run))
        if recorded and self.run:
            self._record(self.run, kwargs, config)
        try:
            trainer = super().instantiate_trainer(**kwargs)
            hardware.check_trainer(trainer, config.machine)
        except (MisconfigurationException, ValueError) as error:
            if new and self.run:
                self.run.folder.rmdir()
            raise InputError(f"the trainer refuses its settings: {error}") from error
        if new and self.run:
            self.run.write_config(self._plain_config())
            write_manifest(self.run, self.datamodule)
            if self.origin:
                self.run.write_result({"started_from": self.origin})
        return trainer

    def _prepare_parts(self, config: Any) -> None:
        """See that all parts go together, read the images, and load what is fine-tuned."""
        data, model = self.datamodule, self.model
        preflight.check_parts(data, model, self.request.checkpoint)
        if self.subcommand != "predict":
            self.changed = data_checks.check_data(self.request, data, config)
        if self.subcommand == "fit":
            preflight.check_training(data, model)
        if self.subcommand in ("fit", "test"):
            preflight.check_callbacks(run_setup.listed(config.trainer.callbacks), data, model)
        if self.request.source:
            copied = config.copy_shared_classes
            self.origin = fine_tuning.load_backbone(
                self.request.source, config.started_from, model, data.classes, copied
            )
        hardware.fit_to_machine(config.machine, model, data, training=self.subcommand == "fit")

    def _record(self, run: Run, settings: dict[str, Any], config: Any) -> None:
        """Have the trainer write into the run's folder."""
        self.dashboard = Dashboard(run)
        settings["logger"] = [self.dashboard]
        if self.subcommand == "fit":
            if self.changed:  # since the run was stopped
                run.write_result({**run.result, **self.changed})
            epochs, data = config.trainer.max_epochs or -1, self.datamodule
            seed = self.config[self.subcommand].seed_everything
            settings["logger"] += run_setup.training_loggers(run, epochs, data.validate_on)
            settings["callbacks"] += [
                self.stopper, *run_setup.training_callbacks(run, seed, data)
            ]  # fmt: skip

    def _plain_config(self) -> dict[str, Any]:
        config = yaml.safe_load(self.parser.dump(self.config, skip_unset=False))
        return dict(config[self.subcommand])

    def before_fit(self) -> None:
        """Print what is going to be trained, on what and where."""
        data_checks.report_data(self.datamodule)
        run_setup.announce(self.run, self.dashboard, self.trainer, self.model, self.datamodule)

    def after_fit(self) -> None:
        """Measure the chosen weights on train and validation; write the run's result."""
        run = self.run
        if run is None or self.dashboard is None:
            return
        if self.stopper.stopped:
            print(
                f"stopped after epoch {self.trainer.current_epoch} of {self.trainer.max_epochs}; "
                f"resume with: imgcls fit --ckpt_path {shown(run.folder)}"
            )
            return
        cost = TrainingCost(self.clock.seconds, self.clock.images)
        achieved, validation = training_result(run, self.trainer, self.model, self.datamodule, cost)
        achieved["seed"] = self.config[self.subcommand].seed_everything
        achieved["git_commit"] = self.git_commit
        record_training(run, self.dashboard, self.datamodule.validate_on, achieved)
        for callback in self._callbacks_of(callbacks.ScoreFigures):
            if validation:
                callback.draw(self.trainer, self.model, "val", *validation)
        if isinstance(profiler := self.trainer.profiler, StageProfiler):  # type: ignore[attr-defined]
            print(profiler.write(run.folder, self.clock.images))
        print(after_training(run))

    def after_test(self) -> None:
        """Complete the run's result with the test scores, and count the evaluation."""
        listeners = self._callbacks_of(Callback)
        parts = self.model, self.datamodule
        scores = {"test": last_scores(*parts) | self.changed, **callback_scores(*parts, listeners)}
        line = ""
        if self.run and self.dashboard:  # first: who reads what is printed may have gone
            tested = self.request.checkpoint
            line = record_test(self.run, self.dashboard, tested, *parts, listeners, scores)
        print(summary(scores, ("test", "test_tta")))
        if "test_shifted" in scores:
            print(corruption_summary(scores["test_shifted"]))
        if line:
            print(line)

    def after_validate(self) -> None:
        """Print the scores of the split that the curves show; count a use of the test split."""
        scores = last_scores(self.model, self.datamodule)
        split = self.datamodule.validate_on
        if split == "test" and self.run:
            self.run.write_result(counted(self.run, 1))
        print(summary({split: scores}, (split,)))

    def predict(self, **_: Any) -> None:
        """Classify images without labels, at the precision that the run was tested at."""
        asked, checkpoint = self.request.predict, self.request.checkpoint
        if asked is None or checkpoint is None:
            raise InputError("'imgcls predict' needs --images and --ckpt_path")
        self.model.load_state_dict(read_checkpoint(checkpoint)["state_dict"])
        for kind in (callbacks.MixedPrecision, callbacks.CheckBfloat16):
            for callback in self._callbacks_of(kind):
                callback.setup(self.trainer, self.model, "predict")
        predict(asked, self.model, self.datamodule, self.trainer)

    def _callbacks_of(self, kind: type[AnyCallback]) -> list[AnyCallback]:
        found: list[Callback] = self.trainer.callbacks  # type: ignore[attr-defined]
        return [callback for callback in found if isinstance(callback, kind)]


def run(request: Request) -> ImgclsCLI:
    """Train, evaluate or predict.

    Args:
        request: What the user asks for.

    Raises:
        InputError: Something that the user can fix.
    """
    try:
        with quiet(), own_modules(), plain_errors(request):
            return ImgclsCLI(request)
    except torch.OutOfMemoryError as error:
        text = ". ".join(str(error).split(". ")[:3])  # what was asked for and what there is
        raise InputError(
            f"{text}: give a smaller --data.batch_size, or --machine.resident false"
        ) from error
