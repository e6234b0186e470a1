import { createServer, type Server } from "node:net";

/** Ports of loopback that nobody listens on, all different. */
export async function freePorts<Count extends number>(count: Count): Promise<Ports<Count>>;
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listening));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
  );
  return ports;
}

/** So many ports. */
export type Ports<
  Count extends number,
  Had extends readonly number[] = [],
> = Had["length"] extends Count ? Had : Ports<Count, [...Had, number]>;

function listening(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}
