import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtemp } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUpDetached } from "./detached-cleanup.js";

describe("the cleanup process", () => {
  let engine: Server;
  let calls: string[];
  let containers: string[];
  let quiet: Promise<void>;

  beforeEach(() => {
    calls = [];
    containers = ["one", "two"];
    let looks = 0;
    quiet = new Promise((resolve) => {
      engine = createServer((request, response) => {
        const { method = "", url = "" } = request;
        calls.push(`${method} ${decodeURIComponent(url)}`);
        if (method === "GET") {
          looks += 1;
          // A creation that was under way shows up at the second look.
          if (looks === 2) containers.push("late");
          response.end(JSON.stringify(containers.map((Id) => ({ Id }))));
          if (looks > 2 && containers.length === 0) resolve();
        } else {
          const id = /\/containers\/(\w+)/.exec(url)?.[1];
          containers = containers.filter((container) => container !== id);
          response.end();
        }
      });
    });
  });

  afterEach(() => {
    engine.closeAllConnections();
    engine.close();
  });

  const list = 'GET /containers/json?all=1&filters={"label":["sandbox.worker=local-1"]}';
  const remove = (id: string): string => `DELETE /containers/${id}?force=1&v=1`;

  const expectCleaned = async () => {
    await quiet;
    expect(calls.slice(1, 3).sort()).toEqual([remove("one"), remove("two")]);
    expect([calls[0], ...calls.slice(3, 6)]).toEqual([list, list, remove("late"), list]);
  };

  it("removes the worker's containers, and those that come a little late", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "engine-")), "docker.sock");
    await new Promise<void>((resolve) => engine.listen(path, resolve));
    cleanUpDetached(process.execPath, { workerId: "local-1", dockerHost: `unix://${path}` });
    await expectCleaned();
  });

  it("finds engines over TCP", async () => {
    await new Promise<void>((resolve) => engine.listen(0, "127.0.0.1", resolve));
    const { port } = engine.address() as { port: number };
    const dockerHost = `tcp://127.0.0.1:${String(port)}`;
    cleanUpDetached(process.execPath, { workerId: "local-1", dockerHost });
    await expectCleaned();
  });

  it.each(["ssh://host", "https://host"])("leaves engines behind %s alone", (dockerHost) => {
    const nothing = join(tmpdir(), "no-such-executable");
    cleanUpDetached(nothing, { workerId: "local-1", dockerHost });
    expect(calls).toEqual([]);
  });
});
