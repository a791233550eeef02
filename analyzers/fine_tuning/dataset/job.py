"""The job that trains on a dataset, as the chosen trainer takes it, and the plan by which its result is judged."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import orjson

from analyzers.fine_tuning.dataset.render import Format

_MILLION = Decimal(1_000_000)
_BASES: dict[Format, str] = {
    "openai": "gpt-4.1-mini-2025-04-14",
    "nova": "amazon.nova-micro-v1:0",
    "together": "Qwen/Qwen3.5-9B",
    "fireworks": "accounts/fireworks/models/qwen3-8b",
    "trl": "Qwen/Qwen3-8B",
    "axolotl": "Qwen/Qwen3-8B",
    "vertex": "gemini-3.1-flash-lite",
}


def job(form: Format, task: str, epochs: int = 3) -> tuple[str, str]:
    """(file name, content). Names of uploaded files and roles are to be filled in: they stand in angle brackets."""
    base = _BASES[form]
    made: Mapping[str, object]
    if form == "openai":
        made = {
            "model": base,
            "training_file": "<id of train.jsonl>",
            "validation_file": "<id of validation.jsonl>",
            "suffix": task[:40],
            "seed": 7,
            "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": epochs}}},
        }
    elif form == "nova":
        made = {
            "jobName": task,
            "customModelName": task,
            "roleArn": "<role>",
            "baseModelIdentifier": base,
            "customizationType": "FINE_TUNING",
            "trainingDataConfig": {"s3Uri": "s3://<bucket>/train.jsonl"},
            "outputDataConfig": {"s3Uri": "s3://<bucket>/out/"},
            "hyperParameters": {"epochCount": str(min(epochs, 5)), "batchSize": "1", "learningRate": "0.00001"},
        }
    elif form == "together":
        made = {
            "model": base,
            "training_file": "<id>",
            "validation_file": "<id>",
            "n_epochs": epochs,
            "lora": True,
            "suffix": task[:40],
        }
    elif form == "fireworks":
        made = {
            "baseModel": base,
            "dataset": "<dataset>",
            "evaluationDataset": "<dataset>",
            "epochs": epochs,
            "loraRank": 16,
            "outputModel": task,
        }
    elif form == "vertex":
        made = {
            "baseModel": base,
            "supervisedTuningSpec": {
                "trainingDatasetUri": "gs://<bucket>/train.jsonl",
                "validationDatasetUri": "gs://<bucket>/validation.jsonl",
                "hyperParameters": {"epochCount": epochs, "adapterSize": "ADAPTER_SIZE_FOUR"},
            },
            "tunedModelDisplayName": task,
        }
    else:
        return f"{form}.yaml", _yaml(form, base, epochs)
    return "job.json", orjson.dumps(made, option=orjson.OPT_INDENT_2).decode() + "\n"


def _yaml(form: Format, base: str, epochs: int) -> str:
    lines: tuple[str, ...]
    if form == "trl":
        lines = (
            f"model_name_or_path: {base}", "dataset_name: .", f"num_train_epochs: {epochs}", "use_peft: true", "lora_r: 16",
            "lora_alpha: 32", "assistant_only_loss: true", "eval_strategy: epoch", "per_device_train_batch_size: 1",
            "gradient_accumulation_steps: 16", "learning_rate: 0.0001", "output_dir: out",
        )  # fmt: skip
    else:
        lines = (
            f"base_model: {base}", "adapter: lora", "lora_r: 16", "lora_alpha: 32", "lora_target_linear: true", "datasets:",
            "  - path: train.jsonl", "    type: chat_template", "    roles_to_train: [assistant]", "test_datasets:",
            "  - path: validation.jsonl", "    type: chat_template", "    split: train", f"num_epochs: {epochs}", "micro_batch_size: 1",
            "gradient_accumulation_steps: 16", "learning_rate: 0.0001", "output_dir: out",
        )  # fmt: skip
    return "\n".join(lines) + "\n"


def evaluation_plan(test: int, axes: Mapping[str, float]) -> str:
    """How to tell whether the tuned model may take over."""
    told = ", ".join(f"{name} {share:.1%}" for name, share in axes.items())
    return f"""# Before the tuned model takes over

1. Freeze `test.jsonl` ({test} examples, the newest conversations, none of them trained on). Do not look at it while choosing anything.
2. Answer it with the model of today, with its untuned base, and with both tuned variants (full prompt, short prompt).
3. Compare answers in pairs, blind, by a person or a judge that was checked on 50 of them by a person. The tuned model has to be no worse
   than the model of today by more than 2 points at 95 % confidence.
4. Count what the log shows today and must not get worse: {told}.
5. Run a set of general requests and of requests that have to be refused: neither may change.
6. Send 5 % of the traffic to it. Hone compares its cost, errors and reactions with those of the model before and says so under
   `fine_tuning` in the report, as soon as 100 of its calls are in the stream (`fine_tuning.tuned_models` names it where the log does not).
"""


def training_usd(train_mtok: Decimal, tokens: int, epochs: int) -> Decimal:
    """What one run costs where training is paid by token."""
    return train_mtok * tokens * epochs / _MILLION
