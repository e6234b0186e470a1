import type { Header } from "./pairs.ts";

/** A request the filter sent: to be answered by `answerCall`. */
export type Call = {
  readonly root: number;
  readonly cluster: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
  readonly timeoutMs: number;
};

/** A gRPC stream the filter opened, and what it sent. */
export type Stream = { readonly root: number; readonly messages: Buffer[]; open: boolean };

/** What a host would say of one HTTP stream. */
export type HttpStream = {
  requestHeaders: Header[];
  responseHeaders: Header[];
  responseTrailers: Header[];
  codeDetails: string;
};
