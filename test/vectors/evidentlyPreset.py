"""Writes evidentlyPreset.json: what Evidently's DataDriftPreset says of the real data that scikit-learn ships.

python3 -m venv V && V/bin/pip install evidently==0.7.23 pandas==2.3.3 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
V/bin/python test/vectors/evidentlyPreset.py > test/vectors/evidentlyPreset.json
"""

import json
from importlib.metadata import version

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.legacy.calculations.stattests.registry import get_stattest
from evidently.legacy.core import ColumnType
from evidently.presets import DataDriftPreset
from sklearn import datasets

TYPES = {"numeric": ColumnType.Numerical, "categorical": ColumnType.Categorical}


def column(name, kind, reference, current):
    series = [pd.Series(side) for side in (reference, current)]
    test = get_stattest(*series, TYPES[kind], None)
    result = test(*series, TYPES[kind], None)
    return {
        "name": name,
        "type": kind,
        "reference": reference.tolist(),
        "current": current.tolist(),
        "test": test.name,
        "score": float(result.drift_score),
        "drifted": bool(result.drifted),
    }


def dataset(name, columns):
    found = [column(*given) for given in columns]
    definition = DataDefinition(
        numerical_columns=[one["name"] for one in found if one["type"] == "numeric"],
        categorical_columns=[one["name"] for one in found if one["type"] == "categorical"],
    )
    sides = [
        Dataset.from_pandas(pd.DataFrame({one["name"]: one[side] for one in found}), definition)
        for side in ("reference", "current")
    ]
    report = Report([DataDriftPreset()]).run(reference_data=sides[0], current_data=sides[1])
    metrics = report.dict()["metrics"]
    return {"name": name, "columns": found, "share": metrics[0]["value"]["share"]}


def parts(table, names, chosen, reference, current):
    return [(names[i], "numeric", table[reference, i], table[current, i]) for i in chosen]


wine, cancer, digits = datasets.load_wine(), datasets.load_breast_cancer(), datasets.load_digits()
even = np.arange(len(wine.data)) % 2 == 0
first, rest = np.arange(1797) < 1100, np.arange(1797) >= 1100
low, high = digits.target < 6, digits.target >= 6

print(
    json.dumps(
        {
            "made": ", ".join(f"{name} {version(name)}" for name in ("evidently", "pandas", "scikit-learn", "scipy", "numpy")),
            "datasets": [
                dataset(
                    "wine, every other one",
                    parts(wine.data, wine.feature_names, range(13), even, ~even)
                    + [("class", "categorical", wine.target[even], wine.target[~even])],
                ),
                dataset(
                    "breast cancer, the first 300 patients and the rest",
                    parts(cancer.data, cancer.feature_names, [0, 1, 4, 6, 20], slice(0, 300), slice(300, None))
                    + [("diagnosis", "categorical", cancer.target[:300], cancer.target[300:])],
                ),
                dataset(
                    "digits, the first 1,100 and the rest",
                    parts(digits.data.astype(int), [f"p{i}" for i in range(64)], [8, 16, 20, 36, 52], first, rest)
                    + [("digit", "categorical", digits.target[first], digits.target[rest])],
                ),
                dataset(
                    "digits below 6 and the others",
                    parts(digits.data.astype(int), [f"p{i}" for i in range(64)], [8, 20, 36], low, high)
                    + [("digit", "categorical", digits.target[low], digits.target[high])],
                ),
            ],
        },
        separators=(",", ":"),
    )
)
