import type { NestApplicationOptions } from "@nestjs/common";
import { describe, expect, test } from "vitest";
import { patienceMs, within } from "../../core/src/testing/adapter/within.ts";
import { chatStream } from "../../core/src/testing/wire.ts";
import { platforms } from "./platforms.ts";
import { setUpWithUpstream } from "./set-up.ts";

import { streamedChat } from "../../core/src/testing/adapter/start-host.ts";
const frames = chatStream("Hel", "lo");

describe.each(platforms)("%s", (_name, create) => {
  test.each<[string, NestApplicationOptions]>([
    ["", {}],
    [", also one that then cuts off all connections", { forceCloseConnections: true }],
  ])("an application that is closed lets a stream end, and takes nothing new meanwhile%s", async (_, appOptions) => {
    const { app, ask, upstream } = await setUpWithUpstream(create, { appOptions });
    const asked = ask(streamedChat);
    const call = await upstream.next();
    call.send(...frames.slice(0, 2));
    const answer = await asked;
    await answer.read();
    let isClosed = false;
    const closed = app.close().then(() => (isClosed = true));
    const refused = await ask(streamedChat);
    expect(refused.status).toBe(503);
    expect(JSON.parse(await refused.text())).toMatchObject({ error: { code: "shutting_down" } });
    expect(isClosed).toBe(false);
    call.send(...frames.slice(2));
    call.response.end();
    expect(await answer.text()).toMatch(/data: \[DONE\]\n\n$/);
    await within(patienceMs, "the application to be closed", closed);
    expect(upstream.calls).toHaveLength(1);
  });
});
