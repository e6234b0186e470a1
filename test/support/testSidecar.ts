import type { TestContext } from "node:test";
import { RolloutClient } from "../../sidecar/cli/client.ts";
import { LIMITS, type Limits } from "../../sidecar/limits.ts";
import type { Clock, Log } from "../../sidecar/ports.ts";
import { startSidecar } from "../../sidecar/sidecar.ts";
import { fastClock } from "./clock.ts";
import { FakeFilter, type FakeFilterOptions } from "./fakeFilter.ts";

/** A whole sidecar in this process, on free ports, with what a test needs to talk to it. */
export type TestSidecar = {
  readonly grpc: string;
  readonly http: string;
  readonly client: RolloutClient;
  readonly clock: Clock;
  readonly logged: readonly { readonly message: string; readonly fields: object }[];
  /** A filter connected to it; it is closed with the test. */
  readonly filter: (options?: FakeFilterOptions) => FakeFilter;
  /** The value of a metric, by its whole line up to the value; 0 when it is not there. */
  readonly metric: (name: string) => Promise<number>;
  readonly stop: () => Promise<void>;
};

/** How it is started. */
export type TestSidecarOptions = {
  readonly storePath?: string;
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  /** At once unless said otherwise. */
  readonly filtersReturnMs?: number;
  /** The file of what Envoys discover. */
  readonly xdsPath?: string;
};

/** Starts one; it is stopped with the test. */
export async function startTestSidecar(
  context: TestContext,
  options: TestSidecarOptions = {},
): Promise<TestSidecar> {
  const logged: { message: string; fields: object }[] = [];
  const note = (fields: object, message: string): void => {
    logged.push({ message, fields });
  };
  const log: Log = { info: note, warn: note, error: note };
  const { clock = fastClock(1), storePath, xdsPath } = options;
  const sidecar = await startSidecar(
    {
      grpc: anyPort,
      http: anyPort,
      storePath,
      alertsPath: undefined,
      ...(xdsPath !== undefined && { xdsPath }),
    },
    {
      log,
      clock,
      random: () => 0.5,
      limits: { ...LIMITS, ...options.limits },
      filtersReturnMs: options.filtersReturnMs ?? 1,
    },
  );
  const client = new RolloutClient(sidecar.grpc);
  const filters: FakeFilter[] = [];
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (!isStopped) {
      isStopped = true;
      client.close();
      for (const filter of filters) {
        filter.close();
      }
      await sidecar.stop();
    }
  };
  context.after(stop);
  return {
    grpc: sidecar.grpc,
    http: sidecar.http,
    client,
    clock,
    logged,
    filter: (filterOptions) => {
      const filter = new FakeFilter(sidecar.grpc, filterOptions);
      filters.push(filter);
      return filter;
    },
    metric: async (name) => {
      const response = await fetch(`http://${sidecar.http}/metrics`);
      const lines = (await response.text()).split("\n");
      return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? 0);
    },
    stop,
  };
}

const anyPort = { host: "127.0.0.1", port: 0 };

/** A plan's text: a shadow step, then a canary of a tenth; quick to pass. */
export function planText(name = "test", candidate = "v2"): string {
  return `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: ${name} }
spec:
  primary: v1
  candidate: ${candidate}
  requestTimeout: 1s
  steps:
    - shadow: { percent: 100%, minimum: { pairs: 20 } }
    - canary: { weight: 10%, minimum: { requests: 20 } }
  guardrails:
    errorRate: { margin: 1.5, tolerance: 5% }
    disagreement: { of: answer, tolerance: 30% }
  alpha: { rollback: 0.05, promotion: 0.05 }
`;
}
