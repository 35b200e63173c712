import { timingSafeEqual } from "node:crypto";

/** Whether two secrets are the same; takes as long however much of them agrees. Only their lengths may be told from it. */
export function sameSecret(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}
