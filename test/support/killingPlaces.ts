import { setTimeout as delay } from "node:timers/promises";
import type { Asked, KilledInstallation, Life, Told } from "./killedInstallation.ts";
import { until } from "./until.ts";

/** Settles at the instant of a life at which it is to end. */
export type Place = (installation: KilledInstallation, life: Life) => Promise<unknown>;

/** Where nothing happens for so long, any instant is as good. */
const PATIENCE_MS = 4_000;

/** Where sidecars are killed, by name. */
export const PLACES: Readonly<Record<string, Place>> = {
  "while batches are counted": async (installation, { filter }) => {
    await installation.moment(2_500);
    const counted = filter.acknowledged;
    await happens(() => filter.acknowledged > counted);
    await installation.moment(20);
  },
  "after a decision was told": async (installation) => {
    const { revision } = lastTold(installation);
    await happens(() => lastTold(installation).revision > revision);
    await installation.moment(5);
  },
  "while the store is written": async (installation) => {
    const count = 1 + Math.floor(installation.random.next() * 8);
    await Promise.race([installation.writes(count), delay(PATIENCE_MS)]);
    await installation.moment(2);
  },
  "while a command is done": async (installation, { client }) => {
    await installation.moment(1_500);
    void installation.ask(client, nextCommand(installation));
    await installation.moment(10);
  },
  "when the traffic has changed": async (_, { filter }) => {
    const known = filter.told.length;
    await happens(() => filter.told.length > known);
  },
  "when a command was answered": async (installation, { client }) => {
    await installation.moment(1_000);
    await installation.ask(client, nextCommand(installation));
  },
  "while a rollout starts": async (installation, { client }) => {
    await installation.ask(client, commandOf(installation, "Rollback"));
    void startNext(installation, client).catch(() => undefined);
    await installation.moment(15);
  },
  anywhere: (installation) => installation.moment(3_500),
};

/** Has something under way: starts a rollout where there is none, resumes most that are paused, and asks again what nobody answered. */
export async function goOn(installation: KilledInstallation, { client }: Life): Promise<void> {
  const last = installation.asked.at(-1);
  if (last?.isAnswered === false) {
    await installation.ask(client, last);
  }
  const { phase } = lastTold(installation);
  if (phase === "paused" && installation.random.next() < 0.7) {
    await installation.ask(client, commandOf(installation, "Resume"));
  }
  if (!["paused", "progressing"].includes(phase)) {
    await startNext(installation, client);
  }
}

/** Three in ten candidates fail. */
async function startNext(installation: KilledInstallation, client: Life["client"]): Promise<void> {
  installation.candidateStatus = installation.random.next() < 0.3 ? 500 : 200;
  installation.note(await client.apply(planOf(lastTold(installation).generation + 2)));
}

function nextCommand(installation: KilledInstallation): Asked {
  const luck = installation.random.next();
  const whenUnderWay = luck < 0.6 ? "Pause" : luck < 0.8 ? "Promote" : "Rollback";
  const isPaused = lastTold(installation).phase === "paused";
  return commandOf(installation, isPaused ? "Resume" : whenUnderWay);
}

function commandOf(installation: KilledInstallation, kind: Asked["kind"]): Asked {
  const { asked } = installation;
  const reason = `command ${asked.length + 1}`;
  const { revision } = lastTold(installation);
  const command = { kind, reason, revision, isAnswered: false };
  asked.push(command);
  return command;
}

function lastTold({ told }: KilledInstallation): Pick<Told, "generation" | "phase" | "revision"> {
  return told.at(-1) ?? { revision: 0, phase: "", generation: 0 };
}

async function happens(is: () => boolean): Promise<void> {
  await until(is, { deadlineMs: PATIENCE_MS, what: "it happens" }).catch(() => undefined);
}

/** A rollout of a version; a good candidate gets to all users in some seconds. */
function planOf(version: number): string {
  return `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: test }
spec:
  primary: v1
  candidate: v${version}
  requestTimeout: 100ms
  steps:
    - shadow: { percent: 100%, minimum: { pairs: 20, time: 500ms } }
    - canary: { weight: 10%, minimum: { requests: 20, time: 500ms } }
    - canary: { weight: 50%, minimum: { requests: 20, time: 500ms } }
  guardrails:
    errorRate: { margin: 1.5, tolerance: 5% }
    disagreement: { of: answer, tolerance: 30% }
`;
}
