"""
Makes scorer.binpb and protobuf.json with Google's protoc and Python library (pip install grpcio-tools):
python3 test/vectors/protobuf.py
"""

import base64
import importlib
import json
import math
import pathlib
import random
import sys
import tempfile

import grpc_tools
from google.protobuf.descriptor import FieldDescriptor
from grpc_tools import protoc

here = pathlib.Path(__file__).parent
includes = [f"-I{here}", f"-I{pathlib.Path(grpc_tools.__file__).parent / '_proto'}"]
files = ["scorer.proto", "classic.proto"]
protoc.main(["", *includes, "--include_imports", f"--descriptor_set_out={here / 'scorer.binpb'}", *files])
made = tempfile.mkdtemp()
protoc.main(["", *includes, f"--python_out={made}", *files])
sys.path.insert(0, made)
scorer = importlib.import_module("scorer_pb2")
classic = importlib.import_module("classic_pb2")


def scalar(field, value):
    if field.message_type is not None:
        return tree(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return value if known is None else known.name
    if field.type == FieldDescriptor.TYPE_BYTES:
        return base64.b64encode(value).decode()
    if isinstance(value, bool) or isinstance(value, str):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")
    return value if abs(value) < 2**53 else {"big": str(value)}


def tree(message):
    """What a message says: fields without presence always, the others when they are there."""
    out = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            out[field.name] = {
                str(key): scalar(entry.fields_by_name["value"], value[key]) for key in sorted(value)
            }
        elif field.is_repeated:
            out[field.name] = [scalar(field, one) for one in value]
        elif not field.has_presence or message.HasField(field.name):
            out[field.name] = scalar(field, value)
    return out


def entry(name, message, wire=None):
    data = message.SerializePartialToString() if wire is None else wire
    back = type(message)()
    back.MergeFromString(data)
    return {
        "name": name,
        "message": message.DESCRIPTOR.full_name,
        "wire": base64.b64encode(data).decode(),
        "expected": tree(back),
    }


seeded = random.Random(20261122)
Answer = scorer.ScoreAnswer
Reason = Answer.Reason


def reason():
    return Reason(name=seeded.choice(["age", "été", "\U0001f600", ""]), share=seeded.random())


def rich():
    answer = Answer(
        risk=seeded.choice([0, 1, 2]),
        score=seeded.random(),
        model_version=seeded.choice(["v1", "v2", ""]),
        logits=[seeded.gauss(0, 5) for _ in range(seeded.randrange(5))],
        reasons=[reason() for _ in range(seeded.randrange(4))],
        features={seeded.choice("abcdef"): seeded.random() for _ in range(3)},
        by_rank={seeded.randrange(-9, 9): reason() for _ in range(2)},
        digest=seeded.randbytes(seeded.randrange(12)),
        tree=scorer.Node(value=seeded.randrange(-9, 9), next=scorer.Node(next=scorer.Node(value=1))),
        numbers=scorer.Numbers(
            a=seeded.randrange(-(2**31), 2**31),
            b=seeded.randrange(-(2**63), 2**63),
            c=seeded.randrange(2**32),
            d=seeded.randrange(2**64),
            e=seeded.randrange(-(2**31), 2**31),
            f=seeded.randrange(-(2**63), 2**63),
            g=seeded.randrange(2**32),
            h=seeded.randrange(2**64),
            i=seeded.randrange(-(2**31), 2**31),
            j=seeded.randrange(-(2**63), 2**63),
            k=seeded.gauss(0, 1e9),
            many=[seeded.randrange(-(2**40), 2**40) for _ in range(3)],
        ),
        cached=seeded.random() < 0.5,
    )
    answer.at.FromMilliseconds(1_700_000_000_000 + seeded.randrange(10**9))
    if seeded.random() < 0.5:
        answer.rank = seeded.choice([0, 5])
    if seeded.random() < 0.5:
        answer.note = seeded.choice(["", "seen"])
    else:
        answer.why.CopyFrom(reason())
    return answer


edges = [
    ("nothing", Answer(), None),
    ("numbers at their ends", Answer(numbers=scorer.Numbers(
        a=-(2**31), b=-(2**63), c=2**32 - 1, d=2**64 - 1, e=-(2**31), f=2**63 - 1,
        g=2**32 - 1, h=2**53, i=-1, j=-(2**53), k=-0.0, many=[-1, 0, 1])), None),
    ("numbers that JSON does not know", Answer(logits=[math.nan, math.inf, -math.inf]), None),
    ("an enum value that is not known", Answer(risk=9), None),
    ("a default that is written", Answer(), b"\x08\x00\x15\x00\x00\x00\x00\x1a\x00"),
    ("a list that is not packed", Answer(), b"\x25\x00\x00\x80\x3f\x25\x00\x00\x00\x40"),
    ("a packed list in three parts", Answer(), b"\x22\x04\x00\x00\x80\x3f\x22\x00\x25\x00\x00\x00\x40"),
    ("a packed list that is declared unpacked", Answer(), b"\x72\x04\x62\x02\x01\x02"),
    ("the last of two values", Answer(), b"\x1a\x01a\x1a\x01b"),
    ("two parts of one message", Answer(), b"\x6a\x02\x08\x01\x6a\x04\x12\x02\x08\x02"),
    ("the last member of a oneof", Answer(), b"\x4a\x01x\x52\x03\x0a\x01y"),
    ("a message of a oneof twice", Answer(), b"\x52\x03\x0a\x01y\x52\x09\x11\x00\x00\x00\x00\x00\x00\xf0\x3f"),
    ("a message of a oneof, another member, and it again", Answer(), b"\x52\x03\x0a\x01y\x4a\x01x\x52\x00"),
    ("a key of a map twice", Answer(), b"\x32\x0c\x0a\x01a\x11\x00\x00\x00\x00\x00\x00\xf0\x3f\x32\x0c\x0a\x01a\x11\x00\x00\x00\x00\x00\x00\x00\x40"),
    ("an entry of a map without key and value", Answer(), b"\x32\x00\x3a\x00"),
    ("a varint longer than it must be", Answer(), b"\x08\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
    ("a 32-bit number in ten bytes, cut", Answer(), b"\x72\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    ("a bool beyond one", Answer(), b"\x78\x80\x01"),
]
old = classic.Old(label="", packed=[1, -1])
whole = classic.Old(label="a", count=7)
whole.part.size = 3
messages = (
    [entry(name, message, wire) for name, message, wire in edges]
    + [entry(f"random {i}", rich()) for i in range(20)]
    + [entry("proto2, absent", old), entry("proto2, a group", whole)]
)
(here / "protobuf.json").write_text(json.dumps({"messages": messages}, indent=1, ensure_ascii=False) + "\n")
