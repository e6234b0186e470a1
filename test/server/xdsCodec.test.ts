import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { understudy } from "#proto";
import {
  decodeDeltaAsk,
  decodeWholeAsk,
  encodeDeltaReply,
  encodeWholeReply,
} from "../../sidecar/server/xdsCodec.ts";

const { xds } = understudy;

/** Any name that a file may have. */
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
const version = fc.stringMatching(/^[0-9a-f]{16}(;[a-z0-9-]{1,20}@\d{1,9}){0,3}$/);
const versions = fc.array(fc.tuple(name, version), { maxLength: 8 }).map((pairs) => new Map(pairs));

test("an Envoy of the state of the world says back the versions of all that it has, whatever the names", () => {
  fc.assert(
    fc.property(versions, (given) => {
      const reply = {
        kind: "route" as const,
        nonce: "1",
        resources: [],
        absent: [],
        versions: given,
      };
      const { versionInfo, typeUrl } = xds.DiscoveryResponse.decode(encodeWholeReply(reply));
      const request = xds.DiscoveryRequest.encode({
        versionInfo: versionInfo ?? "",
        typeUrl: typeUrl ?? "",
      });
      const ask = decodeWholeAsk(request.finish());
      assert.deepEqual(ask?.known, given);
      assert.equal(ask.kind, "route");
    }),
  );
});

test("each resource of a delta has its name, its version and its content under Envoy's type", () => {
  const content = Uint8Array.from([1, 2, 3]);
  const { resources, removedResources, nonce } = xds.DeltaDiscoveryResponse.decode(
    encodeDeltaReply({
      kind: "runtime",
      nonce: "7",
      resources: [{ name: "layer", version: "v", content }],
      absent: ["other"],
      versions: new Map(),
    }),
  );
  const [resource] = resources ?? [];
  assert.deepEqual([resource?.name, resource?.version, nonce], ["layer", "v", "7"]);
  assert.equal(resource?.resource?.typeUrl, "type.googleapis.com/envoy.service.runtime.v3.Runtime");
  assert.deepEqual(Uint8Array.from(resource?.resource?.value ?? []), content);
  assert.deepEqual(removedResources, ["other"]);
});

test("reading never throws, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decodeWholeAsk(bytes);
      decodeDeltaAsk(bytes);
    }),
    { numRuns: 2_000 },
  );
});

test("the version of another server is no version of anything", () => {
  const request = xds.DiscoveryRequest.encode({ versionInfo: "2026-11-22 %E0%A4=x =" });
  assert.deepEqual(decodeWholeAsk(request.finish())?.known, new Map());
});
