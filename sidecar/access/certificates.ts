import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { readSecretFile } from "./secretFile.ts";

/** Files of certificates in PEM. */
export type CertificatePaths = {
  /** The sidecar's certificate, with those between it and the authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities whose clients' certificates are taken; undefined when no client shows one. */
  readonly clientCa: string | undefined;
};

/** What is in them, as `node:tls` takes it. */
export type Certificates = {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
};

const FILE_BYTES_MAX = 1 << 20;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Reads the files. Rejects, with the file's name, when one can't be used: no certificate, out of date, or a key of another. */
export async function readCertificates(
  paths: CertificatePaths,
  nowMs: number,
): Promise<Certificates> {
  const key = await readSecretFile(paths.key, FILE_BYTES_MAX);
  const cert = await readFile(paths.cert);
  const ca = paths.clientCa === undefined ? undefined : await readFile(paths.clientCa);
  const [own] = certificatesIn(paths.cert, cert);
  if (own === undefined || Date.parse(own.validTo) <= nowMs) {
    throw new Error(`${paths.cert}: it was valid until ${own?.validTo}`);
  }
  if (!own.checkPrivateKey(privateKey(paths.key, key))) {
    throw new Error(`${paths.key}: the key is not that of ${paths.cert}`);
  }
  if (paths.clientCa !== undefined && ca !== undefined) {
    certificatesIn(paths.clientCa, ca);
  }
  createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) });
  return { cert, key, ca };
}

function privateKey(path: string, pem: Buffer): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error(`${path}: no private key in PEM without a passphrase`);
  }
}

function certificatesIn(path: string, pem: Buffer): readonly X509Certificate[] {
  try {
    const found = (pem.toString("latin1").match(PEM) ?? []).map(
      (each) => new X509Certificate(each),
    );
    if (found.length > 0) {
      return found;
    }
  } catch {
    // Told below.
  }
  throw new Error(`${path}: no certificates in PEM`);
}
