import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** Files of a certificate and its key, in PEM. */
export type CertificateFiles = { readonly cert: string; readonly key: string };

/** What a certificate says; what is left out is a certificate that is good for a day. */
export type Subject = {
  /** As openssl writes them: `DNS:localhost,URI:spiffe://mesh/envoy`. */
  readonly names?: string;
  readonly commonName?: string;
  readonly days?: number;
};

/** An authority of the test's own. */
export type Authority = {
  readonly folder: string;
  /** File of its certificate. */
  readonly ca: string;
  /** Makes a certificate; files of the same name are replaced. */
  readonly issue: (name: string, subject?: Subject) => CertificateFiles;
};

/** Makes one, whose files go with the test. */
export function makeAuthority(context: TestContext): Authority {
  const folder = mkdtempSync(join(tmpdir(), "understudy-ca-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"], cwd: folder });
  };
  const newKey = (path: string): void => {
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path);
    chmodSync(path, 0o600);
  };
  const [ca, caKey] = [file("ca.pem"), file("ca.key")];
  newKey(caKey);
  openssl("req", "-x509", "-key", caKey, "-subj", "/CN=authority", "-days", "2", "-out", ca);
  return {
    folder,
    ca,
    issue: (name, { names = "DNS:localhost,IP:127.0.0.1", commonName = name, days = 1 } = {}) => {
      const [cert, key, asked] = [file(`${name}.pem`), file(`${name}.key`), file(`${name}.csr`)];
      writeFileSync(file(`${name}.ext`), `subjectAltName=${names}\n`);
      newKey(key);
      openssl("req", "-new", "-key", key, "-subj", `/CN=${commonName}`, "-out", asked);
      const signer = ["-CA", ca, "-CAkey", caKey, "-CAcreateserial"];
      const until = ["-days", `${days}`, "-extfile", `${name}.ext`];
      openssl("x509", "-req", "-in", asked, ...signer, ...until, "-out", cert);
      return { cert, key };
    },
  };
}
