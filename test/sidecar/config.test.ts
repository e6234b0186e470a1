import assert from "node:assert/strict";
import { test } from "node:test";
import { addressText, isLoopback, parseAddress } from "../../sidecar/address.ts";
import { parseConfig } from "../../sidecar/config.ts";

test("without flags the sidecar listens on loopback and keeps rollouts in a file here", () => {
  assert.deepEqual(parseConfig([]), {
    config: {
      grpc: { host: "127.0.0.1", port: 50_051 },
      http: { host: "127.0.0.1", port: 9_464 },
      storePath: "understudy.sqlite",
      alertsPath: undefined,
    },
  });
});

test("rollouts are kept in memory only when that is asked for", () => {
  const parsed = parseConfig(["--store", "memory"]);
  assert.ok("config" in parsed);
  assert.equal(parsed.config.storePath, undefined);
});

test("flags are taken", () => {
  assert.deepEqual(parseConfig(["--grpc", "[::1]:0", "--http", "localhost:1", "--store", "x.db"]), {
    config: {
      grpc: { host: "::1", port: 0 },
      http: { host: "localhost", port: 1 },
      storePath: "x.db",
      alertsPath: undefined,
    },
  });
});

test("a cluster is a kubeconfig, or the one that this runs in", () => {
  const parsed = parseConfig(["--kube", "cluster", "--rollouts", "shop"]);
  assert.ok("config" in parsed);
  assert.deepEqual([parsed.config.kube, parsed.config.rolloutsIn], ["cluster", "shop"]);
});

test("any address is taken once callers must say who they are, over TLS", () => {
  const tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem", "--tls-client-ca", "ca.pem"];
  const flags = ["--grpc", "0.0.0.0:50051", "--http", "[::]:9464", "--store", "memory"];
  assert.deepEqual(parseConfig([...flags, "--callers", "callers", ...tls]), {
    config: {
      grpc: { host: "0.0.0.0", port: 50_051 },
      http: { host: "::", port: 9_464 },
      storePath: undefined,
      alertsPath: undefined,
      callersPath: "callers",
      tls: { cert: "cert.pem", key: "key.pem", clientCa: "ca.pem" },
    },
  });
});

const wrong: readonly { flags: readonly string[]; expected: readonly RegExp[] }[] = [
  { flags: ["--rollouts", "shop"], expected: [/--rollouts: shop: only together with --kube/] },
  { flags: ["--grpc", "0.0.0.0:50051"], expected: [/--grpc: 0\.0\.0\.0:50051: a loopback/] },
  { flags: ["--http", "[::]:9464"], expected: [/--http: \[::\]:9464: a loopback/] },
  {
    flags: ["--grpc", "10.0.0.1:1"],
    expected: [/while --callers, --tls-cert, --tls-key is not given/],
  },
  {
    flags: ["--grpc", "10.0.0.1:1", "--callers", "c"],
    expected: [/while --tls-cert, --tls-key is not given/],
  },
  {
    flags: ["--http", "10.0.0.1:1", "--tls-cert", "c", "--tls-key", "k"],
    expected: [/--http: .* while --callers is not given/],
  },
  { flags: ["--tls-cert", "c"], expected: [/--tls-cert: c: only together with --tls-key/] },
  { flags: ["--tls-key", "k"], expected: [/--tls-key: k: only together with --tls-cert/] },
  {
    flags: ["--tls-client-ca", "a"],
    expected: [/only together with --tls-cert/, /only together with --callers/],
  },
  { flags: ["--grpc", "example.com:1"], expected: [/a loopback/] },
  { flags: ["--grpc", "nonsense"], expected: [/--grpc: nonsense: an address/] },
  { flags: ["--grpc", "127.0.0.1:70000"], expected: [/--grpc: 127\.0\.0\.1:70000: an address/] },
  { flags: ["--grpc", "a", "--http", "0.0.0.0:1"], expected: [/--grpc: a/, /--http: 0/] },
  { flags: ["--colour"], expected: [/--colour/] },
  { flags: ["more"], expected: [/more/] },
];

for (const { flags, expected } of wrong) {
  test(`"${flags.join(" ")}" is refused, every problem of it named`, () => {
    const parsed = parseConfig(flags);
    assert.ok("problems" in parsed);
    assert.equal(parsed.problems.length, expected.length);
    for (const [index, pattern] of expected.entries()) {
      assert.match(parsed.problems[index] ?? "", pattern);
    }
  });
}

test("an address is written as it was read", () => {
  for (const text of ["127.0.0.1:50051", "[::1]:1", "localhost:0"]) {
    const address = parseAddress(text);
    assert.ok(address !== undefined && isLoopback(address));
    assert.equal(addressText(address), text);
  }
});
