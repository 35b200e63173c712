import { jest } from "@jest/globals";
import { describeConformance } from "./conformance/describe-conformance.js";
import { localTarget } from "./conformance/local-target.js";

// Containers are started and removed on a machine that may be busy with other things.
jest.setTimeout(60_000);

describeConformance("local mode", localTarget);
