"""Trains the two models of the example and writes what is committed under models/. Deterministic: run it twice, compare the hashes.

    python3 -m pip install -r requirements.txt && python3 train.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
# The model's input, in its order.
FEATURES = {
    "lncoins": "ln(coinsurance in per cent + 1)",
    "idp": "1 with an individual deductible plan",
    "lpi": "ln(annual participation incentive payment), at least 0",
    "fmde": "ln(maximum medical deductible expenditure / (0.01 coinsurance)), at least 0; 0 with idp",
    "physlm": "1 with a physical limitation",
    "disea": "chronic-disease index, 0 to 58.6",
    "hlthg": "1 if self-rated health is good",
    "hlthf": "1 if self-rated health is fair",
    "hlthp": "1 if self-rated health is poor",
}
VISITS = "mdvis"
HIGH_USE_VISITS = 6
# Each model flags this share of the training rows, those with the highest risk: as many patients as there is time for, whatever the model.
FLAGGED = 0.125
# Persons whose number ends in 7, 8 or 9 are never trained on; the demo's traffic is drawn from them only.
SERVING_FROM = 7
SEED = 7
SAMPLES = 200
# v3 is v2 fed the chronic-disease index in per cent of its greatest value (58.6), as another service might deliver it.
WRONG_UNIT = {"feature": "disea", "factor": round(100 / 58.6, 4)}

MODELS = {
    "v1": make_pipeline(StandardScaler(), LogisticRegression()),
    "v2": GradientBoostingClassifier(
        n_estimators=150,
        max_depth=3,
        learning_rate=0.05,
        subsample=0.8,
        min_samples_leaf=30,
        random_state=SEED,
    ),
}


def risk(model, rows):
    return model.predict_proba(rows)[:, 1]


def onnx_bytes(model):
    inputs = [("features", FloatTensorType([None, len(FEATURES)]))]
    exported = to_onnx(model, initial_types=inputs, options={"zipmap": False}, target_opset=17)
    # The exporter walks sets: the order of what has none is settled here, so that the same training gives the same bytes.
    for node in exported.graph.node:
        in_order(node.attribute, key=lambda attribute: attribute.name)
    in_order(exported.opset_import, key=lambda opset: opset.domain)
    return exported.SerializeToString(deterministic=True)


def in_order(repeated, key):
    ordered = sorted(repeated, key=key)
    del repeated[:]
    repeated.extend(ordered)


def artefact(name, model):
    content = onnx_bytes(model)
    (HERE / "models" / f"{name}.onnx").write_bytes(content)
    return {"file": f"{name}.onnx", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def threshold(scores):
    return round(float(np.quantile(scores, 1 - FLAGGED)), 4)


def figures(scores, flagged, high_use):
    return {
        "auc": round(float(roc_auc_score(high_use, scores)), 4),
        "brier": round(float(brier_score_loss(high_use, scores)), 4),
        "flagged": share(flagged),
        "accuracy": share(flagged == high_use),
    }


def in_wrong_unit(rows):
    wrong = rows.copy()
    wrong[:, list(FEATURES).index(WRONG_UNIT["feature"])] *= np.float32(WRONG_UNIT["factor"])
    return wrong


def share(those):
    return round(float(those.mean()), 4)


def main():
    years = pd.read_csv(HERE / "data" / "randhie.csv")
    rows = years[list(FEATURES)].to_numpy(np.float32)
    high_use = (years[VISITS] >= HIGH_USE_VISITS).to_numpy(int)
    serving = (years["person"] % 10 >= SERVING_FROM).to_numpy()
    for model in MODELS.values():
        model.fit(rows[~serving], high_use[~serving])

    thresholds = {name: threshold(risk(model, rows[~serving])) for name, model in MODELS.items()}
    thresholds["v3"] = thresholds["v2"]
    shown, truth = rows[serving], high_use[serving]
    scores = {name: risk(model, shown) for name, model in MODELS.items()}
    scores["v3"] = risk(MODELS["v2"], in_wrong_unit(shown))
    flagged = {name: scores[name] >= thresholds[name] for name in scores}
    metrics = {
        "features": FEATURES,
        "flagged": FLAGGED,
        "seed": SEED,
        "rows": {"training": int((~serving).sum()), "serving": int(serving.sum())},
        "highUse": share(truth),
        "models": {
            name: {
                **artefact(name, model),
                "threshold": thresholds[name],
                **figures(scores[name], flagged[name], truth),
            }
            for name, model in MODELS.items()
        },
        "wrongUnit": WRONG_UNIT,
        "flips": {
            "v1v2": share(flagged["v1"] != flagged["v2"]),
            "v2v3": share(flagged["v2"] != flagged["v3"]),
        },
    }
    (HERE / "models" / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")

    # What scikit-learn answers for some serving rows, for the tests of the model server.
    picked = np.random.default_rng(SEED).choice(len(shown), SAMPLES, replace=False)
    samples = years.loc[serving, list(FEATURES)].assign(**scores).iloc[picked]
    samples.to_csv(HERE / "models" / "samples.csv", index=False, float_format="%.7g", lineterminator="\n")


if __name__ == "__main__":
    main()
