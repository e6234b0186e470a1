import type { Secret } from "../access/secret.ts";
import type { AlertChannel } from "../ports/alerts.ts";
import type { Clock } from "../ports.ts";
import { ALERTS_PATH, alertmanagerChannel } from "./alertmanager.ts";
import type { AlertSettings, TargetSettings } from "./alertsFile.ts";
import type { ChannelParts } from "./channelParts.ts";
import { cloudEventsChannel } from "./cloudEvents.ts";
import type { Target } from "./courier.ts";
import { slackChannel } from "./slack.ts";
import { webhookChannel } from "./webhook.ts";

/** Whoever is told, as the settings say; nobody without any. */
export function targetsOf(settings: AlertSettings | undefined, clock: Clock): readonly Target[] {
  const { source = "", targets = [] } = settings ?? {};
  return targets.map((one) => {
    const { name, timeout, giveUpAfter, minSeverity, type } = one.document;
    return {
      name,
      channel: channelOf(one, { source, clock }),
      minSeverity: minSeverity ?? (type === "alertmanager" ? "warning" : "info"),
      timeoutMs: timeout,
      giveUpMs: giveUpAfter,
    };
  });
}

function channelOf(
  { document, url, bearer, secret, ca }: TargetSettings,
  { source, clock }: Pick<ChannelParts, "source" | "clock">,
): AlertChannel {
  const parts = { source, clock, endpoint: { url, bearer, ca } };
  switch (document.type) {
    case "alertmanager":
      return alertmanagerChannel(
        { ...parts, endpoint: { ...parts.endpoint, url: below(url, ALERTS_PATH) } },
        document.repeat,
      );
    case "slack":
      return slackChannel(parts);
    case "webhook":
      return webhookChannel(parts, secret ?? MISSING);
    case "cloudevents":
      return cloudEventsChannel(parts, secret);
    default:
      return document satisfies never;
  }
}

/** A webhook without a secret does not come out of a file. */
const MISSING: Secret = { kind: "value", name: "secretFile", value: undefined };

/** The URL of a path below another one, whether or not that ends with a slash. */
function below(url: URL | Secret, path: string): URL | Secret {
  return url instanceof URL ? new URL(path, url.href.replace(/\/?$/, "/")) : url;
}
