import type { z } from "zod";
import type { FileBody } from "../outgoing/call.ts";
import { RegistryError } from "../ports/registry.ts";
import { ask, type Question, type Server } from "./call.ts";
import { ANSWERS, readAnswer } from "./mlflowAnswers.ts";

const API = "api/2.0/mlflow";
const UPLOAD_MS = 600_000;

/** Calls of MLflow's REST API 2.0. Each rejects only with RegistryError. */
export class MlflowApi {
  readonly #server: Server;
  readonly #timeoutMs: number;

  /** A call that takes longer has failed; one that sends a file has ten minutes. */
  constructor(server: Server, timeoutMs: number) {
    this.#server = server;
    this.#timeoutMs = timeoutMs;
  }

  /** Reads; undefined when there is no such thing. */
  async find<Answer>(
    path: string,
    query: Readonly<Record<string, string>>,
    { answer, signal }: { readonly answer: z.ZodType<Answer>; readonly signal: AbortSignal },
  ): Promise<Answer | undefined> {
    try {
      const asked = `${API}/${path}?${new URLSearchParams(query)}`;
      const text = await this.#ask({ method: "GET", path: asked, body: "" }, signal);
      return readAnswer(text, answer);
    } catch (error) {
      if (error instanceof RegistryError && error.code === "missing") {
        return undefined;
      }
      throw error;
    }
  }

  /** Changes something, and returns what is answered. */
  async change<Answer>(
    path: string,
    asked: object,
    { answer, signal }: { readonly answer: z.ZodType<Answer>; readonly signal: AbortSignal },
  ): Promise<Answer> {
    const body = JSON.stringify(asked);
    const text = await this.#ask({ method: "POST", path: `${API}/${path}`, body }, signal);
    return readAnswer(text, answer);
  }

  /** Changes something that nothing is answered to. */
  async tell(path: string, asked: object, signal: AbortSignal): Promise<void> {
    await this.change(path, asked, { answer: ANSWERS.nothing, signal });
  }

  /** As `tell`, and content when it is there already. */
  async make(path: string, asked: object, signal: AbortSignal): Promise<void> {
    try {
      await this.tell(path, asked, signal);
    } catch (error) {
      if (!(error instanceof RegistryError && error.cause === THERE)) {
        throw error;
      }
    }
  }

  /** Puts a file among the artifacts that the server keeps itself. */
  async upload(to: string, body: FileBody, signal: AbortSignal): Promise<void> {
    const escaped = to.split("/").map(encodeURIComponent).join("/");
    const path = `api/2.0/mlflow-artifacts/artifacts/${escaped}`;
    await this.#ask({ method: "PUT", path, body }, signal, UPLOAD_MS);
  }

  #ask(question: Question, signal: AbortSignal, timeoutMs = this.#timeoutMs): Promise<string> {
    const both = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    return ask(this.#server, question, both, errorOf);
  }
}

const THERE = "RESOURCE_ALREADY_EXISTS";

/** What an answer that is no success means: by MLflow's own code, where it has one that says more. */
function errorOf(plain: RegistryError, text: string): RegistryError {
  const cause = /"error_code"\s*:\s*"([A-Z_]{1,60})"/.exec(text)?.[1];
  if (cause === undefined) {
    // A path that is not there means another server, not a model that is not there.
    return plain.code === "missing" ? new RegistryError("failed", plain.message) : plain;
  }
  const code = cause === "RESOURCE_DOES_NOT_EXIST" ? "missing" : plain.code;
  return new RegistryError(code, `${plain.message}, ${cause}`, { cause });
}
