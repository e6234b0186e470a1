import type { TestContext } from "node:test";
import { type Audience, seatAudience, userNames } from "./audience.ts";
import { type Client, clientOf } from "./client.ts";
import { filterConfig, rolloutConfig, USER_HEADER } from "./filterConfig.ts";
import { STREAMS, startMesh } from "./mesh.ts";
import { type RealSidecar, startRealSidecar } from "./realSidecar.ts";
import { type Answering, predicting, startUpstream, type Upstream } from "./upstream.ts";

/** Rollouts by strategy, each on a route of its own. */
export const STRATEGIES = ["shadow", "canary", "green", "chain"] as const;
/** One of these rollouts. */
export type Strategy = (typeof STRATEGIES)[number];

/** An Envoy, a sidecar, two upstreams, and users who ask all the time on every rollout's route. */
export type StrategyHouse = {
  readonly sidecar: RealSidecar;
  readonly v1: Upstream;
  readonly v2: Upstream;
  readonly users: Client;
  /** Where Envoy takes requests, on this machine. */
  readonly port: number;
  /** What the candidate answers on each route; honest until a test says otherwise. */
  readonly answers: Record<Strategy, Answering>;
  /** How many of a hundred users on a rollout's route the candidate answers. */
  readonly onCandidate: (strategy: Strategy) => Promise<number>;
  /** Sends testers and users home; returns what failed for users. */
  readonly leave: () => Promise<readonly string[]>;
};

const NAMES = userNames(100);
const TESTERS_HOST = "green.test";
const pathOf = (strategy: Strategy): string => `/v2/models/${strategy}/infer`;

/** Opens one, whose sidecar has more flags; testers ask on the test route of `green`, and users on the routes of those given. */
export async function openStrategyHouse(
  context: TestContext,
  asked: readonly Strategy[] = STRATEGIES,
  args: readonly string[] = [],
): Promise<StrategyHouse> {
  const sidecar = await startRealSidecar(context, { args });
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  const mesh = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar: sidecar.grpcPort },
    configuration: filterConfig(STRATEGIES.map(configOf)),
  });
  await sidecar.connected(STREAMS);
  const honest = predicting("v2", 1);
  const answers = { shadow: honest, canary: honest, green: honest, chain: honest };
  v2.answer = (request, response) => {
    const route = STRATEGIES.find((strategy) => request.path === pathOf(strategy));
    answers[route ?? "green"](request, response);
  };
  const users = clientOf(context, mesh.port);
  const audiences: readonly Audience[] = asked.map((strategy) =>
    seatAudience(users, NAMES, { path: pathOf(strategy) }),
  );
  const testers = seatAudience(users, ["tester"], {
    path: pathOf("green"),
    headers: { host: TESTERS_HOST },
  });
  const leave = async (): Promise<readonly string[]> => {
    await Promise.all([...audiences, testers].map((audience) => audience.leave()));
    return audiences.flatMap((audience) => audience.failed());
  };
  context.after(leave);
  return {
    sidecar,
    v1,
    v2,
    users,
    port: mesh.port,
    answers,
    onCandidate: async (strategy) => {
      const path = pathOf(strategy);
      const got = await users.sendAll(
        NAMES.map((name) => ({ path, headers: { [USER_HEADER]: name } })),
      );
      return got.filter(({ body }) => body.includes('"model_version":"v2"')).length;
    },
    leave,
  };
}

function configOf(strategy: Strategy): ReturnType<typeof rolloutConfig> {
  return rolloutConfig({
    name: strategy,
    match: { path: { exact: pathOf(strategy) } },
    requestTimeoutMs: 1000,
    ...(strategy === "green" && { testRoutes: [{ host: TESTERS_HOST }] }),
  });
}

/** A plan that is quick to pass: its strategy and guardrails, and more of its spec. */
export function strategyPlan(
  name: Strategy,
  { strategy, guardrails, more = "" }: StrategyText,
): string {
  return `apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: ${name} }
spec:
  primary: v1
  candidate: v2
  requestTimeout: 1s
  strategy: ${strategy}
  guardrails: ${guardrails}
  alpha: { rollback: 0.01, promotion: 0.05 }
  compare:
    prediction: { label: "$.outputs[0].data[0]" }
    ignore: ["$.model_version"]
${more}`;
}

/** What a plan says of its strategy. */
export type StrategyText = {
  readonly strategy: string;
  readonly guardrails: string;
  readonly more?: string;
};

const onPairs = "disagreement: { of: prediction, tolerance: 30% }";
const onErrors = "errorRate: { margin: 2, tolerance: 20% }";

/** The usual strategy of each rollout; every guardrail passes after dozens of good requests. */
export const QUICK: Readonly<Record<Strategy, StrategyText>> = {
  shadow: {
    strategy: "[{ shadow: { minimum: { pairs: 50 } } }]",
    guardrails: `{ ${onPairs} }`,
  },
  canary: {
    strategy: "[{ canary: { weights: [20%, 50%], minimum: { requests: 20, time: 1s } } }]",
    guardrails: `{ ${onErrors} }`,
  },
  green: {
    strategy: "[{ blueGreen: { keepFor: 2s, minimum: { requests: 10 } } }]",
    guardrails: "{ tests: { tolerance: 30% } }",
  },
  chain: {
    strategy:
      "[shadow, { canary: { weights: [30%], minimum: { requests: 20, time: 1s } } }, { switch: { keepFor: 2s } }]",
    guardrails: `{ ${onPairs}, ${onErrors} }`,
  },
};
