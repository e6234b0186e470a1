import type { handleUnaryCall } from "@grpc/grpc-js";
import { type Label, RECORDS_MAX } from "../core/performance/prediction.ts";
import type { Metrics } from "../metrics.ts";
import type { Labels, RecordedLabels } from "../ports/predictions.ts";
import type { Read } from "./services.ts";
import { CallError, codeOf, statusOf } from "./status.ts";

/** What the handler needs of its surroundings. */
export type LabelParts = { readonly labels: Labels; readonly metrics: Metrics };

/** Serves understudy.v1.LabelService, and the same to the HTTP port. */
export class LabelHandler {
  readonly #parts: LabelParts;

  constructor(parts: LabelParts) {
    this.#parts = parts;
  }

  readonly RecordLabels: handleUnaryCall<Read<readonly Label[]>, RecordedLabels> = (
    call,
    callback,
  ) => {
    this.record(call.request?.request).then(
      (recorded) => callback(null, recorded),
      (error: unknown) => callback(statusOf(error)),
    );
  };

  /** Records labels, undefined when they could not be read. Rejects with what `statusOf` and `codeOf` tell callers. */
  async record(labels: readonly Label[] | undefined): Promise<RecordedLabels> {
    try {
      if (labels === undefined) {
        throw new CallError("invalid", "the request could not be read");
      }
      if (labels.length > RECORDS_MAX) {
        throw new CallError(
          "invalid",
          `labels: ${labels.length}: at most ${RECORDS_MAX} in a call`,
        );
      }
      return await this.#parts.labels.record(labels);
    } catch (error) {
      this.#parts.metrics.requestsRefused.inc({ code: codeOf(error) });
      throw error;
    }
  }
}
