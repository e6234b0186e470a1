import type { Cluster } from "../kube/cluster.ts";
import { KubeError } from "../kube/error.ts";
import { type KubeObject, ObjectWatch } from "../kube/objectWatch.ts";
import { ActuatorError, type ActuatorErrorCode } from "../ports.ts";
import { FIELD_MANAGER } from "./kubeMetadata.ts";
import type { PatchOperation } from "./routePatch.ts";
import type { RoutesKind } from "./routeView.ts";

/** What objects are read of, and who is told. */
export type NamedObjectsParts = {
  readonly kind: RoutesKind;
  readonly cluster: Cluster;
  readonly random: () => number;
  readonly steadyMs: () => number;
  /** Told when what is known may have changed of the object that a rollout asked for. */
  readonly reported: (rollout: string) => void;
};

/** An object, and for whom. */
export type Asked = {
  readonly namespace: string;
  readonly name: string;
  readonly rollout: string;
};

type Watched = {
  readonly watch: ObjectWatch;
  readonly rollouts: Set<string>;
  askedAtMs: number;
};

/** An object that nobody asked for so long is not watched any more. */
const IDLE_MS = 60_000;

/**
 * Objects of one kind, each watched by name from when it is asked for, so that asking again costs the API server nothing and needs no right to see others. Every
 * method rejects only with ActuatorError.
 */
export class NamedObjects {
  readonly #parts: NamedObjectsParts;
  readonly #watched = new Map<string, Watched>();

  constructor(parts: NamedObjectsParts) {
    this.#parts = parts;
  }

  /** The object as it is. */
  async read(asked: Asked, signal: AbortSignal): Promise<KubeObject> {
    const { watch } = this.#watchedFor(asked);
    const { standing } = watch;
    switch (standing.kind) {
      case "starting":
        return await this.fresh(asked, signal);
      case "failed":
        throw actuatorError(this.#named(asked), standing.error);
      case "live":
        return watch.objects.get(keyOf(asked)) ?? this.#missing(asked);
      default:
        return standing satisfies never;
    }
  }

  /** The object as it was seen last, however long ago: good enough to make a change of that is refused when it is not so any more. */
  async known(asked: Asked, signal: AbortSignal): Promise<KubeObject> {
    return (
      this.#watchedFor(asked).watch.objects.get(keyOf(asked)) ?? (await this.fresh(asked, signal))
    );
  }

  /** The object, asked for now. */
  async fresh(asked: Asked, signal: AbortSignal): Promise<KubeObject> {
    const call = { method: "GET", path: this.#path(asked) } as const;
    return this.#taken(asked, await this.#send(asked, this.#parts.cluster.send(call, signal)));
  }

  /** Changes the object; returns why the API server did not take the change, when that may be because the object has changed. */
  async patch(
    asked: Asked,
    operations: readonly PatchOperation[],
    signal: AbortSignal,
  ): Promise<KubeError | undefined> {
    const call = {
      method: "PATCH",
      path: this.#path(asked),
      query: { fieldManager: FIELD_MANAGER, fieldValidation: "Strict" },
      body: { type: "application/json-patch+json", value: operations },
    } as const;
    try {
      this.#taken(asked, await this.#parts.cluster.send(call, signal));
      return undefined;
    } catch (error) {
      if (error instanceof KubeError && (error.code === "conflict" || error.code === "invalid")) {
        return error;
      }
      throw actuatorError(this.#named(asked), error);
    }
  }

  /** Ends the watches; resolves when nothing of them is left. */
  async stop(): Promise<void> {
    const watched = [...this.#watched.values()];
    this.#watched.clear();
    await Promise.all(watched.map(({ watch }) => watch.stop()));
  }

  #watchedFor(asked: Asked): Watched {
    const nowMs = this.#parts.steadyMs();
    for (const [key, { watch, askedAtMs }] of this.#watched) {
      if (nowMs - askedAtMs > IDLE_MS && key !== keyOf(asked)) {
        this.#watched.delete(key);
        void watch.stop();
      }
    }
    const watched = this.#watched.get(keyOf(asked)) ?? this.#watchNew(asked);
    watched.askedAtMs = nowMs;
    watched.rollouts.add(asked.rollout);
    return watched;
  }

  #watchNew({ namespace, name }: Asked): Watched {
    const { kind, cluster, random, reported } = this.#parts;
    const rollouts = new Set<string>();
    const watch = new ObjectWatch({
      cluster,
      path: kind.path(namespace),
      name,
      random,
      changed: () => rollouts.forEach(reported),
    });
    const watched = { watch, rollouts, askedAtMs: 0 };
    this.#watched.set(keyOf({ namespace, name }), watched);
    watch.start();
    return watched;
  }

  #taken(asked: Asked, answer: unknown): KubeObject {
    const { watch } = this.#watchedFor(asked);
    watch.adopt(answer);
    return watch.objects.get(keyOf(asked)) ?? this.#missing(asked);
  }

  async #send(asked: Asked, answer: Promise<unknown>): Promise<unknown> {
    try {
      return await answer;
    } catch (error) {
      throw actuatorError(this.#named(asked), error);
    }
  }

  #missing(asked: Asked): never {
    throw new ActuatorError("missing", `there is no ${this.#named(asked)}`);
  }

  #named(asked: Asked): string {
    return `${this.#parts.kind.noun} ${keyOf(asked)}`;
  }

  #path({ namespace, name }: Asked): string {
    return `${this.#parts.kind.path(namespace)}/${name}`;
  }
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

/** What the API server's refusal is to an actuator. */
function actuatorError(named: string, error: unknown): ActuatorError {
  const message = `${named}: ${error instanceof Error ? error.message : String(error)}`;
  return new ActuatorError(codeOf(error), message, { cause: error });
}

function codeOf(error: unknown): ActuatorErrorCode {
  const code = error instanceof KubeError ? error.code : "unreachable";
  switch (code) {
    case "denied":
    case "missing":
    case "conflict":
      return code;
    case "invalid":
      return "denied";
    case "gone":
    case "busy":
    case "unreachable":
      return "unreachable";
    default:
      return code satisfies never;
  }
}
