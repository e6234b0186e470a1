"""Writes randhie.csv from the copy of the RAND Health Insurance Experiment that statsmodels ships.

    python3 -m pip install -r ../requirements.txt && python3 export.py
"""

from pathlib import Path

from statsmodels.datasets import randhie

DECIMALS = 4
# What stays the same for one person over the years of the experiment.
LASTING = ["lncoins", "idp", "lpi", "physlm", "disea", "hlthg", "hlthf", "hlthp"]

years = randhie.load_pandas().data
changed = years[LASTING].diff().abs().sum(axis=1) > 0
years.insert(0, "person", changed.cumsum())
text = years.round(DECIMALS).to_csv(index=False, float_format="%.10g", lineterminator="\n")
Path(__file__).with_name("randhie.csv").write_text(text)
