import assert from "node:assert/strict";
import { test } from "node:test";
import { guardedLookup } from "../../sidecar/outgoing/guardedLookup.ts";
import { httpProbe } from "../../sidecar/outgoing/probe.ts";
import { OutgoingError, type OutgoingErrorCode } from "../../sidecar/ports/outgoing.ts";
import { type Answering, answerEndlessly, startReceiver } from "../support/receiver.ts";

const anywhere = httpProbe({ origins: undefined, ca: undefined });

async function errorOf(url: string, timeoutMs = 5_000, probe = anywhere): Promise<OutgoingError> {
  const error: unknown = await probe
    .check(url, AbortSignal.timeout(timeoutMs))
    .catch((reason: unknown) => reason);
  assert.ok(error instanceof OutgoingError, String(error));
  return error;
}

test("2xx is ready, asked by GET without a body", async (context) => {
  const receiver = await startReceiver(context);
  await anywhere.check(`${receiver.url}/ready`, AbortSignal.timeout(5_000));
  const [got, ...more] = receiver.received;
  assert.deepEqual(more, []);
  assert.deepEqual([got?.method, got?.path, got?.body], ["GET", "/ready", ""]);
  assert.equal(got?.headers["content-length"], undefined);
});

test("a body without end is not read, and its connection is closed", async (context) => {
  const receiver = await startReceiver(context);
  const closed = new Promise((resolve) => {
    receiver.answer((to, received) => answerEndlessly(to.on("close", resolve), received));
  });
  await anywhere.check(receiver.url, AbortSignal.timeout(5_000));
  await closed;
});

const answers: readonly {
  name: string;
  answering: Answering;
  code: OutgoingErrorCode;
  timeoutMs?: number;
}[] = [
  { name: "503", answering: (to) => to.writeHead(503).end(), code: "busy" },
  { name: "404", answering: (to) => to.writeHead(404).end(), code: "denied" },
  { name: "500", answering: (to) => to.writeHead(500).end(), code: "failed" },
  {
    name: "a redirect",
    answering: (to) => to.writeHead(302, { location: "/else" }).end(),
    code: "redirected",
  },
  { name: "nothing", answering: () => undefined, code: "unreachable", timeoutMs: 100 },
];

for (const { name, answering, code, timeoutMs } of answers) {
  test(`${name} is not ready: "${code}"`, async (context) => {
    const receiver = await startReceiver(context, { answering });
    assert.equal((await errorOf(receiver.url, timeoutMs)).code, code);
    assert.equal(receiver.received.length, 1);
  });
}

test("what is not there, and what speaks no HTTP, is not ready", async () => {
  assert.equal((await errorOf("http://127.0.0.1:1")).code, "unreachable");
  assert.equal((await errorOf("http://no-such-host.invalid")).code, "unreachable");
});

const denied = [
  "http://169.254.169.254/latest/meta-data",
  "http://[::ffff:169.254.169.254]/",
  "http://0xa9.0xfe.0xa9.0xfe/",
  "http://2852039166/",
  "http://[fe80::1]/",
  "http://[fd00:ec2::254]/",
  "http://0.0.0.0:1/",
  "file:///etc/passwd",
  "http://user:password@127.0.0.1/",
];

for (const url of denied) {
  test(`case 59: ${url} is never asked`, async () => {
    assert.equal((await errorOf(url)).code, "misconfigured");
  });
}

test("case 60: a name that leads to an address which may not be asked is not called", async () => {
  const found = (hostname: string): Promise<unknown> =>
    new Promise((resolve) => {
      guardedLookup(hostname, { all: true }, (error, addresses) =>
        resolve(error?.code ?? addresses),
      );
    });
  assert.equal(await found("169.254.169.254"), "ADDRESS_NOT_ALLOWED");
  assert.deepEqual(await found("127.0.0.1"), [{ address: "127.0.0.1", family: 4 }]);
});

test("where origins are listed, nothing else is asked", async (context) => {
  const [listed, other] = [await startReceiver(context), await startReceiver(context)];
  const probe = httpProbe({ origins: [listed.url], ca: undefined });
  await probe.check(`${listed.url}/any/path`, AbortSignal.timeout(5_000));
  assert.equal((await errorOf(other.url, 5_000, probe)).code, "misconfigured");
  assert.deepEqual(other.received, []);
});
