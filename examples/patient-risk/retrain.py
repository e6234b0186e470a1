"""Trains v2's kind of model on new labelled records, and writes it as ONNX with its figures. Deterministic: the same records give the same bytes.

    python3 retrain.py --data labelled.csv --to models

The records are CSV with a header, or JSON lines (.jsonl): the features by their names, and highUse, 1 where much care was needed.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from train import FEATURES, MODELS, SEED, figures, onnx_bytes, risk, share, threshold

LABEL = "highUse"
# The model has seen its own records: its figures are of folds that it had not.
FOLDS = 5
ROWS_MIN = 200


def records(path):
    read = pd.read_json(path, lines=True) if path.suffix == ".jsonl" else pd.read_csv(path)
    missing = [name for name in (*FEATURES, LABEL) if name not in read.columns]
    if missing:
        raise SystemExit(f"{path}: no column {', '.join(missing)}")
    labelled = read[[*FEATURES, LABEL]].dropna()
    if len(labelled) < ROWS_MIN or labelled[LABEL].nunique() < 2:
        raise SystemExit(f"{path}: {len(labelled)} labelled records: at least {ROWS_MIN} of both kinds are needed")
    return labelled[list(FEATURES)].to_numpy(np.float32), labelled[LABEL].to_numpy(int)


def unseen(rows, high_use):
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    return cross_val_predict(clone(MODELS["v2"]), rows, high_use, cv=folds, method="predict_proba")[:, 1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    asked = parser.parse_args()
    rows, high_use = records(asked.data)
    model = clone(MODELS["v2"]).fit(rows, high_use)
    scores = unseen(rows, high_use)
    content = onnx_bytes(model)
    (asked.to / "retrained.onnx").write_bytes(content)
    written = {
        "file": "retrained.onnx",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "trainingDataSha256": hashlib.sha256(asked.data.read_bytes()).hexdigest(),
        "rows": len(rows),
        "highUse": share(high_use),
        "threshold": threshold(risk(model, rows)),
        **figures(scores, scores >= threshold(scores), high_use),
    }
    (asked.to / "retrained.json").write_text(json.dumps(written, indent=2) + "\n")


if __name__ == "__main__":
    main()
