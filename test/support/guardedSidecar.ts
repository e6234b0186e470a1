import { readFileSync } from "node:fs";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { type RequestOptions, request as tlsRequest } from "node:https";
import type { TestContext } from "node:test";
import { Client, status } from "@grpc/grpc-js";
import { RolloutClient } from "../../sidecar/cli/client.ts";
import { readConnection, type SidecarConnection } from "../../sidecar/cli/connection.ts";
import { LIMITS, type Limits } from "../../sidecar/limits.ts";
import type { Clock, Log } from "../../sidecar/ports.ts";
import { startSidecar } from "../../sidecar/sidecar.ts";
import { type Authority, type CertificateFiles, makeAuthority } from "./authority.ts";
import { type CallersFile, makeCallersFile } from "./callersFile.ts";
import { FakeFilter, type FakeFilterOptions } from "./fakeFilter.ts";

/** What a caller of a test has. */
export type Identity = { readonly token?: string; readonly certificate?: CertificateFiles };

/** What an HTTP request got. */
export type HttpGot = {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};

/** A sidecar that lets in only whom a file names, in this process and on free ports. */
export type GuardedSidecar = {
  readonly grpc: string;
  readonly http: string;
  readonly callers: CallersFile;
  /** Who made the sidecar's certificate, `server`. */
  readonly authority: Authority;
  readonly logged: readonly { readonly message: string; readonly fields: object }[];
  readonly connect: (identity?: Identity) => Promise<SidecarConnection>;
  readonly client: (identity?: Identity) => Promise<RolloutClient>;
  readonly filter: (identity?: Identity, options?: FakeFilterOptions) => Promise<FakeFilter>;
  /** The status of one call with an empty message, whatever kind the method is of. */
  readonly call: (path: string, identity?: Identity) => Promise<{ code: number; details: string }>;
  readonly ask: (path: string, options?: RequestOptions, body?: string) => Promise<HttpGot>;
  /** The value of a metric, by its whole line up to the value; 0 when it is not there. */
  readonly metric: (name: string) => Promise<number>;
  /** Has it look at its files now. */
  readonly reload: () => Promise<void>;
};

/** How it is started. */
export type GuardedOptions = {
  /** Whether TLS is spoken, and whether gRPC's clients need certificates. */
  readonly tls?: "none" | "server" | "mutual";
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
};

const CLOCK: Clock = { wallMs: () => Date.now(), steadyMs: () => performance.now() };

/** Starts one; it is stopped with the test. */
export async function startGuardedSidecar(
  context: TestContext,
  { tls = "none", limits, clock = CLOCK }: GuardedOptions = {},
): Promise<GuardedSidecar> {
  const callers = makeCallersFile(context);
  const authority = makeAuthority(context);
  const own = authority.issue("server");
  const clientCa = tls === "mutual" ? authority.ca : undefined;
  const logged: { message: string; fields: object }[] = [];
  const note = (fields: object, message: string): void => void logged.push({ message, fields });
  const log: Log = { info: note, warn: note, error: note };
  const metricsToken = callers.token("viewer", { name: "metrics" });
  const sidecar = await startSidecar(
    {
      grpc: { host: "127.0.0.1", port: 0 },
      http: { host: "127.0.0.1", port: 0 },
      storePath: undefined,
      alertsPath: undefined,
      callersPath: callers.path,
      ...(tls === "none" ? {} : { tls: { ...own, clientCa } }),
    },
    { log, clock, random: () => 0.5, limits: { ...LIMITS, ...limits }, filtersReturnMs: 1 },
  );
  const closing: { close(): void }[] = [];
  const closed = <T extends { close(): void }>(each: T): T => {
    closing.push(each);
    return each;
  };
  context.after(async () => {
    for (const each of closing) {
      each.close();
    }
    await sidecar.stop();
  });
  const connect = ({ token, certificate }: Identity = {}): Promise<SidecarConnection> =>
    readConnection(
      { server: sidecar.grpc, ...(tls === "none" ? {} : { ca: authority.ca }), ...certificate },
      token,
    );
  const ask = asker(sidecar.http, tls === "none" ? undefined : authority);
  return {
    ...{ grpc: sidecar.grpc, http: sidecar.http, callers, authority, logged, connect, ask },
    client: async (identity) => closed(new RolloutClient(await connect(identity))),
    filter: async (identity, options) => closed(new FakeFilter(await connect(identity), options)),
    call: async (path, identity) => callOnce(await connect(identity), path),
    metric: async (name) => {
      const { body } = await ask("/metrics", { headers: bearer(metricsToken) });
      const line = body.split("\n").find((each) => each.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1) ?? 0);
    },
    reload: () => sidecar.reload(),
  };
}

/** The header that a token travels in. */
export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** One gRPC call with an empty message, over a connection of its own; given up at its first answer. */
export function callOnce(
  { server, credentials, metadata }: SidecarConnection,
  path: string,
): Promise<{ code: number; details: string }> {
  const options = { "grpc.use_local_subchannel_pool": 1 };
  const client = new Client(server, credentials, options);
  const asIs = (bytes: Buffer): Buffer => bytes;
  const deadline = Date.now() + 15_000;
  const call = client.makeBidiStreamRequest(path, asIs, asIs, metadata, { deadline });
  call.on("error", () => undefined);
  call.end(Buffer.alloc(0));
  return new Promise((resolve) => {
    const done = (code: status, details: string): void => {
      call.cancel();
      client.close();
      resolve({ code, details });
    };
    call.once("data", () => done(status.OK, ""));
    call.once("status", ({ code, details }) => done(code, details));
  });
}

function asker(http: string, authority: Authority | undefined): GuardedSidecar["ask"] {
  const [host = "", port = ""] = http.split(":");
  return (path, options, body) =>
    new Promise((resolve, reject) => {
      const to = { host, port, path, agent: false, ...options };
      const request =
        authority === undefined
          ? plainRequest(to)
          : tlsRequest({ ...to, ca: readFileSync(authority.ca) });
      request.once("error", reject);
      request.once("response", (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.once("end", () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, body: Buffer.concat(parts).toString() });
        });
      });
      request.end(body);
    });
}
