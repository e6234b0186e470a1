import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { rolloutDefinition } from "../sidecar/rolloutObjects/definition.ts";

// Writes the definition of Rollout objects beside this file, from the schema of plans; test/kube/definition.test.ts compares them.
const definition: unknown = JSON.parse(JSON.stringify(rolloutDefinition()));
writeFileSync(
  fileURLToPath(new URL("base/rollouts.yaml", import.meta.url)),
  `# Printed by deploy/print.ts from the schema of plans.\n${stringify(definition, { lineWidth: 150 })}`,
);
