import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { alertmanagerChannel } from "../../sidecar/alerts/alertmanager.ts";
import type { ChannelParts } from "../../sidecar/alerts/channelParts.ts";
import { cloudEventsChannel } from "../../sidecar/alerts/cloudEvents.ts";
import { slackChannel } from "../../sidecar/alerts/slack.ts";
import { webhookChannel } from "../../sidecar/alerts/webhook.ts";
import type { AlertChannel } from "../../sidecar/ports/alerts.ts";
import { OutgoingError, type OutgoingErrorCode } from "../../sidecar/ports/outgoing.ts";
import { manualClock } from "../support/clock.ts";
import { noticeWith } from "../support/notices.ts";
import { type Answering, answerEndlessly, startReceiver } from "../support/receiver.ts";

const TOKEN = "canary-token-8f21";
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const secret = { kind: "value", name: "SECRET", value: SECRET } as const;

const channels: readonly { name: string; open: (parts: ChannelParts) => AlertChannel }[] = [
  { name: "alertmanager", open: (parts) => alertmanagerChannel(parts, 60_000) },
  { name: "slack", open: slackChannel },
  { name: "webhook", open: (parts) => webhookChannel(parts, secret) },
  { name: "cloudevents", open: (parts) => cloudEventsChannel(parts, secret) },
];

function partsFor(url: string, ca?: string): ChannelParts {
  return {
    endpoint: {
      url: new URL(url),
      bearer: { kind: "value", name: "TOKEN", value: TOKEN },
      ca,
    },
    clock: manualClock(),
    source: "test",
  };
}

/** The error of one notice sent, which must come well before the test's own end. */
async function errorOf(channel: AlertChannel, timeoutMs = 5_000): Promise<OutgoingError> {
  const error: unknown = await channel
    .send([noticeWith()], AbortSignal.timeout(timeoutMs))
    .catch((reason: unknown) => reason);
  assert.ok(error instanceof OutgoingError, String(error));
  return error;
}

/** A server below HTTP. */
async function startSocket(
  context: TestContext,
  connected: (socket: Socket) => void,
): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => undefined));
    connected(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  context.after(() => {
    server.close();
    sockets.forEach((socket) => void socket.destroy());
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

const answers: readonly {
  name: string;
  answering: Answering;
  code: OutgoingErrorCode;
  retryAfterMs?: number;
}[] = [
  { name: "400", answering: (to) => to.writeHead(400).end(TOKEN), code: "refused" },
  { name: "401", answering: (to) => to.writeHead(401).end(TOKEN), code: "denied" },
  { name: "404", answering: (to) => to.writeHead(404).end(TOKEN), code: "denied" },
  {
    name: "429 with Retry-After",
    answering: (to) => to.writeHead(429, { "retry-after": "7" }).end(),
    code: "busy",
    retryAfterMs: 7_000,
  },
  {
    name: "429 with a Retry-After that is no number",
    answering: (to) => to.writeHead(429, { "retry-after": "soon" }).end(),
    code: "busy",
  },
  { name: "500", answering: (to) => to.writeHead(500).end(TOKEN), code: "failed" },
  {
    name: "503",
    answering: (to) => to.writeHead(503, { "retry-after": "2" }).end(),
    code: "busy",
    retryAfterMs: 2_000,
  },
  {
    name: "an answer that breaks off",
    answering: (to) => {
      to.writeHead(200, { "content-length": 100 }).write("x");
      setImmediate(() => to.destroy());
    },
    code: "unreachable",
  },
];

for (const { name, open } of channels) {
  test(`${name}: what is sent is posted once, as JSON, with the token, and taken at 2xx`, async (context) => {
    const receiver = await startReceiver(context);
    await open(partsFor(`${receiver.url}/hook`)).send([noticeWith()], AbortSignal.timeout(5_000));
    const [got, ...more] = receiver.received;
    assert.deepEqual(more, []);
    assert.equal(got?.method, "POST");
    assert.equal(got.path, "/hook");
    assert.match(String(got.headers["content-type"]), /^application\/(cloudevents\+)?json/);
    assert.equal(got.headers.authorization, `Bearer ${TOKEN}`);
    assert.match(JSON.stringify(JSON.parse(got.body)), /the candidate fails 3\.1%/);
    assert.doesNotMatch(got.body, new RegExp(`${TOKEN}|${SECRET}`));
  });

  for (const { name: given, answering, code, retryAfterMs } of answers) {
    test(`${name}: ${given} is "${code}"`, async (context) => {
      const receiver = await startReceiver(context, { answering });
      const error = await errorOf(open(partsFor(receiver.url)));
      assert.equal(error.code, code);
      assert.equal(error.retryAfterMs, retryAfterMs);
      assert.doesNotMatch(error.message, new RegExp(`${TOKEN}|${SECRET}|http:`));
    });
  }

  test(`${name}: case 61: a redirect is not followed`, async (context) => {
    const elsewhere = await startReceiver(context);
    const receiver = await startReceiver(context, {
      answering: (to) => to.writeHead(307, { location: elsewhere.url }).end(),
    });
    assert.equal((await errorOf(open(partsFor(receiver.url)))).code, "redirected");
    assert.deepEqual(elsewhere.received, []);
  });

  test(`${name}: a target that takes the request and never answers is cut in time`, async (context) => {
    const receiver = await startReceiver(context, { answering: () => undefined });
    assert.equal((await errorOf(open(partsFor(receiver.url)), 100)).code, "unreachable");
  });

  test(`${name}: a target that takes the connection and says nothing is cut in time`, async (context) => {
    const url = await startSocket(context, () => undefined);
    assert.equal((await errorOf(open(partsFor(url)), 100)).code, "unreachable");
  });

  test(`${name}: case 62: an answer that goes on and on is cut at 64 KiB, a slow one in time`, async (context) => {
    const receiver = await startReceiver(context, { answering: answerEndlessly });
    assert.equal((await errorOf(open(partsFor(receiver.url)))).code, "failed");
    receiver.answer((to) => void to.writeHead(200).write("x"));
    assert.equal((await errorOf(open(partsFor(receiver.url)), 100)).code, "unreachable");
  });

  test(`${name}: garbage instead of HTTP, and a connection that is closed at once, are "unreachable"`, async (context) => {
    const garbage = await startSocket(
      context,
      (socket) => void socket.end(`\0\xff${TOKEN}\r\n\r\n`),
    );
    const closed = await startSocket(context, (socket) => void socket.destroy());
    for (const url of [garbage, closed, "http://127.0.0.1:1"]) {
      const error = await errorOf(open(partsFor(url)));
      assert.equal(error.code, "unreachable");
      assert.doesNotMatch(error.message, new RegExp(TOKEN));
    }
  });

  test(`${name}: a target whose certificate nobody trusts is sent nothing; with its own authority it is`, async (context) => {
    const tls = certificate(context);
    const receiver = await startReceiver(context, { tls });
    const error = await errorOf(open(partsFor(receiver.url)));
    assert.equal(error.code, "unreachable");
    assert.match(error.message, /SELF_SIGNED/);
    assert.deepEqual(receiver.received, []);
    const trusted = partsFor(receiver.url, readFileSync(tls.certPath, "utf8"));
    await open(trusted).send([noticeWith()], AbortSignal.timeout(5_000));
    assert.equal(receiver.received.length, 1);
  });

  test(`${name}: TLS is not spoken to a target without it`, async (context) => {
    const receiver = await startReceiver(context);
    const error = await errorOf(open(partsFor(receiver.url.replace("http:", "https:"))));
    assert.equal(error.code, "unreachable");
    assert.deepEqual(receiver.received, []);
  });

  test(`${name}: a token that is gone is "misconfigured", and nothing is sent without it`, async (context) => {
    const receiver = await startReceiver(context);
    const parts = partsFor(receiver.url);
    const bearer = { kind: "file", path: "/nowhere/token" } as const;
    const error = await errorOf(open({ ...parts, endpoint: { ...parts.endpoint, bearer } }));
    assert.equal(error.code, "misconfigured");
    assert.deepEqual(receiver.received, []);
  });
}

/** A key and a certificate for 127.0.0.1 that it signs itself. */
function certificate(context: TestContext): { keyPath: string; certPath: string } {
  const folder = mkdtempSync(join(tmpdir(), "understudy-tls-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const [keyPath, certPath] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", keyPath, "-out", certPath];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", ...kind, "-days", "1", ...subject, ...files], {
    stdio: "ignore",
  });
  return { keyPath, certPath };
}
