import type { KubeCall } from "../kube/cluster.ts";
import type { ObjectStatus, RolloutObject } from "./rolloutObject.ts";

/** What is told of an object once, as an Event of Kubernetes. */
export type News = {
  readonly type: "Normal" | "Warning";
  /** One word. */
  readonly reason: string;
  readonly message: string;
};

const MESSAGE_LENGTH_MAX = 1_000;

/** What has changed from one status to the next that people want to be told: another phase or step, and trouble with a condition. */
export function newsOf(before: ObjectStatus | undefined, now: ObjectStatus): readonly News[] {
  const moved = now.phase !== (before?.phase ?? null) || now.step !== (before?.step ?? null);
  const progress: readonly News[] =
    moved && now.phase !== null
      ? [
          {
            type: now.phase === "rolled-back" ? "Warning" : "Normal",
            reason: "Moved",
            message: `${now.phase}, step ${now.step}, ${now.weight} of users: ${now.reason}`,
          },
        ]
      : [];
  const trouble = now.conditions
    .filter(({ status, reason }) => status === "False" && reason !== "Pending")
    .filter(({ type, reason, message }) => {
      const last = before?.conditions.find((each) => each.type === type);
      return last?.reason !== reason || last.message !== message;
    })
    .map(({ reason, message }): News => ({ type: "Warning", reason, message }));
  return [...progress, ...trouble];
}

/** The request that tells it. */
export function eventCall(
  { apiVersion, kind, metadata: { namespace, name, uid } }: RolloutObject,
  { message, ...news }: News,
  nowMs: number,
): KubeCall {
  const at = new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");
  const value = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: `${name}.`, namespace },
    involvedObject: { apiVersion, kind, namespace, name, uid },
    ...news,
    message: message.slice(0, MESSAGE_LENGTH_MAX),
    source: { component: "understudy" },
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
  };
  return {
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/events`,
    body: { type: "application/json", value },
  };
}
