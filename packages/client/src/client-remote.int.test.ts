import { jest } from "@jest/globals";
import { describeConformance } from "./conformance/describe-conformance.js";
import { workerTarget } from "./conformance/worker-target.js";

// Containers are started and removed on a machine that may be busy with other things.
jest.setTimeout(60_000);

describeConformance("a worker", workerTarget);
