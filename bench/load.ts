import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";

export interface Load {
  readonly url: string;
  readonly path: string;
  readonly body: string;
  readonly connections: number;
  readonly requests: number;
  /** Requests a second, whatever becomes of those before. @default as many as the answers allow */
  readonly pace?: number;
}

/** Sends that many requests over that many connections and reads every answer whole. */
export const drive = async ({ url, path, body, connections, requests, pace }: Load): Promise<void> => {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const one = (): Promise<void> => send(pool, path, body);
  await (pace === undefined ? keepBusy(one, connections, requests) : keepPace(one, requests, pace));
  await pool.close();
};

const keepBusy = async (one: () => Promise<void>, connections: number, requests: number): Promise<void> => {
  let left = requests;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: connections }, worker));
};

const keepPace = async (one: () => Promise<void>, requests: number, pace: number): Promise<void> => {
  const answers: Promise<void>[] = [];
  const start = performance.now();
  while (answers.length < requests) {
    const due = Math.min(requests, ((performance.now() - start) / 1000) * pace);
    while (answers.length < due) answers.push(one());
    await sleep(1);
  }
  await Promise.all(answers);
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
