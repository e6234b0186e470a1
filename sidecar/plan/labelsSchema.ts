import { z } from "zod";
import type { LabelsDocument } from "./document.ts";
import { duration, number, section } from "./fields.ts";

import { rfcPath } from "./rfcPath.ts";

const HORIZON_MS_MAX = 90 * 24 * 3_600_000;
const LABEL_LENGTH_MAX = 256;
const labelText = `a label: a text of at most ${LABEL_LENGTH_MAX} characters, a number, true or false`;

/** How late labels join predictions. */
export const labels: z.ZodType<
  LabelsDocument,
  {
    horizon: string;
    missing?: string | undefined;
    coverage?: number | undefined;
    positive?: string | number | boolean | undefined;
    within?: number | undefined;
    id?: string | undefined;
    slice?: string | undefined;
  }
> = section({
  horizon: duration({ minMs: 100, maxMs: HORIZON_MS_MAX }).describe(
    "A prediction counts at this age, with the label that it has by then.",
  ),
  missing: z
    .enum(["exclude", "negative"], { error: "exclude or negative" })
    .default("exclude")
    .describe("What a prediction without a label counts as: nothing, or not positive."),
  coverage: number({ min: 0.01, max: 1 })
    .default(0.8)
    .describe("Least share of each variant's predictions with a label for a pass."),
  positive: z
    .union([z.string().max(LABEL_LENGTH_MAX), z.number(), z.boolean()], { error: labelText })
    .default("1")
    .describe("The label that precision, recall and F1 are about."),
  within: number({ min: 0, max: Number.MAX_VALUE })
    .optional()
    .describe("For labels that are numbers: a prediction is right within this distance."),
  id: rfcPath()
    .optional()
    .describe(
      "Where a request says the id by which its label will come; by default its x-request-id.",
    ),
  slice: rfcPath().optional().describe("Where a request says which slice it belongs to."),
}).describe("How late labels join predictions.");
