import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Json, type Operation, patched } from "./jsonPatch.ts";

/** An object as the fake keeps it. */
export type FakeObject = {
  readonly metadata: { readonly name: string; readonly [key: string]: Json };
  readonly [key: string]: Json;
};

/** An API server that keeps objects by collection and name, and does what a test asks for instead when it is told so. */
export type FakeKube = {
  /** A kubeconfig of it, as `admin`. */
  readonly kubeconfig: string;
  readonly put: (collection: string, object: FakeObject) => void;
  readonly get: (collection: string, name: string) => FakeObject;
  readonly remove: (collection: string, name: string) => void;
  /** Every request so far: method and URL. */
  readonly asked: readonly string[];
  /** Answers the next requests that a pattern fits with a status, so often. */
  readonly refuse: (refusal: Refusal) => void;
  /** Called on each PATCH before it is done, once. */
  readonly beforePatch: (act: () => void) => void;
  /** Drops every watch. */
  readonly dropWatches: () => void;
  /** Takes no connections until called again. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
};

/** What is answered instead. */
export type Refusal = {
  readonly pattern: RegExp;
  readonly status: number;
  readonly times: number;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Starts one on a free port; it ends with the test. */
export async function startFakeKube(context: TestContext): Promise<FakeKube> {
  const fake = new Fake();
  await fake.listen(0);
  const folder = await mkdtemp(join(tmpdir(), "understudy-kube-"));
  const kubeconfig = join(folder, "kubeconfig");
  const cluster = { server: `http://127.0.0.1:${fake.port}`, "insecure-skip-tls-verify": true };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "fake", cluster }],
    users: [{ name: "admin", user: { token: "admintok" } }],
    contexts: [{ name: "fake", context: { cluster: "fake", user: "admin", namespace: "shop" } }],
    "current-context": "fake",
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  context.after(async () => {
    await fake.close();
    await rm(folder, { recursive: true });
  });
  return {
    kubeconfig,
    put: (collection, object) => fake.put(collection, object),
    get: (collection, name) => fake.get(collection, name),
    remove: (collection, name) => fake.remove(collection, name),
    asked: fake.asked,
    refuse: (refusal) => void fake.refusals.push({ ...refusal }),
    beforePatch: (act) => void fake.interludes.push(act),
    dropWatches: () => fake.dropWatches(),
    stop: () => fake.close(),
    start: () => fake.listen(fake.port),
  };
}

type Watcher = {
  readonly collection: string;
  readonly name: string | null;
  readonly response: ServerResponse;
};

class Fake {
  readonly asked: string[] = [];
  readonly refusals: { -readonly [Key in keyof Refusal]: Refusal[Key] }[] = [];
  readonly interludes: (() => void)[] = [];
  port = 0;
  #version = 1;
  readonly #objects = new Map<string, FakeObject>();
  readonly #watchers = new Set<Watcher>();
  #server = createServer();

  async listen(port: number): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    const address = this.#server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    this.#watchers.clear();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Gateways accept every route at once. */
  put(collection: string, object: FakeObject): void {
    this.#version += 1;
    const generation = this.#version;
    const conditions = ["Accepted", "ResolvedRefs"].map((type) => ({
      type,
      status: "True",
      observedGeneration: generation,
    }));
    const metadata = { ...object.metadata, generation, resourceVersion: `${this.#version}` };
    const status = { parents: [{ conditions }] };
    const isRoute = collection.endsWith("httproutes") && object.status === undefined;
    const kept = { ...object, metadata, ...(isRoute ? { status } : {}) };
    this.#objects.set(`${collection}/${object.metadata.name}`, kept);
    this.#tell("MODIFIED", collection, kept);
  }

  get(collection: string, name: string): FakeObject {
    const found = this.#objects.get(`${collection}/${name}`);
    if (found === undefined) {
      throw new Error(`the fake has no ${collection}/${name}`);
    }
    return found;
  }

  remove(collection: string, name: string): void {
    const object = this.get(collection, name);
    this.#objects.delete(`${collection}/${name}`);
    this.#tell("DELETED", collection, object);
  }

  dropWatches(): void {
    for (const { response } of this.#watchers) {
      response.destroy();
    }
    this.#watchers.clear();
  }

  #tell(type: string, collection: string, object: FakeObject): void {
    for (const { response, name, ...watcher } of this.#watchers) {
      if (watcher.collection === collection && (name === null || name === object.metadata.name)) {
        response.write(`${JSON.stringify({ type, object })}\n`);
      }
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://fake");
    this.asked.push(`${request.method} ${request.url}`);
    const refusal = this.refusals.find(
      ({ pattern, times }) => times > 0 && pattern.test(`${request.method} ${request.url}`),
    );
    if (refusal !== undefined) {
      refusal.times -= 1;
      reply(response, refusal.status, { message: "as the test wants it" }, refusal.headers);
    } else if (request.method === "PATCH") {
      await this.#patch(url.pathname, request, response);
    } else if (this.#objects.has(url.pathname)) {
      reply(response, 200, this.#objects.get(url.pathname));
    } else if (url.pathname.split("/").length === 7) {
      this.#collection(url, response);
    } else {
      reply(response, 404, { message: `${url.pathname} not found` });
    }
  }

  #collection(url: URL, response: ServerResponse): void {
    const collection = url.pathname;
    const name = url.searchParams.get("fieldSelector")?.replace("metadata.name=", "") ?? null;
    if (url.searchParams.get("watch") === "true") {
      response.writeHead(200);
      response.flushHeaders();
      this.#watchers.add({ collection, name, response });
      return;
    }
    const items = [...this.#objects.entries()]
      .filter(([key]) => key.slice(0, key.lastIndexOf("/")) === collection)
      .map(([, object]) => object)
      .filter((object) => name === null || object.metadata.name === name);
    reply(response, 200, { metadata: { resourceVersion: `${this.#version}` }, items });
  }

  async #patch(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operations: Operation[] = JSON.parse(await textOf(request));
    for (const act of this.interludes.splice(0, 1)) {
      act();
    }
    const [, collection = "", name = ""] = /^(.*)\/([^/]+)$/.exec(path) ?? [];
    try {
      const { status: _, ...written } = asObject(patched(this.get(collection, name), operations));
      this.put(collection, { ...written, metadata: { ...asObject(written.metadata), name } });
      reply(response, 200, this.get(collection, name));
    } catch (error) {
      reply(response, 422, { message: String(error) });
    }
  }
}

function asObject(value: Json | undefined): { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
  }
  return text;
}

function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
