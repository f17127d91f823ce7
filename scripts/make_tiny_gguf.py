"""Write a tiny language model in GGUF: a llama of two layers, random weights by a fixed seed, a vocabulary of bytes.

    python scripts/make_tiny_gguf.py tiny.gguf

It babbles in printable ASCII; it is there to prove that a model file is found, loaded, asked, streamed, constrained
and counted without downloading one. The same bytes on every machine. Format: GGUF version 3, as in ggml's docs/gguf.md.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

CONTEXT_TOKENS: Final = 2_048  # tokens it can read
WIDTH: Final = 64  # of its embedding
LAYERS: Final = 2
HEADS: Final = 4
INNER: Final = 96  # width of its feed-forward layers
SEED: Final = 20_300_131
SURENESS: Final = 8.0  # how much more likely what it says is than what it does not say
ALIGNMENT: Final = 32  # bytes, GGUF's default

_UINT32, _INT32, _FLOAT32, _STRING, _ARRAY = 4, 5, 6, 8, 9
_F32, _F16 = 0, 1
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6

SAID: Final = frozenset(f"<0x{value:02X}>" for value in range(0x20, 0x7F))

TEMPLATE: Final = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def vocabulary() -> tuple[tuple[str, float, int], ...]:
    """Text, score and type of every token: three special ones, every byte, and a blank as SentencePiece writes it."""
    special = (("<unk>", 0.0, _UNKNOWN), ("<s>", 0.0, _CONTROL), ("</s>", 0.0, _CONTROL))
    return (*special, *((f"<0x{value:02X}>", 0.0, _BYTE) for value in range(256)), ("▁", -1.0, _NORMAL))


def numbers(count: int, stream: int, scale: float) -> Iterator[float]:
    """Reproducible numbers in -scale .. scale, by splitmix64 (Steele, Lea and Flood 2014)."""
    state = (SEED * 1_000_003 + stream) & 0xFFFF_FFFF_FFFF_FFFF
    for _ in range(count):
        state = (state + 0x9E37_79B9_7F4A_7C15) & 0xFFFF_FFFF_FFFF_FFFF
        mixed = (state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9 & 0xFFFF_FFFF_FFFF_FFFF
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB & 0xFFFF_FFFF_FFFF_FFFF
        mixed ^= mixed >> 31
        yield (mixed / 2**63 - 1.0) * scale


def tensors() -> Iterator[tuple[str, tuple[int, ...], int, bytes]]:
    """Name, shape (GGUF's order: fastest first), type and bytes of every tensor."""
    words = len(vocabulary())
    shapes: list[tuple[str, tuple[int, ...]]] = [("token_embd.weight", (WIDTH, words))]
    for layer in range(LAYERS):
        matrices = {
            "attn_norm": (WIDTH,),
            "attn_q": (WIDTH, WIDTH),
            "attn_k": (WIDTH, WIDTH),
            "attn_v": (WIDTH, WIDTH),
            "attn_output": (WIDTH, WIDTH),
            "ffn_norm": (WIDTH,),
            "ffn_gate": (WIDTH, INNER),
            "ffn_up": (WIDTH, INNER),
            "ffn_down": (INNER, WIDTH),
        }
        shapes += [(f"blk.{layer}.{name}.weight", shape) for name, shape in matrices.items()]
    shapes += [("output_norm.weight", (WIDTH,)), ("output.weight", (WIDTH, words))]
    for stream, (name, shape) in enumerate(shapes):
        if len(shape) == 1:
            yield name, shape, _F32, struct.pack(f"<{shape[0]}f", *[1.0] * shape[0])
        else:
            spread = 1.7 * shape[0] ** -0.5
            weights = list(numbers(shape[0] * shape[1], stream, spread))
            if name == "output.weight":
                weights = list(printable(weights))
            yield name, shape, _F16, struct.pack(f"<{len(weights)}e", *weights)


def printable(weights: Sequence[float]) -> Iterator[float]:
    """The last matrix so that nothing but printable ASCII and the end is likely: streams of babble stay UTF-8."""
    words = vocabulary()
    said = {2, *(number for number, (text, _, _) in enumerate(words) if text in SAID)}
    for place, weight in enumerate(weights):
        yield weight * SURENESS if place // WIDTH in said else 0.0


def tiny_gguf() -> bytes:
    """The whole file."""
    words = vocabulary()
    facts = [
        _text("general.architecture", "llama"),
        _text("general.name", "tiny"),
        _whole("general.file_type", 1),
        _whole("general.alignment", ALIGNMENT),
        _whole("llama.context_length", CONTEXT_TOKENS),
        _whole("llama.embedding_length", WIDTH),
        _whole("llama.block_count", LAYERS),
        _whole("llama.feed_forward_length", INNER),
        _whole("llama.attention.head_count", HEADS),
        _whole("llama.attention.head_count_kv", HEADS),
        _whole("llama.rope.dimension_count", WIDTH // HEADS),
        _whole("llama.vocab_size", len(words)),
        _key("llama.attention.layer_norm_rms_epsilon", _FLOAT32) + struct.pack("<f", 1e-5),
        _text("tokenizer.ggml.model", "llama"),
        _list("tokenizer.ggml.tokens", _STRING, [_string(text) for text, _, _ in words]),
        _list("tokenizer.ggml.scores", _FLOAT32, [struct.pack("<f", score) for _, score, _ in words]),
        _list("tokenizer.ggml.token_type", _INT32, [struct.pack("<i", kind) for _, _, kind in words]),
        _whole("tokenizer.ggml.unknown_token_id", 0),
        _whole("tokenizer.ggml.bos_token_id", 1),
        _whole("tokenizer.ggml.eos_token_id", 2),
        _text("tokenizer.chat_template", TEMPLATE),
    ]
    listed, weights = b"", b""
    made = list(tensors())
    for name, shape, kind, packed in made:
        listed += _string(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        listed += struct.pack("<IQ", kind, len(weights))
        weights += _padded(packed)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(made), len(facts))
    return _padded(head + b"".join(facts) + listed) + weights


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)


def _string(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _key(name: str, kind: int) -> bytes:
    return _string(name) + struct.pack("<I", kind)


def _text(name: str, text: str) -> bytes:
    return _key(name, _STRING) + _string(text)


def _whole(name: str, value: int) -> bytes:
    return _key(name, _UINT32) + struct.pack("<I", value)


def _list(name: str, kind: int, items: Sequence[bytes]) -> bytes:
    return _key(name, _ARRAY) + struct.pack("<IQ", kind, len(items)) + b"".join(items)


def run(arguments: Sequence[str]) -> int:
    """Write the file that is named; the exit code."""
    if len(arguments) != 1:
        print("usage: make_tiny_gguf.py FILE.gguf", file=sys.stderr)
        return 2
    made = tiny_gguf()
    Path(arguments[0]).write_bytes(made)
    print(f"{arguments[0]}: {len(made):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
