import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

// `node deploy/filterImage.ts FOLDER` writes the filter's module as an image in FOLDER, an OCI image layout (opencontainers/image-spec, image-layout.md), as
// Istio takes it: one layer, a tar with the module as plugin.wasm. `skopeo copy oci:FOLDER docker://REGISTRY/NAME` puts it where proxies find it.

const MODULE = fileURLToPath(new URL("../build/filter.wasm", import.meta.url));
const BLOCK_BYTES = 512;

type Blob = { readonly mediaType: string; readonly digest: string; readonly size: number };

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("usage: node deploy/filterImage.ts FOLDER\n");
  process.exitCode = 2;
} else {
  process.stdout.write(`${await writeImage(folder)}\n`);
}

/** Writes the layout; returns the digest of the image's manifest. The same module gives the same digest. */
async function writeImage(to: string): Promise<string> {
  const tar = tarOf("plugin.wasm", await readFile(MODULE));
  const layer = await put(to, "application/vnd.oci.image.layer.v1.tar+gzip", gzipSync(tar));
  const config = await put(to, "application/vnd.oci.image.config.v1+json", {
    architecture: "wasm",
    os: "wasi",
    config: {},
    rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const layers = [layer];
  const manifest = await put(to, mediaType, { schemaVersion: 2, mediaType, config, layers });
  await writeFile(join(to, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  await writeFile(
    join(to, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [manifest] }),
  );
  return manifest.digest;
}

async function put(to: string, mediaType: string, content: Buffer | object): Promise<Blob> {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  const digest = digestOf(bytes);
  const blobs = join(to, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  await writeFile(join(blobs, digest.slice("sha256:".length)), bytes);
  return { mediaType, digest, size: bytes.length };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** One file as a tar (POSIX ustar), of nobody and of no time. */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, length: number): string =>
    `${value.toString(8).padStart(length, "0")}\0`;
  header.write(name, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(content.length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(" ".repeat(8), 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)} `, 148);
  const padding = Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES);
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * BLOCK_BYTES)]);
}
