import { z } from "zod";
import type { ProtobufSchema } from "../core/compare/protobufSchema.ts";
import { parseDescriptors } from "./descriptors.ts";
import { section } from "./fields.ts";

/** How calls in gRPC are compared. */
export const grpc: z.ZodType<{ readonly descriptorSet: ProtobufSchema }, unknown> = section({
  descriptorSet: z
    .string({ error: "a text in base64" })
    .transform((text, context) => {
      const parsed = parseDescriptors(text);
      if (parsed.kind === "schema") {
        return parsed.schema;
      }
      context.issues.push({ code: "custom", message: parsed.allowed, input: text });
      return z.NEVER;
    })
    .describe(
      "What protoc --include_imports --descriptor_set_out writes, in base64; or file:NAME, which understudy apply replaces by it.",
    ),
}).describe("Messages of unary calls are compared field by field.");
