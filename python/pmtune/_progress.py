"""Progress of long work: a tqdm bar where tqdm is installed, else lines of text on stderr."""

import sys


def reporter(kind, progress):
    """What the compiled part calls for each event, or None.

    kind: "train", "evaluate", "surprises" or "pull". progress: the user's argument: "auto", True, False, None or a function of one dict.
    """
    if progress is None or progress is False:
        return None
    if progress == "auto" and not _somebody_watches():
        return None
    if progress is True or progress == "auto":
        return {"train": _Training, "evaluate": _Evaluation, "surprises": _Reading, "pull": _Pull}[kind]()
    if callable(progress):
        return progress
    raise TypeError(f'progress is "auto", True, False, None or a function, not {progress!r}')


def _somebody_watches():
    """True in a terminal and in a notebook."""
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())


def _new_bar(**options):
    """A tqdm bar, or None without tqdm."""
    try:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that ipywidgets is missing is no news to a product manager
            from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(**options)


def _say(text):
    if sys.stderr is not None:
        print(text, file=sys.stderr, flush=True)


class _Training:
    """The bar counts optimiser steps; the other events leave their log lines above it."""

    def __init__(self):
        self._bar = None
        self._started = False

    def __call__(self, event):
        if not self._started:
            self._started = True
            self._bar = _new_bar(total=event["steps"] or None, unit="step", desc="training", dynamic_ncols=True)
        if event["event"] != "step" and event["text"]:
            self._line(event["text"])
        if self._bar is not None:
            self._advance(event)

    def _line(self, text):
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)
        else:
            _say(text)

    def _advance(self, event):
        if event["event"] == "step" and event["loss"] is not None:
            self._bar.set_postfix(loss=f"{event['loss']:.3f}", refresh=False)
        self._bar.update(event["step"] - self._bar.n)

    def close(self):
        if self._bar is not None:
            self._bar.close()


class _Evaluation:
    """The bar counts answers, of all arms together as far as they are known."""

    def __init__(self):
        self._bar = None
        self._arm = None

    def __call__(self, event):
        if event["arm"] != self._arm:
            self.close()
            self._arm = event["arm"]
            self._bar = _new_bar(total=event["of"], unit="answer", desc=f"asking {self._arm}", dynamic_ncols=True)
        if self._bar is not None:
            self._bar.update(event["done"] - self._bar.n)
        else:
            _say(f"asking {self._arm}: {event['done']} of {event['of']} answers")

    def close(self):
        if self._bar is not None:
            self._bar.close()


class _Reading:
    """The bar counts readings; their number grows where answers are in doubt."""

    def __init__(self):
        self._bar = None
        self._started = False

    def __call__(self, event):
        if not self._started:
            self._started = True
            self._bar = _new_bar(total=event["of"], unit="reading", desc="reading", dynamic_ncols=True)
        if self._bar is not None:
            self._bar.total = event["of"]
            self._bar.update(event["done"] - self._bar.n)

    def close(self):
        if self._bar is not None:
            self._bar.close()


class _Pull:
    """The bar counts bytes of all files; what goes on instead of loading is said beside it."""

    def __init__(self):
        self._bar = None
        self._said = None

    def __call__(self, event):
        if self._bar is None and event["total"]:
            self._bar = _new_bar(total=event["total"], unit="B", unit_scale=True, desc="pulling", dynamic_ncols=True)
        if self._bar is None:
            if (event["file"], event["note"]) != self._said:
                self._said = (event["file"], event["note"])
                _say(event["note"] or event["text"])
            return
        self._bar.set_postfix_str(event["note"] or event["file"], refresh=False)
        self._bar.update(event["bytes"] - self._bar.n)

    def close(self):
        if self._bar is not None:
            self._bar.close()
