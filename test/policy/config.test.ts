import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePluginConfig } from "#policy";

type Parsed = { readonly config?: unknown; readonly problems?: readonly string[] };

const rollout = {
  name: "patient-risk",
  match: { path: { prefix: "/v2/" } },
  salt: "12345678",
  primary: { cluster: "one", version: "v1" },
  candidate: { cluster: "two", version: "v2" },
};
const minimal = { sidecar: { cluster: "understudy" }, rollouts: [rollout] };

function parse(text: string): Parsed {
  return JSON.parse(parsePluginConfig(Buffer.from(text)));
}

function problemsOf(config: unknown): readonly string[] {
  return parse(JSON.stringify(config)).problems ?? [];
}

function withRollout(change: object): unknown {
  return { ...minimal, rollouts: [{ ...rollout, ...change }] };
}

test("a minimal configuration has these defaults", () => {
  assert.deepEqual(parse(JSON.stringify(minimal)), {
    config: {
      sidecar: { cluster: "understudy", authority: "understudy" },
      trustShadow: false,
      rollouts: [
        {
          name: "patient-risk",
          match: { path: { prefix: "/v2/" } },
          primary: { cluster: "one", version: "v1" },
          candidate: { cluster: "two", version: "v2" },
          sticky: { requestId: true },
          overrides: 0,
          testRoutes: 0,
          requestTimeoutMs: 15_000,
          shadow: {
            paths: [],
            timeoutMs: 2000,
            inFlightMax: 128,
            perSecondMax: 2000,
            bodyBytesMax: 65_536,
            capturedBytesMax: 16_777_216,
          },
        },
      ],
    },
  });
});

test("a path of unary calls in gRPC is told from others", () => {
  const paths = [{ template: "/a.B/{method}", grpc: "unary" }, { prefix: "/a" }];
  const { config } = parse(JSON.stringify(withRollout({ shadow: { paths } })));
  assert.match(
    JSON.stringify(config),
    /"paths":\[{"template":"\/a\.B\/{method}","grpc":"unary"},{"prefix":"\/a"}\]/,
  );
});

const table: { name: string; given: unknown; expected: string }[] = [
  {
    name: "an unknown key",
    given: { ...minimal, x: 1 },
    expected: "x: unknown key: one of sidecar, trustShadow, rollouts",
  },
  { name: "no sidecar", given: { rollouts: [] }, expected: "sidecar: missing: an object" },
  {
    name: "no rollouts",
    given: { sidecar: { cluster: "a" } },
    expected: "rollouts: missing: a list",
  },
  {
    name: "an empty cluster",
    given: { ...minimal, sidecar: { cluster: "" } },
    expected: 'sidecar.cluster: "": a cluster\'s name, 1 to 256 printable characters',
  },
  {
    name: "a wrong type",
    given: { ...minimal, trustShadow: "yes" },
    expected: 'trustShadow: "yes": true or false',
  },
  {
    name: "a bad name",
    given: withRollout({ name: "Über" }),
    expected: "rollouts[0].name: \"Über\": 1 to 63 of a-z, 0-9, '.' and '-'",
  },
  {
    name: "a short salt, unseen",
    given: withRollout({ salt: "short" }),
    expected: "rollouts[0].salt: 5 characters: 8 to 256 printable characters",
  },
  {
    name: "equal versions",
    given: withRollout({ candidate: { cluster: "two", version: "v1" } }),
    expected: 'rollouts[0].candidate.version: "v1": another than primary\'s',
  },
  {
    name: "a short secret, unseen",
    given: withRollout({ overrides: [{ secret: "hush", variant: "candidate" }] }),
    expected: "rollouts[0].overrides[0].secret: 4 characters: 16 to 256 printable characters",
  },
  {
    name: "an unlisted variant",
    given: withRollout({ overrides: [{ secret: "0123456789abcdef", variant: "v9" }] }),
    expected: 'rollouts[0].overrides[0].variant: "v9": primary or candidate',
  },
  {
    name: "a fraction",
    given: withRollout({ requestTimeoutMs: 100.5 }),
    expected: "rollouts[0].requestTimeoutMs: 100.5: a whole number from 100 to 600000",
  },
  {
    name: "no shadow timeout at all",
    given: withRollout({ shadow: { timeoutMs: 0 } }),
    expected: "rollouts[0].shadow.timeoutMs: 0: a whole number from 1 to 60000",
  },
  {
    name: "a shadow that outlives its request",
    given: withRollout({ requestTimeoutMs: 1000, shadow: { timeoutMs: 1001 } }),
    expected: "rollouts[0].shadow.timeoutMs: 1001: at most requestTimeoutMs (1000)",
  },
  {
    name: "a body over the message",
    given: withRollout({ shadow: { bodyBytesMax: 122_881 } }),
    expected: "rollouts[0].shadow.bodyBytesMax: 122881: a whole number from 0 to 122880",
  },
  {
    name: "a relative path",
    given: withRollout({ match: { path: { prefix: "v2" } } }),
    expected: 'rollouts[0].match.path.prefix: "v2": a path from / on without ? and #',
  },
  {
    name: "two kinds of path",
    given: withRollout({ match: { path: { prefix: "/", exact: "/" } } }),
    expected: "rollouts[0].match.path: more than one of its keys: one of prefix, exact, template",
  },
  {
    name: "half a segment as template",
    given: withRollout({ shadow: { paths: [{ template: "/a{b}" }] } }),
    expected:
      'rollouts[0].shadow.paths[0].template: "/a{b}": a path from / on without ? and #, {name} for one whole segment',
  },
  {
    name: "a kind of gRPC call that is not copied",
    given: withRollout({ shadow: { paths: [{ prefix: "/a", grpc: "stream" }] } }),
    expected: 'rollouts[0].shadow.paths[0].grpc: "stream": unary: streams are not copied',
  },
  {
    name: "gRPC where nothing is copied",
    given: withRollout({ match: { path: { prefix: "/a", grpc: "unary" } } }),
    expected: "rollouts[0].match.path.grpc: unknown key: one of prefix, exact, template",
  },
  {
    name: "a host with a port",
    given: withRollout({ match: { host: "a:80" } }),
    expected: 'rollouts[0].match.host: "a:80": a host without port, or *. and a domain',
  },
  {
    name: "a header of ours",
    given: withRollout({ match: { headers: [{ name: "x-understudy-variant", value: "v2" }] } }),
    expected:
      'rollouts[0].match.headers[0].name: "x-understudy-variant": none of ours: they are removed first',
  },
  {
    name: "two sticky sources",
    given: withRollout({ sticky: { header: "a", requestId: true } }),
    expected: "rollouts[0].sticky: not exactly one source: one of header, cookie, requestId",
  },
  {
    name: "a bad cookie path",
    given: withRollout({ sticky: { cookie: { name: "u", path: "/;" } } }),
    expected: 'rollouts[0].sticky.cookie.path: "/;": a path from / on without ;',
  },
  {
    name: "too many rollouts",
    given: { ...minimal, rollouts: Array(65).fill(rollout) },
    expected: "rollouts: 65 items: at most 64",
  },
];

for (const { name, given, expected } of table) {
  test(`${name} is refused with field and value`, () => {
    assert.ok(problemsOf(given).includes(expected), problemsOf(given).join("\n"));
  });
}

test("all problems are named at once", () => {
  assert.equal(problemsOf(withRollout({ name: "", salt: "", requestTimeoutMs: 0 })).length, 3);
});

const broken: { name: string; given: string; expected: string }[] = [
  { name: "nothing", given: "", expected: "unexpected end" },
  { name: "a cut text", given: '{"sidecar"', expected: "expected a colon" },
  { name: "a key twice", given: '{"a":1,"a":2}', expected: "key a twice" },
  { name: "text after the value", given: "{} x", expected: "unexpected text" },
  { name: "a leading zero", given: '{"a":01}', expected: "not a number" },
  { name: "a lone surrogate", given: '{"a":"\\ud800"}', expected: "lone surrogate" },
  { name: "deep nesting", given: "[".repeat(5000), expected: "nested deeper than 16" },
  { name: "a control character", given: '{"a":"\n"}', expected: "control character" },
  {
    name: "a huge number of values",
    given: `[${"1,".repeat(20_000)}1]`,
    expected: "more than 16384 values",
  },
];

for (const { name, given, expected } of broken) {
  test(`JSON with ${name} is refused`, () => {
    assert.match((parse(given).problems ?? [])[0] ?? "", new RegExp(`^configuration: ${expected}`));
  });
}

test("a configuration above 256 KiB is refused unread", () => {
  const problems = parse(" ".repeat(256 * 1024 + 1)).problems;
  assert.deepEqual(problems, ["configuration: 262145 bytes: at most 262144"]);
});

test("any bytes are parsed or refused, never a trap", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const parsed: Parsed = JSON.parse(parsePluginConfig(bytes));
      assert.notEqual(parsed.config === undefined, parsed.problems === undefined);
    }),
  );
});

test("any JSON value is parsed or refused, never a trap", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.ok((parse(text).problems ?? []).length > 0);
    }),
  );
});

test("escapes in texts mean what JSON says", () => {
  const text = JSON.stringify(minimal).replace("/v2/", "\\/\\u0061b");
  assert.match(JSON.stringify(parse(text)), /"prefix":"\/ab"/);
});
