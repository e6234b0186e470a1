import { spawn } from "node:child_process";
import type { TestContext } from "node:test";
import { understudy } from "#proto";
import { type Rollout, RolloutClient } from "../../sidecar/cli/client.ts";
import { endWithThisProcess } from "./orphans.ts";
import { until } from "./until.ts";

/** The sidecar as users run it: a process of its own. */
export type RealSidecar = {
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly pid: number;
  readonly client: RolloutClient;
  /** What it logged. */
  readonly log: () => string;
  /** Waits until so many filters' streams are open: after a start they come one by one. */
  readonly connected: (streams: number) => Promise<void>;
  /** The value of a metric, by its whole line up to the value; 0 when it is not there. */
  readonly metric: (name: string) => Promise<number>;
  /** Ends it without a warning, as a crash does. */
  readonly crash: () => Promise<void>;
  /** Waits until the rollout satisfies the condition; returns it. */
  readonly rollout: (name: string, when: When) => Promise<Rollout>;
};

/** A condition on a rollout. */
export type When = {
  readonly what: string;
  readonly is: (rollout: Rollout) => boolean;
  readonly deadlineMs?: number;
};

/** How it is started; a free port and no store unless said otherwise. */
export type RealSidecarOptions = {
  readonly port?: number;
  readonly storePath?: string;
  /** More flags of `serve`. */
  readonly args?: readonly string[];
};

const MAIN = new URL("../../sidecar/main.ts", import.meta.url).pathname;
const SERVING_MS_MAX = 30_000;
const ROLLOUT_MS_MAX = 40_000;

/** Starts one and waits until it serves; it ends with the test. */
export async function startRealSidecar(
  context: TestContext,
  { port = 0, storePath = "memory", args: more = [] }: RealSidecarOptions = {},
): Promise<RealSidecar> {
  const args = ["serve", "--grpc", `127.0.0.1:${port}`, "--http", "127.0.0.1:0"];
  const store = ["--store", storePath];
  const child = spawn(process.execPath, [MAIN, ...args, ...store, ...more], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  const take = (part: Buffer): void => {
    log += part.toString();
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const pid = child.pid ?? -1;
  endWithThisProcess(pid);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  context.after(() => end("SIGKILL"));
  const { grpcPort, httpPort } = await until(() => servingPorts(log), {
    deadlineMs: SERVING_MS_MAX,
    what: "the sidecar serves",
  });
  const client = new RolloutClient(`127.0.0.1:${grpcPort}`);
  context.after(() => client.close());
  return {
    grpcPort,
    httpPort,
    pid,
    client,
    log: () => log,
    connected: async (streams) => {
      await until(async () => (await metricAt(httpPort, "understudy_filter_streams")) === streams, {
        deadlineMs: SERVING_MS_MAX,
        what: `${streams} streams of filters are open`,
      });
    },
    metric: (name) => metricAt(httpPort, name),
    crash: () => end("SIGKILL"),
    rollout: (name, { what, is, deadlineMs = ROLLOUT_MS_MAX }) => {
      const ask = async (): Promise<Rollout | false> => {
        const rollout = await client.get(name);
        return is(rollout) && rollout;
      };
      return until(ask, { deadlineMs, what });
    },
  };
}

function servingPorts(log: string): { grpcPort: number; httpPort: number } | undefined {
  const ports = /"grpc":"[^"]*:(\d+)","http":"[^"]*:(\d+)"[^\n]*"msg":"serving"/.exec(log);
  return ports === null ? undefined : { grpcPort: Number(ports[1]), httpPort: Number(ports[2]) };
}

async function metricAt(httpPort: number, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/metrics`);
  const lines = (await response.text()).split("\n");
  return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? 0);
}

const { Phase } = understudy.v1;

/** The rollout has ended in this phase, and every proxy serves what that asks for. */
export function ended(phase: "promoted" | "rolled back"): When {
  const wanted = phase === "promoted" ? Phase.PHASE_PROMOTED : Phase.PHASE_ROLLED_BACK;
  return {
    what: `the rollout is ${phase}, and so in force`,
    is: (rollout) => rollout.phase === wanted && isInForce(rollout),
  };
}

/** The rollout is in this step, and every proxy serves what that asks for. */
export function atStep(step: number): When {
  return {
    what: `the rollout is at step ${step}, and so in force`,
    is: (rollout) =>
      rollout.phase === Phase.PHASE_PROGRESSING && rollout.step === step && isInForce(rollout),
  };
}

function isInForce({ traffic, inForce }: Rollout): boolean {
  return Number(traffic?.generation) === Number(inForce?.generation ?? -1);
}
