import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readEnvoys } from "../../sidecar/xds/envoysFile.ts";

const HEAD = "apiVersion: understudy.dev/v1alpha1\nkind: Envoys\n";
const ROLLOUTS = `rollouts:
  - name: risk
    versions: [{ name: v2, cluster: b }, { name: v1, cluster: a }]
    before: v1
`;
const HOST = `routes:
  - name: front
    virtual_hosts:
      - name: all
        domains: ["*"]
        routes:
`;

function problemsOf(context: TestContext, text: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "understudy-envoys-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "envoys.yaml");
  writeFileSync(path, text);
  const read = readEnvoys(path);
  return "problems" in read ? read.problems.map((line) => line.replace(path, "FILE")) : [];
}

test("a file of nothing is taken", (context) => {
  assert.deepEqual(problemsOf(context, HEAD), []);
});

test("a file that is not there is refused", () => {
  assert.deepEqual(readEnvoys("/nowhere/envoys.yaml"), {
    problems: ["--xds: /nowhere/envoys.yaml: a file of at most 65536 bytes"],
  });
});

for (const { name, text, expected } of [
  {
    name: "a route to a rollout that is not listed",
    text: `${HOST}          - { match: { prefix: / }, route: { rollout: risk } }\n`,
    expected: /routes\[0\]: .*rollouts of this file, which risk is not/,
  },
  {
    name: "a layer with a rollout that is not listed",
    text: "runtime: [{ name: understudy, rollouts: [risk] }]\n",
    expected: /runtime\[0\]\.rollouts: .*which risk is not/,
  },
  {
    name: "a version from before that is not listed",
    text: ROLLOUTS.replace("before: v1", "before: v0"),
    expected: /rollouts\[0\]\.before: v0: one of the versions v2, v1/,
  },
  {
    name: "a version twice",
    text: ROLLOUTS.replace("name: v2", "name: v1"),
    expected: /rollouts\[0\]\.versions: .*each version once/,
  },
  {
    name: "a rollout twice",
    text: ROLLOUTS + ROLLOUTS.replace("rollouts:\n", ""),
    expected: /rollouts\[1\]\.name: risk: each name once/,
  },
  {
    name: "a route that leads both ways",
    text: `${ROLLOUTS}${HOST}          - { match: { prefix: / }, route: { rollout: risk, cluster: a } }\n`,
    expected: /routes\[0\]\.route: .*one of cluster, rollout/,
  },
  {
    name: "a route that leads nowhere",
    text: `${HOST}          - { match: { prefix: / } }\n`,
    expected: /routes\[0\]: .*one of route, direct_response/,
  },
  {
    name: "two ways to match a path",
    text: `${HOST}          - { match: { prefix: /, path: /a }, direct_response: { status: 200 } }\n`,
    expected: /match: .*one of prefix, path, path_separated_prefix, safe_regex/,
  },
  {
    name: "what Envoy knows and this does not",
    text: `${HOST}          - { match: { prefix: / }, route: { cluster: a, weighted_clusters: {} } }\n`,
    expected: /route\.weighted_clusters: .*known here: cluster, rollout, timeout/,
  },
  {
    name: "a status that is none",
    text: `${HOST}          - { match: { prefix: / }, direct_response: { status: 99 } }\n`,
    expected: /direct_response\.status: 99: a whole number from 200 to 599/,
  },
]) {
  test(`${name} is refused, with its field and what is allowed`, (context) => {
    const problems = problemsOf(context, HEAD + text);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0] ?? "", /^FILE: /);
    assert.match(problems[0] ?? "", expected);
  });
}
