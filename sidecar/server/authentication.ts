import {
  type Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from "@grpc/grpc-js";
import type { Caller } from "../access/caller.ts";
import type { Gate } from "./gate.ts";
import { currentConnection } from "./guardedListener.ts";
import { statusOf } from "./status.ts";

/** The name of who calls while callers need none: whoever reaches the loopback port. */
export const LOCAL_CALLER = "local caller";

/** By the metadata of a call, which is the one thing that the interceptor and the method both see. */
const callers = new WeakMap<Metadata, Caller>();

/** The name of who calls, for logs and events. */
export function callerName(call: { readonly metadata: Metadata }): string {
  return callerOf(call)?.name ?? LOCAL_CALLER;
}

/** Who calls; undefined while callers need not say. */
export function callerOf(call: { readonly metadata: Metadata }): Caller | undefined {
  return callers.get(call.metadata);
}

/** Stands before every method of the gRPC port: a call that the gate does not admit reaches none. */
export function authenticating(gate: Gate): ServerInterceptor {
  return ({ path }, call) => {
    const connection = currentConnection();
    let ended = (): void => undefined;
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const shown = { authorization: headerOf(metadata), certificate: connection?.certificate };
        metadata.remove("authorization");
        try {
          const admitted = gate.admit(path, shown, connection);
          if (admitted !== undefined) {
            callers.set(metadata, admitted.caller);
            ended = gate.opened(admitted, connection);
          }
        } catch (error) {
          call.sendStatus(statusOf(error));
          return;
        }
        next(metadata);
      })
      .withOnCancel(() => ended())
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendStatus((status, next) => {
        ended();
        next(status);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}

/** The one header; two of them are none that is known. */
function headerOf(metadata: Metadata): string | undefined {
  const values = metadata.get("authorization");
  return values.length === 0 ? undefined : values.join(", ");
}
