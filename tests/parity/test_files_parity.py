"""What pmtune reads and writes, compared with the gguf and safetensors packages of Python, byte for byte.

The program files_dump is taken from $PMTUNE_BUILD/bin (build/release/bin if unset), the real model from
$PMTUNE_SMOLLM2 or from pmtune's cache. A missing program or model is a failure: a test that skips proves nothing.
"""

import json
import os
import subprocess
from pathlib import Path

import gguf
import numpy as np
import peft
import pytest
import safetensors
import safetensors.numpy
import safetensors.torch
import torch
from gguf import GGMLQuantizationType as Q

ROOT = Path(__file__).resolve().parents[2]
READ_ONLY = [Q.Q2_K, Q.Q3_K, Q.Q4_K, Q.Q5_K, Q.Q6_K, Q.IQ4_NL, Q.IQ4_XS]  # gguf reads them and does not write them
SCALE_AT = {Q.Q2_K: 80, Q.Q3_K: 108, Q.Q6_K: 208}  # where a block has its f16 scale, if not at its beginning
WITH_MINIMUM = (Q.Q4_1, Q.Q5_1, Q.Q2_K, Q.Q4_K, Q.Q5_K)  # an f16 that follows the scale
QUANTISED = [Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0]
ALL_TYPES = [Q.F32, Q.F16, Q.BF16, *QUANTISED]


def program() -> Path:
    build = Path(os.environ.get("PMTUNE_BUILD", ROOT / "build" / "release"))
    path = build / "bin" / "files_dump"
    assert path.exists(), f"{path} is missing; build it, or set PMTUNE_BUILD"
    return path


def run(*words, stdin=None) -> bytes:
    done = subprocess.run([program(), *map(str, words)], capture_output=True, input=stdin)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def listing(path) -> list:
    return [json.loads(line) for line in run("list", path).splitlines()]


def smollm2() -> Path:
    cache = Path(os.environ.get("PMTUNE_CACHE", Path.home() / ".cache" / "pmtune"))
    usual = cache / "models" / "smollm2-135m-instruct" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    path = Path(os.environ.get("PMTUNE_SMOLLM2", usual))
    assert path.exists(), f"{path} is missing; set PMTUNE_SMOLLM2"
    return path


def write_gguf(path, tensors):
    """tensors: name -> (array as stored, type)"""
    writer = gguf.GGUFWriter(path, "llama")
    for name, (data, kind) in tensors.items():
        writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def blocks_of_any_bytes(kind, scales, seed=11):
    """Blocks that no quantiser writes: random bits, and these f16 for scales; (for minimums the same, shuffled)."""
    random = np.random.default_rng(seed)
    data = random.integers(0, 256, (len(scales), gguf.GGML_QUANT_SIZES[kind][1]), dtype=np.uint8)
    at = SCALE_AT.get(kind, 0)
    data[:, at : at + 2] = scales.view(np.uint8).reshape(-1, 2)
    if kind in WITH_MINIMUM:
        data[:, at + 2 : at + 4] = random.permutation(scales).view(np.uint8).reshape(-1, 2)
    return data


def assert_same_bytes(path, name, data, kind):
    with np.errstate(all="ignore"):
        expected = np.ascontiguousarray(gguf.dequantize(data, kind), dtype=np.float32)
    got = np.frombuffer(run("dequantise", path, name), dtype=np.uint32)
    wanted = expected.reshape(-1).view(np.uint32)
    assert got.size == wanted.size
    differing = np.flatnonzero(got != wanted)
    assert differing.size == 0, f"{name} ({kind.name}): {differing.size} numbers differ, the first at {differing[0]}"


def numbers_to_quantise():
    """Ordinary ones, a row of zeros, tiny and large ones, and blocks whose largest number stands at either end."""
    random = np.random.default_rng(11)
    numbers = (random.standard_normal((64, 256)) * 0.03).astype(np.float32)
    numbers[1] = 0
    numbers[2] *= 1e-5
    numbers[3] *= 3e4
    numbers[4, ::64], numbers[5, 63::64] = 5, -5
    return numbers


@pytest.mark.parametrize("kind", [Q.Q4_0, Q.Q8_0], ids=lambda kind: kind.name)
def test_quantise_is_bit_for_bit_that_of_gguf(kind):
    numbers = numbers_to_quantise()
    ours = np.frombuffer(run("quantise", kind.name.lower(), stdin=numbers.tobytes()), dtype=np.uint8)
    assert np.array_equal(ours, gguf.quantize(numbers, kind).reshape(-1))


def test_quantise_to_nf4_is_that_of_bitsandbytes():
    from bitsandbytes import functional

    numbers = numbers_to_quantise()
    blocks = np.frombuffer(run("quantise", "nf4", stdin=numbers.tobytes()), dtype=np.uint8).reshape(-1, 36)
    scales = blocks[:, :4].copy().view(np.float32)[:, 0]
    packed = blocks[:, 4:].reshape(-1, 2, 16)
    ours = np.concatenate([packed & 15, packed >> 4], axis=2).reshape(-1)
    stored, state = functional.quantize_4bit(torch.from_numpy(numbers), blocksize=64, quant_type="nf4")
    pairs = stored.numpy().reshape(-1)
    theirs = np.stack([pairs >> 4, pairs & 15], axis=1).reshape(-1)
    assert np.array_equal(scales, state.absmax.numpy())
    spoken = np.repeat(scales, 64) > 0  # of a block of zeros any index is as good
    differing = np.flatnonzero(spoken & (ours != theirs))
    # Where they differ, the number lies half way between two values to the last bit.
    values = state.code.numpy().astype(np.float64)
    parts = numbers.reshape(-1).astype(np.float64) / np.repeat(scales, 64).clip(1e-30)
    for i in differing:
        assert abs(parts[i] - (values[ours[i]] + values[theirs[i]]) / 2) < 1e-6
    print(f"{differing.size} of {ours.size} differ, by a tie")
    assert differing.size < 1e-4 * ours.size
    back = functional.dequantize_4bit(stored, state).numpy().reshape(-1)
    same = ours == theirs
    assert np.array_equal((values.astype(np.float32)[ours] * np.repeat(scales, 64))[same], back[same])


@pytest.mark.parametrize("kind", ALL_TYPES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 3e4], ids=["tiny", "usual", "large"])
def test_dequantise_is_bit_for_bit_that_of_gguf(tmp_path, kind, scale):
    random = np.random.default_rng(7)
    numbers = (random.standard_normal((37, 96)) * scale).clip(-6e4, 6e4).astype(np.float32)
    numbers[3] = 0
    numbers[4, ::3] = -0.0
    data = gguf.quantize(numbers, kind)
    path = tmp_path / "x.gguf"
    write_gguf(path, {"t": (data, kind)})
    assert listing(path) == [{"name": "t", "dtype": kind.name.lower(), "shape": [37, 96]}]
    assert_same_bytes(path, "t", data, kind)


@pytest.mark.parametrize("kind", QUANTISED + READ_ONLY, ids=lambda kind: kind.name)
def test_blocks_of_any_bytes(tmp_path, kind):
    """Every finite f16 for a scale; of the large blocks, whose reference is slow, one in eight."""
    scales = np.arange(0, 65536, 8 if kind in READ_ONLY else 1, dtype=np.uint16)
    scales[(scales & 0x7C00) == 0x7C00] = 1  # a subnormal one
    data = blocks_of_any_bytes(kind, scales)
    path = tmp_path / "x.gguf"
    write_gguf(path, {"t": (data, kind)})
    assert listing(path)[0]["dtype"] == kind.name.lower()
    assert_same_bytes(path, "t", data, kind)


@pytest.mark.parametrize("kind", QUANTISED + READ_ONLY, ids=lambda kind: kind.name)
def test_blocks_with_scales_that_are_not_finite(tmp_path, kind):
    """Infinite where gguf has infinity, NaN where it has NaN (which NaN is the processor's business), and the same
    numbers elsewhere."""
    scales = np.tile(np.array([0x7C00, 0xFC00, 0x7E00, 0x7C01, 0xFDFF, 0x3C00, 0x8001, 0x0000], dtype=np.uint16), 16)
    data = blocks_of_any_bytes(kind, scales)
    path = tmp_path / "x.gguf"
    write_gguf(path, {"t": (data, kind)})
    got = np.frombuffer(run("dequantise", path, "t"), dtype=np.float32)
    with np.errstate(all="ignore"):
        wanted = gguf.dequantize(data, kind).reshape(-1)
    assert np.isinf(wanted).any() and np.isnan(wanted).any() and np.isfinite(wanted).any()
    assert np.array_equal(got, wanted, equal_nan=True)


def test_one_file_with_every_type(tmp_path):
    random = np.random.default_rng(13)
    numbers = random.standard_normal((8, 512)).astype(np.float32)
    tensors = {kind.name: (gguf.quantize(numbers, kind), kind) for kind in ALL_TYPES}
    scales = random.integers(0, 0x7C00, 16, dtype=np.uint16)
    for kind in READ_ONLY:
        per_row = 512 // gguf.GGML_QUANT_SIZES[kind][0]
        tensors[kind.name] = (blocks_of_any_bytes(kind, np.tile(scales, per_row)[: 8 * per_row]).reshape(8, -1), kind)
    order = [str(name) for name in random.permutation(list(tensors))]
    path = tmp_path / "mixed.gguf"
    write_gguf(path, {name: tensors[name] for name in order})
    assert len(order) == 15
    assert listing(path) == [{"name": name, "dtype": name.lower(), "shape": [8, 512]} for name in order]
    for name in order:
        assert_same_bytes(path, name, *tensors[name])


def test_every_f16_and_bf16_there_is(tmp_path):
    every = np.arange(65536, dtype=np.uint16).reshape(64, 1024)
    path = tmp_path / "x.gguf"
    tensors = {"half": (every.view(np.float16), Q.F16), "brain": (every.view(np.uint8), Q.BF16)}
    write_gguf(path, tensors)
    assert_same_bytes(path, "brain", *tensors["brain"])
    # By its definition and not by numpy's conversion: some processors turn signalling NaNs into quiet ones there.
    bits = every.reshape(-1).astype(np.uint32)
    is_nan = ((bits & 0x7C00) == 0x7C00) & ((bits & 0x3FF) != 0)
    wanted = every.view(np.float16).astype(np.float32).reshape(-1).view(np.uint32).copy()
    wanted[is_nan] = ((bits & 0x8000) << 16 | 0x7F800000 | (bits & 0x3FF) << 13)[is_nan]
    assert np.array_equal(np.frombuffer(run("dequantise", path, "half"), dtype=np.uint32), wanted)


def test_every_tensor_of_the_real_model():
    path = smollm2()
    tensors = gguf.GGUFReader(path).tensors
    assert listing(path) == [
        {"name": t.name, "dtype": t.tensor_type.name.lower(), "shape": [int(n) for n in reversed(t.shape)]}
        for t in tensors
    ]
    assert len(tensors) > 200
    for tensor in tensors:
        assert_same_bytes(path, tensor.name, tensor.data, tensor.tensor_type)


TORCH_TYPES = {
    "f32": torch.float32,
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "i8": torch.int8,
    "u8": torch.uint8,
    "i16": torch.int16,
    "i32": torch.int32,
    "i64": torch.int64,
    "f64": torch.float64,
    "bool": torch.bool,
}


def example_tensors() -> dict:
    generator = torch.Generator().manual_seed(5)
    tensors = {
        name: (torch.randn(3, 5, generator=generator) * 50).abs().to(kind) for name, kind in TORCH_TYPES.items()
    }
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.zeros(0, 7)
    tensors['odd "name"\n日本'] = torch.ones(1)
    return tensors


def dtype_name(tensor) -> str:
    return next(name for name, kind in TORCH_TYPES.items() if kind == tensor.dtype)


def test_safetensors_are_listed_as_they_were_written(tmp_path):
    path = tmp_path / "x.safetensors"
    tensors = example_tensors()
    safetensors.torch.save_file(tensors, path, {"format": "pt"})
    found = {entry["name"]: (entry["dtype"], entry["shape"]) for entry in listing(path)}
    assert found == {name: (dtype_name(t), list(t.shape)) for name, t in tensors.items()}
    for name in ["f32", "f16", "bf16", "scalar"]:
        assert run("dequantise", path, name) == tensors[name].float().numpy().tobytes()


def test_safetensors_written_here_open_there(tmp_path):
    ours, theirs = tmp_path / "ours.safetensors", tmp_path / "theirs.safetensors"
    tensors = example_tensors()
    safetensors.torch.save_file(tensors, theirs, {"format": "pt", "note": "ä\n"})
    run("copy", theirs, ours)
    loaded = safetensors.torch.load_file(ours)
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert loaded[name].dtype == tensor.dtype and torch.equal(loaded[name], tensor), name
    with safetensors.safe_open(ours, "pt") as file:
        assert file.metadata() == {"format": "pt", "note": "ä\n"}


def test_what_safetensors_refuses_is_refused_here(tmp_path):
    """Not the reverse: pmtune is stricter in places, and says so in tests/hostile."""
    path = tmp_path / "x.safetensors"
    safetensors.torch.save_file(example_tensors(), path)
    whole = path.read_bytes()
    random = np.random.default_rng(3)
    refused = 0
    for _ in range(300):
        changed = bytearray(whole)
        changed[random.integers(0, 700)] = random.integers(0, 256)
        path.write_bytes(changed)
        try:
            safetensors.safe_open(path, "pt")
        except Exception:
            refused += 1
            assert subprocess.run([program(), "list", path], capture_output=True).returncode == 1
    assert refused > 50


def test_adapter_settings_go_to_peft_and_back(tmp_path):
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    written = peft.LoraConfig(
        r=4,
        lora_alpha=12,
        lora_dropout=0.05,
        use_rslora=True,
        target_modules=["v_proj", "q_proj"],
        task_type="CAUSAL_LM",
        base_model_name_or_path="some/model",
        inference_mode=True,
    )
    written.save_pretrained(theirs)
    run("adapter", theirs, ours)
    loaded = peft.PeftConfig.from_pretrained(ours)
    assert isinstance(loaded, peft.LoraConfig)
    assert loaded.to_dict() == written.to_dict()
