"""Plain results: dicts whose entries are attributes too, so that they go into JSON, pandas and f-strings alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from . import Dataset, TrainConfig


class Record(dict[str, Any]):
    """A dict with its entries as attributes: plan["steps"] is plan.steps. print() shows it for a person."""

    def __init__(self, values: Mapping[str, Any] | tuple[()] = (), text: str = "") -> None:
        super().__init__(values)
        object.__setattr__(self, "_text", text)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no {name!r}; it has {', '.join(self)}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is a result; {name!r} cannot be set")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self), self._text)

    def __str__(self) -> str:
        return self._text or repr(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.items())})"

    def _repr_html_(self) -> str:
        """A two-column table for a notebook."""
        from . import _display

        return _display.record(self)


class RuntimeInfo(Record):
    """Versions, processor, threads, devices and memory (bytes) of this process."""

    version: str
    torch_version: str
    cpu_capability: str
    cpu_bf16: bool
    threads: int
    devices: list[str]
    memory_total: int
    memory_available: int
    resident: int
    peak_resident: int


class ModelInfo(Record):
    """What a model is: name, architecture, parameters, context_length, memory (bytes), adapter, ..."""

    name: str
    source: str
    architecture: str
    parameters: int
    layers: int
    hidden_size: int
    vocabulary: int
    context_length: int
    file_format: str
    file_precision: str
    weights: str
    device: str
    memory: int
    hash: str
    adapter: str
    adapter_parameters: int
    adapter_rank: int


class ChatReply(Record):
    """What asking brought: text, finish, tokens, dropped_turns, dropped_tokens, note, ... str() is the answer."""

    text: str
    finish: Literal["stop", "length", "cancelled"]
    turn: int
    answer: int
    tokens: int
    prompt_tokens: int
    cached_tokens: int
    dropped_turns: int
    dropped_tokens: int
    context_length: int
    prompt_seconds: float
    seconds: float
    note: str


class Plan(Record):
    """What a training would need: peak_memory and its parts (bytes), seconds, steps, tokens, fits, notes."""

    peak_memory: int
    weights: int
    adapter: int
    activations: int
    runtime: int
    seconds: float | None
    disk: int
    examples: int
    steps: int
    tokens_per_epoch: int
    taught_tokens_per_epoch: int
    longest_example: int
    micro_batch_tokens: int
    recompute: str
    fits: bool
    notes: list[str]


class TrainingRecord(Record):
    """How an adapter came to be: config, history, held_out, base_hash, data_hash, metrics, diagnosis."""

    config: TrainConfig
    history: list[dict[str, Any]]
    held_out: Dataset
    system: str
    base_hash: str
    base_name: str
    data_hash: str
    examples: int
    metrics: dict[str, float | None]
    diagnosis: list[dict[str, Any]]


class Verdict(Record):
    """outcome ("better", "worse", "cannot_tell"), sentence, and the counts and p-values behind them."""

    outcome: Literal["better", "worse", "cannot_tell"]
    sentence: str
    wins: int
    ties: int
    losses: int
    p_value: float | None
    loss_wins: int
    loss_losses: int
    loss_p_value: float | None
    more_prompts_needed: int


class ModelVersion(Record):
    """One version in a registry: id, name, number, created, notes, aliases, lineage, metrics, verdict, folder."""

    id: str
    name: str
    number: int
    created: str
    notes: str
    aliases: list[str]
    parent: str
    changed: str
    base_name: str
    base_source: str
    base_hash: str
    data_hash: str
    data_version: str
    config_hash: str
    adapter_hash: str
    config: dict[str, Any]
    metrics: dict[str, float | None]
    verdict: str
    verdict_sentence: str
    folder: str
    bytes: int
    archived: bool


class DataVersion(Record):
    """One version of a set of examples: id, hash, parent, author, note, what changed, and the models trained on it."""

    id: str
    name: str
    number: int
    hash: str
    parent: str
    author: str
    note: str
    created: str
    examples: int
    added: int
    removed: int
    edited: int
    models: list[str]


class Encoded(NamedTuple):
    """A conversation as tokens; ids and mask have the same length."""

    ids: list[int]
    mask: list[int]  # 1 = taught: the tokens of answers and their stop tokens


@dataclass(frozen=True)
class Generation:
    """An answer. str() of it is the text."""

    text: str
    ids: list[int]  # the new tokens, the stop token left out
    finish: Literal["stop", "length", "cancelled"]
    prompt_tokens: int
    prompt_seconds: float  # until the first token could be drawn
    seconds: float  # all of it
    cached_tokens: int = 0  # of the prompt, worked out for an earlier answer (Engine)
    guessed_tokens: int = 0  # of ids, guessed ahead
    scores: list[dict] = field(default_factory=list)  # with logprobs: {"id", "logprob", "top": [{"id", "logprob"}]}, one a token

    def __str__(self) -> str:
        return self.text


for _kind in (Record, RuntimeInfo, ModelInfo, Plan, TrainingRecord, Verdict, ModelVersion, DataVersion, Encoded, Generation):
    _kind.__module__ = "pmtune"
