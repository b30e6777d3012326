"""What the tests share: the real small model, a tiny data set, one tiny training."""

import json
import os
import signal

import pmtune as pm
import pytest
from small_examples import SHAPES, example

# On a machine that others use too, two threads of one operation wait for each other at every step: measured 20 times
# slower than one thread for a model this small.
pm.set_threads(1)

# A shell that starts tests in the background has them ignore Ctrl-C, which some of them are about.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def model_path():
    return os.environ.get("PMTUNE_SMOLLM2") or pm.fetch("smollm2-135m-instruct")


@pytest.fixture(scope="session")
def model(model_path):
    return pm.Model.load(model_path)


@pytest.fixture(scope="session")
def data():
    return pm.Dataset.from_list(example(shape, tags=[shape]) for shape in SHAPES)


@pytest.fixture(scope="session")
def config():
    """Six examples, two a step: three steps an epoch."""
    return pm.TrainConfig(
        name="PM-Shapes",
        epochs=2,
        batch_size=2,
        rank=4,
        alpha=8,
        context_length=128,
        validation=0,
        learning_rate=2e-3,
    )


@pytest.fixture(scope="session")
def trained(model, data, config):
    return pm.LoraTrainer(model, config.with_(validation=0.2)).train(data, progress=None)


@pytest.fixture(scope="session")
def suite(tmp_path_factory):
    path = tmp_path_factory.mktemp("suite") / "shapes.json"
    prompts = [
        {"id": f"shape-{i}", "category": "Shapes", "prompt": f"Name the shape {shape}.",
         "checks": [{"kind": "contains", "label": "names it", "text": shape}]}
        for i, shape in enumerate(["cone", "line"])
    ]
    path.write_text(json.dumps({"name": "shapes", "prompts": prompts}))
    return path


@pytest.fixture(scope="session")
def report(model, trained, suite):
    return pm.Evaluator(suite, max_tokens=12).compare(model, trained.model, progress=None)
