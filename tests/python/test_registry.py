"""ModelRegistry."""

import pickle

import pmtune as pm
import pytest


@pytest.fixture
def registry(tmp_path):
    return pm.ModelRegistry(tmp_path / "models")


def test_a_version_round_trips(registry, trained, report, data):
    version = registry.add(trained, report=report, notes="first version")
    assert (version.id, version.name, version.number) == ("PM-Shapes-v1", "PM-Shapes", 1)
    assert version["notes"] == "first version" and version.verdict == report.verdict.outcome
    assert version.config["rank"] == 4 and version.metrics["steps"] == trained.metrics["steps"]
    assert pickle.loads(pickle.dumps(version)) == version and "PM-Shapes-v1" in str(version)

    registry.set_alias("primary", version)
    assert registry.get("PM-Shapes@primary").id == version.id and registry.get(version).aliases == ["primary"]
    opened = registry.open("PM-Shapes@primary", device="cpu")
    assert opened.loss(data) == pytest.approx(trained.model.loss(data), rel=1e-5)


def test_names_aliases_notes_and_log(registry, trained):
    first, second = registry.add(trained), registry.add(trained, notes="again")
    assert [version.id for version in registry.list()] == [second.id, first.id]
    assert registry.list("PM-Other") == [] and second.parent == first.id
    assert first.id in registry and first in registry and "PM-Shapes-v9" not in registry and 3 not in registry
    assert registry.contains("PM-Shapes") and not registry.contains("PM-Shapes@primary")

    registry.set_alias("primary", first.id)
    registry.set_alias("primary", second)
    assert registry.get("PM-Shapes@primary").id == second.id
    registry.remove_alias("PM-Shapes", "primary")
    assert "PM-Shapes@primary" not in registry

    registry.set_notes(first, "house style only")
    assert registry.get(first).notes == "house style only"
    log = registry.log()
    assert {"when", "action", "subject", "text"} == set(log[0]) and len(registry.log(most=1)) == 1
    assert {"add", "alias"} <= {entry["action"] for entry in log}
    assert "PM-Shapes-v2" in registry._repr_html_() and str(registry.folder) in repr(registry)


def test_unknown_references(registry, trained):
    registry.add(trained)
    with pytest.raises(pm.NotFound, match="PM-Shapes"):
        registry.get("PM-Shaeps-v1")
    with pytest.raises(pm.NotFound):
        registry.open("PM-Shapes-v7")
    with pytest.raises(TypeError, match="PM-PRDs"):
        registry.get(3)
    with pytest.raises(pm.InvalidArgument, match='Did you mean "device"'):
        registry.open("PM-Shapes", devise="cpu")


def test_unbuilt_parts_say_so(registry, trained, tmp_path):
    registry.add(trained)
    for call in (
        lambda: registry.archive("PM-Shapes-v1"),
        lambda: registry.restore("PM-Shapes-v1"),
        lambda: registry.backup(tmp_path / "backup"),
        lambda: registry.bundle("PM-Shapes-v1", tmp_path / "bundle"),
        lambda: registry.import_bundle(tmp_path / "bundle"),
    ):
        with pytest.raises(pm.Unsupported):
            call()
