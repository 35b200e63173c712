import { expect, it } from "@jest/globals";
import { workerQueueName } from "./queues.js";

it.each([
  ["worker1", "worker-worker1"],
  ["rack-7.node_1", "worker-rack-7.node_1"],
  ["a:b c", "worker-a~3a~b~20~c"],
  ["a~3a~b", "worker-a~7e~3a~7e~b"],
])("the queue of %s is %s", (workerId, name) => {
  expect(workerQueueName(workerId)).toBe(name);
});
