import type { Caller } from "../access/caller.ts";
import type { Hello } from "./observeCodec.ts";

/** Version of the contract in proto/observe.proto. */
const PROTOCOL_VERSION = 1;
const SOURCE = /^[0-9a-f]{32}$/;
const NAME_LENGTH_MAX = 63;

/** Why a filter that says this can't be served, as `field: what was given: what is allowed`; undefined when it can. */
export function helloProblem(hello: Hello, rolloutsMax: number): string | undefined {
  const { protocolVersion, source, rollouts, nextSequence } = hello;
  if (protocolVersion !== PROTOCOL_VERSION) {
    return `protocol_version: ${protocolVersion}: this sidecar speaks ${PROTOCOL_VERSION}`;
  }
  if (!SOURCE.test(source)) {
    return "source: not 32 hexadecimal digits";
  }
  if (rollouts.length > rolloutsMax) {
    return `rollouts: ${rollouts.length} names: at most ${rolloutsMax}`;
  }
  if (rollouts.some((name) => name.length === 0 || name.length > NAME_LENGTH_MAX)) {
    return `rollouts: a name is empty or longer than ${NAME_LENGTH_MAX} characters`;
  }
  if (new Set(rollouts).size !== rollouts.length) {
    return "rollouts: a name is there twice";
  }
  return nextSequence >= 1 ? undefined : "next_sequence: not a number from 1";
}

/** A rollout of a Hello that its caller may not report, as the callers file has it; undefined when all may be. */
export function foreignTo(caller: Caller | undefined, hello: Hello): string | undefined {
  const own = caller?.rollouts;
  return own && hello.rollouts.find((name) => !own.includes(name));
}
