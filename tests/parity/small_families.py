"""Small random models of every family, made by transformers: the reference of tests/parity/test_families_parity.py."""

import torch

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
    "smollm3": ("SmolLM3", dict(num_attention_heads=2, num_key_value_heads=1, no_rope_layer_interval=2, pad_token_id=0)),
    "gemma2": ("Gemma2", dict(head_dim=32, sliding_window=WINDOW, query_pre_attn_scalar=24, attn_logit_softcapping=6.0, final_logit_softcapping=4.0,
                              tie_word_embeddings=True)),
    "gemma3": ("Gemma3", dict(head_dim=32, sliding_window=WINDOW, query_pre_attn_scalar=24, num_hidden_layers=7, tie_word_embeddings=True,
                              rope_parameters={"sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
                                               "full_attention": {"rope_type": "linear", "rope_theta": 1000000.0, "factor": 8.0}})),
}


def make(case):
    """The model, every parameter drawn anew: norms that are all ones and biases that are all zeros would hide mistakes."""
    import transformers

    name, changes = CASES[case]
    config_name = "Gemma3TextConfig" if name == "Gemma3" else f"{name}Config"
    config = getattr(transformers, config_name)(**{**SIZES, **changes})
    config._attn_implementation = "eager"
    model = getattr(transformers, f"{name}ForCausalLM")(config).eval()
    generator = torch.Generator().manual_seed(5)
    for parameter_name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        parameter.data = parameter.data + 0.2 * noise if parameter_name.endswith("norm.weight") else noise * (0.3 if "bias" in parameter_name else 0.08)
    return model


def save(case, folder):
    """As a Hugging Face folder with a byte tokenizer; returns the model."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    model = make(case)
    model.save_pretrained(folder)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer.save(str(folder / "tokenizer.json"))
    return model
