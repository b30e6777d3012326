"""Small random models of every family, made by transformers: the reference of tests/parity/test_families_parity.py."""

import torch
from byte_tokenizer import ALPHABET, byte_tokenizer

# Sizes that the fast paths of the kernels take: multiples of 32 and 64.
SIZES = dict(vocab_size=320, hidden_size=64, intermediate_size=96, num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=3,
             max_position_embeddings=512, rms_norm_eps=1e-5, tie_word_embeddings=False)
WINDOW = 40  # shorter than the examples of the tests
ORIGINAL = 64  # of LongRoPE: some examples are longer, some not


def ramp(begin, end, count=16):
    return [begin + (end - begin) * i / (count - 1) for i in range(count)]


# case: (name of the transformers classes, what differs from SIZES)
CASES = {
    "llama": ("Llama", dict(head_dim=32)),
    "llama3-rope": ("Llama", dict(head_dim=32, rope_parameters={"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
                                                                 "high_freq_factor": 4.0, "original_max_position_embeddings": 64})),
    "llama-linear-rope": ("Llama", dict(head_dim=32, rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0})),
    "mistral": ("Mistral", dict(head_dim=32, sliding_window=WINDOW)),
    "phi3": ("Phi3", dict(num_attention_heads=2, num_key_value_heads=2, sliding_window=WINDOW, pad_token_id=0)),
    "phi3-longrope": ("Phi3", dict(num_attention_heads=2, num_key_value_heads=2, original_max_position_embeddings=ORIGINAL, pad_token_id=0,
                                   rope_parameters={"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": ramp(1, 1.5), "long_factor": ramp(1.2, 8),
                                                    "original_max_position_embeddings": ORIGINAL})),
    "qwen2": ("Qwen2", dict(num_attention_heads=2, num_key_value_heads=1)),
    "qwen2-window": ("Qwen2", dict(num_attention_heads=2, num_key_value_heads=1, use_sliding_window=True, sliding_window=WINDOW, max_window_layers=1)),
    "qwen2-yarn": ("Qwen2", dict(num_attention_heads=2, num_key_value_heads=1,
                                 rope_parameters={"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 128})),
    "qwen3": ("Qwen3", dict(head_dim=32)),
    "smollm3": ("SmolLM3", dict(num_attention_heads=2, num_key_value_heads=1, num_hidden_layers=5, no_rope_layer_interval=4, pad_token_id=0)),
    "smollm3-interval": ("SmolLM3", dict(num_attention_heads=2, num_key_value_heads=1, no_rope_layer_interval=2, pad_token_id=0)),
    "gemma2": ("Gemma2", dict(head_dim=32, sliding_window=WINDOW, query_pre_attn_scalar=32, attn_logit_softcapping=6.0, final_logit_softcapping=4.0,
                              tie_word_embeddings=True)),
    "gemma3-scale": ("Gemma3", dict(head_dim=32, sliding_window=WINDOW, query_pre_attn_scalar=24, tie_word_embeddings=True)),
    "gemma3": ("Gemma3", dict(head_dim=32, sliding_window=WINDOW, query_pre_attn_scalar=32, num_hidden_layers=7, tie_word_embeddings=True,
                              rope_parameters={"sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
                                               "full_attention": {"rope_type": "linear", "rope_theta": 1000000.0, "factor": 8.0}})),
}


def make(case, **sizes):
    """The model in SIZES and `sizes`, every parameter drawn anew: norms that are all ones and biases that are all zeros would hide mistakes."""
    import transformers

    name, changes = CASES[case]
    config_name = "Gemma3TextConfig" if name == "Gemma3" else f"{name}Config"
    config = getattr(transformers, config_name)(**{**SIZES, **sizes, **changes})
    config._attn_implementation = "eager"
    model = getattr(transformers, f"{name}ForCausalLM")(config).eval()
    generator = torch.Generator().manual_seed(5)
    for parameter_name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        parameter.data = parameter.data + 0.2 * noise if parameter_name.endswith("norm.weight") else noise * (0.3 if "bias" in parameter_name else 0.08)
    return model


def save(case, folder):
    """As a Hugging Face folder with a byte tokenizer; returns the model."""
    model = make(case)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)  # it ends answers on a token that is a byte here
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    return model


def _paired(weight, heads):
    """Rows of each head in the order that rotates neighbours, as llama.cpp keeps them for the families that need it."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(weight.shape)


def write_gguf(case, model, path):
    """The model as a GGUF in f32, by gguf's own names, with the byte tokenizer of save()."""
    import gguf
    import numpy as np

    name, config = CASES[case][0], model.config
    arch = {"Llama": "LLAMA", "Mistral": "LLAMA", "Phi3": "PHI3", "Qwen2": "QWEN2", "Qwen3": "QWEN3", "SmolLM3": "SMOLLM3", "Gemma2": "GEMMA2",
            "Gemma3": "GEMMA3"}[name]
    arch = getattr(gguf.MODEL_ARCH, arch)
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[arch])
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_block_count(config.num_hidden_layers)
    writer.add_embedding_length(config.hidden_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if getattr(config, "sliding_window", None):
        writer.add_sliding_window(config.sliding_window)
    if getattr(config, "attn_logit_softcapping", None):
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    rope = config.rope_parameters
    if "full_attention" in rope:
        writer.add_rope_freq_base_swa(rope["sliding_attention"]["rope_theta"])
        rope = rope["full_attention"]
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] in ("linear", "yarn"):
        writer.add_rope_scaling_type(gguf.RopeScalingType(rope["rope_type"]))
        writer.add_rope_scaling_factor(rope["factor"])
    if "original_max_position_embeddings" in rope:
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if rope["rope_type"] == "llama3":  # as factors, which transformers has worked in
        plain = 1.0 / rope["rope_theta"] ** (torch.arange(0, head_dim, 2).float() / head_dim)
        writer.add_tensor("rope_freqs.weight", (plain / model.model.rotary_emb.inv_freq).numpy())
    if rope["rope_type"] == "longrope":
        writer.add_rope_scaling_attn_factors(model.model.rotary_emb.attention_scaling)
        writer.add_tensor("rope_factors_long.weight", np.array(rope["long_factor"], np.float32))
        writer.add_tensor("rope_factors_short.weight", np.array(rope["short_factor"], np.float32))
    names = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    paired = arch in (gguf.MODEL_ARCH.LLAMA, gguf.MODEL_ARCH.SMOLLM3)
    for key, tensor in model.state_dict().items():
        if key == "lm_head.weight" and config.tie_word_embeddings:
            continue
        values = tensor.float().numpy()
        if paired and ("q_proj" in key or "k_proj" in key):
            values = _paired(values, config.num_attention_heads if "q_proj" in key else config.num_key_value_heads)
        if name.startswith("Gemma") and key.endswith("norm.weight"):
            values = values + 1
        writer.add_tensor(names.get_name(key, try_suffixes=(".weight", ".bias")), np.ascontiguousarray(values))
    _add_byte_tokenizer(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_byte_tokenizer(writer):
    tokens = [*ALPHABET, "ab"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * len(tokens))
    writer.add_token_merges(["a b"])  # a list may not be empty
