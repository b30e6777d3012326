"""Settings files, `pmtune doctor` and `pmtune completion`."""
import json
import shutil
import subprocess

import pytest
from test_cli import COMMANDS, MODEL, PMTUNE, one_line_on_stderr, pmtune


@pytest.fixture
def place(tmp_path):
    """A folder, and a home with its own settings; place(local, own) writes them."""
    def write(local=None, own=None):
        for path, text in [(tmp_path / "work" / "pmtune.toml", local), (tmp_path / "pmtune" / "config.toml", own)]:
            path.parent.mkdir(exist_ok=True)
            if text is not None:
                path.write_text(text)
    write()

    def run(*arguments, **variables):
        return pmtune(*arguments, cwd=tmp_path / "work", **{"XDG_CONFIG_HOME": str(tmp_path), **variables})
    write.run = run
    write.doctor = lambda **variables: json.loads(run("doctor", "--json", **variables).stdout)
    return write


def test_settings_are_taken_in_their_order(place):
    place(own='registry = "far"\n[inbox.list]\nstatus = "accepted"\n[log]\nregistry = "farther"\n')
    assert "No models yet in far." in place.run("models").stdout
    assert "in farther." in place.run("log").stdout  # a command's section goes before what holds for all
    assert "that is accepted" in place.run("inbox", "list").stdout
    place(local='registry = "near"\n')
    assert "in near." in place.run("log").stdout  # pmtune.toml before config.toml
    assert "in there." in place.run("models", PMTUNE_REGISTRY="there").stdout
    assert "in here." in place.run("models", "--registry", "here", PMTUNE_REGISTRY="there").stdout


def test_underscores_lists_and_flags(place):
    place(local=f'[chat]\nmax_tokens = 3\njson = true\nstop = ["zz", "yy"]\nsystem = "Be brief."\n')
    reply = json.loads(place.run("chat", MODEL, "Name a metric.").stdout)
    assert reply["tokens"] == 3


def test_a_named_file_stands_for_both(place, tmp_path):
    place(local='registry = "near"\n')
    (tmp_path / "other.toml").write_text('registry = "other"\n')
    assert "in other." in place.run("--config", tmp_path / "other.toml", "models").stdout
    assert "in other." in place.run("models", "--config", tmp_path / "other.toml").stdout
    assert "in other." in place.run("models", PMTUNE_CONFIG=str(tmp_path / "other.toml")).stdout
    for run in [place.run("models", "--config", "nowhere.toml"), place.run("models", PMTUNE_CONFIG="nowhere.toml")]:
        assert run.returncode == 2 and "nowhere.toml" in one_line_on_stderr(run)


@pytest.mark.parametrize("text, words", [
    ("[train]\nepochs = 0\n", "--epochs: must be 1 to 1000, not 0 (epochs in [train] of pmtune.toml)"),
    ("[train]\nepoch = 3\n", 'pmtune.toml, [train]: there is no flag "epoch". Did you mean "epochs"?'),
    ("registr = 3\n", 'pmtune.toml: there is no flag "registr". Did you mean "registry"?'),
    ("what is this\n", "pmtune.toml: there is no flag"),
    ("[train]\nschedule = \"zigzag\"\n", "cosine"),
])
def test_faults_name_file_and_place(place, text, words):
    place(local=text)
    run = place.run("train", "x.jsonl")
    assert run.returncode == 2 and words in one_line_on_stderr(run)
    assert place.run("train", "--help").returncode == 0
    assert place.run("doctor").returncode in (0, 1)


def test_doctor(place):
    place(local="[chat]\ntemperature = 0.5\n", own='registry = "far"\n[pull]\ntoken = "secret"\n')
    told = place.doctor(OMP_NUM_THREADS="1", HF_TOKEN="secret")
    assert {"pmtune", "Processor", "Threads", "Memory", "Disk", "Registry", "Models"} <= {f["topic"] for f in told["findings"]}
    assert told["machine"]["threads"] == 1 and told["machine"]["memory_total"] > 0
    assert [(s["section"], s["name"], s["value"]) for s in told["settings"]] == [
        (["chat"], "temperature", "0.5"), ([], "registry", "far"), (["pull"], "token", "(set)")]
    assert told["environment"]["OMP_NUM_THREADS"] == "1" and "secret" not in json.dumps(told)
    shown = place.run("doctor").stdout
    assert "chat --temperature" in shown and "pmtune.toml" in shown and "\033" not in shown


def test_doctor_finds_what_is_wrong(place, tmp_path):
    place(local="[chatt]\nx = 1\n")
    empty = str(tmp_path / "nothing")
    run = place.run("doctor", PMTUNE_CACHE=empty, HF_HOME=empty, HOME=empty, OLLAMA_MODELS=empty, PMTUNE_REGISTRY="broken")
    assert run.returncode == 1 and 'there is no command "chatt"' in run.stdout and "pmtune pull" in run.stdout
    (tmp_path / "work" / "broken").mkdir()
    (tmp_path / "work" / "broken" / "registry.db").write_bytes(b"not a database" * 100)
    findings = {f["topic"]: f for f in place.doctor(PMTUNE_REGISTRY="broken")["findings"]}
    assert findings["Registry"]["level"] == "problem" and findings["Registry"]["cure"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command(shell):
    script = pmtune("completion", shell).stdout
    for word in [*COMMANDS, "commit", "accept"]:
        assert word in script
    assert "learning-rate" in script and "cosine linear constant" in script
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=script, text=True, check=True)


def complete(*words):
    """What bash would offer for the last of these words."""
    script = (f"PATH={PMTUNE.parent}:$PATH; source <(pmtune completion bash); COMP_WORDS=({' '.join(repr(word) for word in words)}); "
              f"COMP_CWORD={len(words) - 1}; _pmtune; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()


def test_bash_completes():
    assert complete("pmtune", "ch") == ["check", "chat"]
    assert complete("pmtune", "data", "com") == ["commit"]
    assert complete("pmtune", "train", "--sched") == ["--schedule"]
    assert complete("pmtune", "train", "--schedule", "") == ["cosine", "linear", "constant"]
    assert complete("pmtune", "chat", "--when-full", "d") == ["drop"]
    assert "--author" in complete("pmtune", "data", "commit", "--")


def test_completion_names(tmp_path):
    assert pmtune("completion", "names", cwd=tmp_path).returncode == 0
    run = pmtune("completion", "tcsh")
    assert run.returncode == 2 and "bash" in one_line_on_stderr(run)
