import { tmpdir } from "node:os";
import type { Environment } from "@sandbox-system/contract";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { composeWorker } from "../compose.js";
import { parseWorkerConfig } from "../settings/worker-settings.js";
import { FakeSandboxService } from "./fake-sandbox-service.js";

/** A whole worker over a fake engine room; it listens on a free port of the loopback when told to. */
export function composeFakeWorker(env: Environment = {}) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const service = new FakeSandboxService({ clock });
  const composed = composeWorker({
    config: parseWorkerConfig({ HOST: "127.0.0.1", PORT: "0", DEFAULT_METRICS: "no", ...env }),
    version: "1.2.3",
    stagingDirectory: tmpdir(),
    adapters: { service, logger, clock },
  });
  return { ...composed, service, clock, logger };
}
