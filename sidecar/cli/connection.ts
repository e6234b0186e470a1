import { readFileSync } from "node:fs";
import { type ChannelCredentials, credentials, Metadata } from "@grpc/grpc-js";
import { readSecretFile } from "../access/secretFile.ts";
import { isToken } from "../access/token.ts";
import { isLoopback, parseAddress } from "../address.ts";
import { UsageError } from "./flags.ts";

/** The flags that say which sidecar to ask, and as whom. */
export const CONNECTION_FLAGS = {
  server: {
    type: "string",
    default: "127.0.0.1:50051",
    value: "ADDR",
    meaning: "the sidecar to ask",
  },
  "token-file": {
    type: "string",
    value: "FILE",
    meaning: "the caller's token; else that in UNDERSTUDY_TOKEN, if there is one",
  },
  ca: {
    type: "string",
    value: "FILE",
    meaning: "speak TLS, with a server that has a certificate of this authority",
  },
  cert: { type: "string", value: "FILE", meaning: "the caller's own certificate, with --key" },
  key: { type: "string", value: "FILE", meaning: "its key" },
} as const;

/** What was given of them. */
export type ConnectionFlags = {
  readonly server: string;
  readonly "token-file"?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
};

/** Where a sidecar is, and how to speak to it. */
export type SidecarConnection = {
  readonly server: string;
  readonly credentials: ChannelCredentials;
  /** Sent with every call. */
  readonly metadata: Metadata;
};

const FILE_BYTES_MAX = 1 << 20;

/** A connection in the clear, of a caller without a name. */
export function plainConnection(server: string): SidecarConnection {
  return { server, credentials: credentials.createInsecure(), metadata: new Metadata() };
}

/**
 * Reads what the flags name. `token`, which the environment gives, is used where no file is given. Rejects when a file can't be used, and
 * rather than send a token in the clear to another machine.
 */
export async function readConnection(
  flags: ConnectionFlags,
  token: string | undefined,
): Promise<SidecarConnection> {
  const { ca, cert, key, server, "token-file": file } = flags;
  if ((cert === undefined) !== (key === undefined) || (cert !== undefined && ca === undefined)) {
    throw new UsageError(["--cert, --key: only together, and with --ca"]);
  }
  const said = file === undefined ? token : (await readSecretFile(file, FILE_BYTES_MAX)).toString();
  const channel =
    ca === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(
          readFileSync(ca),
          key === undefined ? null : await readSecretFile(key, FILE_BYTES_MAX),
          cert === undefined ? null : readFileSync(cert),
        );
  const metadata = new Metadata();
  if (said !== undefined && said !== "") {
    metadata.set("authorization", `Bearer ${checkedToken(said.trim(), { server, ca, file })}`);
  }
  return { server, credentials: channel, metadata };
}

function checkedToken(
  token: string,
  {
    server,
    ca,
    file = "UNDERSTUDY_TOKEN",
  }: {
    readonly server: string;
    readonly ca: string | undefined;
    readonly file: string | undefined;
  },
): string {
  if (!isToken(token)) {
    throw new Error(`${file}: no token as \`understudy token create\` prints it`);
  }
  const address = parseAddress(server);
  if (ca === undefined && (address === undefined || !isLoopback(address))) {
    throw new Error(`--server: ${server}: a token goes to another machine by TLS only: give --ca`);
  }
  return token;
}
