import { z } from "zod";

/** Who the API server knows our changes by. */
export const FIELD_MANAGER = "understudy";

/** What the routes' objects are looked at for, beside their routes. */
export type RoutesMetadata = {
  readonly resourceVersion: string;
  readonly generation?: number | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly managedFields?: readonly ManagedFields[] | undefined;
};

type ManagedFields = {
  readonly manager?: string | undefined;
  readonly time?: string | undefined;
  readonly subresource?: string | undefined;
};

/** Metadata as the API server has it. */
export const routesMetadata: z.ZodType<RoutesMetadata> = z.looseObject({
  resourceVersion: z.string(),
  generation: z.number().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  managedFields: z
    .array(
      z.looseObject({
        manager: z.string().optional(),
        time: z.string().optional(),
        subresource: z.string().optional(),
      }),
    )
    .optional(),
});

/** Who changed the object last, and when, beside us and beside those who write its status. */
export function lastEditorOf({ managedFields = [] }: RoutesMetadata): string | undefined {
  const [last] = managedFields
    .filter(({ manager, subresource }) => manager !== FIELD_MANAGER && subresource === undefined)
    .toSorted((a, b) => (b.time ?? "").localeCompare(a.time ?? ""));
  return last?.manager === undefined ? undefined : `${last.manager} at ${last.time ?? "some time"}`;
}
