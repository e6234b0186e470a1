import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { alertmanagerChannel } from "../../sidecar/alerts/alertmanager.ts";
import type { ChannelParts } from "../../sidecar/alerts/channelParts.ts";
import { cloudEventsChannel } from "../../sidecar/alerts/cloudEvents.ts";
import { slackChannel } from "../../sidecar/alerts/slack.ts";
import { webhookChannel } from "../../sidecar/alerts/webhook.ts";
import type { Notice } from "../../sidecar/core/alerts/notice.ts";
import { signatureHeaders } from "../../sidecar/outgoing/signature.ts";
import type { AlertChannel } from "../../sidecar/ports/alerts.ts";
import { OutgoingError } from "../../sidecar/ports/outgoing.ts";
import { manualClock } from "../support/clock.ts";
import { noticeWith } from "../support/notices.ts";
import { type Received, startReceiver } from "../support/receiver.ts";

const NOW_MS = 1_800_000_000_000;
const secret = {
  kind: "value",
  name: "SECRET",
  value: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
} as const;

/** What a channel posts for these notices. */
async function posted(
  context: TestContext,
  open: (parts: ChannelParts) => AlertChannel,
  ...notices: readonly Notice[]
): Promise<readonly Received[]> {
  const receiver = await startReceiver(context);
  const endpoint = { url: new URL(receiver.url), bearer: undefined, ca: undefined };
  const channel = open({ endpoint, clock: manualClock(NOW_MS), source: "eu-1" });
  await channel.send(notices, AbortSignal.timeout(5_000));
  return receiver.received;
}

const bodyOf = (received: Received | undefined): unknown => JSON.parse(received?.body ?? "null");

test("a signature is that of the Standard Webhooks specification", () => {
  const signed = signatureHeaders("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    nowMs: 1_614_265_330_999,
    body: '{"test": 2432232314}',
  });
  assert.deepEqual(signed, {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

for (const wrong of ["", "abc", "whsec_", "whsec_c2hvcnQ=", `whsec_${"A".repeat(120)}`]) {
  test(`"${wrong.slice(0, 20)}" is no secret to sign by, and is not told`, () => {
    assert.throws(
      () => signatureHeaders(wrong, { id: "", nowMs: 0, body: "" }),
      (error) => error instanceof OutgoingError && error.code === "misconfigured",
    );
  });
}

test("the command that sidecar/README.md gives makes a secret to sign by", () => {
  const readme = readFileSync(new URL("../../sidecar/README.md", import.meta.url), "utf8");
  const [, command = ""] = /`(echo "whsec_[^`]*)`/.exec(readme) ?? [];
  const made = execFileSync("sh", ["-c", command], { encoding: "utf8" }).trim();
  const signed = signatureHeaders(made, { id: "a", nowMs: 0, body: "" });
  assert.match(signed["webhook-signature"] ?? "", /^v1,.{44}$/);
});

test("a webhook's body is signed as it is sent, at the time of the attempt, under the notice's own id", async (context) => {
  const [got] = await posted(context, (parts) => webhookChannel(parts, secret), noticeWith());
  const signed = { id: noticeWith().id, nowMs: NOW_MS, body: got?.body ?? "" };
  const expected = signatureHeaders(secret.value, signed);
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(got?.headers[name], value);
  }
  assert.deepEqual(bodyOf(got), {
    type: "understudy.rolled-back",
    timestamp: "2026-01-02T03:04:05.000Z",
    source: "eu-1",
    data: {
      id: "0123456789abcdef",
      kind: "rolled-back",
      severity: "critical",
      status: "raised",
      rollout: "patient-risk",
      time: "2026-01-02T03:04:05.000Z",
      reason: "the candidate fails 3.1% of requests, the primary 0.2%",
    },
  });
});

test("a CloudEvent has what version 1.0 requires, in structured mode, and is signed when there is a secret", async (context) => {
  const anomaly = noticeWith({ kind: "anomaly", subject: "drift age" });
  const unsigned = (parts: ChannelParts) => cloudEventsChannel(parts, undefined);
  const [got] = await posted(context, unsigned, anomaly);
  assert.equal(got?.headers["content-type"], "application/cloudevents+json; charset=utf-8");
  assert.equal(got.headers["webhook-signature"], undefined);
  const { data, ...envelope } = JSON.parse(got.body);
  assert.deepEqual(envelope, {
    specversion: "1.0",
    id: anomaly.id,
    source: "eu-1",
    type: "dev.understudy.anomaly",
    subject: "patient-risk",
    time: "2026-01-02T03:04:05.000Z",
    datacontenttype: "application/json",
  });
  assert.equal(data.subject, "drift age");
  const [signed] = await posted(context, (parts) => cloudEventsChannel(parts, secret), anomaly);
  assert.match(String(signed?.headers["webhook-signature"]), /^v1,/);
});

test("case 64: what is told in Slack is text: no markup, no mention, no control character, cut when long", async (context) => {
  const reason = `<!channel> <img onerror=x> @all & \u001b[31m\r\n\u202e ${"x".repeat(5_000)}`;
  const [got] = await posted(context, slackChannel, noticeWith({ reason }));
  const { text } = JSON.parse(got?.body ?? "");
  assert.match(text, /^:rotating_light: \*patient-risk: rolled back\*\n&lt;!channel&gt; &lt;img/);
  assert.match(text, /@\u200ball &amp;/);
  assert.doesNotMatch(text.replaceAll("\n", ""), /[<>\p{Cc}\u202e]|@a/u);
  assert.ok(text.length < 1_200);
});

test("notices that are sent together to Slack are one message", async (context) => {
  const began = noticeWith({ kind: "anomaly", subject: "drift age" });
  const ended = { ...began, status: "resolved" } as const;
  const received = await posted(context, slackChannel, began, ended);
  assert.equal(received.length, 1);
  const { text } = JSON.parse(received[0]?.body ?? "");
  assert.match(text, /:warning: \*patient-risk: anomaly drift age\*/);
  assert.match(text, /:white_check_mark: \*patient-risk: anomaly drift age resolved\*/);
});

test("an alert is raised until three repetitions are missed, resolved when it was over, and the same alert in both", async (context) => {
  const open = (parts: ChannelParts) => alertmanagerChannel(parts, 60_000);
  const began = noticeWith({ kind: "anomaly", subject: "drift age", atMs: NOW_MS - 5_000 });
  const ended = { ...began, status: "resolved", atMs: NOW_MS - 1_000 } as const;
  const moment = noticeWith({ kind: "step-advanced", status: "happened", atMs: NOW_MS });
  const [got] = await posted(context, open, began, ended, moment);
  const [raised, resolved, happened] = JSON.parse(got?.body ?? "");
  assert.deepEqual(raised.labels, {
    alertname: "UnderstudyAnomaly",
    severity: "warning",
    source: "eu-1",
    rollout: "patient-risk",
    subject: "drift age",
  });
  assert.deepEqual(resolved.labels, raised.labels);
  const seconds = ({ startsAt, endsAt }: { startsAt: string; endsAt: string }) =>
    [startsAt, endsAt].map((time) => (Date.parse(time) - NOW_MS) / 1_000);
  assert.deepEqual(seconds(raised), [-5, 180]);
  assert.deepEqual(seconds(resolved), [-1, -1]);
  assert.deepEqual(seconds(happened), [0, 300]);
  assert.equal(happened.labels.alertname, "UnderstudyStepAdvanced");
});

test("what is about the sidecar as a whole names no rollout", async (context) => {
  const store = noticeWith({ kind: "store", rollout: undefined });
  const open = (parts: ChannelParts) => alertmanagerChannel(parts, 60_000);
  const [alerts] = await posted(context, open, store);
  assert.deepEqual(Object.keys(JSON.parse(alerts?.body ?? "")[0].labels), [
    "alertname",
    "severity",
    "source",
  ]);
  const [event] = await posted(context, (parts) => cloudEventsChannel(parts, undefined), store);
  assert.equal("subject" in JSON.parse(event?.body ?? ""), false);
});
