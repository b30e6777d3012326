"""HTML for notebooks: short tables, every value escaped, no scripts and nothing fetched."""

from html import escape

_ROWS = 20


def _cell(value):
    """A value as a person reads it."""
    if value is None:
        return "not measured"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(item) for item in value)
    return str(value)


def _shorten(text, most=160):
    return text if len(text) <= most else text[: most - 1] + "…"


def _table(rows, heading=None, most=160):
    """rows of cells as an HTML table; at most _ROWS of them, and a line that says how many were left out. most: characters of a cell."""
    rows = list(rows)
    parts = ['<table style="text-align:left">']
    if heading:
        parts.append("<tr>" + "".join(f"<th>{escape(name)}</th>" for name in heading) + "</tr>")
    for row in rows[:_ROWS]:
        cells = (escape(_shorten(_cell(value), most)) for value in row)
        parts.append("<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells) + "</tr>")
    parts.append("</table>")
    if len(rows) > _ROWS:
        parts.append(f"<p>… and {len(rows) - _ROWS} more</p>")
    return "".join(parts)


def _title(text):
    return f"<p><b>{escape(text)}</b></p>"


def _size(count):
    """Bytes for a person, in powers of 1000 as in the rest of pmtune."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


_BYTES = {"memory", "peak_memory", "weights", "adapter", "activations", "runtime", "disk", "bytes", "memory_total",
          "memory_available", "resident", "peak_resident"}


def _readable(name, value):
    if name in _BYTES and isinstance(value, int) and not isinstance(value, bool):
        return _size(value)
    return value


def record(values):
    """Any Record as two columns; entries that hold whole lists of dicts are counted instead of shown."""
    rows = []
    for name, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = f"{len(value)} entries"
        rows.append((name, _readable(name, value)))
    return _title(type(values).__name__) + _table(rows)


def dataset(data):
    """The first examples: the last question and its answer."""
    rows = []
    for i in range(min(len(data), 5)):
        messages = data[i]["messages"]
        asked = [m["content"] for m in messages if m["role"] == "user"]
        rows.append((i, asked[-1] if asked else "", messages[-1]["content"] if messages else ""))
    return _title(f"Dataset of {len(data)} examples") + _table(rows, ("", "question", "answer"))


def dataset_report(report):
    """The problems with line and cure."""
    stats = report.stats
    title = f"{report.path}: {'ok' if report.ok else 'not ok'}, {stats['examples']} usable examples"
    rows = [(p["line"] or "", p["severity"], p["message"], p["fix"]) for p in report.problems]
    return _title(title) + (_table(rows, ("line", "severity", "what is wrong", "what to do")) if rows else "")


def surprises(found):
    """The lines to look at first, with reasons and cures."""
    flagged = [example for example in found.ranked if example["reasons"]]
    rows = [
        (example["line"] or f"example {example['index'] + 1}", reason["message"], reason["fix"])
        for example in flagged
        for reason in example["reasons"]
    ]
    title = f"{len(flagged)} of {len(found.ranked)} examples to look at" if flagged else "Nothing stands out"
    heading = ("line", "what stands out", "what to do")
    notes = "".join(f"<p>{escape(note)}</p>" for note in found.notes)
    return _title(title) + (_table(rows, heading, most=600) if rows else "") + notes


def _question(example):
    asked = [m["content"] for m in example["messages"] if m["role"] == "user"]
    return asked[-1] if asked else ""


def dataset_diff(diff):
    """What was added, removed and edited."""
    rows = [("added", example["line"] or "", _question(example), "") for example in diff.added]
    rows += [("removed", example["line"] or "", _question(example), "") for example in diff.removed]
    for edit in diff.edited:
        answer = edit["after"]["messages"][-1]["content"]
        rows.append(("edited", edit["after"]["line"] or "", _question(edit["after"]), answer))
    title = f"{len(diff.added)} added, {len(diff.removed)} removed, {len(diff.edited)} edited"
    return _title(title) + (_table(rows, ("", "line", "question", "answer now")) if rows else "")


def model(handle):
    """What the model is."""
    info = handle.info
    rows = [(name, _readable(name, value)) for name, value in info.items() if value not in ("", 0)]
    return _title(f"Model {info.name}") + _table(rows)


def config(options):
    """The options, each with its meaning."""
    rows = [(field["name"], getattr(options, field["name"]), field["doc"]) for field in options.describe()]
    return _title(f"TrainConfig {options.name}") + "".join(
        _table(rows[at : at + _ROWS]) for at in range(0, len(rows), _ROWS)
    )


def train_result(result):
    """Metrics and what happened."""
    title = f"{result.config.name}: {'stopped early' if result.cancelled else 'trained'}"
    metrics = [(name, _readable(name, value)) for name, value in result.metrics.items()]
    happened = [(d["message"], d["fix"]) for d in result.diagnosis]
    parts = [_title(title), _table(metrics)]
    if happened:
        parts.append(_table(happened, ("what happened", "what to do")))
    return "".join(parts)


def eval_report(report):
    """Verdict, scores and notes; save_html() has the answers and curves."""
    scores = [(name, value) for name, value in report.scores.items()]
    parts = [_title(report.verdict.sentence or report.suite), _table(scores, ("score", "value"))]
    parts.extend(f"<p>{escape(note)}</p>" for note in report.notes[:5])
    return "".join(parts)


def registry(store):
    """The newest versions."""
    rows = [
        (v.id, ", ".join(v.aliases), v.created, v.verdict.replace("_", " ") or "not judged", v.notes)
        for v in store.list()
    ]
    heading = ("version", "aliases", "created", "verdict", "notes")
    return _title(f"Models in {store.folder}") + _table(rows, heading)
