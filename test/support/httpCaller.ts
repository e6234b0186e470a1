import type { TestSidecar } from "./testSidecar.ts";

/** What came back from the HTTP port. */
export type HttpReply = {
  readonly status: number;
  readonly headers: Headers;
  /** The body as JSON. */
  readonly json: HttpJson;
};

/** JSON as a test looks into it. */
export type HttpJson = { readonly [key: string]: unknown };

/** What is sent. */
export type HttpSent = {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON with its type, a text as it is. */
  readonly body?: object | string;
};

/** Asks the sidecar's HTTP port for `METHOD /path`. */
export async function askHttp(
  { http }: Pick<TestSidecar, "http">,
  what: string,
  { body, headers }: HttpSent = {},
): Promise<HttpReply> {
  const [method = "GET", path = "/"] = what.split(" ");
  const isObject = typeof body === "object";
  const response = await fetch(`http://${http}${path}`, {
    method,
    headers: { ...(isObject && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: isObject ? JSON.stringify(body) : body }),
  });
  const text = await response.text();
  const json = text.startsWith("{") ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, json };
}
