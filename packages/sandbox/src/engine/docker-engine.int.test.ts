import { describe, expect, it } from "@jest/globals";
import { describeContainerEngine } from "../testing/describe-container-engine.js";
import { DockerEngine } from "./docker-engine.js";

describeContainerEngine("DockerEngine", () => new DockerEngine(undefined));

describe("DockerEngine", () => {
  it("an engine that is not there is unavailable", async () => {
    const engine = new DockerEngine("unix:///nonexistent/docker.sock");
    await expect(engine.facts()).rejects.toMatchObject({
      fault: "unavailable",
      message: expect.stringContaining("does not answer"),
    });
  });

  it("reads a file out of an image, or finds none", async () => {
    const engine = new DockerEngine(undefined);
    const passwd = await engine.readImageFile("sandbox-secure:latest", "/etc/passwd");
    expect(passwd?.toString()).toContain("sandboxuser:x:1000:1000:");
    expect(await engine.readImageFile("sandbox-secure:latest", "/etc/none")).toBeUndefined();
  });
});
