import type { rolloutService } from "./services.ts";

/** A method of RolloutService. */
export type Operation = keyof typeof rolloutService;

/** Where a path under /v1/rollouts leads. */
export type Route = {
  /** The rollout's name; "" for all of them. */
  readonly name: string;
  /** What each method asks for; HEAD asks for what GET does. */
  readonly operations: Readonly<Partial<Record<"GET" | "POST" | "DELETE", Operation>>>;
};

const PATH = /^\/v1\/rollouts(?:\/([a-z0-9-]{1,63})(?:([:/])([a-z]+))?)?$/;

const CHANGES: ReadonlyMap<string, Operation> = new Map([
  ["promote", "Promote"],
  ["rollback", "Rollback"],
  ["pause", "Pause"],
  ["resume", "Resume"],
  ["approve", "Approve"],
]);
const VIEWS: ReadonlyMap<string, Operation> = new Map([
  ["history", "History"],
  ["explain", "Explain"],
  ["differences", "Differences"],
  ["watch", "Watch"],
]);

/** The route of a path; undefined when there is none. */
export function routeOf(path: string): Route | undefined {
  const match = PATH.exec(path);
  if (match === null) {
    return undefined;
  }
  const [, name, mark, word = ""] = match;
  if (name === undefined) {
    return { name: "", operations: { GET: "List", POST: "Apply" } };
  }
  if (mark === undefined) {
    return { name, operations: { GET: "Get", DELETE: "Delete" } };
  }
  const operation = (mark === ":" ? CHANGES : VIEWS).get(word);
  return operation && { name, operations: { [mark === ":" ? "POST" : "GET"]: operation } };
}

/** What a method asks for there; undefined when it is not one of the route's. */
export function operationOf({ operations }: Route, method: string): Operation | undefined {
  switch (method) {
    case "GET":
    case "HEAD":
      return operations.GET;
    case "POST":
    case "DELETE":
      return operations[method];
    default:
      return undefined;
  }
}

/** The methods that a route has, as the header `allow` says them. */
export function allowOf({ operations }: Route): string {
  const methods = Object.keys(operations);
  return [...methods, ...(methods.includes("GET") ? ["HEAD"] : [])].join(", ");
}
