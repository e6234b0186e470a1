import { open, readFile } from "node:fs/promises";
import type { ProblemLog } from "../core/drift/problemLog.ts";
import { canonicalJson, PROFILE_FORMAT, type ReferenceProfile } from "../core/drift/profile.ts";
import { TableError } from "../formats/error.ts";
import type { JsonField } from "../formats/jsonLines.ts";
import { fieldsOf, profileFile, sha256, type TableWishes } from "./features.ts";

/** A profile begins with its format. */
const PROFILE_START = `{"format":"understudy.dev/profile/`;

/** What a window is held against, and how documents have its features. */
export type Reference = {
  readonly profile: ReferenceProfile;
  readonly fields: readonly JsonField[];
};

/** Reads a profile, or makes one of a table. Rejects where it can't, and for a profile that was changed or is of another version. */
export async function readReference(
  path: string,
  wishes: TableWishes,
  problems: ProblemLog,
): Promise<Reference> {
  if (!(await isProfile(path))) {
    return { profile: await profileFile(path, wishes, problems), fields: wishes.fields };
  }
  const profile: ReferenceProfile = JSON.parse(await readFile(path, "utf8"));
  if (profile.format !== PROFILE_FORMAT) {
    throw new TableError(`${path}: ${profile.format}: only ${PROFILE_FORMAT} is known`);
  }
  if (sha256(canonicalJson(profile)) !== profile.hash) {
    throw new TableError(`${path}: its hash is not that of what it says: it was changed`);
  }
  const paths = new Map(
    [...profile.features, ...(profile.texts ?? []), ...(profile.embeddings ?? [])].flatMap(
      ({ name, path: at }) => (at === undefined ? [] : [[name, at]]),
    ),
  );
  return { profile, fields: [...fieldsOf(new Map([...paths, ...wishes.paths]), [])] };
}

/** Whether a file is a profile, of whatever version. */
export async function isProfile(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PROFILE_START.length));
    return buffer.toString("utf8", 0, bytesRead) === PROFILE_START;
  } finally {
    await file.close();
  }
}
