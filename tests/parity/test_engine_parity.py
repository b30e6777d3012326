"""The engine against transformers and PEFT: logits, loss, every LoRA gradient, packing, adapters. All in f32.

f32 has its own noise: on SmolLM2 PEFT's log_softmax over 49,152 scores is off by 6e-6, which reaches single entries of the LoRA
gradients as 4e-4 of the tensor's largest. Our plain path, which sums as PEFT does, must therefore equal PEFT entry by entry; our fast
path, whose softmax is summed in blocks and is a hundred times nearer to the truth, must be as near to the f64 gradients as PEFT is or nearer.
On small random models, where rounding is harmless, every path must equal PEFT entry by entry.
"""

import json

import numpy as np
import pytest
import torch
from byte_tokenizer import byte_tokenizer
from safetensors.torch import load_file

LOGIT_TOLERANCE = 2e-3
GRADIENT_TOLERANCE = 1e-4  # of the largest entry, for every entry of every tensor


def encode_with_mask(tokenizer, messages):
    """ids and mask by transformers' own chat template: the answers and their stop tokens are taught."""
    ids, mask = [], []
    for end in range(1, len(messages) + 1):
        if messages[end - 1]["role"] != "assistant":
            continue
        prompt = tokenizer.apply_chat_template(messages[: end - 1], add_generation_prompt=True, tokenize=False)
        full = tokenizer.apply_chat_template(messages[:end], tokenize=False)
        prompt_ids = tokenizer(prompt, add_special_tokens=False).input_ids
        full_ids = tokenizer(full, add_special_tokens=False).input_ids
        assert full_ids[: len(prompt_ids)] == prompt_ids
        last_stop = max(i for i, t in enumerate(full_ids) if t == tokenizer.convert_tokens_to_ids("<|im_end|>"))
        mask += [0] * (len(prompt_ids) - len(mask)) + [1] * (last_stop + 1 - len(prompt_ids)) + [0] * (len(full_ids) - last_stop - 1)
        ids = full_ids
    return ids, mask


@pytest.fixture(scope="module")
def batch(smollm2, dataset_messages):
    _, tokenizer = smollm2
    chosen = [dataset_messages[i] for i in (3, 13, 9)]  # short ones; the last has two answers, the second of which is cut off
    rows = [encode_with_mask(tokenizer, m) for m in chosen]
    return [(ids[:250], mask[:250]) for ids, mask in rows]


def as_lines(batch):
    return "\n".join(json.dumps({"ids": ids, "mask": mask}) for ids, mask in batch).encode()


def lora(model, tmp, **options):
    """A PEFT model with random A and B (B is zero at first, which would hide half of the gradients), saved to a folder."""
    from peft import LoraConfig, get_peft_model

    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    config = LoraConfig(**{"r": 8, "lora_alpha": 16, "target_modules": targets, "task_type": "CAUSAL_LM", **options})
    peft_model = get_peft_model(model, config)
    generator = torch.Generator().manual_seed(7)
    for name, parameter in peft_model.named_parameters():
        if "lora_B" in name:
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.02
    peft_model.save_pretrained(tmp)
    return peft_model


def reference_gradients(peft_model, batch):
    """Loss over all taught tokens of the batch and its gradients, one unpadded example at a time."""
    peft_model.zero_grad()
    taught = sum(sum(mask[1:]) for _, mask in batch)
    total = 0.0
    for ids, mask in batch:
        logits = peft_model(torch.tensor([ids])).logits[0, :-1]
        losses = torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="none")
        loss = (losses * torch.tensor(mask[1:], dtype=losses.dtype)).sum() / taught
        loss.backward()
        total += loss.item()
    gradients = {n.replace(".default", ""): p.grad for n, p in peft_model.named_parameters() if p.grad is not None}
    return total, gradients


def largest_relative_difference(ours, reference):
    """Over all tensors: the largest difference of an entry, in units of the tensor's largest entry."""
    assert ours.keys() == reference.keys()
    return max(((ours[n].double() - reference[n].double()).abs().max() / reference[n].double().abs().max()).item() for n in reference)


@pytest.fixture(scope="module")
def peft_case(smollm2, batch, tmp_path_factory):
    """(adapter folder, PEFT model, loss, f32 gradients, f64 gradients)"""
    import copy

    folder = tmp_path_factory.mktemp("adapter")
    peft_model = lora(copy.deepcopy(smollm2[0]), folder)
    loss, gradients = reference_gradients(peft_model, batch)
    gradients = {name: gradient.clone() for name, gradient in gradients.items()}
    _, exact = reference_gradients(copy.deepcopy(peft_model).double(), batch)
    return folder, peft_model, loss, gradients, exact


def test_logits_equal_transformers(train_dump, smollm2_gguf, smollm2, batch):
    model, tokenizer = smollm2
    texts = ["Write a user story for password reset functionality", "Grüße, 世界! 🚀 OKRs vs. KPIs: 3.14 \n\n\t- a\n- b", batch[0][0]]
    for text in texts:
        ids = text if isinstance(text, list) else tokenizer(text).input_ids
        ours = np.frombuffer(train_dump("logits", smollm2_gguf, stdin=json.dumps(ids).encode()), dtype=np.float32).reshape(len(ids), -1)
        with torch.no_grad():
            reference = model(torch.tensor([ids])).logits[0].numpy()
        difference = np.abs(ours - reference).max()
        print(f"{len(ids)} tokens: largest difference {difference:.2e}")
        assert difference < LOGIT_TOLERANCE


def test_plain_path_equals_peft(train_dump, smollm2_gguf, batch, peft_case, tmp_path):
    folder, _, loss, reference, _ = peft_case
    out = json.loads(train_dump("gradients", smollm2_gguf, folder, tmp_path / "g.safetensors", "--reference", stdin=as_lines(batch)))
    assert out["loss"] == pytest.approx(loss, rel=1e-5)
    worst = largest_relative_difference(load_file(tmp_path / "g.safetensors"), reference)
    print(f"plain path: loss {out['loss']:.6f} against {loss:.6f}, gradients within {worst:.1e} of PEFT")
    assert worst < GRADIENT_TOLERANCE


def test_fast_path_is_as_exact_as_peft(train_dump, smollm2_gguf, batch, peft_case, tmp_path):
    folder, _, loss, reference, exact = peft_case
    out = json.loads(train_dump("gradients", smollm2_gguf, folder, tmp_path / "g.safetensors", stdin=as_lines(batch)))
    assert out["loss"] == pytest.approx(loss, rel=1e-5)
    ours = load_file(tmp_path / "g.safetensors")
    our_error, peft_error = largest_relative_difference(ours, exact), largest_relative_difference(reference, exact)
    print(f"fast path: {our_error:.1e} from the f64 truth, PEFT {peft_error:.1e}; from each other {largest_relative_difference(ours, reference):.1e}")
    assert our_error < max(GRADIENT_TOLERANCE, peft_error)


@pytest.mark.parametrize("flags", [["--separate"], ["--recompute"], ["--share-prefixes"]], ids=lambda f: f[0][2:])
def test_every_path_gives_the_same_gradients(train_dump, smollm2_gguf, batch, peft_case, tmp_path, flags):
    """Packed equals unpacked, recomputed equals kept, a shared system prompt equals one for each example."""
    folder = peft_case[0]
    a = json.loads(train_dump("gradients", smollm2_gguf, folder, tmp_path / "a.safetensors", stdin=as_lines(batch)))
    b = json.loads(train_dump("gradients", smollm2_gguf, folder, tmp_path / "b.safetensors", *flags, stdin=as_lines(batch)))
    assert a["loss"] == pytest.approx(b["loss"], rel=1e-6)
    worst = largest_relative_difference(load_file(tmp_path / "b.safetensors"), load_file(tmp_path / "a.safetensors"))
    print(f"{flags}: largest relative difference {worst:.2e}, tokens {a['tokens']} and {b['tokens']}")
    assert worst < GRADIENT_TOLERANCE


def test_bf16_gradients_point_the_same_way(train_dump, smollm2_gguf, batch, peft_case, tmp_path):
    folder, _, loss, reference, _ = peft_case
    out = json.loads(train_dump("gradients", smollm2_gguf, folder, tmp_path / "g.safetensors", "--weights", "bf16", stdin=as_lines(batch)))
    ours = load_file(tmp_path / "g.safetensors")
    a = torch.cat([ours[n].flatten() for n in sorted(reference)])
    b = torch.cat([reference[n].flatten() for n in sorted(reference)])
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=0).item()
    print(f"bf16: loss {out['loss']:.4f} against {loss:.4f}, cosine {cosine:.5f}")
    assert abs(out["loss"] - loss) < 0.02 and cosine > 0.995


def test_saved_adapter_opens_in_peft(train_dump, smollm2_gguf, smollm2, batch, peft_case, tmp_path):
    import copy
    from peft import PeftModel

    folder = peft_case[0]
    train_dump("save-adapter", smollm2_gguf, folder, tmp_path / "ours")
    theirs = PeftModel.from_pretrained(copy.deepcopy(smollm2[0]), tmp_path / "ours").eval()
    ids = batch[0][0]
    ours = np.frombuffer(train_dump("logits", smollm2_gguf, "--adapter", tmp_path / "ours", stdin=json.dumps(ids).encode()), dtype=np.float32)
    with torch.no_grad():
        reference = theirs(torch.tensor([ids])).logits[0].numpy()
    assert np.abs(ours.reshape(reference.shape) - reference).max() < LOGIT_TOLERANCE


SHAPES = {
    "grouped-untied": dict(hidden_size=64, intermediate_size=96, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=False),
    "multi-head-tied": dict(hidden_size=48, intermediate_size=80, num_attention_heads=3, num_key_value_heads=3, tie_word_embeddings=True),
    "multi-query-wide-heads": dict(hidden_size=64, intermediate_size=96, num_attention_heads=4, num_key_value_heads=1, head_dim=32, tie_word_embeddings=False),
}


def small_model(folder, shape, dtype=torch.float32):
    """A random Llama saved as safetensors with a byte tokenizer; returned as its file reads, in f32."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(3)
    config = LlamaConfig(vocab_size=300, num_hidden_layers=3, max_position_embeddings=512, rms_norm_eps=1e-5, **shape)
    LlamaForCausalLM(config).to(dtype).save_pretrained(folder)
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def two_rows():
    ids = torch.randint(0, 256, (90,), generator=torch.Generator().manual_seed(1)).tolist()
    return [(ids[:50], [0] * 20 + [1] * 30), (ids[50:], [0] * 5 + [1] * 35)]


def check_small(train_dump, model, folder, adapter_folder, flags=(), batch=None, **options):
    batch = batch or two_rows()
    loss, gradients = reference_gradients(lora(model, adapter_folder, **options), batch)
    out = json.loads(train_dump("gradients", folder, adapter_folder, adapter_folder / "g.safetensors", *flags, stdin=as_lines(batch)))
    assert out["loss"] == pytest.approx(loss, rel=1e-5)
    worst = largest_relative_difference(load_file(adapter_folder / "g.safetensors"), gradients)
    print(f"gradients within {worst:.1e} of PEFT")
    assert worst < GRADIENT_TOLERANCE
    return out


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["f32-file", "bf16-file"])
def test_hugging_face_folder(train_dump, shape, dtype, tmp_path):
    model = small_model(tmp_path / "model", shape, dtype)
    ids = torch.randint(0, 256, (90,)).tolist()
    ours = np.frombuffer(train_dump("logits", tmp_path / "model", stdin=json.dumps(ids).encode()), dtype=np.float32)
    with torch.no_grad():
        reference = model(torch.tensor([ids])).logits[0].numpy()
    assert np.abs(ours.reshape(reference.shape) - reference).max() < LOGIT_TOLERANCE
    check_small(train_dump, model, tmp_path / "model", tmp_path / "adapter")


OPTIONS = {
    "attention-only": {"target_modules": ["q_proj", "v_proj"]},
    "parts-of-groups": {"target_modules": ["k_proj", "up_proj", "down_proj"]},
    "rslora": {"use_rslora": True, "r": 4},
    "rank-1": {"r": 1, "lora_alpha": 3},
    "top-layers": {"layers_to_transform": [1, 2]},
    "scattered-layers": {"layers_to_transform": [0, 2]},
}


@pytest.mark.parametrize("flags", [[], ["--reference"], ["--separate"], ["--recompute"]], ids=["fast", "plain", "unpacked", "recomputed"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_other_adapters_on_every_path(train_dump, options, flags, tmp_path):
    model = small_model(tmp_path / "model", SHAPES["grouped-untied"])
    check_small(train_dump, model, tmp_path / "model", tmp_path / "adapter", flags, **options)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("flags", [[], ["--reference"], ["--recompute"]], ids=["fast", "plain", "recomputed"])
def test_shared_prefixes(train_dump, shape, flags, tmp_path):
    """Two families with a prefix each, a row that shares nothing, one whose prefix is all but one token."""
    draw = torch.randint(0, 256, (400,), generator=torch.Generator().manual_seed(4)).tolist()
    first, second = draw[:41], draw[41:64]
    tails = [draw[70:100], draw[100:180], draw[180:185], draw[190:250], draw[250:280]]
    ids = [first + tails[0], first + tails[1], second + tails[2], tails[3], second + tails[4], first[:40] + [7, 8]]
    prompts = [45, 60, 24, 3, 23, 41]
    batch = [(row, [0] * prompt + [1] * (len(row) - prompt)) for row, prompt in zip(ids, prompts)]
    model = small_model(tmp_path / "model", shape)
    out = check_small(train_dump, model, tmp_path / "model", tmp_path / "adapter", [*flags, "--share-prefixes"], batch)
    apart = sum(len(row) for row in ids)
    assert out["tokens"] == -(-(apart - 2 * 40 - 22) // 64) * 64  # each family's prefix once, filled up to 64
