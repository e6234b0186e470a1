"""Makes performance.json with scikit-learn: python3 test/vectors/performance.py

Needs scikit-learn 1.9.1. Models that are trained on half of the data sets that scikit-learn ships predict the other half; what they
predicted, and scikit-learn's figures of it, are written. Chances are rounded to six digits before anything is computed from them.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    confusion_matrix,
    log_loss,
    matthews_corrcoef,
    mean_absolute_error,
    mean_squared_error,
    precision_recall_fscore_support,
    roc_auc_score,
)
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier


def averages(truth, predicted, average):
    precision, recall, f1, _ = precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
    return {"precision": precision, "recall": recall, "f1": f1}


def classes_of(truth, predicted):
    names = sorted(set(truth) | set(predicted))
    columns = precision_recall_fscore_support(truth, predicted, labels=names, zero_division=0)
    return [
        {"name": str(name), "precision": p, "recall": r, "f1": f, "support": int(n)}
        for name, p, r, f, n in zip(names, *columns)
    ]


def classification(name, data, model):
    x, x_test, y, truth = train_test_split(data.data, data.target, test_size=0.5, random_state=5)
    predicted = model.fit(x, y).predict(x_test)
    return {
        "name": name,
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "confusion": confusion_matrix(truth, predicted).tolist(),
        "accuracy": accuracy_score(truth, predicted),
        "balancedAccuracy": balanced_accuracy_score(truth, predicted),
        "kappa": cohen_kappa_score(truth, predicted),
        "mcc": matthews_corrcoef(truth, predicted),
        **{average: averages(truth, predicted, average) for average in ["macro", "micro", "weighted"]},
        "classes": classes_of(truth, predicted),
    }


def binary(name, data, model):
    x, x_test, y, truth = train_test_split(data.data, data.target, test_size=0.5, random_state=5)
    chances = np.round(model.fit(x, y).predict_proba(x_test)[:, 1], 6)
    half = len(truth) // 2
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(chances[:half], truth[:half])
    return {
        "name": name,
        "truth": truth.tolist(),
        "chances": chances.tolist(),
        "auc": roc_auc_score(truth, chances),
        "averagePrecision": average_precision_score(truth, chances),
        "brier": brier_score_loss(truth, chances),
        "logLoss": log_loss(truth, np.clip(chances, 1e-15, 1 - 1e-15)),
        "calibratedBy": half,
        "calibrated": isotonic.predict(chances).tolist(),
    }


def regression(name, data):
    x, x_test, y, truth = train_test_split(data.data, data.target, test_size=0.5, random_state=5)
    predicted = np.round(LinearRegression().fit(x, y).predict(x_test), 6)
    return {
        "name": name,
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "mae": mean_absolute_error(truth, predicted),
        "rmse": mean_squared_error(truth, predicted) ** 0.5,
        "bias": float(np.mean(predicted - truth)),
    }


cancer, wine, digits = load_breast_cancer(), load_wine(), load_digits()
out = {
    "madeBy": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}",
    "classification": [
        classification("breast cancer, tree", cancer, DecisionTreeClassifier(max_depth=2, random_state=5)),
        classification("wine, stump", wine, DecisionTreeClassifier(max_depth=1, random_state=5)),
        classification("digits, shallow tree", digits, DecisionTreeClassifier(max_depth=3, random_state=5)),
        classification("digits, naive Bayes", digits, GaussianNB()),
    ],
    "binary": [
        binary("breast cancer, naive Bayes", cancer, GaussianNB()),
        binary("breast cancer, tree", cancer, DecisionTreeClassifier(max_depth=3, random_state=5)),
    ],
    "regression": [regression("diabetes, linear", load_diabetes())],
}
pathlib.Path(__file__).with_name("performance.json").write_text(json.dumps(out) + "\n")
