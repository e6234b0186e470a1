import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePluginConfig } from "#policy";

const rollout = {
  name: "patient-risk",
  match: { path: { prefix: "/v2/" } },
  salt: "12345678",
  primary: { cluster: "one", version: "v1" },
  candidate: { cluster: "two", version: "v2" },
};
const minimal = { sidecar: { cluster: "understudy" }, rollouts: [rollout] };

function withRollout(change: object): unknown {
  return { ...minimal, rollouts: [{ ...rollout, ...change }] };
}

for (const { name, given, expected } of [
  {
    name: "a match twice",
    given: { ...minimal, rollouts: [rollout, { ...rollout, name: "b" }] },
    expected:
      'rollouts[1].match: "b" matches what "patient-risk" does: another match than that of rollouts[0]',
  },
  {
    name: "a test route of every request",
    given: withRollout({ testRoutes: [{}] }),
    expected: "rollouts[0].testRoutes[0]: every request: a host, a path or headers",
  },
  {
    name: "a test route that users take",
    given: withRollout({ testRoutes: [{ host: "a.test" }, { path: { prefix: "/v2/" } }] }),
    expected: "rollouts[0].testRoutes[1]: the match of rollouts[0]: another route than users take",
  },
  {
    name: "a test route twice",
    given: {
      ...minimal,
      rollouts: [
        { ...rollout, testRoutes: [{ host: "a.test" }] },
        { ...rollout, name: "b", match: { host: "b" }, testRoutes: [{ host: "A.test" }] },
      ],
    },
    expected: "rollouts[1].testRoutes[0]: that of rollouts[0]: another test route",
  },
  {
    name: "a ninth test route",
    given: withRollout({ testRoutes: Array(9).fill({ host: "a.test" }) }),
    expected: "rollouts[0].testRoutes: 9 items: at most 8",
  },
]) {
  test(`${name} is refused with field and value`, () => {
    const text = parsePluginConfig(Buffer.from(JSON.stringify(given)));
    const { problems }: { readonly problems: readonly string[] } = JSON.parse(text);
    assert.deepEqual(problems, [expected]);
  });
}
