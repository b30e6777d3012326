"""LoraTrainer and TrainResult: one tiny training, and everything that may interrupt it."""

import json
import signal
import sys
import threading
import time

import pmtune as pm
import pytest


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


def test_checkpoints_are_not_built_yet(model, data, config, tmp_path):
    with pytest.raises(pm.Unsupported, match="docs/status.md"):
        pm.LoraTrainer(model, config.with_(checkpoint_dir=tmp_path / "checkpoints")).train(data, progress=None)
    with pytest.raises(pm.Unsupported):
        pm.LoraTrainer(model, config).train(data, progress=None, resume=True)
