import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Role } from "../../sidecar/access/caller.ts";
import { hashToken, mintToken } from "../../sidecar/access/token.ts";

/** A callers file of a test. */
export type CallersFile = {
  readonly path: string;
  /** Adds a token for the role, by the name `NAME` or that of the role, and returns it. */
  readonly token: (
    role: Role,
    options?: { readonly name?: string; readonly until?: string; readonly rollouts?: string },
  ) => string;
  /** Adds a certificate's owner, named as the role. */
  readonly certificate: (role: Role, identity: string) => void;
  /** Has the caller of this name, who was for all, be for these rollouts alone. */
  readonly narrow: (name: string, rollouts: string) => void;
  /** Takes out the caller of this name. */
  readonly remove: (name: string) => void;
  /** Puts any text in place of what is there. */
  readonly write: (text: string, mode?: number) => void;
};

/** Makes one, empty; it goes with the test. */
export function makeCallersFile(context: TestContext): CallersFile {
  const folder = mkdtempSync(join(tmpdir(), "understudy-callers-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "callers");
  const lines = new Map<string, string>();
  const write = (text: string, mode = 0o600): void => {
    writeFileSync(`${path}.next`, text, { mode });
    renameSync(`${path}.next`, path);
  };
  const save = (): void => write([...lines.values()].join("\n"));
  save();
  return {
    path,
    token: (role, { name = role, until = "never", rollouts = "" } = {}) => {
      const token = mintToken();
      const hash = hashToken(token).toString("hex");
      lines.set(name, `${name} ${role} ${until} sha256:${hash} ${rollouts}`);
      save();
      return token;
    },
    certificate: (role, identity) => {
      lines.set(role, `${role} ${role} never certificate:${identity}`);
      save();
    },
    narrow: (name, rollouts) => {
      lines.set(name, `${lines.get(name)} ${rollouts}`);
      save();
    },
    remove: (name) => {
      lines.delete(name);
      save();
    },
    write,
  };
}
