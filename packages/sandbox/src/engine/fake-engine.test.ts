import { describeContainerEngine } from "../testing/describe-container-engine.js";
import { FakeEngine } from "../testing/fake-engine.js";

describeContainerEngine("FakeEngine", () => new FakeEngine());
