import { RolloutClient } from "./client.ts";
import { type ConnectionFlags, readConnection } from "./connection.ts";
import type { Output } from "./output.ts";

/** Lets `ask` speak to the sidecar that the flags name; rejects as it does, and when the flags can't be followed. */
export async function withClient<Answer>(
  { flags, output }: { readonly flags: ConnectionFlags; readonly output: Output },
  ask: (client: RolloutClient) => Promise<Answer>,
): Promise<Answer> {
  const client = new RolloutClient(await readConnection(flags, output.token));
  try {
    return await ask(client);
  } finally {
    client.close();
  }
}
