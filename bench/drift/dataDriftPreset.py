"""The same data by Evidently's DataDriftPreset: milliseconds with and without reading the CSV, and the most memory.

Usage: dataDriftPreset.py REFERENCE CURRENT
"""

import json
import resource
import sys
import time

import pandas
from evidently import Report
from evidently.presets import DataDriftPreset

start = time.perf_counter()
reference, current = (pandas.read_csv(path) for path in sys.argv[1:3])
read = time.perf_counter()
Report([DataDriftPreset()]).run(current, reference)
end = time.perf_counter()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"ms": (end - start) * 1000, "readMs": (read - start) * 1000, "rssBytes": memory}))
