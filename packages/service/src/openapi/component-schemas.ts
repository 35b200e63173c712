import type { z } from "zod";
import {
  createSessionRequestSchema,
  errorBodySchema,
  execRequestSchema,
  execResultSchema,
  fileEntrySchema,
  fileListingSchema,
  healthSchema,
  workerSchema,
  policyBodySchema,
  poolHealthSchema,
  sessionListSchema,
  sessionSchema,
  uploadResultSchema,
} from "@sandbox-system/contract";
import { workerListSchema } from "../api/node-status.js";

/** Schemas that the API's description shows by name; all others stand where they are used. */
export const NAMED_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  Error: errorBodySchema,
  CreateSession: createSessionRequestSchema,
  Session: sessionSchema,
  SessionList: sessionListSchema,
  ExecRequest: execRequestSchema,
  ExecResult: execResultSchema,
  FileEntry: fileEntrySchema,
  FileListing: fileListingSchema,
  UploadResult: uploadResultSchema,
  PoolHealth: poolHealthSchema,
  Health: healthSchema,
  Policy: policyBodySchema,
  Worker: workerSchema,
  WorkerList: workerListSchema,
};
