import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf, INFER_PATH } from "../support/client.ts";
import { sendHttp2 } from "../support/http2Client.ts";
import { openRaw, rawPost } from "../support/rawClient.ts";
import { setStage } from "../support/stage.ts";
import { until } from "../support/until.ts";
import { answering } from "../support/upstream.ts";

test("case 13: a websocket is passed by to the user's variant, and counted", async (context) => {
  const { mesh, v1, v2 } = await setStage(context);
  const lines = [
    `GET ${INFER_PATH} HTTP/1.1`,
    "host: understudy.test",
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version: 13",
  ];
  const socket = openRaw(mesh.port, `${lines.join("\r\n")}\r\n\r\n`);
  let got = "";
  socket.on("data", (part: Buffer) => {
    got += part.toString();
  });
  await until(() => got.startsWith("HTTP/1.1 101"), { deadlineMs: 15_000, what: "the upgrade" });
  socket.write("said over the websocket");
  await until(() => got.endsWith("said over the websocket"), {
    deadlineMs: 15_000,
    what: "the echo",
  });
  assert.equal(await mesh.counted("drops_streaming", 1), 1);
  assert.deepEqual([v1.upgrades(), v2.upgrades(), v2.received.length], [1, 0, 0]);
  socket.destroy();
});

test("case 13: a gRPC request is passed by to the user's variant, and counted", async (context) => {
  const { mesh, v1, v2 } = await setStage(context);
  const headers = { "content-type": "application/grpc+proto", te: "trailers" };
  const [got] = await sendHttp2(mesh.port, [{ headers, chunks: ["\0\0\0\0\0"] }]);
  assert.equal(got?.status, 200);
  assert.equal(await mesh.counted("drops_streaming", 1), 1);
  assert.deepEqual([v1.received.length, v2.received.length], [1, 0]);
});

test("case 13: server-sent events reach the user as they are sent; without a copy they are observed as they begin", async (context) => {
  const { sidecar, mesh, users, v1 } = await setStage(context, { traffic: { shadowBp: 0 } });
  let end = (): void => undefined;
  v1.answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: first\n\n");
    end = () => response.end("data: last\n\n");
  };
  const answer = users.send();
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.status, 200);
  assert.equal(await mesh.counted("drops_streaming", 1), 1);
  end();
  assert.equal((await answer).body, "data: first\n\ndata: last\n\n");
  assert.equal(sidecar.observations().length, 1);
});

test("case 13: copied server-sent events reach the user as they are sent, and are a pair once they end", async (context) => {
  const { sidecar, mesh, v1, v2 } = await setStage(context);
  let end = (): void => undefined;
  v1.answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: first\n\n");
    end = () => response.end("data: last\n\n");
  };
  v2.answer = answering(200, "text/event-stream", "data: only\n\n");
  const socket = openRaw(mesh.port, rawPost(INFER_PATH, [], "{}").toString());
  let got = "";
  socket.on("data", (part: Buffer) => {
    got += part.toString();
  });
  await until(() => got.includes("data: first"), { deadlineMs: 15_000, what: "the first event" });
  assert.deepEqual(sidecar.observations(), []);
  end();
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.body.toString(), "data: first\n\ndata: last\n\n");
  assert.equal(seen?.shadow?.body.toString(), "data: only\n\n");
  assert.ok((seen?.answer.firstByteUs ?? 0) > 0);
  socket.destroy();
});

test("a request body that trickles in is never held back", async (context) => {
  const { mesh, v1 } = await setStage(context);
  const client = clientOf(context, mesh.port);
  const socket = openRaw(
    mesh.port,
    `POST ${INFER_PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n12`,
  );
  await until(() => v1.open() === 1, { deadlineMs: 15_000, what: "the request began upstream" });
  assert.equal((await client.send()).status, 200);
  socket.write("34");
  await until(() => v1.received.length === 2, { deadlineMs: 15_000, what: "the request ended" });
  assert.equal(v1.received[1]?.body.toString(), "1234");
  socket.destroy();
});
