import { Pool } from "undici";

export interface Load {
  readonly url: string;
  readonly path: string;
  readonly body: string;
  readonly connections: number;
  readonly requests: number;
}

/** Sends that many requests over that many connections, one after the other on each, and reads every answer whole. */
export const drive = async ({ url, path, body, connections, requests }: Load): Promise<void> => {
  const pool = new Pool(url, { connections, pipelining: 1 });
  let left = requests;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await send(pool, path, body);
  };
  await Promise.all(Array.from({ length: connections }, worker));
  await pool.close();
};

const send = (pool: Pool, path: string, body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    pool.dispatch(
      { method: "POST", path, body, headers: { "content-type": "application/json" } },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, status) => {
          if (status !== 200) reject(new Error(`The server answered ${status}.`));
        },
        onResponseData: () => undefined,
        onResponseEnd: () => resolve(),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
