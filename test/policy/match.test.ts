import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cookieValue, hostMatches, pathMatches } from "#policy";

const PREFIX = 0;
const EXACT = 1;
const TEMPLATE = 2;

const paths: { kind: number; pattern: string; path: string; expected: boolean }[] = [
  { kind: PREFIX, pattern: "/v2/", path: "/v2/models", expected: true },
  { kind: PREFIX, pattern: "/v2/", path: "/v2", expected: false },
  { kind: PREFIX, pattern: "/v2/", path: "/V2/", expected: false },
  { kind: EXACT, pattern: "/a", path: "/a", expected: true },
  { kind: EXACT, pattern: "/a", path: "/a/", expected: false },
  { kind: TEMPLATE, pattern: "/m/{name}/infer", path: "/m/x/infer", expected: true },
  { kind: TEMPLATE, pattern: "/m/{name}/infer", path: "/m//infer", expected: false },
  { kind: TEMPLATE, pattern: "/m/{name}/infer", path: "/m/x/y/infer", expected: false },
  { kind: TEMPLATE, pattern: "/m/{name}/infer", path: "/m/x/infer/", expected: false },
  { kind: TEMPLATE, pattern: "/m/{name}", path: "/m/x", expected: true },
  { kind: TEMPLATE, pattern: "/m/{name}", path: "/m/", expected: false },
  { kind: TEMPLATE, pattern: "/{a}/{b}", path: "/x/y", expected: true },
];

for (const { kind, pattern, path, expected } of paths) {
  test(`kind ${kind} ${pattern} on ${path} is ${expected}`, () => {
    assert.equal(pathMatches(kind, pattern, path), expected);
  });
}

const hosts: { pattern: string; host: string; expected: boolean }[] = [
  { pattern: "a.example", host: "a.example", expected: true },
  { pattern: "a.example", host: "A.Example:8443", expected: true },
  { pattern: "a.example", host: "b.a.example", expected: false },
  { pattern: "*.example", host: "a.example", expected: true },
  { pattern: "*.example", host: "example", expected: false },
  { pattern: "*.example", host: ".example", expected: false },
  { pattern: "a.example", host: "", expected: false },
];

for (const { pattern, host, expected } of hosts) {
  test(`host ${pattern} on "${host}" is ${expected}`, () => {
    assert.equal(hostMatches(pattern, host), expected);
  });
}

const cookies: { header: string; name: string; expected: string }[] = [
  { header: "a=1; b=2", name: "b", expected: "2" },
  { header: "a=1;b=2", name: "b", expected: "2" },
  { header: "ab=1; b=2", name: "b", expected: "2" },
  { header: 'b="x y"', name: "b", expected: "x y" },
  { header: "b=; b=3", name: "b", expected: "3" },
  { header: "b", name: "b", expected: "" },
  { header: "B=1", name: "b", expected: "" },
  { header: "b=1=2", name: "b", expected: "1=2" },
  { header: ";;;", name: "b", expected: "" },
];

for (const { header, name, expected } of cookies) {
  test(`cookie ${name} of "${header}" is "${expected}"`, () => {
    assert.equal(cookieValue(header, name), expected);
  });
}

test("a cookie is found among any others, and any header is read without a trap", () => {
  const others = fc.array(fc.string(), { maxLength: 100 });
  fc.assert(
    fc.property(others, (parts) => {
      const header = [...parts.map((part) => part.replaceAll(";", "")), "wanted=1"].join(";");
      assert.equal(cookieValue(header, "wanted"), "1");
      cookieValue(parts.join(";"), "wanted");
    }),
  );
});
