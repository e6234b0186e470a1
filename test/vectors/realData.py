"""Writes realData.json: drift of the real data that scikit-learn ships, by scipy, numpy and statsmodels.

python3 -m venv V && V/bin/pip install scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6 statsmodels==0.15.0
V/bin/python test/vectors/realData.py > test/vectors/realData.json
"""

import json

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn import datasets
from statsmodels.stats.proportion import proportions_ztest

FLOOR = 1e-4


def psi_on_deciles(reference, current):
    edges = np.unique(np.quantile(reference, np.arange(1, 10) / 10))
    counts = [
        np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
        for values in (reference, current)
    ]
    p, q = (np.maximum(count / count.sum(), FLOOR) for count in counts)
    critical = (1 / len(reference) + 1 / len(current)) * stats.chi2.ppf(0.999, len(edges))
    return {
        "deciles": edges.tolist(),
        "counts": [count.tolist() for count in counts],
        "psi": float(np.sum((q - p) * np.log(q / p))),
        "psiCritical": float(critical),
        "js": float(jensenshannon(counts[0], counts[1], base=2)),
    }


def numeric(name, reference, current):
    exact = stats.ks_2samp(reference, current, method="exact")
    near = stats.ks_2samp(reference, current, method="asymp")
    distance = stats.wasserstein_distance(reference, current)
    return {
        "name": name,
        "reference": reference.tolist(),
        "current": current.tolist(),
        "ks": float(exact.statistic),
        "ksExact": float(exact.pvalue),
        "ksAsymptotic": float(near.pvalue),
        "wasserstein": float(distance),
        "std": float(np.std(reference)),
        **psi_on_deciles(reference, current),
    }


def categorical(name, reference, current):
    keys = np.unique(np.concatenate([reference, current]))
    counts = np.array([[int(np.sum(side == key)) for key in keys] for side in (reference, current)])
    yates = stats.chi2_contingency(counts)
    plain = stats.chi2_contingency(counts, correction=False)
    p, q = counts[0] / counts[0].sum(), counts[1] / counts[1].sum()
    z = proportions_ztest(counts[:, 0], counts.sum(axis=1))
    return {
        "name": name,
        "counts": counts.tolist(),
        "chi2": [float(yates.statistic), float(yates.pvalue), int(yates.dof)],
        "chi2Plain": [float(plain.statistic), float(plain.pvalue)],
        "js": float(jensenshannon(p, q, base=2)),
        "hellinger": float(np.sqrt(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2)),
        "lInfinity": float(np.max(np.abs(p - q))),
        "firstProportion": [float(z[0]), float(z[1])],
    }


cancer, wine, digits = datasets.load_breast_cancer(), datasets.load_wine(), datasets.load_digits()
halves = np.arange(len(cancer.data)) % 2 == 0
radius, concavity = cancer.data[:, 0], cancer.data[:, 6]
alcohol, proline = wine.data[:, 0], wine.data[:, 12]
pixel = digits.data[:900, 20]

print(
    json.dumps(
        {
            "made": f"scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, numpy {np.__version__}, statsmodels {statsmodels.__version__}",
            "numeric": [
                numeric("breast cancer, mean radius, every other patient", radius[halves], radius[~halves]),
                numeric("breast cancer, mean radius, benign against malignant", radius[cancer.target == 1], radius[cancer.target == 0]),
                numeric("breast cancer, mean concavity, ties at 0", concavity[:300], concavity[300:]),
                numeric("wine, alcohol, class 0 and 1 against 2", alcohol[wine.target < 2], alcohol[wine.target == 2]),
                numeric("wine, proline, all against class 1", proline, proline[wine.target == 1]),
                numeric("digits, one pixel of 17 grey levels", pixel[:500], pixel[500:]),
            ],
            "categorical": [
                categorical("breast cancer, diagnosis, first 300 patients against the rest", cancer.target[:300], cancer.target[300:]),
                categorical("wine, class, every other wine", wine.target[::2], wine.target[1::2]),
                categorical("digits, digit, first 600 against the next 300", digits.target[:600], digits.target[600:900]),
            ],
        },
        separators=(",", ":"),
    )
)
