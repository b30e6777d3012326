"""LoraTrainer and TrainResult: one tiny training, and everything that may interrupt it."""

import json
import math
import re
import signal
import subprocess
import sys
import threading
import time

import pmtune as pm
import pytest
from small_model import random_model


def test_the_result(trained, model, data, config):
    assert trained.model.has_adapter and not trained.cancelled
    assert trained.config.name == "PM-Shapes"
    assert isinstance(trained.metrics["train_loss"], float)
    assert trained.metrics["steps"] == trained.history[-1]["steps"]
    assert {"code", "severity", "message", "fix"} == set(trained.diagnosis[0]) if trained.diagnosis else True
    assert "<table" in trained._repr_html_() and "PM-Shapes" in repr(trained)
    assert trained.model.loss(data) < model.loss(data)


def test_history_is_plain_and_has_no_nan(trained):
    assert {"step", "epoch"} <= {event["event"] for event in trained.history}
    json.dumps(trained.history, allow_nan=False)
    steps = [event for event in trained.history if event["event"] == "step"]
    assert [event["step"] for event in steps] == list(range(1, steps[-1]["steps"] + 1))
    assert all(event["validation_loss"] is None or event["event"] != "step" for event in trained.history)


def test_the_model_knows_how_it_was_trained(trained, model):
    record = trained.model.training_record
    assert record.config == trained.config and record.examples + len(record.held_out) == 6
    assert record.base_hash in ("", model.hash)
    assert trained.model.base().has_adapter is False


def test_the_plan(model, data, config):
    plan = pm.LoraTrainer(model, config).plan(data)
    assert plan.steps == 6 and plan["examples"] == 6 and plan.fits is True
    assert plan.peak_memory >= plan.weights > 0 and "peak memory" in str(plan)
    assert json.loads(json.dumps(plan)) == plan and "MB" in plan._repr_html_()


def test_adapters_round_trip(trained, model, data, tmp_path):
    trained.model.save_adapter(tmp_path / "adapter")
    trained.model.export(tmp_path / "exported")
    again = model.load_adapter(tmp_path / "adapter")
    assert again.has_adapter and again.info.adapter_rank == 4
    assert again.loss(data) == pytest.approx(trained.model.loss(data), rel=1e-5)
    assert (tmp_path / "exported" / "adapter_config.json").exists()


def test_a_callback_sees_every_kind_of_event(model, data, config):
    events = []
    result = pm.LoraTrainer(model, config.with_(epochs=1)).train(data, validation=data[:1], progress=events.append)
    kinds = [event["event"] for event in events]
    assert kinds[0] == "started" and kinds[-1] == "finished" and "epoch" in kinds
    assert all(type(event) is dict and event["text"] for event in events)
    assert "Epoch 1/1 - Loss:" in next(event["text"] for event in events if event["event"] == "epoch")
    assert result.metrics["validation_loss"] > 0


@pytest.mark.parametrize("answer", [False, pm.Control.stop])
def test_a_callback_may_stop(model, data, config, answer):
    trainer = pm.LoraTrainer(model, config.with_(epochs=50))
    result = trainer.train(data, progress=lambda event: answer if event["event"] == "step" else None)
    assert result.cancelled and result.model.has_adapter
    assert max(event["step"] for event in result.history) < 50 * 3


def test_what_a_callback_raises_comes_out(model, data, config):
    mistake = LookupError("mine")

    def progress(event):
        raise mistake

    trainer = pm.LoraTrainer(model, config)
    with pytest.raises(LookupError) as caught:
        trainer.train(data, progress=progress)
    assert caught.value is mistake
    assert not trainer.train(data, progress=None).cancelled  # usable again


def test_ctrl_c(model, data, config):
    steps = []

    def progress(event):
        steps.append(event["step"])
        if len(steps) == 2:
            signal.raise_signal(signal.SIGINT)

    trainer = pm.LoraTrainer(model, config.with_(epochs=50))
    with pytest.raises(KeyboardInterrupt):
        trainer.train(data, progress=progress)
    assert len(steps) <= 3
    result = trainer.train(data, progress=lambda event: event["event"] != "step")
    assert result.cancelled


def test_cancel_and_busy_from_another_thread(model, data, config):
    trainer = pm.LoraTrainer(model, config.with_(epochs=500))
    running = threading.Event()
    results = []

    def work():
        results.append(trainer.train(data, progress=lambda event: running.set() if event["step"] else None))

    worker = threading.Thread(target=work)
    worker.start()
    assert running.wait(30)
    with pytest.raises(pm.Busy):
        trainer.train(data, progress=None)
    trainer.cancel()
    worker.join(30)
    assert not worker.is_alive() and results[0].cancelled


def test_pause_and_resume(model, data, config):
    trainer = pm.LoraTrainer(model, config.with_(epochs=500))
    steps = []
    worker = threading.Thread(target=lambda: trainer.train(data, progress=lambda event: steps.append(event["step"])))
    worker.start()
    while len(steps) < 2:
        time.sleep(0.01)
    trainer.pause()
    time.sleep(0.5)
    held = len(steps)
    time.sleep(0.5)
    assert len(steps) == held
    trainer.resume()
    deadline = time.monotonic() + 20
    while len(steps) == held and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(steps) > held
    trainer.cancel()
    worker.join(30)
    assert not worker.is_alive()


def test_progress_lines_and_bar(model, data, config, capsys, monkeypatch):
    trainer = pm.LoraTrainer(model, config.with_(epochs=1))
    trainer.train(data, progress="auto")
    assert capsys.readouterr() == ("", "")  # nobody watches
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    trainer.train(data, progress=True)
    out, err = capsys.readouterr()
    assert out == "" and "Epoch 1/1 - Loss:" in err
    with pytest.raises(TypeError, match="auto"):
        trainer.train(data, progress=3)


def test_progress_bar(model, data, config, capsys):
    pm.LoraTrainer(model, config.with_(epochs=1)).train(data, progress=True)
    assert "3/3" in capsys.readouterr().err


def test_what_cannot_be_trained(model, data, config):
    with pytest.raises(pm.InvalidArgument):
        pm.LoraTrainer(model, config).train(pm.Dataset(), progress=None)
    with pytest.raises(pm.InvalidArgument, match="q_prj|q_proj"):
        pm.LoraTrainer(model, config.with_(target_modules=["q_prj"]))
    with pytest.raises(pm.OutOfMemory):
        pm.LoraTrainer(model, config.with_(max_memory="1MB")).train(data, progress=None)


def test_a_refused_plan_names_cures_in_numbers(model, config):
    long = pm.Dataset.from_list([{"messages": [{"role": "user", "content": "List shapes."}, {"role": "assistant", "content": "circle square " * 300}]}] * 3)
    config = config.with_(context_length=2048, rank=16, max_memory="900MB")
    trainer = pm.LoraTrainer(model, config)
    plan = trainer.plan(long)
    assert not plan.fits and plan.seconds == 0
    with pytest.raises(pm.OutOfMemory) as caught:
        trainer.train(long, progress=None)
    said = str(caught.value)
    assert "max_memory allows 900 MB" in said
    assert re.search(r"a context of \d+ instead of \d+ tokens saves [\d.]+ [MG]B", said)
    assert re.search(r'weights="nf4" saves [\d.]+ MB', said)


CEILING = """
import json, sys
import pmtune as pm
pm.set_threads(1)
model = pm.Model.load(sys.argv[1])
data = pm.Dataset.from_list([{"messages": [{"role": "user", "content": "List shapes."}, {"role": "assistant", "content": "circle square " * n}]} for n in (40, 90, 140, 190) * 2])
config = pm.TrainConfig(epochs=1, batch_size=4, validation=0)
free = pm.LoraTrainer(model, config).plan(data)
config = config.with_(max_memory=int(free.peak_memory - FRACTION * free.activations))
trainer = pm.LoraTrainer(model, config)
plan = trainer.plan(data)
trainer.train(data, progress=None)
print(json.dumps([free.micro_batch_tokens, plan.micro_batch_tokens, plan.recompute, plan.peak_memory, config.max_memory,
                  pm.runtime_info()["peak_resident"]]))
"""


@pytest.mark.parametrize("fraction, recompute", [(0.3, "none"), (0.7, "full")])
def test_max_memory_is_a_ceiling_that_the_run_keeps(model_path, fraction, recompute):
    """Smaller micro-batches first, then recomputation; in a process of its own, whose peak is then looked at."""
    code = CEILING.replace("FRACTION", str(fraction))
    done = subprocess.run([sys.executable, "-c", code, model_path], capture_output=True, text=True, check=True)
    free, tokens, chosen, planned, limit, peak = json.loads(done.stdout)
    assert (chosen, planned <= limit) == (recompute, True)
    assert tokens < free or chosen == "full"
    assert peak < 1.03 * limit


GROWING_HOST = """
import json, logging, sys
import pmtune as pm
logging.basicConfig(stream=sys.stderr, level=logging.INFO)
pm.set_threads(1)
model = pm.Model.load(sys.argv[1])
data = pm.Dataset.from_list([{"messages": [{"role": "user", "content": "List shapes."}, {"role": "assistant", "content": "circle square " * n}]} for n in (40, 90, 140, 190) * 3])
config = pm.TrainConfig(epochs=1, batch_size=4, validation=0)
config = config.with_(max_memory=pm.LoraTrainer(model, config).plan(data).peak_memory + 10_000_000)
held, resident = [], []
def progress(p):
    if p["event"] == "step":
        resident.append(pm.runtime_info()["resident"])
        if p["step"] == 1:
            held.append(b"x" * 200_000_000)
result = pm.LoraTrainer(model, config).train(data, progress=progress)
print(json.dumps([config.max_memory, resident, result.metrics["steps"]]))
"""


def test_a_run_takes_less_when_its_host_has_grown(model_path):
    done = subprocess.run([sys.executable, "-c", GROWING_HOST, model_path], capture_output=True, text=True, check=True)
    limit, resident, steps = json.loads(done.stdout)
    assert "more than the" in done.stderr and "it goes on with up to" in done.stderr
    assert steps == 3 and resident[0] < limit and resident[-1] < 1.03 * limit


def test_a_loss_that_is_not_finite_ends_the_run_and_names_the_example(config, tmp_path):
    random_model(tmp_path / "model", spoiled="Z")
    lines = [f"Shape number {i}." for i in range(9)]
    lines[6] = "Zigzag."
    (tmp_path / "data.jsonl").write_text("\n".join(
        json.dumps({"messages": [{"role": "user", "content": "Name a shape."}, {"role": "assistant", "content": line}]}) for line in lines))
    data = pm.Dataset.load(tmp_path / "data.jsonl")
    model = pm.Model.load(tmp_path / "model", weights="f32")
    result = pm.LoraTrainer(model, config.with_(batch_size=3, epochs=3)).train(data, progress=None)
    found = next(d for d in result.diagnosis if d["code"] == "diverged")
    assert found["severity"] == "error" and "data.jsonl line 7 is not a finite number" in found["message"], found
    assert all(math.isfinite(p["loss"]) for p in result.history if p["event"] == "step")
    result.model.save_adapter(tmp_path / "adapter")  # the last good state: loading refuses numbers that are not finite
    model.load_adapter(tmp_path / "adapter")


def test_one_example_and_one_a_step(model, config, data):
    one = pm.Dataset.from_list(list(data)[:1]) if not isinstance(data, list) else data[:1]
    result = pm.LoraTrainer(model, config.with_(batch_size=1, validation=0.5)).train(one, progress=None)
    assert result.metrics["steps"] == config.epochs and "validation_loss" not in result.metrics


def test_training_the_top_layers_only(model, config, data, tmp_path):
    """Kept hidden states change nothing: an epoch from the file has the losses of the same adapter without it."""
    import safetensors.numpy

    config = config.with_(top_layers=3, epochs=3, validation=0.34)
    result = pm.LoraTrainer(model, config).train(data, progress=None)
    result.model.save_adapter(tmp_path / "adapter")
    names = safetensors.numpy.load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert {re.search(r"layers\.(\d+)\.", name).group(1) for name in names} == {"27", "28", "29"}
    assert json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())["layers_to_transform"] == [27, 28, 29]
    served = model.load_adapter(tmp_path / "adapter")
    asked = dict(max_tokens=8, temperature=0)
    assert served.chat("Name the shape cube.", **asked) == result.model.chat("Name the shape cube.", **asked)
    assert result.metrics["validation_loss"] < result.metrics["validation_loss_before"]
    # The first epoch computes, the second reads; with a rate of nearly nothing both must come to the same losses.
    still = pm.LoraTrainer(model, config.with_(learning_rate=1e-12, batch_size=6, keep_best=False)).train(data, progress=None)
    by_epoch = [p["validation_loss"] for p in still.history if p["event"] in ("started", "epoch")]
    assert len(by_epoch) == 4 and max(by_epoch) - min(by_epoch) < 1e-6
    losses = [p["loss"] for p in still.history if p["event"] == "step"]
    assert max(losses) - min(losses) < 1e-5


NO_ROOM = """
import json, logging, resource, sys
import pmtune as pm
logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
model = pm.Model.load(sys.argv[1])
data = pm.Dataset.from_list([{"messages": [{"role": "user", "content": "List shapes."}, {"role": "assistant", "content": "circle square " * n}]} for n in (4, 9, 14, 19)])
config = pm.TrainConfig(epochs=2, batch_size=2, validation=0, top_layers=3, seed=1)
def losses():
    return [p["loss"] for p in pm.LoraTrainer(model, config).train(data, progress=None).history if p["event"] == "step"]
free = losses()
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))  # room for one example or two
print(json.dumps([free, losses()]))
"""


def test_a_full_disk_costs_time_not_the_run(model_path):
    done = subprocess.run([sys.executable, "-c", NO_ROOM, model_path], capture_output=True, text=True, check=True)
    free, full = json.loads(done.stdout)
    assert "are computed anew in each epoch" in done.stderr and "File too large" in done.stderr
    assert len(free) == 4 and full == pytest.approx(free, abs=1e-5)


def test_more_top_layers_than_layers(model, config):
    with pytest.raises(pm.InvalidArgument, match="this model has only 30 layers"):
        pm.LoraTrainer(model, config.with_(top_layers=31))


def test_checkpoints_are_not_built_yet(model, data, config, tmp_path):
    with pytest.raises(pm.Unsupported, match="docs/status.md"):
        pm.LoraTrainer(model, config.with_(checkpoint_dir=tmp_path / "checkpoints")).train(data, progress=None)
    with pytest.raises(pm.Unsupported):
        pm.LoraTrainer(model, config).train(data, progress=None, resume=True)
