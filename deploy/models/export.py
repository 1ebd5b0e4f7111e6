#!/usr/bin/env python3
"""Writes a trained model and its tokenizer as GGUF.

Usage: export.py MODEL TOKENIZER.json OUTPUT.gguf f16|q8_0|f32 NAME
"""
import json
import sys

import gguf
import numpy

import model as models

TYPES = {
    "f32": gguf.GGMLQuantizationType.F32,
    "f16": gguf.GGMLQuantizationType.F16,
    "q8_0": gguf.GGMLQuantizationType.Q8_0,
}
FILE_TYPES = {
    "f32": gguf.LlamaFileType.ALL_F32,
    "f16": gguf.LlamaFileType.MOSTLY_F16,
    "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
}
NAMES = {
    "attention_norm": "attn_norm",
    "query": "attn_q",
    "key": "attn_k",
    "value": "attn_v",
    "output": "attn_output",
    "feed_forward_norm": "ffn_norm",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}


def tensor_name(name):
    """The name in GGUF of a weight of model.py."""
    if name == "embedding.weight":
        return "token_embd.weight"
    if name == "norm.weight":
        return "output_norm.weight"
    _, index, part, _ = name.split(".")
    return f"blk.{index}.{NAMES[part]}.weight"


def interleaved(weight, heads):
    """Rows of queries or keys in the order of libllama's Llama: the pairs that RoPE rotates stand side by side."""
    return weight.reshape(heads, 2, -1, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def halved(weight, heads):
    """The inverse of `interleaved`."""
    return weight.reshape(heads, -1, 2, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def write(net, tokenizer, path, kind, name):
    shape = net.shape
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_rope_dimension_count(shape.head)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(FILE_TYPES[kind])

    model = tokenizer["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * (len(tokens) - 1))
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(True)

    for key, value in net.state_dict().items():
        value = value.float().cpu().numpy()
        if key.endswith("query.weight"):
            value = interleaved(value, shape.heads)
        elif key.endswith("key.weight"):
            value = interleaved(value, shape.kv_heads)
        value = numpy.ascontiguousarray(value)
        stored = TYPES[kind] if value.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(tensor_name(key), gguf.quants.quantize(value, stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    if len(sys.argv) != 6 or sys.argv[4] not in TYPES:
        sys.exit(__doc__)
    trained, tokenizer, output, kind, name = sys.argv[1:]
    with open(tokenizer) as file:
        write(models.load(trained), json.load(file), output, kind, name)
