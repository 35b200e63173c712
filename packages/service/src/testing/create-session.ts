import type { Express } from "express";
import request from "supertest";
import type { SessionBody } from "@sandbox-system/contract";
import { bodyOf } from "./body-of.js";

/** Makes a session over HTTP and gives its id. */
export async function createTestSession(app: Express, threadId = "thread"): Promise<string> {
  const answer = await request(app)
    .post("/create_session")
    .send({ user_id: "user", thread_id: threadId });
  return bodyOf<SessionBody>(answer).session_id;
}
