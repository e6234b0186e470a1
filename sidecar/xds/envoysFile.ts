import type { Finder } from "../outgoing/finder.ts";
import { type ReadSettings, readSettings } from "../outgoing/settingsFile.ts";
import type { FieldPath } from "../plan/problem.ts";
import { rolloutsIn } from "./catalogue.ts";
import type { EnvoysDocument } from "./document.ts";
import { fitEnvoys } from "./schema.ts";

/** What is served without a file: nothing. */
export const NO_ENVOYS: EnvoysDocument = {
  returnWithin: 31_000,
  rollouts: [],
  routes: [],
  runtime: [],
  filters: [],
};

/** Reads the file of `serve --xds`. Never throws. */
export function readEnvoys(path: string): ReadSettings<EnvoysDocument> {
  return readSettings(path, {}, { flag: "xds", fit: fitEnvoys, find: checked });
}

function checked(document: EnvoysDocument, finder: Finder): EnvoysDocument {
  const { rollouts, routes, runtime, filters } = document;
  for (const [list, named] of Object.entries({ rollouts, routes, runtime, filters })) {
    finder.eachNameOnce(list, named);
  }
  for (const [index, { versions, before }] of rollouts.entries()) {
    const names = versions.map(({ name }) => name);
    if (new Set(names).size < names.length) {
      finder.wrong(["rollouts", index, "versions"], "each version once");
    }
    if (!names.includes(before)) {
      finder.wrong(["rollouts", index, "before"], `one of the versions ${names.join(", ")}`);
    }
  }
  const used = [
    ...routes.flatMap((each, index) => uses(["routes", index], rolloutsIn(each))),
    ...runtime.flatMap((each, index) => uses(["runtime", index, "rollouts"], each.rollouts)),
  ];
  const known = rollouts.map(({ name }) => name);
  for (const { path, rollout } of used.filter((each) => !known.includes(each.rollout))) {
    finder.wrong(path, `rollouts of this file, which ${rollout} is not`);
  }
  return document;
}

function uses(
  path: FieldPath,
  rollouts: readonly string[],
): readonly { readonly path: FieldPath; readonly rollout: string }[] {
  return rollouts.map((rollout) => ({ path, rollout }));
}
