import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { backoffMs } from "../core/backoff.ts";
import type { Cluster } from "./cluster.ts";
import { codeOf, KubeError } from "./error.ts";

/** What is watched, and who is told. */
export type ObjectWatchParts = {
  readonly cluster: Cluster;
  /** The path of a collection, such as `/api/v1/namespaces/shop/services`. */
  readonly path: string;
  /** Only the object of this name; all when absent. */
  readonly name?: string;
  readonly random: () => number;
  /** Told after every change of what is known, and when that begins or ceases to be the newest. */
  readonly changed: () => void;
};

/** Whether what is known is the newest. */
export type Standing =
  | { readonly kind: "starting" }
  | { readonly kind: "live" }
  | { readonly kind: "failed"; readonly error: KubeError };

const RETRY_MS = { minMs: 100, maxMs: 10_000 };
const PAGE_OBJECTS = "500";
/** The server ends a watch after this long, and it is taken up again where it ended; one that is silent for longer is dead. */
const WATCH_SECONDS = 300;
const WATCH_DEAD_MS = (WATCH_SECONDS + 15) * 1_000;
const WATCH_LEAST_MS = 1_000;
/** After these there is nothing to go on from. */
const ANEW: ReadonlySet<string> = new Set(["gone", "invalid", "missing", "denied"]);

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().default(""),
  resourceVersion: z.string(),
});
/** An object as the server has it; what else is in it is kept. */
export type KubeObject = {
  readonly metadata: {
    readonly name: string;
    /** "" for objects of the cluster. */
    readonly namespace: string;
    readonly resourceVersion: string;
  };
};
const object: z.ZodType<KubeObject> = z.looseObject({ metadata });
const page = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(object),
});
const event = z.looseObject({ type: z.string(), object: z.unknown() });
const status = z.looseObject({ code: z.number().default(0), message: z.string().default("") });
const bookmark = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });

/**
 * Knows the objects of a collection as they are: lists them, watches from there, takes the watch up where it ended, lists anew when the server does not keep so
 * much, and tries again with backoff and jitter, not before the server wants that. What was known last is kept while it fails.
 */
export class ObjectWatch {
  readonly #parts: ObjectWatchParts;
  readonly #ending = new AbortController();
  #objects = new Map<string, KubeObject>();
  /** Where the watch goes on; undefined before the first list, and when there is to be another. */
  #version: string | undefined;
  #standing: Standing = { kind: "starting" };
  #running: Promise<void> | undefined;

  constructor(parts: ObjectWatchParts) {
    this.#parts = parts;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** What is known, by `namespace/name`. */
  get objects(): ReadonlyMap<string, KubeObject> {
    return this.#objects;
  }

  /** Begins; once. */
  start(): void {
    this.#running ??= this.#run(this.#ending.signal);
  }

  /** Ends it; resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  /** Takes over an object that the server answered to a change, before the watch brings it. */
  adopt(value: unknown): void {
    const parsed = object.safeParse(value).data;
    if (parsed !== undefined) {
      this.#objects.set(keyOf(parsed), parsed);
      this.#parts.changed();
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    let attempt = 0;
    while (!signal.aborted) {
      try {
        this.#version ??= await this.#list(signal);
        await this.#watch(this.#version, signal);
        attempt = 0;
      } catch (error) {
        if (!signal.aborted) {
          await this.#recover(error, attempt, signal);
          attempt += 1;
        }
      }
    }
  }

  async #recover(error: unknown, attempt: number, signal: AbortSignal): Promise<void> {
    const failure =
      error instanceof KubeError
        ? error
        : new KubeError("unreachable", `${this.#parts.path}: ${String(error)}`, { cause: error });
    if (ANEW.has(failure.code)) {
      this.#version = undefined;
    }
    if (failure.code !== "gone") {
      this.#stand({ kind: "failed", error: failure });
    }
    const waitMs = backoffMs(attempt, RETRY_MS, this.#parts.random);
    const waited = delay(Math.max(waitMs, failure.retryAfterMs ?? 0), undefined, { signal });
    await waited.catch(() => undefined);
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { cluster, path } = this.#parts;
    const objects = new Map<string, KubeObject>();
    let next: string | undefined = "";
    let version = "";
    while (next !== undefined) {
      const query = { ...this.#selected(), limit: PAGE_OBJECTS, ...(next && { continue: next }) };
      const timed = AbortSignal.any([signal, AbortSignal.timeout(WATCH_DEAD_MS)]);
      const answer = page.safeParse(await cluster.send({ method: "GET", path, query }, timed));
      if (!answer.success) {
        throw new KubeError("unreachable", `${path}: an answer that is no list`);
      }
      for (const item of answer.data.items) {
        objects.set(keyOf(item), item);
      }
      version = answer.data.metadata.resourceVersion;
      next = answer.data.metadata.continue || undefined;
    }
    this.#objects = objects;
    return version;
  }

  /** Follows changes until the server ends that in order. */
  async #watch(from: string, signal: AbortSignal): Promise<void> {
    const { cluster, path, changed } = this.#parts;
    const query = {
      ...this.#selected(),
      watch: "true",
      resourceVersion: from,
      allowWatchBookmarks: "true",
      timeoutSeconds: `${WATCH_SECONDS}`,
    };
    const timed = AbortSignal.any([signal, AbortSignal.timeout(WATCH_DEAD_MS)]);
    const beganMs = performance.now();
    const lines = await cluster.lines({ method: "GET", path, query }, timed);
    this.#stand({ kind: "live" });
    for await (const line of lines) {
      if (this.#take(line) === "change") {
        changed();
      }
    }
    if (performance.now() - beganMs < WATCH_LEAST_MS) {
      throw new KubeError("unreachable", `${path}: the watch ended at once`);
    }
  }

  #take(line: unknown): "change" | "bookmark" {
    const { type, object: value } = event.parse(line);
    if (type === "ERROR") {
      const { code, message } = status.parse(value);
      throw new KubeError(codeOf(code), `${this.#parts.path}: ${code}: ${message}`);
    }
    if (type === "BOOKMARK") {
      this.#version = bookmark.parse(value).metadata.resourceVersion;
      return "bookmark";
    }
    const parsed = object.parse(value);
    if (type === "DELETED") {
      this.#objects.delete(keyOf(parsed));
    } else {
      this.#objects.set(keyOf(parsed), parsed);
    }
    this.#version = parsed.metadata.resourceVersion;
    return "change";
  }

  #selected(): Readonly<Record<string, string>> {
    const { name } = this.#parts;
    return name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
  }

  #stand(standing: Standing): void {
    this.#standing = standing;
    this.#parts.changed();
  }
}

/** The key of an object: `namespace/name`. */
export function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
