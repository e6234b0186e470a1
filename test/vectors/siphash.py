"""Makes siphash.json with OpenSSL's SipHash-2-4: python3 test/vectors/siphash.py"""

import json
import pathlib
import struct
import subprocess


def siphash(key: bytes, message: bytes) -> int:
    command = ["openssl", "mac", "-macopt", f"hexkey:{key.hex()}", "-macopt", "size:8", "-binary", "SIPHASH"]
    out = subprocess.run(command, input=message, capture_output=True, check=True).stdout
    return struct.unpack("<Q", out)[0]


def words(k0: int, k1: int) -> bytes:
    return struct.pack("<QQ", k0, k1)


def split(salt: str, key: str) -> dict:
    k0 = siphash(words(0, 0), salt.encode())
    k1 = siphash(words(0, 1), salt.encode())
    value = siphash(words(k0, k1), key.encode())
    return {"salt": salt, "key": key, "hash": str(value), "bucket": value % 10_000}


paper_key = bytes(range(16))
hashes = [
    {"key": paper_key.hex(), "message": bytes(range(size)).hex(), "hash": str(siphash(paper_key, bytes(range(size))))}
    for size in range(64)
]
splits = [
    split(salt, key)
    for salt in ["patient-risk-v2", "another salt, longer than one block"]
    for key in ["u1", "patient-0042", "a" * 100, "žluťoučký kůň", "d8460f68-011e-4d45-84ff-896e1e155ab1"]
]
version = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout.strip()
out = {"madeBy": version, "hashes": hashes, "splits": splits}
pathlib.Path(__file__).with_name("siphash.json").write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")
