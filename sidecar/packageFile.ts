import { fileURLToPath } from "node:url";

/** The path of a file of this package by its path in the package; the same from the sources and from what is installed. */
export function packageFile(path: string): string {
  return fileURLToPath(import.meta.resolve(`#package/${path}`));
}
